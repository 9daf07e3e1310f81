import { k8s } from 'cdk8s-plus-30';
import { Construct } from 'constructs';
import {
  CiliumNetworkPolicy,
  CiliumNetworkPolicySpecEgress,
  CiliumNetworkPolicySpecEgressToEndpoints,
  CiliumNetworkPolicySpecEgressToPortsPortsProtocol,
  CiliumNetworkPolicySpecEndpointSelector,
} from '../../imports/cilium.io';
import { FqdnNetworkPolicy, FqdnNetworkPolicySpecEgressPortsProtocol } from '../../imports/networking.gke.io';
import { Dns, dnsPeersByPort } from './dns';
import { AllowedHosts } from './model-download';
import { NetworkPeer } from './network-peer';

interface HostPolicyProps {
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly selector: k8s.LabelSelector;
  readonly allowed: AllowedHosts;
  /** Where the pods look up names. Written by Cilium's policy only. */
  readonly dns: readonly Dns[];
}

/** Labels of Cilium's own that hold what a namespaceSelector asks for. */
const CILIUM_NAMESPACE_NAME = 'k8s:io.kubernetes.pod.namespace';
const CILIUM_NAMESPACE_LABEL = 'k8s:io.cilium.k8s.namespace.labels.';

function ciliumEndpoint(peer: k8s.NetworkPolicyPeer): CiliumNetworkPolicySpecEgressToEndpoints {
  const namespaces = Object.entries(peer.namespaceSelector?.matchLabels ?? {}).map(([key, value]) => [
    key === 'kubernetes.io/metadata.name' ? CILIUM_NAMESPACE_NAME : `${CILIUM_NAMESPACE_LABEL}${key}`,
    value,
  ]);
  const pods = Object.entries(peer.podSelector?.matchLabels ?? {}).map(([key, value]) => [`k8s:${key}`, value]);
  return { matchLabels: Object.fromEntries([...namespaces, ...pods]) };
}

/** Allows look-ups through Cilium's DNS proxy: only look-ups that it sees open the addresses behind a host name. */
function ciliumDns(port: number, servers: readonly NetworkPeer[]): CiliumNetworkPolicySpecEgress[] {
  const peers = servers.map((peer) => peer.toPeer());
  const endpoints = peers.filter((peer) => !peer.ipBlock).map(ciliumEndpoint);
  const ranges = peers.flatMap((peer) => (peer.ipBlock ? [peer.ipBlock] : []));
  const toPorts = [
    {
      ports: [{ port: String(port), protocol: CiliumNetworkPolicySpecEgressToPortsPortsProtocol.ANY }],
      rules: { dns: [{ matchPattern: '*' }] },
    },
  ];
  // A rule may name endpoints or ranges, not both.
  return [
    ...(endpoints.length > 0 ? [{ toEndpoints: endpoints, toPorts }] : []),
    ...(ranges.length > 0 ? [{ toCidrSet: ranges, toPorts }] : []),
  ];
}

function ciliumPolicy(scope: Construct, id: string, props: HostPolicyProps): CiliumNetworkPolicy {
  const { metadata, selector, allowed, dns } = props;
  return new CiliumNetworkPolicy(scope, id, {
    metadata,
    spec: {
      // Cilium's operators have the names of Kubernetes' own.
      endpointSelector: selector as CiliumNetworkPolicySpecEndpointSelector,
      egress: [
        ...dnsPeersByPort(dns).flatMap(({ port, peers }) => ciliumDns(port, peers)),
        {
          toFqdNs: allowed.hosts.map((host) => (host.includes('*') ? { matchPattern: host } : { matchName: host })),
          toPorts: [
            {
              ports: allowed.ports.map((port) => ({
                port: String(port),
                protocol: CiliumNetworkPolicySpecEgressToPortsPortsProtocol.TCP,
              })),
            },
          ],
        },
      ],
    },
  });
}

function gkePolicy(scope: Construct, id: string, props: HostPolicyProps): FqdnNetworkPolicy {
  const { metadata, selector, allowed } = props;
  return new FqdnNetworkPolicy(scope, id, {
    metadata,
    spec: {
      podSelector: selector,
      egress: [
        {
          matches: allowed.hosts.map((host) => (host.includes('*') ? { pattern: host } : { name: host })),
          ports: allowed.ports.map((port) => ({ protocol: FqdnNetworkPolicySpecEgressPortsProtocol.TCP, port })),
        },
      ],
    },
  });
}

/** Adds the object that lets the pods reach the allowed hosts by name, of the kind that the cluster enforces. */
export function addHostPolicy(
  scope: Construct,
  id: string,
  props: HostPolicyProps,
): CiliumNetworkPolicy | FqdnNetworkPolicy {
  return props.allowed.enforcedBy === 'cilium' ? ciliumPolicy(scope, id, props) : gkePolicy(scope, id, props);
}
