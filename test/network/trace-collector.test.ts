import { ModelDownload } from '../../lib/network/model-download';
import { NetworkPeer } from '../../lib/network/network-peer';
import { collectorEgress, OpenEgress } from '../../lib/network/trace-collector';

const CLOSED = { download: ModelDownload.none() };

const ways = (grpcEndpoint: string, httpEndpoint?: string) =>
  collectorEgress({ grpcEndpoint, httpEndpoint }, CLOSED).egress.map(({ to, ports }) => [to[0]!.toPeer(), ports]);
const namespace = (name: string) => ({ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': name } } });

test.each`
  endpoint                                     | peer                                    | port
  ${'http://collector.tracing:4317'}           | ${namespace('tracing')}                 | ${4317}
  ${'http://collector.tracing.svc:4317'}       | ${namespace('tracing')}                 | ${4317}
  ${'http://c.tracing.svc.cluster.local:4317'} | ${namespace('tracing')}                 | ${4317}
  ${'https://collector.tracing.svc'}           | ${namespace('tracing')}                 | ${443}
  ${'http://10.0.0.7:4317'}                    | ${{ ipBlock: { cidr: '10.0.0.7/32' } }} | ${4317}
  ${'http://[fd00::7]:4317'}                   | ${{ ipBlock: { cidr: 'fd00::7/128' } }} | ${4317}
`('the way to $endpoint', ({ endpoint, peer, port }) => {
  expect(ways(endpoint)).toEqual([[peer, [port]]]);
});

test('both receivers of one collector are one rule', () => {
  expect(ways('http://collector.tracing:4317', 'http://collector.tracing:4318')).toEqual([
    [namespace('tracing'), [4317, 4318]],
  ]);
});

test('a collector in the pod needs no way', () => {
  expect(ways('http://localhost:4317')).toEqual([]);
});

test.each([
  'https://otlp.example.com:4317',
  'https://example.com:4317',
  'http://collector:4317',
  'https://signoz.eu:4317',
])('nobody knows the way to %s', (grpcEndpoint) => {
  const { egress, problems } = collectorEgress({ grpcEndpoint }, CLOSED);
  expect(egress).toEqual([]);
  expect(problems).toEqual([
    {
      check: 'telemetry',
      message: `Traces go to ${new URL(grpcEndpoint).host}, which is neither a Service with its namespace nor an address, so the network policy knows no way to it.`,
      remedy: 'Write it as name.namespace.svc, or open port 4317 to its addresses in network.extraEgress.',
    },
  ]);
});

const HIVE = 'https://api.honeycomb.example';
const to = (peer: NetworkPeer, port = 443, protocol?: 'TCP' | 'UDP') => ({
  download: ModelDownload.none(),
  extraEgress: [{ to: [peer], ports: [port], protocol }],
});

test.each`
  endpoint                        | by                                 | open                                                                                    | told
  ${HIVE}                         | ${'the download'}                  | ${{ download: ModelDownload.internet() }}                                               | ${0}
  ${HIVE}                         | ${'the download of other ports'}   | ${{ download: ModelDownload.internet({ ports: [80] }) }}                                | ${1}
  ${HIVE}                         | ${'the download by its name'}      | ${{ download: ModelDownload.hosts(['*.honeycomb.example'], { enforcedBy: 'cilium' }) }} | ${0}
  ${HIVE}                         | ${'the download by another name'}  | ${{ download: ModelDownload.hosts(['hf.co'], { enforcedBy: 'cilium' }) }}               | ${1}
  ${HIVE}                         | ${'an address'}                    | ${to(NetworkPeer.cidr('192.0.2.7/32'))}                                                 | ${0}
  ${HIVE}                         | ${'an address, for UDP'}           | ${to(NetworkPeer.cidr('192.0.2.7/32'), 443, 'UDP')}                                     | ${1}
  ${HIVE}                         | ${'an address, on another port'}   | ${to(NetworkPeer.cidr('192.0.2.7/32'), 4317)}                                           | ${1}
  ${HIVE}                         | ${'an address of a private range'} | ${to(NetworkPeer.cidr('10.9.9.9/32'))}                                                  | ${1}
  ${HIVE}                         | ${'pods'}                          | ${to(NetworkPeer.namespace('cache'))}                                                   | ${1}
  ${'http://collector:4317'}      | ${'pods'}                          | ${to(NetworkPeer.pods({ app: 'collector' }), 4317)}                                     | ${0}
  ${'http://collector:4317'}      | ${'a public address'}              | ${to(NetworkPeer.cidr('192.0.2.7/32'), 4317)}                                           | ${1}
  ${'https://otlp.corp.internal'} | ${'an address of a private range'} | ${to(NetworkPeer.cidr('10.9.9.9/32'))}                                                  | ${0}
  ${'https://otlp.corp.internal'} | ${'every address'}                 | ${to(NetworkPeer.cidr('0.0.0.0/0'))}                                                    | ${0}
  ${'https://otlp.corp.internal'} | ${'the internet'}                  | ${{ download: ModelDownload.internet() }}                                               | ${1}
`('the way to $endpoint by $by: $told problems', ({ endpoint, open, told }) => {
  const { egress, problems } = collectorEgress({ grpcEndpoint: endpoint as string }, open as OpenEgress);
  expect(egress).toEqual([]);
  expect(problems).toHaveLength(told as number);
});
