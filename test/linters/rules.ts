import { Manifest } from '../support/yaml-of';
import { Container, containers, labelsOf, named, PodView, podsOf, tell } from './views';

/** How the manifests of the library stand to a rule. */
export type Verdict =
  | { readonly passed: true }
  /** Broken on purpose, and annotated where the linter reads annotations. */
  | { readonly waived: string }
  /** Not about what the library writes, or not to be told from a manifest. */
  | { readonly outside: string };

/** One thing that linters ask, whatever they call it. */
export interface LinterRule {
  readonly asks: string;
  readonly kubeLinter?: string;
  readonly kubeScore?: string;
  readonly polaris?: string;
  readonly kubescape?: string;
  readonly checkov?: string;
  readonly trivy?: string;
  readonly verdict: Verdict;
  /** What breaks it among all objects; undefined where a manifest cannot tell. */
  readonly broken?: (objects: readonly Manifest[]) => string[];
}

const PASSED: Verdict = { passed: true };

const eachContainer = (bad: (container: Container, pod: PodView) => boolean) => (objects: readonly Manifest[]) =>
  podsOf(objects).flatMap((pod) =>
    containers(pod)
      .filter((each) => bad(each, pod))
      .map((each) => tell(pod, each)),
  );
const eachPod = (bad: (pod: PodView, objects: readonly Manifest[]) => boolean) => (objects: readonly Manifest[]) =>
  podsOf(objects)
    .filter((pod) => bad(pod, objects))
    .map((pod) => tell(pod));
const eachOf =
  (kind: string, bad: (object: Manifest, objects: readonly Manifest[]) => boolean) => (objects: readonly Manifest[]) =>
    objects
      .filter((object) => object.kind === kind && bad(object, objects))
      .map(({ metadata }) => `${kind} ${metadata.name}`);

const runsIn = (objects: readonly Manifest[]) => new Set(podsOf(objects).map(({ namespace = 'default' }) => namespace));
const withoutQuota = (asked: (name: string, objects: readonly Manifest[]) => boolean) =>
  eachOf(
    'Namespace',
    ({ metadata }, objects) =>
      asked(metadata.name, objects) &&
      !objects.some((each) => each.kind === 'ResourceQuota' && named(each) === metadata.name),
  );

/** Kinds that stand in no namespace. */
const OF_THE_CLUSTER = ['Namespace', 'ValidatingAdmissionPolicy', 'ValidatingAdmissionPolicyBinding'];

/** Containers that open a port: nobody asks one that ends before them, or one that only works for another pod. */
const eachServer =
  (bad: (container: Container) => boolean) =>
  (objects: readonly Manifest[]): string[] =>
    podsOf(objects).flatMap((pod) =>
      (pod.spec.containers as Container[])
        .filter((each) => each.ports !== undefined && bad(each))
        .map((each) => tell(pod, each)),
    );

const security = (container: Container, pod: PodView) => ({
  ...pod.spec.securityContext,
  ...container.securityContext,
});
const ports = (container: Container): { name?: string; containerPort: number; hostPort?: number }[] =>
  container.ports ?? [];
const probePorts = (kind: string) =>
  eachContainer((container) => {
    const port = container[kind]?.httpGet?.port ?? container[kind]?.tcpSocket?.port;
    return (
      port !== undefined && !ports(container).some(({ name, containerPort }) => [name, containerPort].includes(port))
    );
  });
const selects = (selector: Record<string, string> | undefined, labels: Record<string, string>) =>
  selector !== undefined && Object.entries(selector).every(([key, value]) => labels[key] === value);
const policed = (direction: string) =>
  eachPod(
    ({ labels }, objects) =>
      !objects.some(
        ({ kind, spec }) =>
          kind === 'NetworkPolicy' &&
          selects(spec.podSelector?.matchLabels ?? {}, labels) &&
          spec.policyTypes?.includes(direction),
      ),
  );
const secretNames = (container: Container) =>
  (container.env ?? []).filter(({ valueFrom }: { valueFrom?: { secretKeyRef?: object } }) => valueFrom?.secretKeyRef);

/**
 * Rules of kube-linter 0.8, kube-score 1.20, Polaris 9, Kubescape's NSA framework, Checkov's kubernetes policies and Trivy's
 * checks of Kubernetes that are about workloads, as far as a manifest decides them.
 */
export const LINTER_RULES: readonly LinterRule[] = [
  {
    asks: 'A fixed image tag',
    kubeLinter: 'latest-tag',
    kubeScore: 'container-image-tag',
    polaris: 'tagNotSpecified',
    checkov: 'CKV_K8S_14',
    trivy: 'KSV-0013',
    verdict: PASSED,
    broken: eachContainer(({ image }) => !/(?::(?!latest$)[\w.-]+|@sha256:[a-f0-9]{64})$/.test(image)),
  },
  {
    asks: 'The digest of the image',
    checkov: 'CKV_K8S_43',
    verdict: {
      waived:
        'The reference platform shows versions, by a waiver of image-pinning. With an image lock every image has its digest.',
    },
    broken: eachContainer(({ image }) => !image.includes('@sha256:')),
  },
  {
    asks: 'imagePullPolicy Always',
    kubeScore: 'container-image-pull-policy',
    polaris: 'pullPolicyNotAlways',
    checkov: 'CKV_K8S_15',
    verdict: {
      waived:
        'An image of 10 to 25 GB that is on the node must not wait for its registry when a pod restarts. A digest makes the question void.',
    },
    broken: eachContainer(({ imagePullPolicy }) => imagePullPolicy !== 'Always'),
  },
  {
    asks: 'Images from known registries',
    kubescape: 'C-0078',
    trivy: 'KSV-0125',
    verdict: { outside: 'A linter does not know yours. The rule image-registry of InferencePolicy does.' },
  },
  {
    asks: 'No privileged container',
    kubeLinter: 'privileged-container',
    kubeScore: 'container-security-context-privileged',
    polaris: 'runAsPrivileged',
    kubescape: 'C-0057',
    checkov: 'CKV_K8S_16',
    trivy: 'KSV-0017',
    verdict: PASSED,
    broken: eachContainer(({ securityContext }) => securityContext?.privileged === true),
  },
  {
    asks: 'No gain of rights',
    kubeLinter: 'privilege-escalation-container',
    polaris: 'privilegeEscalationAllowed',
    kubescape: 'C-0016',
    checkov: 'CKV_K8S_20',
    trivy: 'KSV-0001',
    verdict: PASSED,
    broken: eachContainer(({ securityContext }) => securityContext?.allowPrivilegeEscalation !== false),
  },
  {
    asks: 'No capabilities',
    kubeLinter: 'drop-net-raw-capability',
    polaris: 'dangerousCapabilities, insecureCapabilities',
    kubescape: 'C-0046',
    checkov: 'CKV_K8S_25, 28, 37, 39',
    trivy: 'KSV-0003, 0004, 0005, 0022, 0106, 0119, 0120',
    verdict: PASSED,
    broken: eachContainer(
      ({ securityContext }) =>
        !securityContext?.capabilities?.drop?.includes('ALL') || securityContext.capabilities.add !== undefined,
    ),
  },
  {
    asks: 'A seccomp profile',
    kubeScore: 'container-seccomp-profile (optional)',
    polaris: 'linuxHardening',
    kubescape: 'C-0055',
    checkov: 'CKV_K8S_31',
    trivy: 'KSV-0030, 0104',
    verdict: PASSED,
    broken: eachContainer(
      (container, pod) => !['RuntimeDefault', 'Localhost'].includes(security(container, pod).seccompProfile?.type),
    ),
  },
  {
    asks: 'Not root',
    kubeLinter: 'run-as-non-root',
    polaris: 'runAsRootAllowed',
    kubescape: 'C-0013',
    checkov: 'CKV_K8S_23',
    trivy: 'KSV-0012, 0105',
    verdict: PASSED,
    broken: eachContainer(
      (container, pod) => security(container, pod).runAsNonRoot !== true || security(container, pod).runAsUser === 0,
    ),
  },
  {
    asks: 'User and group above 10,000',
    kubeScore: 'container-security-context-user-group-id',
    checkov: 'CKV_K8S_40',
    trivy: 'KSV-0020, 0021',
    verdict: { waived: 'The files of the image belong to the user that its publisher chose: 1000 for NIM and Triton.' },
    broken: eachContainer(
      (container, pod) =>
        !(security(container, pod).runAsUser > 10_000 && security(container, pod).runAsGroup > 10_000),
    ),
  },
  {
    asks: 'A security context of pod and container',
    checkov: 'CKV_K8S_29, 30',
    trivy: 'KSV-0118',
    verdict: PASSED,
    broken: eachContainer(({ securityContext }, { spec }) => !securityContext || !spec.securityContext),
  },
  {
    asks: 'A read-only root file system',
    kubeLinter: 'no-read-only-root-fs',
    kubeScore: 'container-security-context-readonlyrootfilesystem',
    polaris: 'notReadOnlyRootFilesystem',
    kubescape: 'C-0017',
    checkov: 'CKV_K8S_22',
    trivy: 'KSV-0014',
    verdict: {
      waived:
        'NIM writes outside its cache and /tmp; no published version is known to run on a read-only root. Other runtimes pass.',
    },
    broken: eachContainer(({ securityContext }) => securityContext?.readOnlyRootFilesystem !== true),
  },
  {
    asks: 'Nothing of the node: network, processes, memory',
    kubeLinter: 'host-network, host-pid, host-ipc',
    polaris: 'hostNetworkSet, hostPIDSet, hostIPCSet',
    kubescape: 'C-0038, C-0041',
    checkov: 'CKV_K8S_17, 18, 19',
    trivy: 'KSV-0008, 0009, 0010',
    verdict: PASSED,
    broken: eachPod(({ spec }) => spec.hostNetwork || spec.hostPID || spec.hostIPC),
  },
  {
    asks: 'No files of the node',
    kubeLinter: 'sensitive-host-mounts, docker-sock, writable-host-mount',
    kubescape: 'C-0045, C-0048',
    checkov: 'CKV_K8S_27',
    trivy: 'KSV-0006, 0023, 0121',
    verdict: PASSED,
    broken: eachPod(({ spec }) => (spec.volumes ?? []).some((volume: object) => 'hostPath' in volume)),
  },
  {
    asks: 'No ports of the node',
    polaris: 'hostPortSet',
    kubescape: 'C-0044',
    checkov: 'CKV_K8S_26',
    trivy: 'KSV-0024',
    verdict: PASSED,
    broken: eachContainer((container) => ports(container).some(({ hostPort }) => hostPort !== undefined)),
  },
  {
    asks: 'No port below 1024, no SSH',
    kubeLinter: 'privileged-ports, ssh-port',
    trivy: 'KSV-0117',
    verdict: PASSED,
    broken: eachContainer((container) => ports(container).some(({ containerPort }) => containerPort < 1024)),
  },
  {
    asks: 'No sysctls',
    kubeLinter: 'unsafe-sysctls',
    trivy: 'KSV-0026',
    verdict: PASSED,
    broken: eachPod(({ spec }) => spec.securityContext?.sysctls !== undefined),
  },
  {
    asks: 'No host aliases',
    trivy: 'KSV-0007',
    verdict: PASSED,
    broken: eachPod(({ spec }) => spec.hostAliases !== undefined),
  },
  {
    asks: 'Volumes of the restricted profile only',
    trivy: 'KSV-0028',
    verdict: PASSED,
    broken: eachPod(({ spec }) =>
      (spec.volumes ?? []).some(
        (volume: object) => !Object.keys(volume).some((kind) => RESTRICTED_VOLUMES.includes(kind)),
      ),
    ),
  },
  {
    asks: 'A ServiceAccount of its own',
    kubeLinter: 'default-service-account, non-existent-service-account',
    checkov: 'CKV_K8S_41, 42',
    verdict: PASSED,
    broken: eachPod(
      ({ spec, namespace }, objects) =>
        !objects.some(
          (each) =>
            each.kind === 'ServiceAccount' &&
            each.metadata.name === spec.serviceAccountName &&
            named(each) === namespace,
        ),
    ),
  },
  {
    asks: 'No token for the API server',
    polaris: 'automountServiceAccountToken',
    kubescape: 'C-0034',
    checkov: 'CKV_K8S_38',
    trivy: 'KSV-0036',
    verdict: PASSED,
    broken: eachPod(({ spec }) => spec.automountServiceAccountToken !== false),
  },
  {
    asks: 'CPU and memory requests',
    kubeLinter: 'unset-cpu-requirements, unset-memory-requirements',
    kubeScore: 'container-resources',
    polaris: 'cpuRequestsMissing, memoryRequestsMissing',
    checkov: 'CKV_K8S_10, 12',
    trivy: 'KSV-0015, 0016',
    verdict: PASSED,
    broken: eachContainer(({ resources }) => !resources?.requests?.cpu || !resources.requests.memory),
  },
  {
    asks: 'A memory limit',
    kubeLinter: 'unset-memory-requirements',
    kubeScore: 'container-resources',
    polaris: 'memoryLimitsMissing',
    kubescape: 'C-0271',
    checkov: 'CKV_K8S_13',
    trivy: 'KSV-0018',
    verdict: PASSED,
    broken: eachContainer(({ resources }) => !resources?.limits?.memory),
  },
  {
    asks: 'A CPU limit',
    kubeLinter: 'unset-cpu-requirements',
    kubeScore: 'container-resources',
    polaris: 'cpuLimitsMissing',
    kubescape: 'C-0270',
    checkov: 'CKV_K8S_11',
    trivy: 'KSV-0011',
    verdict: {
      waived: 'A limit throttles the threads that feed the GPU while CPU is idle. The request guarantees the share.',
    },
    broken: eachContainer(({ resources }) => !resources?.limits?.cpu),
  },
  {
    asks: 'Ephemeral storage, requested and limited',
    kubeScore: 'container-ephemeral-storage-request-and-limit',
    verdict: PASSED,
    broken: eachContainer(
      ({ resources }) => !resources?.requests?.['ephemeral-storage'] || !resources.limits['ephemeral-storage'],
    ),
  },
  {
    asks: 'Readiness and liveness probes',
    kubeLinter: 'no-readiness-probe, no-liveness-probe',
    kubeScore: 'pod-probes',
    polaris: 'readinessProbeMissing, livenessProbeMissing',
    checkov: 'CKV_K8S_8, 9',
    verdict: PASSED,
    broken: eachServer(({ readinessProbe, livenessProbe }) => !readinessProbe || !livenessProbe),
  },
  {
    asks: 'Two different probes',
    kubeScore: 'pod-probes-identical',
    verdict: { waived: 'vLLM has one health path; liveness asks it for longer before it restarts the server' },
    broken: eachServer(
      ({ readinessProbe, livenessProbe }) =>
        JSON.stringify(readinessProbe?.httpGet) === JSON.stringify(livenessProbe?.httpGet),
    ),
  },
  {
    asks: 'Probes of ports that are declared',
    kubeLinter: 'readiness-port, liveness-port, startup-port',
    verdict: PASSED,
    broken: (objects) =>
      ['readinessProbe', 'livenessProbe', 'startupProbe'].flatMap((kind) => probePorts(kind)(objects)),
  },
  {
    asks: 'No secret as a literal',
    kubeLinter: 'env-var-secret',
    polaris: 'sensitiveContainerEnvVar, sensitiveConfigmapContent',
    kubescape: 'C-0012',
    trivy: 'KSV-0109, 01010',
    verdict: PASSED,
    broken: eachContainer(({ env = [] }) =>
      env.some(
        ({ name, value }: { name: string; value?: string }) =>
          value !== undefined && /KEY|TOKEN|SECRET|PASSWORD/i.test(name),
      ),
    ),
  },
  {
    asks: 'Secrets as files',
    kubeLinter: 'read-secret-from-env-var',
    kubescape: 'C-0207',
    checkov: 'CKV_K8S_35',
    verdict: { waived: 'NIM reads NGC_API_KEY from its environment only.' },
    broken: eachContainer((container) => secretNames(container).length > 0),
  },
  {
    asks: 'Each environment variable once',
    kubeLinter: 'duplicate-env-var',
    kubeScore: 'environment-variable-key-duplication',
    verdict: PASSED,
    broken: eachContainer(({ env = [] }) => new Set(env.map(({ name }: { name: string }) => name)).size < env.length),
  },
  {
    asks: 'A namespace, and not the default one',
    kubeLinter: 'use-namespace',
    checkov: 'CKV_K8S_21',
    trivy: 'KSV-0110, 0037',
    verdict: PASSED,
    broken: (objects) =>
      objects
        .filter((each) => !OF_THE_CLUSTER.includes(each.kind))
        .filter((each) => [undefined, 'default', 'kube-system'].includes(named(each)))
        .map(({ kind, metadata }) => `${kind} ${metadata.name}`),
  },
  {
    asks: 'Quota in the namespace of a team',
    trivy: 'KSV-0040',
    verdict: PASSED,
    broken: withoutQuota((name, objects) => runsIn(objects).has(name)),
  },
  {
    asks: 'Quota in the namespaces of operators',
    trivy: 'KSV-0040',
    verdict: {
      waived:
        'dist/ runs no pod in `monitoring` and `gpu-operator`; what their pods may take is said by those who install them.',
    },
    broken: withoutQuota((name, objects) => !runsIn(objects).has(name)),
  },
  {
    asks: 'Network policies in',
    kubeLinter: 'non-isolated-pod',
    kubeScore: 'pod-networkpolicy',
    polaris: 'missingNetworkPolicy',
    kubescape: 'C-0030, C-0054, C-0260',
    checkov: 'CKV2_K8S_6',
    trivy: 'KSV-0038',
    verdict: PASSED,
    broken: policed('Ingress'),
  },
  {
    asks: 'Network policies out',
    kubeScore: 'pod-networkpolicy',
    kubescape: 'C-0030',
    verdict: PASSED,
    broken: policed('Egress'),
  },
  {
    asks: 'Services and policies that select something',
    kubeLinter: 'dangling-service, dangling-networkpolicy',
    kubeScore: 'service-targets-pod, networkpolicy-targets-pod',
    verdict: PASSED,
    broken: (objects) =>
      objects
        .filter(
          ({ kind, spec }) =>
            kind === 'Service' && !podsOf(objects).some(({ labels }) => selects(spec.selector, labels)),
        )
        .map(({ metadata }) => `Service ${metadata.name}`),
  },
  {
    asks: 'No NodePort, no external address',
    kubeLinter: 'exposed-services',
    kubeScore: 'service-type',
    trivy: 'KSV-0108',
    verdict: PASSED,
    broken: eachOf('Service', ({ spec }) => ['NodePort', 'LoadBalancer'].includes(spec.type) || spec.externalIPs),
  },
  {
    asks: 'A headless Service behind serviceName',
    kubeScore: 'statefulset-has-servicename',
    verdict: PASSED,
    broken: eachOf(
      'StatefulSet',
      ({ spec }, objects) =>
        !objects.some(
          (each) =>
            each.kind === 'Service' && each.metadata.name === spec.serviceName && each.spec.clusterIP === 'None',
        ),
    ),
  },
  {
    asks: 'A selector that matches the template',
    kubeLinter: 'mismatching-selector',
    kubeScore: 'statefulset-pod-selector-labels-match-template-metadata-labels',
    verdict: PASSED,
    broken: eachOf('StatefulSet', (object) => !selects(object.spec.selector.matchLabels, labelsOf(object))),
  },
  {
    asks: 'A disruption budget, from two replicas',
    kubeLinter: 'pdb-max-unavailable, pdb-min-available, pdb-unhealthy-pod-eviction-policy',
    kubeScore: 'statefulset-has-poddisruptionbudget, poddisruptionbudget-has-policy',
    polaris: 'missingPodDisruptionBudget',
    verdict: PASSED,
    broken: eachOf(
      'StatefulSet',
      (object, objects) =>
        // One replica has none: it would hinder every drain, or protect nothing.
        object.spec.replicas !== 0 &&
        object.spec.replicas !== 1 &&
        !objects.some(
          ({ kind, spec }) =>
            kind === 'PodDisruptionBudget' &&
            selects(spec.selector.matchLabels, labelsOf(object)) &&
            spec.maxUnavailable > 0 &&
            spec.unhealthyPodEvictionPolicy,
        ),
    ),
  },
  {
    asks: 'Topology spread',
    kubeScore: 'pod-topology-spread-constraints',
    polaris: 'topologySpreadConstraint',
    verdict: PASSED,
    // The workers of a group stand where their leader does.
    broken: eachPod(
      ({ spec }) => !spec.topologySpreadConstraints && spec.containers.some((one: Container) => one.ports),
    ),
  },
  {
    asks: 'Node affinity',
    kubeLinter: 'no-node-affinity',
    verdict: PASSED,
    broken: eachPod(({ spec }) => !spec.affinity?.nodeAffinity),
  },
  {
    asks: 'Anti-affinity between replicas',
    kubeLinter: 'no-anti-affinity',
    kubeScore: 'statefulset-has-host-podantiaffinity, deployment-has-host-podantiaffinity',
    verdict: {
      outside:
        'Asked of two replicas and more, which carry the exception. Topology spread constraints do it, and let two pods share a node of several GPUs.',
    },
  },
  {
    asks: 'Two or three replicas',
    kubeLinter: 'minimum-three-replicas, hpa-minimum-three-replicas',
    kubeScore: 'deployment-replicas, horizontalpodautoscaler-replicas',
    polaris: 'deploymentMissingReplicas',
    verdict: {
      outside:
        'A replica is a GPU: how many is a question of money that the scorecard answers. Deployments of one carry the exception.',
    },
  },
  {
    asks: 'A priority class',
    kubeLinter: 'priority-class-name',
    polaris: 'priorityClassNotSet',
    verdict: {
      waived:
        'Priority means something only between the classes that a platform has; the reference platform declares none.',
    },
    broken: eachPod(({ spec }) => !spec.priorityClassName),
  },
  {
    asks: 'The name as a label',
    polaris: 'metadataAndNameMismatched',
    verdict: {
      waived:
        'app.kubernetes.io/name is the server, as Kubernetes recommends; app.kubernetes.io/instance is the service, without the track.',
    },
    broken: eachOf('StatefulSet', ({ metadata }) => metadata.labels?.['app.kubernetes.io/name'] !== metadata.name),
  },
  {
    asks: 'AppArmor, SELinux and proc masks',
    trivy: 'KSV-0002, 0025, 0027',
    kubeLinter: 'unsafe-proc-mount',
    verdict: PASSED,
    broken: eachContainer((container, pod) =>
      ['procMount', 'seLinuxOptions', 'appArmorProfile'].some((field) => field in security(container, pod)),
    ),
  },
  {
    asks: 'Stable API versions',
    kubeLinter: 'no-extensions-v1beta',
    kubeScore: 'stable-version',
    trivy: 'KSV-0107',
    verdict: PASSED,
    broken: (objects) =>
      objects
        // The linters know the versions of Kubernetes' own kinds; a gateway's may have no other.
        .filter(({ apiVersion }) => /^(?:[^/]*\.k8s\.io\/|[a-z]+\/)?\w*(?:alpha|beta)\d*$/.test(apiVersion))
        .map(({ kind, metadata }) => `${kind} ${metadata.name}`),
  },
  {
    asks: 'No roles of administrators, no wildcards',
    kubeLinter: 'access-to-create-pods, access-to-secrets, cluster-admin-role-binding, wildcard-in-rules',
    polaris: 'clusterrolebindingClusterAdmin, rolebindingClusterAdminClusterRole',
    kubescape: 'C-0002, C-0035',
    checkov: 'CKV_K8S_49',
    trivy: 'KSV-0041 to 0056',
    verdict: PASSED,
    broken: (objects) =>
      objects
        .filter(
          ({ kind, rules, roleRef }) =>
            (kind.endsWith('Role') && JSON.stringify(rules ?? []).includes('"*"')) || roleRef?.name === 'cluster-admin',
        )
        .map(({ kind, metadata }) => `${kind} ${metadata.name}`),
  },
  {
    asks: 'Jobs that end',
    kubeLinter: 'job-ttl-seconds-after-finished, restart-policy',
    kubeScore: 'cronjob-has-deadline, cronjob-restartpolicy',
    verdict: { outside: 'The reference platform has no Job.' },
  },
  {
    asks: 'Signed images',
    kubescape: 'C-0236, C-0237',
    verdict: { outside: 'A manifest does not say. ImageSignaturePolicy asks the registry when a pod is made.' },
  },
  {
    asks: 'A claim on storage',
    kubescape: 'C-0257',
    verdict: { waived: 'The cache of the weights is a disk.' },
    broken: eachOf('StatefulSet', ({ spec }) => spec.volumeClaimTemplates !== undefined),
  },
  {
    asks: 'No known holes in images, a sound control plane',
    kubescape: 'C-0005, C-0058, C-0059, C-0066 to C-0070',
    checkov: 'CKV_K8S_68 to 151',
    verdict: { outside: 'Not in a manifest.' },
  },
];

const RESTRICTED_VOLUMES = [
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'persistentVolumeClaim',
  'projected',
  'secret',
  'image',
];
