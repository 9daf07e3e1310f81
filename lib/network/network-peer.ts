import { k8s } from 'cdk8s-plus-30';
import { dnsLabelProblems, labelProblems } from '../problem/names';
import { Problem, refuse } from '../problem/problem';
import { cidrProblems, isStrictlyInside } from './cidr';

/** The label that the API server itself puts on every namespace; nobody can set it to another value. */
export const NAMESPACE_NAME = 'kubernetes.io/metadata.name';

type Labels = Readonly<Record<string, string>>;

function selectorProblems(what: string, labels: Labels): Problem[] {
  if (Object.keys(labels).length > 0) return labelProblems(what, labels);
  return [
    {
      check: 'network-peer',
      message: `No ${what} is given, which would mean everybody.`,
      remedy: 'Name at least one label, or use NetworkPeer.namespace(name) for all pods of one namespace.',
    },
  ];
}

/**
 * Somebody at the other end of a connection: pods, namespaces, or addresses outside the cluster.
 * Never everybody: a peer without a name, a label or an address is refused.
 */
export class NetworkPeer {
  /**
   * All pods of one namespace, by the label `kubernetes.io/metadata.name` that the API server sets.
   * Namespaces have no label `name` of their own, although many examples select by it.
   */
  static namespace(name: string): NetworkPeer {
    refuse(`NetworkPeer.namespace`, dnsLabelProblems('namespace', name));
    return new NetworkPeer({ namespaceSelector: { matchLabels: { [NAMESPACE_NAME]: name } } });
  }

  /** All pods of all namespaces with these labels. Whoever may label namespaces decides who that is. */
  static namespaceLabels(labels: Labels): NetworkPeer {
    refuse('NetworkPeer.namespaceLabels', selectorProblems('namespace label', labels));
    return new NetworkPeer({ namespaceSelector: { matchLabels: { ...labels } } });
  }

  /** Pods with these labels in the namespace of the policy. */
  static pods(labels: Labels): NetworkPeer {
    refuse('NetworkPeer.pods', selectorProblems('pod label', labels));
    return new NetworkPeer({ podSelector: { matchLabels: { ...labels } } });
  }

  /** Pods with these labels in the namespace of this name. Both must hold. */
  static podsInNamespace(namespace: string, labels: Labels): NetworkPeer {
    refuse('NetworkPeer.podsInNamespace', [
      ...dnsLabelProblems('namespace', namespace),
      ...selectorProblems('pod label', labels),
    ]);
    return new NetworkPeer({
      namespaceSelector: { matchLabels: { [NAMESPACE_NAME]: namespace } },
      podSelector: { matchLabels: { ...labels } },
    });
  }

  /**
   * Addresses outside the cluster, IPv4 or IPv6. Most network plugins do not match pods by address.
   *
   * @param cidr such as `10.0.0.0/8`, or `192.0.2.7/32` for one address
   * @param except ranges within it that are not meant
   */
  static cidr(cidr: string, except: readonly string[] = []): NetworkPeer {
    const problems = [cidr, ...except].flatMap((range) => cidrProblems('range', range));
    if (problems.length === 0) {
      for (const range of except.filter((inner) => !isStrictlyInside(inner, cidr))) {
        problems.push({
          check: 'network-cidr',
          message: `The exception "${range}" does not lie within "${cidr}", or is all of it.`,
          remedy: 'Except only smaller ranges of the range itself.',
        });
      }
    }
    refuse('NetworkPeer.cidr', problems);
    return new NetworkPeer({ ipBlock: { cidr, ...(except.length > 0 && { except: [...except] }) } });
  }

  private constructor(private readonly peer: k8s.NetworkPolicyPeer) {}

  /** The peer as a NetworkPolicy writes it. */
  toPeer(): k8s.NetworkPolicyPeer {
    return this.peer;
  }
}
