import { PolicyRule } from './policy-rule';

const container = (words: string) => `'the container ' + c.name + ' ${words}'` as const;

/** GPUs, MIG slices and shares that a container asks for; a limit is what counts. */
const GPUS_OF_CONTAINER = `c.?resources.?limits.orValue({})
  .filter(r, r.startsWith('nvidia.com/gpu') || r.startsWith('nvidia.com/mig-'))
  .map(r, quantity(string(c.resources.limits[r])).asInteger()).sum()`;

/** Those of a pod: init containers end before the others start. */
const GPUS = `([p.spec.containers.map(c, ${GPUS_OF_CONTAINER}).sum()] +
  p.spec.?initContainers.orValue([]).map(c, ${GPUS_OF_CONTAINER})).max()`;

/** Whether a toleration of the pod `p` takes the `taint`. */
const TOLERATED = `p.spec.?tolerations.orValue([]).exists(t,
  (t.?key.orValue('') == '' || t.key == taint.key) &&
  (t.?operator.orValue('Equal') == 'Exists' || (t.?key.orValue('') != '' && t.?value.orValue('') == taint.value)) &&
  t.?effect.orValue(taint.effect) == taint.effect)`;

/**
 * What the library guarantees of its own manifests, for everybody's. CEL as Kubernetes 1.30 has it. Settings are variables,
 * so that the rules are the same in every cluster.
 *
 * @source Pod Security Standards, level `restricted`, for the rules from `privileged` to `seccomp`
 */
export const POLICY_RULES = [
  {
    id: 'image-registry',
    protects: 'Images from registries that nobody vouches for.',
    of: 'containers',
    broken: `!variables.registries.exists(r, c.image.startsWith(r + '/'))`,
    told: `${container('runs ')} + c.image + '. Images come from ' + variables.registries.join(', ')`,
  },
  {
    id: 'image-pinning',
    protects: 'Images that change under a running release.',
    of: 'containers',
    broken: `!c.image.matches('@sha256:[a-f0-9]{64}$') && (variables.digestsOnly ||
  !c.image.matches(':[^/:@]+$') || variables.movingTags.exists(tag, c.image.lowerAscii().endsWith(':' + tag)))`,
    told: `${container('runs ')} + c.image + (variables.digestsOnly ? ' without a digest' : ', whose tag moves') + '. Write repository:tag@sha256:...'`,
  },
  {
    id: 'privileged',
    protects: 'Containers that are root on their node.',
    of: 'containers',
    broken: 'c.spec.?securityContext.?privileged.orValue(false)',
    told: container('is privileged. A GPU needs no privilege'),
  },
  {
    id: 'host-namespaces',
    protects: 'Pods that see the network, the processes or the memory of their node.',
    of: 'pods',
    broken: 'p.spec.?hostNetwork.orValue(false) || p.spec.?hostPID.orValue(false) || p.spec.?hostIPC.orValue(false)',
    told: `'the pod sets hostNetwork, hostPID or hostIPC. For shared memory mount an emptyDir of medium Memory at /dev/shm'`,
  },
  {
    id: 'host-path',
    protects: 'Pods that read or write files of their node.',
    of: 'pods',
    broken: 'p.spec.?volumes.orValue([]).exists(v, has(v.hostPath))',
    told: `'the hostPath volumes ' + p.spec.volumes.filter(v, has(v.hostPath)).map(v, v.name).join(', ') + ' show the pod files of its node. Use a claim or an emptyDir'`,
  },
  {
    id: 'host-ports',
    protects: 'Servers that are reached past their Service and its network policy.',
    of: 'containers',
    broken: 'c.spec.?ports.orValue([]).exists(port, port.?hostPort.orValue(0) != 0)',
    told: container('has a hostPort. Use a Service'),
  },
  {
    id: 'run-as-non-root',
    protects: 'Containers that run as root.',
    of: 'containers',
    broken: `!c.spec.?securityContext.?runAsNonRoot.orValue(c.pod.?securityContext.?runAsNonRoot.orValue(false)) ||
  c.spec.?securityContext.?runAsUser.orValue(c.pod.?securityContext.?runAsUser.orValue(1)) == 0`,
    told: container('may run as root. Set runAsNonRoot: true and no runAsUser: 0'),
  },
  {
    id: 'privilege-escalation',
    protects: 'Processes that gain more rights than their container has.',
    of: 'containers',
    // Kubernetes lets no privileged container refuse it; that one breaks the rule `privileged` instead.
    broken: `c.spec.?securityContext.?allowPrivilegeEscalation.orValue(true) &&
  !c.spec.?securityContext.?privileged.orValue(false)`,
    told: container('may gain rights. Set allowPrivilegeEscalation: false'),
  },
  {
    id: 'capabilities',
    protects: 'Containers that keep rights of root.',
    of: 'containers',
    broken: `!('ALL' in c.spec.?securityContext.?capabilities.?drop.orValue([])) ||
  c.spec.?securityContext.?capabilities.?add.orValue([]).exists(added, added != 'NET_BIND_SERVICE')`,
    told: container('keeps capabilities. Drop ALL and add none'),
  },
  {
    id: 'seccomp',
    protects: 'Containers that may call everything in the kernel.',
    of: 'containers',
    broken: `!(c.spec.?securityContext.?seccompProfile.?type.orValue(
  c.pod.?securityContext.?seccompProfile.?type.orValue('')) in ['RuntimeDefault', 'Localhost'])`,
    told: container('has no seccomp profile. Set seccompProfile.type: RuntimeDefault'),
  },
  {
    id: 'gpu-requests',
    protects: 'Containers that get a GPU without saying how much CPU and memory they need.',
    of: 'gpuContainers',
    broken: `!['cpu', 'memory'].all(r, r in c.spec.?resources.?requests.orValue({}) ||
  r in c.spec.?resources.?limits.orValue({}))`,
    told: container('asks for a GPU but for no CPU or no memory. State both requests'),
  },
  {
    id: 'gpu-count',
    protects: 'Pods that ask for more GPUs than a node has: they stay Pending.',
    of: 'gpuPods',
    broken: `${GPUS} > variables.maxGpusPerPod`,
    told: `'the pod asks for ' + string(${GPUS}) + ' GPUs. At most ' + string(variables.maxGpusPerPod) + ' are allowed'`,
  },
  {
    id: 'gpu-pool',
    protects: 'GPU pods on nodes that nobody chose for them, or on none.',
    of: 'gpuPods',
    broken: 'p.pools.exists(named, size(named) == 0)',
    told: `'the pod may land outside of the GPU pools. Require by nodeSelector or node affinity the labels of one: ' +
  variables.pools.map(pool, pool.shown).join(', or ')`,
  },
  {
    id: 'gpu-toleration',
    protects: 'GPU pods that no GPU node lets in.',
    of: 'gpuPods',
    broken: `p.pools.all(named, size(named) > 0) &&
  !p.pools.exists(named, named.exists(pool, pool.taints.all(taint, ${TOLERATED})))`,
    told: `'the pod does not tolerate the taints of the GPU pool that it asks for: ' + p.pools.map(named, named.map(pool,
  pool.taints.map(taint, taint.key + (taint.value == '' ? '' : '=' + taint.value) + ':' + taint.effect).join(' and ')).join(', or ')).join(', or ')`,
  },
  {
    id: 'gpu-nodes-reserved',
    protects: 'Pods without a GPU on GPU nodes: they take the CPU and memory without which the GPU is of no use.',
    of: 'cpuPods',
    broken: `variables.pools.exists(pool, size(pool.taints) > 0 && pool.taints.all(taint, ${TOLERATED}))`,
    told: `'the pod asks for no GPU but tolerates the taints of GPU nodes. Remove the toleration'`,
  },
  {
    id: 'required-labels',
    protects: 'GPUs of which nobody knows who holds them.',
    of: 'gpuPods',
    broken: '!variables.labelKeys.all(key, key in p.labels)',
    told: `'the GPU pod lacks the labels ' + variables.labelKeys.filter(key, !(key in p.labels)).join(', ')`,
  },
  {
    id: 'service-account-token',
    protects: 'A server that strangers send text to, with a key to the API server in its file system.',
    of: 'gpuPods',
    broken: 'p.spec.?automountServiceAccountToken.orValue(true)',
    told: `'the GPU pod mounts a token for the API server. Set automountServiceAccountToken: false'`,
  },
] as const satisfies readonly PolicyRule[];

/** Ids of all rules. */
export type PolicyRuleId = (typeof POLICY_RULES)[number]['id'];
