import { dnsLabelProblems, dnsSubdomainProblems } from '../problem/names';
import { Problem } from '../problem/problem';
import { Identity, identify, keyOf, Manifest, mapOf, show, textOf } from './manifest-identity';
import { DisruptionBudgets } from './pdb-blocks-drain';
import { PodSecurity } from './pod-security';
import { ReplicasUnderScaler } from './replicas-under-scaler';
import { RouteConflicts } from './route-conflict';

/** A manifest and the construct it comes from. */
export interface LocatedManifest {
  /** Path of the construct, such as `nim/llama3-8b/StatefulSet`. */
  readonly constructPath: string;
  readonly manifest: Manifest;
}

/** A problem and the construct that has it. */
export interface LocatedProblem extends Problem {
  readonly constructPath: string;
}

/**
 * Everything that finished manifests can be told to be wrong, whoever made them. Linear in their number and size.
 *
 * | check | protects from |
 * | --- | --- |
 * | `no-null` | a value that a JSON patch lost on its way through a typed object |
 * | `flux-substitution` | Flux replacing what looks like one of its variables |
 * | `names` | names that the API server refuses |
 * | `secret-data` | secret values in Git |
 * | `argo-rollout-on-statefulset` | a canary that can never start |
 * | `duplicate-objects` | two objects of which one overwrites the other |
 * | `replicas-under-scaler` | every apply resetting what an autoscaler decided |
 * | `route-conflict` | two routes of which one gets nothing |
 * | `pdb-blocks-drain` | nodes that can never be drained |
 * | `pod-security` | pods that their namespace refuses |
 */
export function checkManifests(objects: Iterable<LocatedManifest>): LocatedProblem[] {
  const review = new ManifestReview();
  const problems: LocatedProblem[] = [];
  for (const object of objects) problems.push(...review.add(object));
  return [...problems, ...review.finish()];
}

/**
 * The same checks one manifest at a time, for a caller that does not want to hold all of them in memory. Of each
 * manifest it keeps its identity, the target of a scaler, and what disruption budgets are about.
 */
export class ManifestReview {
  /** Identity of an object to the path of the construct that declared it first. */
  private readonly declared = new Map<string, string>();
  private readonly replicas = new ReplicasUnderScaler();
  private readonly budgets = new DisruptionBudgets();
  private readonly routes = new RouteConflicts();
  private readonly security = new PodSecurity();
  /** Pairs of constructs of which one repeats objects of the other: told once, not for each object. */
  private readonly partings = new Set<string>();

  /**
   * Problems that the manifest has by itself or with those before it.
   *
   * @param hostPathIsJudged true for the workload of a service, of whose cache the check host-path has spoken
   */
  add({ constructPath, manifest }: LocatedManifest, hostPathIsJudged = false): LocatedProblem[] {
    const at = identify(manifest);
    this.security.add(manifest, constructPath, hostPathIsJudged);
    this.replicas.add(manifest, constructPath);
    this.rememberRelations(at, constructPath, manifest);
    const problems = [
      ...valueProblems(at, manifest),
      ...nameProblems(at),
      ...secretProblems(at, manifest),
      ...canaryProblems(at, manifest),
      ...this.duplicateProblems(at, constructPath),
    ];
    return problems.map((problem) => ({ ...problem, constructPath }));
  }

  /** Problems that only show when all manifests are known. */
  finish(): LocatedProblem[] {
    return [
      ...this.replicas.problems(),
      ...this.budgets.problems(),
      ...this.routes.problems(),
      ...this.security.problems(),
    ];
  }

  private duplicateProblems(at: Identity, constructPath: string): Problem[] {
    if (at.name === '') return [];
    const key = keyOf(at);
    const first = this.declared.get(key);
    if (first === undefined) {
      this.declared.set(key, constructPath);
      return [];
    }
    const pair = parting(first, constructPath);
    if (this.partings.has(pair)) return [];
    this.partings.add(pair);
    return [
      {
        check: 'duplicate-objects',
        message: `${show(at)} is declared twice: by ${first} and by ${constructPath}. One would overwrite the other.`,
        remedy: 'Give one of them another name, or declare it once and pass it on.',
      },
    ];
  }

  private rememberRelations(at: Identity, constructPath: string, manifest: Manifest): void {
    const spec = mapOf(manifest.spec);
    const annotations = mapOf(mapOf(manifest.metadata).annotations);
    const located = { shown: show(at), namespace: at.namespace, constructPath };
    if (at.group === 'policy' && at.kind === 'PodDisruptionBudget') {
      this.budgets.addBudget(located, spec);
    } else if (at.group === 'gateway.networking.k8s.io' && at.kind === 'HTTPRoute') {
      this.routes.add(located, spec);
    } else if (at.group === 'flagger.app' && at.kind === 'Canary') {
      this.routes.addCanary(located, mapOf(spec.service));
    } else if (at.group === 'networking.k8s.io' && at.kind === 'Ingress') {
      this.routes.addIngress(located, annotations, spec);
    } else if (at.kind === 'LeaderWorkerSet') {
      // A budget counts pods, and each kind of them is a workload of its own to it.
      for (const { labels, pods } of podsOfGroups(spec)) this.budgets.addWorkload(located, labels, pods);
    } else if (at.group === 'apps' || at.group === 'argoproj.io') {
      const { labels } = mapOf(mapOf(spec.template).metadata);
      if (labels !== undefined) this.budgets.addWorkload(located, mapOf(labels), spec.replicas);
    }
  }
}

/** Labels and number of the pods that a LeaderWorkerSet asks for; leaders and workers apart where their labels differ. */
function podsOfGroups({ replicas = 1, leaderWorkerTemplate }: Readonly<Record<string, unknown>>) {
  const { size = 1, leaderTemplate, workerTemplate } = mapOf(leaderWorkerTemplate);
  const labelsOf = (template: unknown) => mapOf(mapOf(mapOf(template).metadata).labels);
  const times = (each: number) => (typeof replicas === 'number' ? replicas * each : undefined);
  const [leader, worker] = [labelsOf(leaderTemplate ?? workerTemplate), labelsOf(workerTemplate)];
  if (JSON.stringify(leader) === JSON.stringify(worker)) return [{ labels: worker, pods: times(Number(size)) }];
  return [
    { labels: leader, pods: times(1) },
    { labels: worker, pods: times(Number(size) - 1) },
  ];
}

/** The two constructs, side by side, in which two paths part. */
function parting(one: string, other: string): string {
  const [left, right] = [one.split('/'), other.split('/')];
  const at = left.findIndex((part, index) => part !== right[index]);
  const end = at < 0 ? left.length : at + 1;
  return `${left.slice(0, end).join('/')} ${right.slice(0, end).join('/')}`;
}

function valueProblems(at: Identity, manifest: Manifest): Problem[] {
  const problems: Problem[] = [];
  const metadata = mapOf(manifest.metadata);
  const mayHoldVariables = [metadata.annotations, metadata.labels].some(
    (words) => mapOf(words)['kustomize.toolkit.fluxcd.io/substitute'] === 'disabled',
  );

  const path: (string | number)[] = [];
  const checkText = (text: string) => {
    if (mayHoldVariables || !text.includes('${')) return;
    problems.push({
      check: 'flux-substitution',
      message: `${pointer(path)} of ${show(at)} holds "\${", which Flux replaces where post-build substitution is on.`,
      remedy:
        'Write it without braces, such as $NAME or $(NAME), or annotate the object with ' +
        'kustomize.toolkit.fluxcd.io/substitute: disabled.',
    });
  };
  const check = (value: unknown): void => {
    if (typeof value === 'string') return checkText(value);
    if (typeof value !== 'object') return;
    if (value === null) {
      problems.push({
        check: 'no-null',
        message: `${pointer(path)} of ${show(at)} is null.`,
        remedy:
          'Leave it out. If a JSON patch set it: a typed object loses plain values where its type wants a class, ' +
          'so pass that class, such as k8s.Quantity.fromString("1").',
      });
    } else if (Array.isArray(value)) {
      for (let index = 0; index < value.length; index++) {
        path.push(index);
        check(value[index]);
        path.pop();
      }
    } else {
      for (const key of Object.keys(value)) {
        path.push(key);
        checkText(key);
        check((value as Record<string, unknown>)[key]);
        path.pop();
      }
    }
  };
  check(manifest);
  return problems;
}

/** A JSON pointer, which is also how a JSON patch names a value. */
function pointer(path: readonly (string | number)[]): string {
  return path.map((step) => `/${String(step).replace(/~/g, '~0').replace(/\//g, '~1')}`).join('');
}

/** Longest names of kinds whose name must be an RFC 1123 label. */
const LABEL_NAMES: Readonly<Record<string, number>> = {
  '/Namespace': 63,
  '/Service': 63,
  // flagger names Services after its Canary and appends "-primary" and "-canary"
  'flagger.app/Canary': 55,
  // the name becomes the value of the label job-name
  'batch/Job': 63,
  // a Job's name appends 11 characters
  'batch/CronJob': 52,
  // the label controller-revision-hash appends a dash and 10 characters; longer names start no pod
  'apps/StatefulSet': 52,
  // the same for the StatefulSet of each group's workers, whose name ends in the number of the group
  'leaderworkerset.x-k8s.io/LeaderWorkerSet': 48,
};

function nameProblems(at: Identity): Problem[] {
  if (at.name === '') {
    return [
      {
        check: 'names',
        message: `${show(at)} has no metadata.name.`,
        remedy: 'Give it a name: what is applied again and again cannot have a generated one.',
      },
    ];
  }
  const namespace =
    at.namespace === '' ? [] : dnsLabelProblems(`metadata.namespace of ${at.kind} ${at.name}:`, at.namespace);
  return [...namespace, ...ownNameProblems(at)];
}

function ownNameProblems(at: Identity): Problem[] {
  const what = `${at.kind} name`;
  const longest = LABEL_NAMES[`${at.group}/${at.kind}`];
  // names of roles and bindings are path segments, so that "system:auth-delegator" is one
  if (at.group === 'rbac.authorization.k8s.io') {
    if (!/[/%]/.test(at.name) && at.name !== '.' && at.name !== '..') return [];
    return [
      {
        check: 'names',
        message: `${what} ${JSON.stringify(at.name)} is no path segment.`,
        remedy: 'Use neither "/" nor "%".',
      },
    ];
  }
  if (longest === undefined) return dnsSubdomainProblems(what, at.name);
  const problems = dnsLabelProblems(what, at.name, longest);
  if (at.kind === 'Service' && at.group === '' && /^[0-9]/.test(at.name)) {
    problems.push({
      check: 'names',
      message: `${what} ${JSON.stringify(at.name)} begins with a digit.`,
      remedy: 'Begin it with a letter.',
    });
  }
  return problems;
}

function secretProblems(at: Identity, manifest: Manifest): Problem[] {
  if (at.group !== '' || at.kind !== 'Secret') return [];
  const keys = [...Object.keys(mapOf(manifest.data)), ...Object.keys(mapOf(manifest.stringData))];
  if (keys.length === 0) return [];
  return [
    {
      check: 'secret-data',
      message: `${show(at)} holds the value of ${keys.join(', ')}, and what is synthesized goes to Git.`,
      remedy: 'Refer to it: an ExternalSecret, a SecretProviderClass, or a SOPS file beside the output.',
    },
  ];
}

/** Who rolls out what a reference names, and why not a StatefulSet. */
const CANARIES: Readonly<Record<string, { readonly reference: string; readonly reason: string }>> = {
  // argoproj/argo-rollouts rollout/templateref.go
  'argoproj.io/Rollout': {
    reference: 'workloadRef',
    reason:
      'Argo Rollouts takes Deployment, ReplicaSet and PodTemplate only and answers ' +
      '"workload of type apps/v1/StatefulSet is not supported"',
  },
  // fluxcd/flagger pkg/canary/factory.go
  'flagger.app/Canary': {
    reference: 'targetRef',
    reason: 'Flagger takes Deployment, DaemonSet and Service only',
  },
};

function canaryProblems(at: Identity, manifest: Manifest): Problem[] {
  const canary = CANARIES[`${at.group}/${at.kind}`];
  if (canary === undefined) return [];
  const target = mapOf(mapOf(manifest.spec)[canary.reference]);
  if (target.kind !== 'StatefulSet') return [];
  return [
    {
      check: 'argo-rollout-on-statefulset',
      message: `spec.${canary.reference} of ${show(at)} names the StatefulSet ${textOf(target.name)}. ${canary.reason}.`,
      remedy:
        'Put the release in front of the StatefulSets: two of them, stable and canary, and weights in the route. ' +
        'Or serve from a Deployment.',
    },
  ];
}
