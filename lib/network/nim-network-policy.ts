import { IPodSelector, k8s } from 'cdk8s-plus-30';
import { Construct } from 'constructs';
import type { CiliumNetworkPolicy } from '../../imports/cilium.io';
import type { FqdnNetworkPolicy } from '../../imports/networking.gke.io';
import { dnsSubdomainProblems, labelProblems } from '../problem/names';
import { formatProblem, Problem } from '../problem/problem';
import { Dns, dnsPeersByPort } from './dns';
import { addHostPolicy } from './host-policy';
import { ModelDownload } from './model-download';
import { NetworkPeer } from './network-peer';
import { portProblems } from './port';

/** Connections that the pods may open beside DNS and the download. */
export interface NetworkEgress {
  /** At least one. */
  readonly to: readonly NetworkPeer[];
  /** At least one. */
  readonly ports: readonly number[];
  /** @default 'TCP' */
  readonly protocol?: 'TCP' | 'UDP';
}

export interface NimNetworkPolicyProps {
  /**
   * Name of the policy, and of the policy by host name beside it when there is one.
   * @default - the construct's id
   */
  readonly name?: string;
  /** Labels of the policy itself. @default - none */
  readonly labels?: Readonly<Record<string, string>>;
  /**
   * Labels of the pods. Select by what all releases share, so that a canary has the same policy.
   * @default - `selector` says it
   */
  readonly podLabels?: Readonly<Record<string, string>>;
  /**
   * The pods, when labels alone do not say it: a label selector, or a workload of cdk8s-plus.
   * Exactly one of `podLabels` and `selector` is needed; a selector of every pod is refused.
   * @default - `podLabels` says it
   */
  readonly selector?: k8s.LabelSelector | IPodSelector;
  /**
   * TCP ports on which the server answers requests: the container's ports, not the Service's.
   * @default [8000]
   */
  readonly ports?: readonly number[];
  /**
   * TCP port on which the server tells its metrics, such as 8002 for Triton; several where the pods have several
   * servers, and none with `[]`.
   * @default - the first of `ports`
   */
  readonly metricsPort?: number | readonly number[];
  /**
   * Gateways that may send requests: the pods that carry traffic, which are not always in the namespace of the Gateway
   * object.
   * @default - none
   */
  readonly gateways?: readonly NetworkPeer[];
  /**
   * Others that may send requests. With neither gateways nor clients nobody can call the server, which is an error
   * unless this is `[]`.
   * @default - none
   */
  readonly clients?: readonly NetworkPeer[];
  /**
   * Who may read metrics. They reach the metrics port only.
   * @default - nobody
   */
  readonly monitoring?: readonly NetworkPeer[];
  /**
   * Where the pods look up names.
   * @default - kube-dns and NodeLocal DNSCache; none when nothing else may be reached
   */
  readonly dns?: readonly Dns[];
  /**
   * Where the pods may fetch their model from.
   * @default ModelDownload.internet()
   */
  readonly download?: ModelDownload;
  /**
   * Opens the address that hands out cloud credentials: `gke` for Workload Identity Federation, `eks` for EKS Pod Identity.
   * IAM roles for service accounts and Microsoft Entra need none; they ask hosts of the internet.
   * @default - the metadata server is out of reach
   */
  readonly workloadIdentity?: 'gke' | 'eks';
  /**
   * Lets pods of the selection talk among themselves on every port. NCCL, Gloo and Ray choose ports as they please.
   * @default false
   */
  readonly multiNode?: boolean;
  /**
   * Further connections, such as to a tracing collector.
   * @default - none
   */
  readonly extraEgress?: readonly NetworkEgress[];
}

/** Who hands out cloud credentials on a node. */
const METADATA_SERVERS: Readonly<Record<'gke' | 'eks', readonly NetworkEgress[]>> = {
  // On clusters with Calico it answers on the first address, on Dataplane V2 on the second; both are opened so that a change of
  // data plane cuts nothing.
  gke: [
    { to: [NetworkPeer.cidr('169.254.169.252/32')], ports: [988] },
    { to: [NetworkPeer.cidr('169.254.169.254/32')], ports: [80] },
  ],
  // The Pod Identity Agent (Amazon EKS user guide, "Set up the Amazon EKS Pod Identity Agent"): IPv4 and IPv6. Not the
  // instance's own metadata at 169.254.169.254, where pods would get the role of the node.
  eks: [{ to: [NetworkPeer.cidr('169.254.170.23/32'), NetworkPeer.cidr('fd00:ec2::23/128')], ports: [80] }],
};

const port = (number: number, protocol: 'TCP' | 'UDP' = 'TCP'): k8s.NetworkPolicyPort => ({
  port: k8s.IntOrString.fromNumber(number),
  protocol,
});

const peers = (list: readonly NetworkPeer[]) => list.map((peer) => peer.toPeer());

function dnsRules(dns: readonly Dns[]): k8s.NetworkPolicyEgressRule[] {
  return dnsPeersByPort(dns).map((servers) => ({
    to: peers(servers.peers),
    ports: [port(servers.port, 'UDP'), port(servers.port, 'TCP')],
  }));
}

function egressRule({ to, ports, protocol }: NetworkEgress): k8s.NetworkPolicyEgressRule {
  return { to: peers(to), ports: ports.map((number) => port(number, protocol)) };
}

function isPodSelector(selector: k8s.LabelSelector | IPodSelector): selector is IPodSelector {
  return 'toPodSelectorConfig' in selector;
}

interface Selection {
  readonly selector: k8s.LabelSelector;
  readonly namespace?: string;
  readonly problems: readonly Problem[];
}

function expressionProblems({ matchExpressions = [] }: k8s.LabelSelector): Problem[] {
  return matchExpressions.flatMap(({ key, operator, values = [] }) => {
    const problems = values.length > 0 ? [] : labelProblems('selector', { [key]: '' });
    for (const value of values) problems.push(...labelProblems('selector', { [key]: value }));
    const wantsValues = operator === 'In' || operator === 'NotIn';
    if (!(wantsValues ? values.length > 0 : /^(Exists|DoesNotExist)$/.test(operator) && values.length === 0)) {
      problems.push({
        check: 'network-selector',
        message: `The selector's expression for ${JSON.stringify(key)} has the operator ${JSON.stringify(operator)} and ${values.length} values.`,
        remedy: 'Use In or NotIn with values, or Exists or DoesNotExist without.',
      });
    }
    return problems;
  });
}

/** The pods that a policy is about. A policy reaches only pods of its own namespace. */
function select({ podLabels, selector: given }: NimNetworkPolicyProps): Selection {
  const problems: Problem[] = [];
  if ((podLabels === undefined) === (given === undefined)) {
    problems.push({
      check: 'network-selector',
      message: `${given ? 'Both' : 'Neither'} podLabels ${given ? 'and' : 'nor'} selector ${given ? 'are' : 'is'} given.`,
      remedy: 'Say with one of them which pods the policy is about.',
    });
  }
  // A copy: cdk8s cannot serialize an object without a prototype.
  let selector: k8s.LabelSelector = { matchLabels: { ...podLabels } };
  let namespace: string | undefined;
  if (given && isPodSelector(given)) {
    const config = given.toPodSelectorConfig();
    selector = config.labelSelector._toKube();
    const names = config.namespaces?.names ?? [];
    namespace = names[0];
    if (names.length > 1 || Object.keys(config.namespaces?.labelSelector?._toKube() ?? {}).length > 0) {
      problems.push({
        check: 'network-selector',
        message: 'The selector spans namespaces; a policy is about pods of one namespace.',
        remedy: 'Select pods without naming namespaces, and make one policy in each namespace.',
      });
    }
  } else if (given) {
    selector = given;
  }
  const labels = selector.matchLabels ?? {};
  problems.push(...labelProblems('pod label', labels), ...expressionProblems(selector));
  if (Object.keys(labels).length === 0 && (selector.matchExpressions ?? []).length === 0 && problems.length === 0) {
    problems.push({
      check: 'network-selector',
      message: 'The selector is empty, which would put every pod of the namespace under this policy.',
      remedy: 'Name the labels of the pods.',
    });
  }
  return { selector, namespace, problems };
}

/**
 * Who may talk to an inference server, and to whom it may talk. Works for any server and any pods, of this library or not.
 *
 * The policy is about both directions, so what it does not allow is forbidden: gateways and clients reach the serving
 * ports, monitoring reaches the metrics port, the pods reach DNS and the place they download from. The metadata server
 * of the cloud stays closed unless `workloadIdentity` opens it. Probes need no rule: traffic from the pod's own node is
 * always allowed. Policies add up, so another policy about the same pods can allow more.
 *
 * With `ModelDownload.hosts` a second object opens the hosts by name. The NetworkPolicy stays beside it: it closes the
 * pods in both directions even when the second object is missing, and remains readable for tools that know only
 * NetworkPolicy. For Cilium the rule for DNS moves to the second object, so that no plain rule lets a look-up pass
 * by the DNS proxy, which has to see it.
 */
export class NimNetworkPolicy extends Construct {
  readonly policy: k8s.KubeNetworkPolicy;
  /** The policy by host name; undefined unless the download names hosts. */
  readonly hostPolicy?: CiliumNetworkPolicy | FqdnNetworkPolicy;

  constructor(scope: Construct, id: string, props: NimNetworkPolicyProps) {
    super(scope, id);
    const {
      name = id,
      ports = [8000],
      gateways = [],
      clients = [],
      monitoring = [],
      download = ModelDownload.internet(),
      multiNode = false,
      extraEgress = [],
    } = props;
    const metricsPorts = [props.metricsPort ?? ports[0] ?? []].flat();
    const { selector, namespace, problems: selectionProblems } = select(props);

    const destinations: NetworkEgress[] = [
      ...download.addresses.map((addresses) => ({ to: addresses.peers, ports: addresses.ports })),
      ...(props.workloadIdentity ? METADATA_SERVERS[props.workloadIdentity] : []),
      ...extraEgress,
    ];
    const namesNeeded = destinations.length > 0 || download.hosts !== undefined || multiNode;
    const dns = props.dns ?? (namesNeeded ? [Dns.kubeDns(), Dns.nodeLocal()] : []);
    const dnsInHostPolicy = download.hosts?.enforcedBy === 'cilium';

    const callers = [...gateways, ...clients];
    const ingress: k8s.NetworkPolicyIngressRule[] = [
      ...(callers.length > 0 ? [{ from: peers(callers), ports: ports.map((number) => port(number)) }] : []),
      ...(monitoring.length > 0 && metricsPorts.length > 0
        ? [{ from: peers(monitoring), ports: metricsPorts.map((number) => port(number)) }]
        : []),
      ...(multiNode ? [{ from: [{ podSelector: selector }] }] : []),
    ];
    const egress: k8s.NetworkPolicyEgressRule[] = [
      ...(dnsInHostPolicy ? [] : dnsRules(dns)),
      ...destinations.map(egressRule),
      ...(multiNode ? [{ to: [{ podSelector: selector }] }] : []),
    ];

    const metadata = { name, labels: props.labels, ...(namespace !== undefined && { namespace }) };
    this.policy = new k8s.KubeNetworkPolicy(this, 'Default', {
      metadata,
      spec: {
        podSelector: selector,
        policyTypes: ['Ingress', 'Egress'],
        // An absent list allows nothing; a rule without peers would allow everybody.
        ...(ingress.length > 0 && { ingress }),
        ...(egress.length > 0 && { egress }),
      },
    });
    if (download.hosts) {
      this.hostPolicy = addHostPolicy(this, 'Hosts', { metadata, selector, allowed: download.hosts, dns });
    }

    const problems: Problem[] = [
      ...dnsSubdomainProblems('policy name', name),
      ...labelProblems('policy label', props.labels ?? {}),
      ...selectionProblems,
      ...portProblems('ports', ports),
      ...(metricsPorts.length === 0 ? [] : portProblems('metricsPort', metricsPorts)),
      ...extraEgress.flatMap((rule) => portProblems('extraEgress', rule.ports)),
    ];
    if (extraEgress.some((rule) => rule.to.length === 0)) {
      problems.push({
        check: 'network-peer',
        message: 'A rule of extraEgress names no peer, which would mean everybody.',
        remedy: 'Name at least one peer.',
      });
    }
    if (callers.length === 0 && props.clients === undefined) {
      problems.push({
        check: 'network-nobody-may-call',
        message: `Neither gateways nor clients are named, so nobody may send requests to port ${ports.join(', ')}.`,
        remedy: 'Name the gateway or the clients, or write clients: [] when nobody is meant to.',
      });
    }
    if (dns.length === 0 && (download.hosts || download.addresses.some(isInternet))) {
      problems.push({
        check: 'network-dns',
        message: 'The pods may download by host name, but dns is [], so no name resolves.',
        remedy: 'Name the DNS servers, or leave dns out for kube-dns and NodeLocal DNSCache.',
      });
    }
    this.node.addValidation({ validate: () => problems.map(formatProblem) });
  }
}

/** True for a rule that opens the internet, where nobody calls by address. */
function isInternet({ peers: list }: { readonly peers: readonly NetworkPeer[] }): boolean {
  return list.some((peer) => peer.toPeer().ipBlock?.cidr === '0.0.0.0/0');
}
