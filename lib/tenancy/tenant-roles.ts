import { Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-30';
import { Construct } from 'constructs';
import { TenantFlux, TenantTeam } from './tenant-namespace-props';

/** Kinds of one API group, as RBAC names them. */
interface Kinds {
  readonly apiGroups: readonly [string];
  readonly resources: readonly string[];
}

/**
 * What the library writes for services: what Flux and deployers may apply. What sets the namespace up (quota, limits,
 * roles) is not in here, so nobody who may deploy may lift their own limits. A test holds every program of the project
 * against this table.
 */
const APPLIED: readonly Kinds[] = [
  { apiGroups: [''], resources: ['configmaps', 'persistentvolumeclaims', 'serviceaccounts', 'services'] },
  { apiGroups: ['apps'], resources: ['daemonsets', 'deployments', 'statefulsets'] },
  { apiGroups: ['argoproj.io'], resources: ['analysistemplates', 'rollouts'] },
  { apiGroups: ['autoscaling'], resources: ['horizontalpodautoscalers'] },
  { apiGroups: ['autoscaling.k8s.io'], resources: ['verticalpodautoscalers'] },
  { apiGroups: ['batch'], resources: ['cronjobs', 'jobs'] },
  { apiGroups: ['cilium.io'], resources: ['ciliumnetworkpolicies'] },
  { apiGroups: ['external-secrets.io'], resources: ['externalsecrets'] },
  { apiGroups: ['flagger.app'], resources: ['canaries', 'metrictemplates'] },
  {
    apiGroups: ['gateway.envoyproxy.io'],
    resources: ['backends', 'backendtrafficpolicies', 'httproutefilters', 'securitypolicies'],
  },
  { apiGroups: ['gateway.networking.k8s.io'], resources: ['httproutes'] },
  { apiGroups: ['http.keda.sh'], resources: ['interceptorroutes'] },
  { apiGroups: ['inference.networking.k8s.io'], resources: ['inferencepools'] },
  { apiGroups: ['keda.sh'], resources: ['scaledobjects'] },
  { apiGroups: ['leaderworkerset.x-k8s.io'], resources: ['leaderworkersets'] },
  { apiGroups: ['monitoring.coreos.com'], resources: ['podmonitors', 'prometheusrules'] },
  { apiGroups: ['monitoring.googleapis.com'], resources: ['podmonitorings', 'rules'] },
  {
    apiGroups: ['networking.gke.io'],
    resources: ['fqdnnetworkpolicies', 'gcpbackendpolicies', 'healthcheckpolicies'],
  },
  { apiGroups: ['networking.k8s.io'], resources: ['ingresses', 'networkpolicies'] },
  { apiGroups: ['policy'], resources: ['poddisruptionbudgets'] },
  { apiGroups: ['resource.k8s.io'], resources: ['resourceclaimtemplates'] },
  { apiGroups: ['secrets-store.csi.x-k8s.io'], resources: ['secretproviderclasses'] },
];

/** Component of Flux's account, by its label: it must be there before Flux applies anything as it. */
export const FLUX_ACCOUNT = 'flux-account';

/** What controllers make of it, and what explains why something is not there. No Secrets, and no logs. */
const OBSERVED: readonly Kinds[] = [
  { apiGroups: [''], resources: ['endpoints', 'events', 'limitranges', 'pods', 'resourcequotas'] },
  { apiGroups: ['apps'], resources: ['controllerrevisions', 'replicasets'] },
  { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'] },
  { apiGroups: ['events.k8s.io'], resources: ['events'] },
  { apiGroups: ['kueue.x-k8s.io'], resources: ['localqueues', 'workloads'] },
  { apiGroups: ['metrics.k8s.io'], resources: ['pods'] },
  { apiGroups: ['resource.k8s.io'], resources: ['resourceclaims'] },
];

const READ = ['get', 'list', 'watch'];
const WRITE = ['create', 'update', 'patch', 'delete'];

const may = (kinds: readonly Kinds[], verbs: readonly string[]): k8s.PolicyRule[] =>
  kinds.map(({ apiGroups, resources }) => ({
    apiGroups: [...apiGroups],
    resources: [...resources],
    verbs: [...verbs],
  }));

/** One rule a group: what is applied and what is observed of it. */
const VIEWED: readonly Kinds[] = [...new Set([...APPLIED, ...OBSERVED].map(({ apiGroups: [group] }) => group))]
  .sort()
  .map((group) => ({
    apiGroups: [group],
    resources: [...APPLIED, ...OBSERVED]
      .filter(({ apiGroups }) => apiGroups[0] === group)
      .flatMap(({ resources }) => resources)
      .sort(),
  }));

/** Beyond reading: logs, ports, and the inside of containers. Streams are asked for with get as well as with create. */
const DEBUGGING: readonly k8s.PolicyRule[] = [
  { apiGroups: [''], resources: ['pods/log'], verbs: ['get'] },
  {
    apiGroups: [''],
    resources: ['pods/attach', 'pods/exec', 'pods/portforward'],
    verbs: ['create', 'get'],
  },
  { apiGroups: [''], resources: ['pods/ephemeralcontainers'], verbs: ['patch', 'update'] },
];

/** The roles of a team in its namespace, each bound to groups. A role that nobody has is not written. */
export class TeamRoles extends Construct {
  constructor(scope: Construct, id: string, team: TenantTeam) {
    super(scope, id);
    const { viewers = [], debuggers = [], deployers = [] } = team;
    this.bind('viewer', may(VIEWED, READ), viewers);
    this.bind('debugger', [...may(VIEWED, READ), ...DEBUGGING], debuggers);
    this.bind('deployer', [...may(VIEWED, READ), ...may(APPLIED, WRITE)], deployers);
  }

  private bind(name: string, rules: readonly k8s.PolicyRule[], groups: readonly string[]): void {
    if (groups.length === 0) return;
    const apiGroup = 'rbac.authorization.k8s.io';
    new k8s.KubeRole(this, name, { metadata: { name }, rules: [...rules] });
    new k8s.KubeRoleBinding(this, `${name}-binding`, {
      metadata: { name },
      roleRef: { apiGroup, kind: 'Role', name },
      subjects: groups.map((group) => ({ apiGroup, kind: 'Group', name: group })),
    });
  }
}

/**
 * The account that Flux takes on, so that a commit of one team reaches its own namespace only. It may apply what the
 * library writes for services, and look at their pods, by which Flux tells whether they are ready.
 */
export class FluxAccount extends Construct {
  readonly serviceAccountName: string;

  constructor(scope: Construct, id: string, { serviceAccountName: name = 'flux', secrets = false }: TenantFlux) {
    super(scope, id);
    this.serviceAccountName = name;
    const metadata = { name, labels: { 'app.kubernetes.io/component': FLUX_ACCOUNT } };
    new k8s.KubeServiceAccount(this, 'account', { metadata, automountServiceAccountToken: false });
    new k8s.KubeRole(this, 'role', {
      metadata,
      rules: [
        ...may(APPLIED, [...READ, ...WRITE]),
        ...(secrets ? may([{ apiGroups: [''], resources: ['secrets'] }], [...READ, ...WRITE]) : []),
        ...may(
          [
            { apiGroups: [''], resources: ['pods'] },
            { apiGroups: ['apps'], resources: ['replicasets'] },
          ],
          READ,
        ),
      ],
    });
    new k8s.KubeRoleBinding(this, 'binding', {
      metadata,
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
      subjects: [{ kind: 'ServiceAccount', name, namespace: Chart.of(this).namespace }],
    });
  }
}
