import { refuse } from '../problem/problem';
import { NetworkPeer } from './network-peer';
import { portProblems } from './port';

/**
 * Where pods look up names. A policy that restricts egress forbids DNS as well unless it allows it, and then every
 * download fails with a name that does not resolve.
 */
export class Dns {
  /** CoreDNS or kube-dns: the pods labelled `k8s-app: kube-dns` in `kube-system`. */
  static kubeDns(): Dns {
    return Dns.custom(NetworkPeer.podsInNamespace('kube-system', { 'k8s-app': 'kube-dns' }));
  }

  /**
   * NodeLocal DNSCache, which answers on an address of the node. On GKE Dataplane V2, and on Cilium with a local
   * redirect policy, look-ups end at the cache's pods instead, so the pods `k8s-app: node-local-dns` in `kube-system`
   * are allowed beside the address.
   *
   * @param address the cache's address; 169.254.20.10 is the Kubernetes project's own choice
   */
  static nodeLocal(address = '169.254.20.10'): Dns {
    return new Dns(
      [
        NetworkPeer.cidr(`${address}/${address.includes(':') ? 128 : 32}`),
        NetworkPeer.podsInNamespace('kube-system', { 'k8s-app': 'node-local-dns' }),
      ],
      53,
    );
  }

  /**
   * Cloud DNS for GKE, which answers on 169.254.169.254. The metadata server lives on the same address and other ports;
   * they stay closed.
   */
  static cloudDns(): Dns {
    return Dns.custom(NetworkPeer.cidr('169.254.169.254/32'));
  }

  /**
   * Any other server.
   *
   * @param port where the server itself listens, which counts behind a Service, such as 5353 on OpenShift
   */
  static custom(peer: NetworkPeer, port = 53): Dns {
    refuse('Dns.custom', portProblems('DNS', [port]));
    return new Dns([peer], port);
  }

  private constructor(
    readonly peers: readonly NetworkPeer[],
    /** UDP and TCP. */
    readonly port: number,
  ) {}
}

/** Peers of all servers by port: the shape in which policies of any kind want them. */
export function dnsPeersByPort(
  dns: readonly Dns[],
): readonly { readonly port: number; readonly peers: NetworkPeer[] }[] {
  const ports = [...new Set(dns.map((server) => server.port))];
  return ports.map((port) => ({
    port,
    peers: dns.filter((server) => server.port === port).flatMap((server) => server.peers),
  }));
}
