import { isIP } from 'node:net';
import { attempt, Problem } from '../problem/problem';
import { Tracing } from '../runtime/telemetry';
import { addressProblems } from '../runtime/telemetry-problems';
import { NetworkPeer } from './network-peer';
import { NetworkEgress } from './nim-network-policy';

/** What must be open for the traces of a server, and what of it nobody can say. */
export interface CollectorEgress {
  readonly egress: readonly NetworkEgress[];
  readonly problems: readonly Problem[];
}

/**
 * The way to a collector, from its address: the namespace of a Service (`name.namespace`), or an address of the network. A
 * collector in the pod itself needs none; what is no address at all is told where it was stated.
 *
 * @param stated connections that the user allows already
 */
export function collectorEgress(tracing: Tracing, stated: readonly NetworkEgress[]): CollectorEgress {
  const endpoints = [tracing.grpcEndpoint, tracing.httpEndpoint ?? []]
    .flat()
    .filter((each) => addressProblems('telemetry', 'endpoint', each).length === 0);
  const found = endpoints.map((endpoint) => egressOf(new URL(endpoint), stated));
  return {
    // One rule for the ports of one host.
    egress: mergeByPeer(found.flatMap(({ egress }) => egress)),
    problems: found.flatMap(({ problems }) => problems),
  };
}

function egressOf(url: URL, stated: readonly NetworkEgress[]): CollectorEgress {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const port = Number(url.port || (url.protocol === 'https:' ? 443 : 80));
  const none = { egress: [], problems: [] };
  if (host === 'localhost' || host === '127.0.0.1' || host === '::1') return none;
  const peer = attempt([], () => peerOf(host));
  if (peer) return { egress: [{ to: [peer], ports: [port] }], problems: [] };
  if (stated.some(({ ports }) => ports.includes(port))) return none;
  return {
    egress: [],
    problems: [
      {
        check: 'telemetry',
        message: `Traces go to ${url.host}, which is neither a Service with its namespace nor an address, so the network policy knows no way to it.`,
        remedy: `Write it as name.namespace, or open port ${port} in network.extraEgress.`,
      },
    ],
  };
}

function peerOf(host: string): NetworkPeer | undefined {
  const version = isIP(host);
  if (version) return NetworkPeer.cidr(`${host}/${version === 4 ? 32 : 128}`);
  const [, namespace, suffix] = /^[^.]+\.([^.]+)(\.svc(?:\..+)?)?$/.exec(host) ?? [];
  // Two words alone may be a Service or a host of the internet; those of the internet end in a known domain.
  return namespace !== undefined && (suffix !== undefined || !TOP_LEVEL.has(namespace))
    ? NetworkPeer.namespace(namespace)
    : undefined;
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
