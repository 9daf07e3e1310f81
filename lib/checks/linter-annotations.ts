import { k8s } from 'cdk8s-plus-30';
import { WorkloadKind } from './declared-workload';

/** What the linters of Kubernetes manifests call one rule. */
interface LinterRule {
  readonly kubeLinter?: string;
  readonly kubeScore?: string;
  readonly checkov?: string;
  readonly polaris?: string;
}

/**
 * Rules that a reader of the manifest may see broken on purpose, by what is excepted. Ids of kube-linter 0.8, kube-score
 * 1.20, Checkov's kubernetes policies, and Polaris 9.
 */
const RULES = {
  'read-only-root-filesystem': {
    kubeLinter: 'no-read-only-root-fs',
    kubeScore: 'container-security-context-readonlyrootfilesystem',
    checkov: 'CKV_K8S_22',
    polaris: 'notReadOnlyRootFilesystem',
  },
  'image-pinning': { checkov: 'CKV_K8S_43' },
  'literal-secret': { kubeLinter: 'env-var-secret', polaris: 'sensitiveContainerEnvVar' },
  'cpu-limit': { kubeLinter: 'unset-cpu-requirements', checkov: 'CKV_K8S_11', polaris: 'cpuLimitsMissing' },
  'image-pull-policy': {
    kubeScore: 'container-image-pull-policy',
    checkov: 'CKV_K8S_15',
    polaris: 'pullPolicyNotAlways',
  },
  'low-user-id': { kubeScore: 'container-security-context-user-group-id', checkov: 'CKV_K8S_40' },
  'secret-in-environment': { kubeLinter: 'read-secret-from-env-var', checkov: 'CKV_K8S_35' },
  'identical-probes': { kubeScore: 'pod-probes-identical' },
  'host-anti-affinity': { kubeLinter: 'no-anti-affinity', kubeScore: 'statefulset-has-host-podantiaffinity' },
  'deployment-anti-affinity': { kubeLinter: 'no-anti-affinity', kubeScore: 'deployment-has-host-podantiaffinity' },
  'single-replica': { kubeScore: 'deployment-replicas', polaris: 'deploymentMissingReplicas' },
  'duplicate-environment': { kubeLinter: 'duplicate-env-var', kubeScore: 'environment-variable-key-duplication' },
} as const satisfies Readonly<Record<string, LinterRule>>;

/** What can be excepted. */
export type LinterException = keyof typeof RULES;

/** Everything that can be excepted, checks of ours that linters know too among them. */
export const LINTER_EXCEPTIONS = Object.keys(RULES) as LinterException[];

/**
 * What a pod does on purpose that linters object to, each with the reason. Told of the pod as it is, so that a pod that does
 * otherwise says nothing. kube-score asks for CPU limits in one rule with memory, which must not be ignored: run it with
 * `--ignore-container-cpu-limit`.
 */
export function deliberateExceptions(
  pod: k8s.PodSpec,
  { kind, replicas }: WorkloadSize,
): Readonly<Partial<Record<LinterException, string>>> {
  const apart = replicas > 1 && pod.affinity?.podAntiAffinity === undefined ? SPREAD : undefined;
  const containers = [...(pod.initContainers ?? []), ...pod.containers];
  const any = (is: (container: k8s.Container) => boolean, reason: string) => (containers.some(is) ? reason : undefined);
  const userOf = ({ securityContext }: k8s.Container) => securityContext?.runAsUser ?? pod.securityContext?.runAsUser;
  const all = {
    'cpu-limit': any(
      ({ resources }) => resources?.limits?.cpu === undefined,
      'a limit throttles the threads that feed the GPU while CPU is idle; the request guarantees the share',
    ),
    'image-pull-policy': any(
      ({ imagePullPolicy }) => imagePullPolicy !== 'Always',
      'an image of many GB that is on the node must not wait for its registry when a pod restarts',
    ),
    'low-user-id': any(
      (container) => (userOf(container) ?? 0) <= LOW_USER_ID,
      'the files of the image belong to the user that its publisher chose',
    ),
    'secret-in-environment': pod.containers.some(readsSecret)
      ? 'the server reads this key from its environment only'
      : any(readsSecret, 'only what downloads has this key in its environment, and ends before the server starts'),
    'identical-probes': any(
      ({ readinessProbe, livenessProbe }) =>
        livenessProbe !== undefined && JSON.stringify(asked(readinessProbe)) === JSON.stringify(asked(livenessProbe)),
      'the server has one health path; liveness asks it for longer before it restarts',
    ),
    'host-anti-affinity': kind === 'StatefulSet' ? apart : undefined,
    'deployment-anti-affinity': kind === 'Deployment' ? apart : undefined,
    'single-replica':
      kind === 'Deployment' && replicas < 2
        ? 'a replica is a GPU: how many there are is a question of money'
        : undefined,
  };
  return Object.fromEntries(Object.entries(all).filter(([, reason]) => reason !== undefined));
}

const readsSecret = ({ env = [] }: k8s.Container) => env.some(({ valueFrom }) => valueFrom?.secretKeyRef !== undefined);

/** Of the workload, what linters ask beside its pod. */
interface WorkloadSize {
  readonly kind: WorkloadKind;
  readonly replicas: number;
}

const SPREAD = 'topology spread constraints do it, and let two pods share a node of several GPUs';

/** What a probe asks, whatever its patience. */
const asked = ({ httpGet, grpc, tcpSocket, exec }: k8s.Probe = {}) => [httpGet, grpc, tcpSocket, exec];

/** User ids up to this may be those of users of the node. */
const LOW_USER_ID = 10_000;

/** A rule by the names that linters have for it, such as `kube-score pod-probes-identical`. */
export function linterNames(exception: LinterException): string[] {
  const { kubeLinter, kubeScore, checkov, polaris }: LinterRule = RULES[exception];
  const named = { 'kube-linter': kubeLinter, 'kube-score': kubeScore, Checkov: checkov, Polaris: polaris };
  return Object.entries(named).flatMap(([linter, rule]) => (rule === undefined ? [] : [`${linter} ${rule}`]));
}

/** The annotations by which the usual linters accept exceptions, each with its reason where the linter takes one. */
export function linterAnnotations(
  exceptions: Readonly<Partial<Record<LinterException, string>>>,
): Record<string, string> | undefined {
  const rules = Object.entries(exceptions).map(([exception, reason]) => ({
    reason,
    rule: RULES[exception as LinterException] as LinterRule,
  }));
  const kubeScore = rules.flatMap(({ rule }) => rule.kubeScore ?? []);
  const annotations = Object.fromEntries([
    ...rules.flatMap(({ rule, reason }) =>
      rule.kubeLinter ? [[`ignore-check.kube-linter.io/${rule.kubeLinter}`, reason]] : [],
    ),
    ...(kubeScore.length > 0 ? [['kube-score/ignore', kubeScore.join(',')]] : []),
    ...rules
      .filter(({ rule }) => rule.checkov)
      .map(({ rule, reason }, index) => [`checkov.io/skip${index + 1}`, `${rule.checkov}=${reason}`]),
    ...rules.flatMap(({ rule }) => (rule.polaris ? [[`polaris.fairwinds.com/${rule.polaris}-exempt`, 'true']] : [])),
  ]) as Record<string, string>;
  return Object.keys(annotations).length > 0 ? annotations : undefined;
}
