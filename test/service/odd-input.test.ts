import { App, Chart, Size } from 'cdk8s';
import fc from 'fast-check';
import { ModelCache } from '../../lib/model/model-cache';
import { GatewayReference } from '../../lib/network/gateway-reference';
import { CanaryStrategy } from '../../lib/release/canary-strategy';
import { VllmRuntime } from '../../lib/runtime/vllm/vllm';
import { InferenceService, InferenceServiceProps } from '../../lib/service/inference-service';
import { refusalsOf } from '../support/messages';
import { CONTRACT, nim } from '../support/services';

const route = { gateway: new GatewayReference({ name: 'edge', namespace: 'gateways' }), hostname: 'llama.example.com' };
const text = fc.oneof(fc.string({ maxLength: 80 }), fc.constantFrom('', '${x}', 'null', 'a'.repeat(300), 'ä', '-'));
const number = fc.oneof(
  fc.integer({ min: -5, max: 20 }),
  fc.double(),
  fc.constantFrom(NaN, Infinity, -0, 0.5, 2 ** 53, 1e21),
);
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });

const oddProps: fc.Arbitrary<Partial<InferenceServiceProps>> = fc.record({
  name: maybe(text),
  runtime: fc.constantFrom(CONTRACT.runtime, new VllmRuntime({ image: 'vllm/vllm-openai:v0.20.0' })),
  model: maybe(fc.constantFrom(CONTRACT.model, 'no/such-model' as never)),
  servedModelName: maybe(text),
  replicas: maybe(number),
  tensorParallelSize: maybe(number),
  maxModelLen: maybe(number),
  maxOutputTokens: maybe(number),
  concurrency: maybe(number),
  cachePath: maybe(text),
  priorityClassName: maybe(text),
  preferredZones: maybe(fc.array(text, { maxLength: 2 })),
  podLabels: maybe(fc.dictionary(text, text, { maxKeys: 2, noNullPrototype: true })),
  env: maybe(fc.dictionary(text, text, { maxKeys: 2, noNullPrototype: true })),
  cache: fc.constantFrom(CONTRACT.cache, ModelCache.claim('weights'), ModelCache.ephemeral(Size.gibibytes(1))),
  prefill: maybe(
    fc.record({
      replicas: maybe(number),
      tensorParallelSize: maybe(number),
      router: fc.record({ image: text, replicas: maybe(number) }),
    }),
  ),
  canary: maybe(
    fc.record({
      runtime: fc.constant(nim('1.8.0')),
      step: fc.constantFrom('prepared', 'smoke', '20%', '1/2', 'promote', 'nonsense' as never),
      strategy: fc.oneof(
        fc.constant(CanaryStrategy.partition()),
        fc.array(number, { maxLength: 3 }).map((weights) => CanaryStrategy.weightedTwins({ weights })),
      ),
    }),
  ),
});

test('no input whatsoever throws: what is wrong is told, with its path', () => {
  fc.assert(
    fc.property(oddProps, (odd) => {
      const chart = new Chart(new App(), 'nim');
      new InferenceService(chart, 'llama', { ...CONTRACT, route, ...odd });
      const told = refusalsOf(chart);
      if (told !== '') expect(told).toMatch(/^nim\/llama/);
    }),
    { numRuns: 300 },
  );
});

test('a number that is none is always told', () => {
  const bad = fc.constantFrom(NaN, Infinity, -1, 0.5);
  const option = fc.constantFrom('replicas', 'tensorParallelSize', 'maxModelLen', 'maxOutputTokens', 'concurrency');
  fc.assert(
    fc.property(option, bad, (name, value) => {
      const chart = new Chart(new App(), 'nim');
      new InferenceService(chart, 'llama', { ...CONTRACT, route, [name]: value });
      expect(refusalsOf(chart)).toContain(`${name} is ${value}.`);
    }),
  );
});
