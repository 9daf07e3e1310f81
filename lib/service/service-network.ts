import { Construct } from 'constructs';
import { reportErrors } from '../checks/report';
import { GpuNodePool } from '../hardware/gpu-node-pool';
import { derivedDownload, downloadProblems } from '../network/derived-download';
import { RouteGateway } from '../network/inference-route-props';
import { ModelDownload } from '../network/model-download';
import { NetworkPeer } from '../network/network-peer';
import { NimNetworkPolicy, NimNetworkPolicyProps } from '../network/nim-network-policy';
import { collectorEgress } from '../network/trace-collector';
import { Monitoring } from '../observability/monitoring';
import { RouteAuthentication } from '../network/route-authentication';
import { attempt, Problem } from '../problem/problem';
import { ServerContract } from '../runtime/serving-runtime';
import { Tracing } from '../runtime/telemetry';
import { GpuInferenceWorkload } from '../workload/gpu-inference-workload';
import { roleLabel } from '../workload/inference-labels';
import { PrefillDecodeRouter } from '../workload/prefill-decode-router';
import { metadataServerOf, WorkloadIdentity } from '../workload/workload-identity';

/** What of the derived network policy is to be different. */
export interface ServiceNetworkProps extends Pick<
  NimNetworkPolicyProps,
  'clients' | 'monitoring' | 'dns' | 'workloadIdentity' | 'extraEgress' | 'download'
> {
  /**
   * Allow the download by host name instead of to the whole internet, where the cluster can enforce that. The hosts are
   * those that the runtime downloads from.
   * @default - the ports of these hosts (443 for most) at every address outside private ranges
   */
  readonly downloadHostsEnforcedBy?: 'gke-fqdn' | 'cilium';
}

/** The pods of a service, and who may call them. */
export interface ServiceNetwork {
  readonly network: ServiceNetworkProps;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Everything with GPUs: tracks or roles. */
  readonly servers: readonly [GpuInferenceWorkload, ...GpuInferenceWorkload[]];
  /** What clients call instead of the servers, when these share the work. */
  readonly router?: PrefillDecodeRouter;
  readonly gateways?: readonly NetworkPeer[];
  /** Who scrapes, beside those whom `network` names. @default - nobody */
  readonly monitoring?: Monitoring;
  /** Who asks the servers how busy they are, to choose one for each request. @default - nobody */
  readonly pickers?: readonly NetworkPeer[];
  /** Where the servers send traces. @default - nowhere */
  readonly tracing?: Tracing | false;
}

/** Each once. */
function monitoringPeers({ network, monitoring, pickers = [] }: ServiceNetwork): NetworkPeer[] {
  const peers = [...(network.monitoring ?? []), ...(monitoring?.peers ?? []), ...pickers];
  return [...new Map(peers.map((peer) => [JSON.stringify(peer.toPeer()), peer])).values()];
}

const collectorOf = ({ network: { extraEgress }, tracing }: ServiceNetwork, download: ModelDownload) =>
  tracing ? collectorEgress(tracing, { extraEgress, download }) : { egress: [], problems: [] };

/** Ports that answer requests; those of monitoring and of a group are opened to these alone. */
const clientPorts = ({ ports }: ServerContract) =>
  ports.filter(({ purpose = 'clients' }) => purpose === 'clients').map(({ port }) => port);

/** One policy for all servers, so it allows what any of them needs. */
export function serverPolicy(scope: Construct, id: string, service: ServiceNetwork): NimNetworkPolicy {
  const { network, name, labels, servers, router, gateways } = service;
  const { downloadHostsEnforcedBy, download, ...policy } = network;
  const plans = servers.map(({ plan }) => plan);
  const identity = plans.some(({ cloudIdentity }) => cloudIdentity);
  const stated = servers.map(({ workloadIdentity }) => workloadIdentity).find((one) => one !== undefined);
  const pools = servers.flatMap(({ nodePools }) => nodePools);
  const derived = stated ? stated.metadataServer : identity ? metadataServerOf(pools) : undefined;
  const request = {
    hosts: [...new Set([...plans.flatMap(({ downloadHosts }) => downloadHosts), ...(stated?.hosts ?? [])])],
    ports: [...new Set([...plans.flatMap(({ downloadPorts }) => downloadPorts), ...(stated?.hosts ? [443] : [])])],
    enforcedBy: downloadHostsEnforcedBy,
    download: download ?? (plans.every(({ offline }) => offline) ? ModelDownload.none() : undefined),
    extraEgress: network.extraEgress,
  };
  const allowed = derivedDownload(request);
  const collector = collectorOf(service, allowed);
  reportErrors(scope, [...downloadProblems(request), ...collector.problems]);
  return new NimNetworkPolicy(scope, id, {
    ...policy,
    workloadIdentity: policy.workloadIdentity ?? derived,
    download: allowed,
    name,
    labels,
    podLabels: servers[0].podLabels,
    ports: serverPorts(servers),
    multiNode: servers[0].podsPerReplica > 1,
    metricsPort: [...new Set(plans.flatMap(({ contract }) => contract.metrics?.port ?? []))],
    monitoring: monitoringPeers(service),
    gateways,
    ...(collector.egress.length > 0 && { extraEgress: [...(network.extraEgress ?? []), ...collector.egress] }),
    ...(router && behindRouter(service, router)),
  });
}

const serverPorts = (servers: ServiceNetwork['servers']) => [
  ...new Set(servers.flatMap(({ plan }) => clientPorts(plan.contract))),
];

/** Only the router may call; prefill and decode exchange the KV cache on ports that UCX chooses as it pleases. */
function behindRouter({ name, labels }: ServiceNetwork, router: PrefillDecodeRouter): Partial<NimNetworkPolicyProps> {
  return {
    name: `${name}-servers`,
    podLabels: undefined,
    selector: {
      matchLabels: { ...labels },
      matchExpressions: [{ key: 'role', operator: 'In', values: ['prefill', 'decode'] }],
    },
    gateways: [],
    clients: podsWith(router.podLabels),
    multiNode: true,
  };
}

/** Clients call the router, and the router the servers. It downloads nothing. */
export function routerPolicy(scope: Construct, id: string, service: ServiceNetwork): NimNetworkPolicy | undefined {
  const { network, name, labels, servers, router, gateways } = service;
  if (router === undefined) return undefined;
  const to = (['prefill', 'decode'] as const).flatMap((role) => podsWith({ ...labels, ...roleLabel(role) }));
  return new NimNetworkPolicy(scope, id, {
    name,
    labels,
    podLabels: router.podLabels,
    ports: [router.port],
    metricsPort: router.metricsPort,
    gateways,
    clients: network.clients,
    monitoring: monitoringPeers(service),
    dns: network.dns,
    download: ModelDownload.none(),
    extraEgress: to.length > 0 ? [{ to, ports: serverPorts(servers) }] : [],
  });
}

/** Nobody, where a name is no label; that is told where the name was stated. */
export function podsWith(labels: Readonly<Record<string, string>>): NetworkPeer[] {
  const peer = attempt([], () => NetworkPeer.pods(labels));
  return peer ? [peer] : [];
}

/** The gateway asks for a key; whoever reaches the pods by another way is asked for none. */
export function bypassWarnings(
  { clients = [] }: ServiceNetworkProps,
  route?: { readonly gateway: RouteGateway; readonly authentication?: RouteAuthentication },
): Problem[] {
  if (!route?.authentication || clients.length === 0) return [];
  const [reach, them] =
    clients.length === 1
      ? ['1 peer of network.clients reaches', 'it']
      : [`${clients.length} peers of network.clients reach`, 'them'];
  return [
    {
      check: 'gateway-bypass',
      message: `${reach} the server around the Gateway ${route.gateway.name}, without key, quota or name.`,
      remedy: `Let ${them} call the host name of the route, with a key; or waive this with the reason why ${them === 'it' ? 'it needs' : 'they need'} none.`,
    },
  ];
}

/** Objects and addresses that exist on one platform only; Flux would stop at the first, and pods would wait for the second. */
export function platformProblems(
  network: ServiceNetworkProps,
  pools: readonly GpuNodePool[],
  identity?: WorkloadIdentity,
): Problem[] {
  const { downloadHostsEnforcedBy, workloadIdentity } = network;
  const notOn = (platforms: readonly string[]) => pools.find(({ platform }) => !platforms.includes(platform));
  const wanted = [
    ...(downloadHostsEnforcedBy === 'gke-fqdn'
      ? [{ what: 'downloadHostsEnforcedBy is gke-fqdn', cloud: 'GKE', elsewhere: notOn(['gke']) }]
      : []),
    ...(workloadIdentity === 'gke'
      ? [{ what: 'workloadIdentity is gke', cloud: 'GKE', elsewhere: notOn(['gke']) }]
      : []),
    ...(workloadIdentity === 'eks'
      ? [{ what: 'workloadIdentity is eks', cloud: 'EKS', elsewhere: notOn(['eks', 'karpenter']) }]
      : []),
  ];
  return [
    ...wanted.flatMap(({ what, cloud, elsewhere }) =>
      elsewhere
        ? {
            check: 'network-platform',
            message: `${what}, but the pool ${elsewhere.name} is not on ${cloud} (${elsewhere.platform}).`,
            remedy: "Remove it; hosts can be enforced by 'cilium' where the cluster runs it.",
          }
        : [],
    ),
    ...(downloadHostsEnforcedBy !== undefined && identity?.hostsUnknown
      ? [
          {
            check: 'workload-identity',
            message:
              'The role is asked for at the token service of a region, which is not among the hosts that the pods may reach.',
            remedy: "Name it: WorkloadIdentity.eks({ roleArn: …, region: 'eu-west-1' }).",
          },
        ]
      : []),
  ];
}
