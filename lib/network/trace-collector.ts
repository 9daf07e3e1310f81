import { isIP } from 'node:net';
import { attempt, Problem } from '../problem/problem';
import { Tracing } from '../runtime/telemetry';
import { addressProblems } from '../runtime/telemetry-problems';
import { isWithin } from './cidr';
import { isPrivate } from './derived-download';
import { ModelDownload, PRIVATE_RANGES } from './model-download';
import { NetworkPeer } from './network-peer';
import { NetworkEgress } from './nim-network-policy';

/** What must be open for the traces of a server, and what of it nobody can say. */
export interface CollectorEgress {
  readonly egress: readonly NetworkEgress[];
  readonly problems: readonly Problem[];
}

/** Connections that the pods may open already. */
export interface OpenEgress {
  readonly extraEgress?: readonly NetworkEgress[];
  readonly download: ModelDownload;
}

/**
 * The way to a collector, from its address: the namespace of a Service (`name.namespace.svc`, or `http` and `name.namespace`), or
 * an address of the network. A collector in the pod itself needs none; what is no address at all is told where it was stated.
 */
export function collectorEgress(tracing: Tracing, open: OpenEgress): CollectorEgress {
  const endpoints = [tracing.grpcEndpoint, tracing.httpEndpoint ?? []]
    .flat()
    .filter((each) => addressProblems('telemetry', 'endpoint', each).length === 0);
  const found = endpoints.map((endpoint) => egressOf(new URL(endpoint), open));
  return {
    // One rule for the ports of one host.
    egress: mergeByPeer(found.flatMap(({ egress }) => egress)),
    problems: found.flatMap(({ problems }) => problems),
  };
}

function egressOf(url: URL, open: OpenEgress): CollectorEgress {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const port = Number(url.port || (url.protocol === 'https:' ? 443 : 80));
  const none = { egress: [], problems: [] };
  if (host === 'localhost' || host === '127.0.0.1' || host === '::1') return none;
  const peer = attempt([], () => peerOf(host, url.protocol));
  if (peer) return { egress: [{ to: [peer], ports: [port] }], problems: [] };
  if (mayReach(host, port, open)) return none;
  return {
    egress: [],
    problems: [
      {
        check: 'telemetry',
        message: `Traces go to ${url.host}, which is neither a Service with its namespace nor an address, so the network policy knows no way to it.`,
        remedy: `Write it as name.namespace.svc, or open port ${port} to its addresses in network.extraEgress.`,
      },
    ],
  };
}

function peerOf(host: string, protocol: string): NetworkPeer | undefined {
  const version = isIP(host);
  if (version) return NetworkPeer.cidr(`${host}/${version === 4 ? 32 : 128}`);
  const [, namespace, suffix] = /^[^.]+\.([^.]+)(\.svc(?:\..+)?)?$/.exec(host) ?? [];
  // Two words alone may be a Service or a host of the internet; those of the internet have a certificate or a known domain.
  return namespace !== undefined && (suffix !== undefined || (protocol === 'http:' && !TOP_LEVEL.has(namespace)))
    ? NetworkPeer.namespace(namespace)
    : undefined;
}

/** Whether something open may be the way to a host. Which addresses a name has, nobody knows before it is asked. */
function mayReach(host: string, port: number, { extraEgress = [], download }: OpenEgress): boolean {
  const { hosts, addresses } = download;
  if (hosts?.ports.includes(port) && hosts.hosts.some((pattern) => fits(host, pattern))) return true;
  const rules = [...extraEgress, ...addresses.map(({ peers, ports }) => ({ to: peers, ports, protocol: 'TCP' }))];
  return rules.some(
    ({ to, ports, protocol = 'TCP' }) =>
      protocol === 'TCP' && ports.includes(port) && to.some((peer) => mayBe(peer, isPrivate(host))),
  );
}

/** A pattern stands for one label only. */
const fits = (host: string, pattern: string) =>
  pattern.startsWith('*.') ? host.slice(host.indexOf('.')) === pattern.slice(1) : host === pattern;

/** Ranges of no public address; of IPv6, those of RFC 4193 and RFC 4291. */
const NOT_PUBLIC = [...PRIVATE_RANGES, 'fc00::/7', 'fe80::/10'];

/** A public name has no pod of the cluster behind it, and no private address unless somebody says that it has (a waiver). */
function mayBe(peer: NetworkPeer, hidden: boolean): boolean {
  const { ipBlock } = peer.toPeer();
  if (ipBlock === undefined) return hidden;
  const { cidr, except = [] } = ipBlock;
  if (NOT_PUBLIC.some((range) => isWithin(cidr, range))) return hidden;
  return (
    !hidden ||
    NOT_PUBLIC.some((range) => isWithin(range, cidr) && !except.some((excepted) => isWithin(range, excepted)))
  );
}

/** Ends of host names that nobody calls a namespace. */
const TOP_LEVEL: ReadonlySet<string> = new Set(['com', 'net', 'org', 'io', 'dev', 'ai', 'cloud', 'internal', 'local']);

function mergeByPeer(rules: readonly NetworkEgress[]): NetworkEgress[] {
  const byPeer = new Map<string, NetworkEgress>();
  for (const rule of rules) {
    const key = JSON.stringify(rule.to.map((peer) => peer.toPeer()));
    const before = byPeer.get(key);
    byPeer.set(key, { ...rule, ports: [...new Set([...(before?.ports ?? []), ...rule.ports])] });
  }
  return [...byPeer.values()];
}
