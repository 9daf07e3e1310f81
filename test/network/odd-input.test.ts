import { App, Chart, Duration, Testing } from 'cdk8s';
import fc from 'fast-check';
import { Dns } from '../../lib/network/dns';
import { GatewayReference } from '../../lib/network/gateway-reference';
import { InferenceRoute } from '../../lib/network/inference-route';
import { ModelDownload } from '../../lib/network/model-download';
import { NetworkPeer } from '../../lib/network/network-peer';
import { NimNetworkPolicy } from '../../lib/network/nim-network-policy';
import { InvalidInputError } from '../../lib/problem/problem';
import { upstreamErrors } from './upstream-schema';

/** Mostly what people mean, sometimes anything. */
const odd = <T>(usual: readonly T[], anything: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 15, arbitrary: fc.constantFrom(...usual) }, { weight: 1, arbitrary: anything });

const name = odd(['llama', 'a.b-c', 'x'], fc.string());
const port = odd([1, 8000, 65535], fc.oneof(fc.integer(), fc.double()));
const label = odd<Record<string, string>>(
  [{ app: 'llama' }, { 'app.kubernetes.io/name': 'llama', tier: '' }],
  fc.dictionary(odd(['app', 'app.kubernetes.io/name'], fc.string()), odd(['llama', ''], fc.string()), {
    minKeys: 0,
    maxKeys: 2,
  }),
);
const cidr = odd(
  ['10.0.0.0/8', '192.0.2.7/32', '2001:db8::/32', '0.0.0.0/0'],
  fc.oneof(
    fc.string(),
    fc.ipV4(),
    fc.ipV6(),
    fc.tuple(fc.ipV6(), fc.nat(130)).map(([ip, n]) => `${ip}/${n}`),
  ),
);
const peer = fc.oneof(
  name.map((text) => () => NetworkPeer.namespace(text)),
  label.map((labels) => () => NetworkPeer.pods(labels)),
  fc.tuple(name, label).map(
    ([text, labels]) =>
      () =>
        NetworkPeer.podsInNamespace(text, labels),
  ),
  fc.tuple(cidr, fc.array(cidr, { maxLength: 1 })).map(
    ([range, except]) =>
      () =>
        NetworkPeer.cidr(range, except),
  ),
);
const peers = fc.array(peer, { maxLength: 2 });
const download = fc.oneof(
  fc.constant(() => ModelDownload.none()),
  port.map((number) => () => ModelDownload.internet({ ports: [number] })),
  cidr.map((range) => () => ModelDownload.privateEndpoints([range])),
  odd(['hf.co', '*.hf.co'], fc.string()).map((host) => () => ModelDownload.hosts([host], { enforcedBy: 'cilium' })),
);

/** The objects, or nothing when the input was refused in words. Any other error fails the test. */
function objectsOf(make: (chart: Chart) => void): Record<string, unknown>[] {
  try {
    const chart = new Chart(new App(), 'test');
    make(chart);
    return Testing.synth(chart) as Record<string, unknown>[];
  } catch (error) {
    const told = error instanceof InvalidInputError || /^Validation failed/.test((error as Error).message);
    if (!told) throw error;
    return [];
  }
}

interface Rule {
  readonly from?: readonly object[];
  readonly to?: readonly object[];
}

test('any labels, ranges and ports: refused in words, or a policy that Kubernetes accepts and that lets in nobody by accident', () => {
  const accepted: Record<string, unknown>[] = [];
  let refused = 0;
  fc.assert(
    fc.property(
      fc.record({
        name,
        podLabels: label,
        ports: fc.array(port, { maxLength: 2 }),
        gateways: peers,
        monitoring: peers,
        download,
        peer,
      }),
      (input) => {
        const objects = objectsOf(
          (chart) =>
            new NimNetworkPolicy(chart, 'policy', {
              name: input.name,
              podLabels: input.podLabels,
              ports: input.ports,
              gateways: input.gateways.map((make) => make()),
              monitoring: input.monitoring.map((make) => make()),
              dns: [Dns.custom(input.peer())],
              download: input.download(),
            }),
        );
        if (objects.length === 0) refused++;
        const policies = objects.filter((object) => object.kind === 'NetworkPolicy');
        accepted.push(...policies);
        for (const { spec } of policies as { spec: { ingress?: Rule[]; egress?: Rule[]; policyTypes: string[] } }[]) {
          expect(spec.policyTypes).toEqual(['Ingress', 'Egress']);
          const ends = [
            ...(spec.ingress ?? []).map((rule) => rule.from),
            ...(spec.egress ?? []).map((rule) => rule.to),
          ];
          for (const list of ends) {
            expect(list?.length).toBeGreaterThan(0);
            for (const end of list ?? []) expect(JSON.stringify(end)).not.toMatch(/\{\}|null/);
          }
        }
        expect(JSON.stringify(objects)).not.toMatch(/\{\}|null|\$\{/);
      },
    ),
    { numRuns: 600, seed: 7 },
  );
  expect(accepted.length).toBeGreaterThan(30);
  expect(refused).toBeGreaterThan(30);
  expect(upstreamErrors(accepted)).toEqual([]);
});

test('any names, weights, paths and times: refused in words, or a route that Gateway API accepts', () => {
  const accepted: Record<string, unknown>[] = [];
  let refused = 0;
  const host = odd(['llama.example.com', '*.example.com'], fc.string());
  const weight = odd<number | undefined>([0, 5, 95, 100, undefined], fc.oneof(fc.integer(), fc.double()));
  fc.assert(
    fc.property(
      fc.record({
        names: fc.tuple(name, name, name),
        hostnames: fc.array(host, { minLength: 0, maxLength: 2 }),
        weights: fc.array(weight, { minLength: 1, maxLength: 2 }),
        port,
        paths: fc.array(odd(['/v1', '/v1/chat'], fc.string()), { minLength: 1, maxLength: 2 }),
        value: odd(['canary'], fc.string()),
        milliseconds: odd([0, 600_000, 1_500], fc.double({ min: 0, noNaN: true })),
      }),
      (input) => {
        const objects = objectsOf((chart) => {
          const [service, gateway, namespace] = input.names;
          return new InferenceRoute(chart, 'route', {
            gateway: new GatewayReference({ name: gateway, namespace }),
            hostnames: input.hostnames,
            backends: input.weights.map((value) => ({ service, port: input.port, weight: value })),
            smokeRoute: { value: input.value, backend: { service, port: input.port } },
            requestTimeout: Duration.millis(input.milliseconds),
            paths: input.paths,
          });
        });
        if (objects.length === 0) refused++;
        accepted.push(...objects);
        expect(JSON.stringify(objects)).not.toMatch(/\{\}|null|\$\{/);
      },
    ),
    { numRuns: 600, seed: 7 },
  );
  expect(accepted.length).toBeGreaterThan(10);
  expect(refused).toBeGreaterThan(30);
  expect(upstreamErrors(accepted)).toEqual([]);
});
