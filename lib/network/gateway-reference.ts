import { dnsLabelProblems, dnsSubdomainProblems } from '../problem/names';
import { refuse } from '../problem/problem';
import { NetworkPeer } from './network-peer';

export interface GatewayReferenceProps {
  /** Name of the Gateway object. */
  readonly name: string;
  /** Namespace of the Gateway object. */
  readonly namespace: string;
  /**
   * Name of one listener.
   * @default - every listener whose host name fits
   */
  readonly sectionName?: string;
  /**
   * Where requests come from when they reach the pods: the gateway's proxies, for network policies.
   * Envoy Gateway runs them in its own namespace by default; a load balancer of a cloud comes from address ranges.
   * @default - all pods in the namespace of the Gateway object
   */
  readonly peers?: readonly NetworkPeer[];
}

/** A Gateway that the platform team owns and routes attach to. */
export class GatewayReference {
  readonly name: string;
  readonly namespace: string;
  readonly sectionName?: string;
  /** Where its requests come from; what `NimNetworkPolicy` takes as `gateways`. */
  readonly peers: readonly NetworkPeer[];

  constructor(props: GatewayReferenceProps) {
    refuse(`GatewayReference ${props.name}`, [
      ...dnsSubdomainProblems('Gateway name', props.name),
      ...dnsLabelProblems('namespace', props.namespace),
      ...(props.sectionName === undefined ? [] : dnsSubdomainProblems('section name', props.sectionName)),
    ]);
    this.name = props.name;
    this.namespace = props.namespace;
    this.sectionName = props.sectionName;
    this.peers = props.peers ?? [NetworkPeer.namespace(props.namespace)];
  }
}
