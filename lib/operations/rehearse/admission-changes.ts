import { numberOf } from '../../checks/pod-request';
import { mapOf, same } from '../../checks/manifest-identity';
import { LiveObject } from './kubectl';

/** Tolerations that the API server adds to every pod (admission plugin DefaultTolerationSeconds). */
const DEFAULT_TOLERATIONS = new Set(['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable']);

/** Where an addition changes what the plan counted on; elsewhere the API server and controllers write defaults. */
const JUDGED =
  /^(tolerations|nodeSelector|runtimeClassName|priorityClassName|containers\.[^.]+\.(resources|env)|initContainers\.[^.]+\.(resources|env))(\.|$)/;

/** What controllers put into the containers of a group, for its pods to find one another. */
const OF_CONTROLLERS = /\.env\.(LWS_|TPU_)/;

/**
 * What admission made of a pod: values of its template that are others or gone, and additions where the plan counts.
 *
 * @param template `spec` of the pod template that was applied
 */
export function admissionChanges(template: unknown, { spec }: LiveObject): string[] {
  const [stated, live] = [leavesOf(template), leavesOf(spec)];
  const changed = [...stated].flatMap(([path, value]) => {
    const found = live.get(path);
    if (found === undefined) return isEmpty(value) ? [] : [`${path} is gone`];
    return sameValue(path, value, found) ? [] : [`${path} is ${text(found)}, not ${text(value)}`];
  });
  const added = [...live]
    .filter(([path]) => !stated.has(path) && JUDGED.test(path) && !OF_CONTROLLERS.test(path))
    .filter(([path]) => ![...DEFAULT_TOLERATIONS].some((key) => path.startsWith(`tolerations.${key}`)))
    // A limit without a request is the request: the API server writes it down.
    .filter(([path, value]) => !sameValue(path, value, stated.get(path.replace('.requests.', '.limits.'))))
    .filter(([path]) => !isFilledIn(path, stated))
    .map(([path, value]) => `${path} came: ${text(value)}`);
  return [...changed, ...added].sort();
}

/** Defaults of `valueFrom` and of lists that the template states at all. */
const isFilledIn = (path: string, stated: ReadonlyMap<string, unknown>) =>
  /\.valueFrom\.fieldRef\.apiVersion$/.test(path) && stated.has(path.replace(/apiVersion$/, 'fieldPath'));

/**
 * Every value of an object by its path. Entries of lists stand under what tells them apart, so that a list to which somebody
 * added is still compared entry by entry.
 */
function leavesOf(value: unknown, path = ''): Map<string, unknown> {
  if (typeof value !== 'object' || value === null) return new Map([[path, value]]);
  const entries = Array.isArray(value)
    ? value.map((entry, index): [string, unknown] => [nameOf(entry, index), entry])
    : Object.entries(value);
  if (entries.length === 0) return new Map([[path, value]]);
  return new Map(entries.flatMap(([key, entry]) => [...leavesOf(entry, path === '' ? key : `${path}.${key}`)]));
}

/** A mount is known by its path, as one volume may have several; most other things by their name. */
function nameOf(entry: unknown, index: number): string {
  const { mountPath, name, key } = mapOf(entry);
  return String(mountPath ?? name ?? key ?? index);
}

const isEmpty = (value: unknown) =>
  value === '' || (typeof value === 'object' && value !== null && Object.keys(value).length === 0);

const text = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));

/** Where a value is a quantity. Containers and volumes have no dot in their names. */
const QUANTITY =
  /^(((initC|c)ontainers\.[^.]+\.)?resources\.(requests|limits)\.|overhead\.|volumes\.[^.]+\.(emptyDir\.sizeLimit$|ephemeral\.volumeClaimTemplate\.spec\.resources\.))|\.resourceFieldRef\.divisor$/;

/** The API server writes quantities in its own way: `1000m` is `1`. Elsewhere the two are different texts. */
function sameValue(path: string, one: unknown, other: unknown): boolean {
  if (same(one, other)) return true;
  if (!QUANTITY.test(path) || one === undefined || other === undefined) return false;
  const [left, right] = [numberOf(one), numberOf(other)];
  return Math.abs(left - right) <= Math.max(left, right) * FLOATING_POINT;
}

/** Ways to write a number differ by less, and nobody asks for a part of it. */
const FLOATING_POINT = 1e-12;
