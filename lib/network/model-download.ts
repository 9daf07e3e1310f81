import { dnsSubdomainProblems } from '../problem/names';
import { Problem, refuse } from '../problem/problem';
import { NetworkPeer } from './network-peer';
import { portProblems } from './port';

/**
 * Who can enforce a policy by host name; a Kubernetes NetworkPolicy cannot.
 * - `gke-fqdn`: GKE Dataplane V2 with `--enable-fqdn-network-policy`. At most 50 addresses a policy and 100 a name, which
 *   the networks behind Hugging Face can exceed. A pattern `*.example.com` stands for one label only.
 * - `cilium`: Cilium with its DNS proxy.
 */
export type HostEnforcer = 'gke-fqdn' | 'cilium';

/** Hosts that may be reached by name. */
export interface AllowedHosts {
  readonly hosts: readonly string[];
  readonly enforcedBy: HostEnforcer;
  readonly ports: readonly number[];
}

/** Addresses that may be reached. */
export interface AllowedAddresses {
  readonly peers: readonly NetworkPeer[];
  readonly ports: readonly number[];
}

export interface InternetDownloadOptions {
  /**
   * IPv4 ranges that are not the internet. A private registry or a private endpoint of object storage lies in one of
   * them: open it with {@link ModelDownload.privateEndpoints} beside this.
   * @default - PRIVATE_RANGES
   */
  readonly except?: readonly string[];
  /**
   * TCP ports. NGC and Hugging Face need 443 only; some registries redirect to 80.
   * @default [443]
   */
  readonly ports?: readonly number[];
}

export interface HostDownloadOptions {
  readonly enforcedBy: HostEnforcer;
  /**
   * TCP ports.
   * @default [443]
   */
  readonly ports?: readonly number[];
}

export interface EndpointDownloadOptions {
  /**
   * TCP ports.
   * @default [443]
   */
  readonly ports?: readonly number[];
}

/**
 * What is not the internet: private networks (RFC 1918), shared address space of carriers that clouds use for pods
 * (RFC 6598), and link-local addresses with the clouds' metadata servers (RFC 3927).
 */
export const PRIVATE_RANGES = [
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '100.64.0.0/10',
  '169.254.0.0/16',
] as const;

function hostProblems(host: string): Problem[] {
  const plain = host.startsWith('*.') ? host.slice(2) : host;
  const problems = dnsSubdomainProblems('host', plain);
  if (problems.length > 0) return problems;
  if (!plain.includes('.') || /^[\d.]+$/.test(plain)) {
    return [
      {
        check: 'network-host',
        message: `"${host}" is not a full host name.`,
        remedy: 'Use a name such as api.ngc.nvidia.com or *.hf.co; for addresses use ModelDownload.privateEndpoints.',
      },
    ];
  }
  return [];
}

/** Where the pods may fetch their model from. Images are pulled by the node, so a registry of images is no part of it. */
export class ModelDownload {
  /** Nowhere: the weights are in the image or on a volume already, or the site is air-gapped. */
  static none(): ModelDownload {
    return new ModelDownload([], undefined);
  }

  /** Any public IPv4 address, and none of the private ranges. Enough for NGC and Hugging Face. */
  static internet(options: InternetDownloadOptions = {}): ModelDownload {
    const ports = options.ports ?? [443];
    refuse('ModelDownload.internet', portProblems('The download', ports));
    const peers = [NetworkPeer.cidr('0.0.0.0/0', options.except ?? PRIVATE_RANGES)];
    return new ModelDownload([{ peers, ports }], undefined);
  }

  /**
   * Only these hosts. Needs a network plugin that enforces host names.
   *
   * @param hosts names such as `api.ngc.nvidia.com`, or `*.hf.co` for every name of one label before `hf.co`
   */
  static hosts(hosts: readonly string[], options: HostDownloadOptions): ModelDownload {
    const ports = options.ports ?? [443];
    const problems = [...hosts.flatMap(hostProblems), ...portProblems('The download', ports)];
    if (hosts.length === 0) {
      problems.push({
        check: 'network-host',
        message: 'No host is named.',
        remedy: 'Name the hosts, or use ModelDownload.none() when nothing is downloaded.',
      });
    }
    refuse('ModelDownload.hosts', problems);
    return new ModelDownload([], { hosts: [...hosts], enforcedBy: options.enforcedBy, ports });
  }

  /** Addresses of a private registry, a proxy, or a private endpoint of object storage. */
  static privateEndpoints(cidrs: readonly string[], options: EndpointDownloadOptions = {}): ModelDownload {
    const ports = options.ports ?? [443];
    const problems = portProblems('The download', ports);
    if (cidrs.length === 0) {
      problems.push({
        check: 'network-cidr',
        message: 'No address is named.',
        remedy: 'Name the ranges of the endpoints, or use ModelDownload.none() when nothing is downloaded.',
      });
    }
    refuse('ModelDownload.privateEndpoints', problems);
    return new ModelDownload([{ peers: cidrs.map((cidr) => NetworkPeer.cidr(cidr)), ports }], undefined);
  }

  private constructor(
    readonly addresses: readonly AllowedAddresses[],
    readonly hosts: AllowedHosts | undefined,
  ) {}

  /** Both this and the other. Two lists of hosts, or hosts beside the whole internet, are refused. */
  and(other: ModelDownload): ModelDownload {
    const problems: Problem[] = [];
    if (this.hosts && other.hosts) {
      problems.push({
        check: 'network-host',
        message: 'Two lists of hosts are combined.',
        remedy: 'Name all hosts in one ModelDownload.hosts(...).',
      });
    }
    const hosts = this.hosts ?? other.hosts;
    const ranges = [this, other].flatMap(({ addresses }) => addresses).flatMap(({ peers }) => peers);
    if (hosts && ranges.some((peer) => peer.toPeer().ipBlock?.cidr.endsWith('/0'))) {
      problems.push({
        check: 'network-host',
        message: `A list of ${hosts.hosts.length} hosts is combined with the whole internet, which makes the list idle.`,
        remedy: 'Drop ModelDownload.internet() to allow only the hosts, or drop the hosts.',
      });
    }
    refuse('ModelDownload.and', problems);
    return new ModelDownload([...this.addresses, ...other.addresses], hosts);
  }
}
