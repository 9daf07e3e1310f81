import { k8s } from 'cdk8s-plus-30';

/** What holds pods or makes them: an error is told where it was made, not in an event of a controller only. */
export const JUDGED_RESOURCES: readonly k8s.NamedRuleWithOperations[] = [
  resources('', 'v1', 'pods', 'pods/ephemeralcontainers', 'replicationcontrollers'),
  resources('apps', 'v1', 'daemonsets', 'deployments', 'replicasets', 'statefulsets'),
  resources('batch', 'v1', 'cronjobs', 'jobs'),
  resources('leaderworkerset.x-k8s.io', 'v1', 'leaderworkersets'),
  resources('argoproj.io', 'v1alpha1', 'rollouts'),
];

function resources(group: string, version: string, ...names: readonly string[]): k8s.NamedRuleWithOperations {
  return {
    apiGroups: [group],
    apiVersions: [version],
    operations: ['CREATE', 'UPDATE'],
    resources: [...names],
    scope: 'Namespaced',
  };
}

const templateOf = (object: string) =>
  `dyn(${object}).spec.?template.orValue(dyn(${object}).spec.?jobTemplate.orValue(
  dyn(${object}).spec.?leaderWorkerTemplate.orValue(dyn(${object}).spec)))`;

/**
 * An update that leaves the pods as they are is not judged: a controller must be able to scale down, relabel and delete
 * what was there before the policy.
 */
export const PODS_CHANGED: k8s.MatchCondition = {
  name: 'pods-changed',
  expression: `request.operation != 'UPDATE' || ${templateOf('object')} !=
  ${templateOf('oldObject')}`,
};

const usesGpu = (container: string) =>
  `(${container}.?resources.?limits.orValue({}).exists(r, r.startsWith('nvidia.com/')) ||
    ${container}.?resources.?requests.orValue({}).exists(r, r.startsWith('nvidia.com/')))`;

/** Docker Hub is what an image without a registry means. */
const FULL_IMAGE = `dyn(c.image.matches('^(localhost|[^/]*[.:][^/]*)/') ? c.image :
      'docker.io/' + (c.image.contains('/') ? '' : 'library/') + c.image)`;

const containersOf = (pod: number) =>
  `(size(variables.pods) > ${pod} ? variables.pods[${pod}].containers.map(c, {
    'name': c.name, 'spec': c, 'pod': variables.pods[${pod}].spec,
    'image': ${FULL_IMAGE}}) : [])`;

/** Whether a node selector or one alternative of the node affinity says that the node has one of the wanted values. */
const REQUIRED = `(p.spec.?nodeSelector[?r.key].orValue('') in r.values ||
      term.?matchExpressions.orValue([]).exists(e, e.key == r.key && e.operator == 'In' && e.values.all(v, v in r.values)))`;

const TERMS = `p.spec.?affinity.?nodeAffinity.?requiredDuringSchedulingIgnoredDuringExecution.?nodeSelectorTerms.orValue([{}])`;

/**
 * What the rules look at, as variables of the policy, each from those before it. A LeaderWorkerSet has two kinds of pods,
 * everything else one.
 *
 * The only clock of a policy is the object: when the API server made it or changed it last, which is now. So an exemption
 * ends when its day begins, in UTC, and counts only when that day is near.
 */
export function judgedPods(exemptionLabel: string, longestExemptionHours: number): Readonly<Record<string, string>> {
  return {
    exemptUntil: `namespaceObject.?metadata.?labels[?'${exemptionLabel}'].orValue('')`,
    now: `request.operation == 'CREATE' ? [dyn(object).metadata.creationTimestamp] :
  dyn(object).metadata.?managedFields.orValue([]).filter(m, has(m.time)).map(m, m.time)`,
    exempt: `variables.exemptUntil.matches('^[0-9]{4}-[0-9]{2}-[0-9]{2}$') &&
  variables.now.all(t, timestamp(t) < timestamp(variables.exemptUntil + 'T00:00:00Z')) &&
  variables.now.exists(t, timestamp(variables.exemptUntil + 'T00:00:00Z') - timestamp(t) <= duration('${longestExemptionHours}h'))`,
    spec: 'dyn(object).spec',
    templates: `variables.exempt ? [] :
  has(variables.spec.containers) ? [dyn(object)] :
  has(variables.spec.template) ? [variables.spec.template] :
  has(variables.spec.jobTemplate) ? [variables.spec.jobTemplate.spec.template] :
  has(variables.spec.leaderWorkerTemplate) ? [variables.spec.leaderWorkerTemplate.workerTemplate] +
    (has(variables.spec.leaderWorkerTemplate.leaderTemplate) ? [variables.spec.leaderWorkerTemplate.leaderTemplate] : []) : ([])`,
    pods: `variables.templates.map(t, {
  'spec': t.spec, 'labels': t.?metadata.?labels.orValue({}),
  'containers': t.spec.containers + t.spec.?initContainers.orValue([]) + t.spec.?ephemeralContainers.orValue([])})`,
    containers: `${containersOf(0)} +
  ${containersOf(1)}`,
    gpuContainers: `variables.containers.filter(c, ${usesGpu('c.spec')})`,
    gpuPods: `variables.pods.filter(p, p.containers.exists(c, ${usesGpu('c')})).map(p, {
  'spec': p.spec, 'labels': p.labels, 'containers': p.containers,
  'pools': dyn(${TERMS}
    .map(term, variables.pools.filter(pool, pool.requires.all(r, ${REQUIRED}))))})`,
    // Agents of the platform run on every node by DaemonSet. A device claim may be of a GPU: the pod does not say.
    cpuPods: `dyn(object).kind == 'DaemonSet' ||
  dyn(object).metadata.?ownerReferences.orValue([]).exists(owner, owner.kind == 'DaemonSet') ? [] :
  variables.pods.filter(p, !has(p.spec.resourceClaims) && !p.containers.exists(c, ${usesGpu('c')}))`,
  };
}
