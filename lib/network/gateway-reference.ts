import { dnsLabelProblems, dnsSubdomainProblems, shown } from '../problem/names';
import { Problem, refuse } from '../problem/problem';
import { NetworkPeer } from './network-peer';

/**
 * Who programs the proxies, as far as it decides what can be asked of them.
 * - `envoy-gateway`: Envoy Gateway, which knows authentication and quotas of routes.
 * - `gke`: GKE's own, load balancers of Google Cloud.
 */
export type GatewayImplementation = 'envoy-gateway' | 'gke';

const IMPLEMENTATIONS: readonly GatewayImplementation[] = ['envoy-gateway', 'gke'];

/** Somebody else's name, as it comes out of JSON or the environment. */
function implementationProblems(implementation: GatewayImplementation | undefined): Problem[] {
  if (implementation === undefined || IMPLEMENTATIONS.includes(implementation)) return [];
  return [
    {
      check: 'gateway-feature',
      message: `The implementation ${shown(String(implementation))} is not known here.`,
      remedy: `Use ${IMPLEMENTATIONS.join(' or ')}, or leave it out for any other.`,
    },
  ];
}

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
   * A wrong one writes objects that the gateway does not read, or lets proxies through that are not there.
   * @default - unknown: routes cannot ask for authentication
   */
  readonly implementation?: GatewayImplementation;
  /**
   * Where requests come from when they reach the pods: the gateway's proxies, for network policies.
   * @default - `envoy-gateway`: the proxies of this Gateway in envoy-gateway-system, where it runs them unless told otherwise;
   * `gke`: the ranges of Google's front ends and health checks, beside which a regional gateway has your proxy-only subnet;
   * unknown: all pods in the namespace of the Gateway object
   */
  readonly peers?: readonly NetworkPeer[];
}

/** Of Google's front ends and health checks (Google Cloud documentation, "Probe IP ranges and firewall rules"). */
export const GOOGLE_FRONT_ENDS = ['130.211.0.0/22', '35.191.0.0/16'] as const;

function proxiesOf({ name, namespace, implementation }: GatewayReferenceProps): readonly NetworkPeer[] {
  switch (implementation) {
    case 'envoy-gateway':
      return [
        NetworkPeer.podsInNamespace('envoy-gateway-system', {
          'gateway.envoyproxy.io/owning-gateway-name': name,
          'gateway.envoyproxy.io/owning-gateway-namespace': namespace,
        }),
      ];
    case 'gke':
      return GOOGLE_FRONT_ENDS.map((range) => NetworkPeer.cidr(range));
    default:
      return [NetworkPeer.namespace(namespace)];
  }
}

/** A Gateway that the platform team owns and routes attach to. */
export class GatewayReference {
  readonly name: string;
  readonly namespace: string;
  readonly sectionName?: string;
  /** Undefined when nobody said it. */
  readonly implementation?: GatewayImplementation;
  /** Where its requests come from; what `NimNetworkPolicy` takes as `gateways`. */
  readonly peers: readonly NetworkPeer[];

  constructor(props: GatewayReferenceProps) {
    refuse(`GatewayReference ${props.name}`, [
      ...dnsSubdomainProblems('Gateway name', props.name),
      ...dnsLabelProblems('namespace', props.namespace),
      ...(props.sectionName === undefined ? [] : dnsSubdomainProblems('section name', props.sectionName)),
      ...implementationProblems(props.implementation),
    ]);
    this.name = props.name;
    this.namespace = props.namespace;
    this.sectionName = props.sectionName;
    this.implementation = props.implementation;
    this.peers = props.peers ?? proxiesOf(props);
  }

  /** How messages name it. */
  get shown(): string {
    return `Gateway ${this.namespace}/${this.name}`;
  }
}
