/** Keys in the order in which people write them. What is not named here comes after, in alphabetical order. */
const WRITTEN_FIRST = [
  // an object, and whatever carries a name
  ['apiVersion', 'kind', 'metadata', 'alert', 'record', 'name', 'generateName', 'namespace', 'expr', 'for'],
  ['labels', 'annotations', 'spec', 'type', 'replicas', 'serviceName', 'clusterIP', 'selector'],
  ['podManagementPolicy', 'updateStrategy', 'strategy', 'startupPolicy', 'networkConfig', 'rolloutStrategy'],
  ['leaderWorkerTemplate', 'size', 'restartPolicy', 'leaderTemplate', 'workerTemplate'],
  ['template', 'volumeClaimTemplates'],
  // a scaler
  ['scaleTargetRef', 'minReplicas', 'maxReplicas', 'metrics', 'behavior'],
  // a network policy
  ['namespaceSelector', 'podSelector', 'ipBlock', 'policyTypes', 'ingress', 'egress', 'from', 'to'],
  // who may call a route
  ['targetRefs', 'credentialRefs', 'extractFrom', 'issuer', 'audiences', 'defaultAction'],
  // a route
  ['parentRefs', 'hostnames', 'rules', 'matches', 'filters', 'backendRefs', 'timeouts', 'request', 'backendRequest'],
  // an admission policy
  ['failurePolicy', 'matchConstraints', 'matchConditions', 'variables', 'validations', 'expression', 'message'],
  ['policyName', 'validationActions', 'apiGroups', 'apiVersions', 'operations'],
  // an external secret
  ['refreshInterval', 'secretStoreRef', 'target', 'secretKey', 'remoteRef'],
  // a pod: where it runs, then what runs
  ['serviceAccountName', 'automountServiceAccountToken', 'enableServiceLinks', 'imagePullSecrets'],
  ['priorityClassName', 'runtimeClassName', 'terminationGracePeriodSeconds', 'nodeSelector', 'affinity', 'tolerations'],
  ['topologySpreadConstraints', 'initContainers', 'containers', 'volumes'],
  // a container, in the order of its life
  ['image', 'imagePullPolicy', 'command', 'args', 'workingDir', 'ports', 'envFrom', 'env', 'accessModes'],
  ['storageClassName', 'resources', 'requests', 'limits', 'cpu', 'memory', 'ephemeral-storage'],
  ['startupProbe', 'readinessProbe', 'livenessProbe', 'lifecycle', 'securityContext', 'volumeMounts'],
  ['runAsNonRoot', 'runAsUser', 'runAsGroup', 'fsGroup', 'fsGroupChangePolicy', 'seccompProfile'],
  // a probe, a toleration, a label expression
  ['exec', 'grpc', 'httpGet', 'tcpSocket', 'periodSeconds', 'timeoutSeconds', 'failureThreshold'],
  ['path', 'key', 'operator', 'value', 'values', 'effect'],
].flat();

const RANK = new Map(WRITTEN_FIRST.map((key, index) => [key, index]));

/** Maps whose keys are the user's own words: alphabetical, whatever the words are. */
const FREE_MAPS = new Set(['labels', 'annotations', 'matchLabels', 'nodeSelector', 'data', 'stringData', 'binaryData']);

/**
 * What no version of YAML reads as anything but a string: words of harmless characters, one blank or colon between
 * them, beginning with a letter, `_`, `/` or `--`.
 */
const PLAIN = /^(?:--)?[A-Za-z_/][\w./@=,+()%-]*(?:[ :][\w./@=,+()%-]+)*$/;
const PLAIN_KEY = /^[A-Za-z_/][\w./-]*$/;
/** Numbers with the unit of a Kubernetes quantity or of a Prometheus duration. */
const QUANTITY = /^\d+(?:\.\d+)?(?:[KMGTPE]i|m|s|h|d)$/;
/** Words that some reader takes for a boolean or for null; and `e3`, which the `yaml` package takes for a YAML 1.1 number. */
const RESERVED = /^(?:y|n|yes|no|on|off|true|false|null|e[-+]?\d+)$/i;
/** Characters that YAML does not allow, folds away or takes for a line break. */
const INVISIBLE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/;
const NOT_BLOCK = new RegExp(`^[ \\t\\n]|\\n[ \\t]+(?:\\n|$)|${INVISIBLE.source}`);
const ESCAPED = /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g;

/** The longest key that every YAML parser accepts without the `? ` notation is 1,024 characters; ours stays below. */
const LONGEST_KEY = 1000;

/** A value that no YAML text gives back as it was. */
export class UnrepresentableError extends Error {
  constructor(
    /** JSON pointer to the value, such as `/spec/replicas`. */
    readonly pointer: string,
    /** What is there, such as `NaN`. */
    readonly found: string,
  ) {
    super(`${pointer} is ${found}, which has no place in a manifest`);
    this.name = 'UnrepresentableError';
  }
}

/**
 * One manifest as a YAML document, ending with a line break. Any parser, of YAML 1.1 or 1.2, reads the same object back.
 *
 * An emitter of our own for two reasons, both measured (docs/synthesis.md). Speed: the `yaml` package takes more than
 * half of the time of a linear synthesis. Loss: the strings that libraries leave unquoted change type between YAML
 * versions (`0o755`, `9e1_1`, `on`, and U+0085 disappears), so this one leaves unquoted only what is beyond doubt.
 *
 * - Keys in the order in which people write them, the same on every machine; the order in the object does not count.
 * - Strings plain where nothing can be mistaken, as block literals where they have several lines and survive it,
 *   double-quoted otherwise. No line is folded.
 * - `undefined` members are left out. Shared objects are written out each time: no anchors.
 *
 * @throws UnrepresentableError for null, NaN, infinities, undefined in a list, half a surrogate pair, and anything
 * that is not JSON
 */
export function toYaml(manifest: object): string {
  return new Emitter().document(manifest);
}

class Emitter {
  private readonly path: (string | number)[] = [];

  document(manifest: object): string {
    const text = this.node(manifest, '', '');
    return text.startsWith('\n') ? text.slice(1) : text.trimStart();
  }

  /** What stands behind `key:` or `-`. `lead` is what the first line of a collection begins with. */
  private node(value: unknown, indent: string, lead: string): string {
    switch (typeof value) {
      case 'string':
        return ` ${this.string(value, indent)}\n`;
      case 'boolean':
        return value ? ' true\n' : ' false\n';
      case 'number':
        return ` ${this.number(value)}\n`;
      case 'object':
        if (Array.isArray(value)) return this.list(value, indent, lead);
        if (value !== null) return this.map(value as Record<string, unknown>, indent, lead);
    }
    return this.fail(value === null ? 'null' : value === undefined ? 'undefined' : `a ${typeof value}`);
  }

  private map(map: Record<string, unknown>, indent: string, lead: string): string {
    const prototype: unknown = Object.getPrototypeOf(map);
    if (prototype !== Object.prototype && prototype !== null) this.fail(`a ${map.constructor.name}`);
    const keys = Object.keys(map);
    if (keys.length > 1) keys.sort(FREE_MAPS.has(String(this.path.at(-1))) ? alphabetically : asWritten);
    let text = '';
    let prefix = lead;
    for (const key of keys) {
      const value = map[key];
      if (value === undefined) continue;
      const written = this.key(key);
      this.path.push(key);
      const below = `${indent}  `;
      text += `${prefix}${written}:${this.node(value, below, below)}`;
      this.path.pop();
      prefix = indent;
    }
    if (text === '') return ' {}\n';
    // behind a dash the first key shares the line; behind a key the map begins on the next
    return lead === indent ? `\n${text}` : ` ${text}`;
  }

  private list(list: readonly unknown[], indent: string, lead: string): string {
    if (list.length === 0) return ' []\n';
    let text = '';
    let prefix = lead;
    for (let index = 0; index < list.length; index++) {
      this.path.push(index);
      text += `${prefix}-${this.node(list[index], `${indent}  `, '')}`;
      this.path.pop();
      prefix = indent;
    }
    return lead === indent ? `\n${text}` : ` ${text}`;
  }

  private key(key: string): string {
    if (key.length > LONGEST_KEY) this.fail(`a map with a key of ${key.length} characters`);
    return PLAIN_KEY.test(key) && !RESERVED.test(key) ? key : this.quoted(key);
  }

  private string(value: string, indent: string): string {
    if ((PLAIN.test(value) && !RESERVED.test(value)) || QUANTITY.test(value)) return value;
    if (!value.includes('\n') || NOT_BLOCK.test(value)) return this.quoted(value);
    this.refuseHalfCharacters(value);
    const body = value.replace(/\n+$/, '');
    const breaks = value.length - body.length;
    const chomping = breaks === 0 ? '-' : breaks === 1 ? '' : '+';
    return `|${chomping}\n${body.replace(/^(?=.)/gm, indent)}${'\n'.repeat(Math.max(0, breaks - 1))}`;
  }

  private quoted(value: string): string {
    this.refuseHalfCharacters(value);
    return JSON.stringify(value).replace(ESCAPED, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
  }

  private refuseHalfCharacters(value: string): void {
    if (/\p{Surrogate}/u.test(value)) this.fail('a string with half a surrogate pair');
  }

  private number(value: number): string {
    if (!Number.isFinite(value)) this.fail(String(value));
    const text = String(value);
    // YAML 1.1 knows an exponent only behind a decimal point: 1e+21 would be a string
    return /^-?\de/.test(text) ? text.replace('e', '.0e') : text;
  }

  private fail(found: string): never {
    throw new UnrepresentableError(jsonPointer(this.path), found);
  }
}

/** A JSON pointer, as JSON patches use it. */
function jsonPointer(path: readonly (string | number)[]): string {
  return path.map((step) => `/${String(step).replace(/~/g, '~0').replace(/\//g, '~1')}`).join('');
}

function asWritten(a: string, b: string): number {
  return (RANK.get(a) ?? RANK.size) - (RANK.get(b) ?? RANK.size) || alphabetically(a, b);
}

/** By code unit, so that no locale changes the order. */
function alphabetically(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
