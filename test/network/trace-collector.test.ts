import { NetworkPeer } from '../../lib/network/network-peer';
import { collectorEgress } from '../../lib/network/trace-collector';

const ways = (grpcEndpoint: string, httpEndpoint?: string) =>
  collectorEgress({ grpcEndpoint, httpEndpoint }, []).egress.map(({ to, ports }) => [to[0]!.toPeer(), ports]);
const namespace = (name: string) => ({ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': name } } });

test.each`
  endpoint                                     | peer                                    | port
  ${'http://collector.tracing:4317'}           | ${namespace('tracing')}                 | ${4317}
  ${'http://collector.tracing.svc:4317'}       | ${namespace('tracing')}                 | ${4317}
  ${'http://c.tracing.svc.cluster.local:4317'} | ${namespace('tracing')}                 | ${4317}
  ${'https://collector.tracing'}               | ${namespace('tracing')}                 | ${443}
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

test.each(['https://otlp.example.com:4317', 'https://example.com:4317', 'http://collector:4317'])(
  'nobody knows the way to %s',
  (grpcEndpoint) => {
    const { egress, problems } = collectorEgress({ grpcEndpoint }, []);
    expect(egress).toEqual([]);
    expect(problems).toEqual([
      {
        check: 'telemetry',
        message: `Traces go to ${new URL(grpcEndpoint).host}, which is neither a Service with its namespace nor an address, so the network policy knows no way to it.`,
        remedy: 'Write it as name.namespace, or open port 4317 in network.extraEgress.',
      },
    ]);
  },
);

test('what the user opened is open', () => {
  const stated = [{ to: [NetworkPeer.cidr('192.0.2.7/32')], ports: [4317] }];
  expect(collectorEgress({ grpcEndpoint: 'https://otlp.example.com:4317' }, stated)).toEqual({
    egress: [],
    problems: [],
  });
});
