import { App, Chart, Size } from 'cdk8s';
import {
  GatewayReference,
  InferenceService,
  InferenceServiceProps,
  ModelCache,
  NetworkPeer,
  NimRuntime,
} from '../../lib';
import { refusalsOf } from '../support/messages';
import { POOLS } from '../support/pools';

const gateway = new GatewayReference({ name: 'edge', namespace: 'gateways', implementation: 'envoy-gateway' });
const internal = new GatewayReference({ name: 'internal', namespace: 'gateways', implementation: 'envoy-gateway' });
const route = { gateway, hostname: 'small.example.com' };

/** What is said of a service whose requests another one answers when it is busy. */
function said(small: Partial<InferenceServiceProps>, large: Partial<InferenceServiceProps> = {}): string {
  const chart = new Chart(new App(), 'nim', { namespace: 'nim' });
  const contract = {
    model: 'meta-llama/Meta-Llama-3-8B-Instruct',
    runtime: new NimRuntime({ image: 'nvcr.io/nim/meta/llama3-8b-instruct:1.0.0' }),
    nodePool: POOLS['GKE, eight nodes'],
    maxModelLen: 8192,
    cache: ModelCache.ephemeral(Size.gibibytes(20)),
  } as const;
  const fallback = { service: 'small', port: 8000 };
  new InferenceService(chart, 'large', {
    ...contract,
    route: { gateway, hostname: 'llama.example.com', fallback },
    ...large,
  });
  new InferenceService(chart, 'small', { ...contract, ...small });
  return refusalsOf(chart, 'route-fallback');
}

const CLOSED = `nim/large: route-fallback
  The network policy of the fallback small does not let the Gateway edge in: each request that it should answer would be dropped.
  Add the gateway to network.clients of small: clients: gateway.peers. Or give it a route of its own there.`;

test.each<[string, Partial<InferenceServiceProps>, string]>([
  ['nobody', {}, CLOSED],
  ['another namespace', { network: { clients: [NetworkPeer.namespace('apps')] } }, CLOSED],
  ['pods of its own namespace', { network: { clients: [NetworkPeer.pods({ app: 'web' })] } }, CLOSED],
  ['another gateway of the same controller', { route: { ...route, gateway: internal } }, CLOSED],
  ['pods of their namespace that they are not', { network: { clients: internal.peers } }, CLOSED],
  ['the proxies of the gateway', { network: { clients: gateway.peers } }, ''],
  ['all of their namespace', { network: { clients: [NetworkPeer.namespace('envoy-gateway-system')] } }, ''],
  ['namespaces by another label', { network: { clients: [NetworkPeer.namespaceLabels({ edge: 'true' })] } }, ''],
  ['addresses', { network: { clients: [NetworkPeer.cidr('10.0.0.0/8')] } }, ''],
  ['the same gateway, by a route of its own', { route }, ''],
  ['everybody: it has no policy', { network: false }, ''],
])('a fallback that lets in %s', (_, small, told) => expect(said(small)).toBe(told));

test('a gateway whose proxies are known by address alone is not judged', () => {
  const byAddress = new GatewayReference({
    name: 'edge',
    namespace: 'gateways',
    implementation: 'envoy-gateway',
    peers: [NetworkPeer.cidr('10.1.0.0/16')],
  });
  const fallback = { service: 'small', port: 8000 };
  expect(said({}, { route: { gateway: byAddress, hostname: 'llama.example.com', fallback } })).toBe('');
});

test('both mistakes are told at once, and a reason accepts them', () => {
  const network = { clients: [NetworkPeer.namespace('apps')] };
  expect(said({ servedModelName: 'tiny', network })).toMatch(/answers to tiny only, and would say 404[^]*does not let/);
  expect(said({ network }, { waivers: { 'route-fallback': 'the mesh opens it' } })).toBe('');
});
