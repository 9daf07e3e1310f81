import { Duration } from 'cdk8s';
import fc from 'fast-check';
import { GpuNodePool, ImageLock, InferencePolicy, InferencePolicyProps, POLICY_RULES } from '../../lib';
import { InvalidInputError } from '../../lib/problem/problem';
import { judge } from './judge';
import { constructId, labels, mostly, number, optional, text } from './odd';

const pools = fc.constant([GpuNodePool.gke({ name: 'gpupool', machineType: 'g2-standard-4', maxNodes: 2 })]);
const mode = mostly(['deny', 'warn', 'audit'], text) as fc.Arbitrary<'deny'>;
const rules = fc.dictionary(
  mostly(
    POLICY_RULES.map(({ id }) => id),
    text,
  ),
  mostly(['deny', 'warn', 'audit', 'off'], text),
  { maxKeys: 3, noNullPrototype: true },
) as fc.Arbitrary<InferencePolicyProps['rules']>;

test('InferencePolicy', () => {
  const input = fc.record({
    id: constructId,
    pools,
    registries: fc.array(mostly(['nvcr.io/nim', 'docker.io'], text), { minLength: 1, maxLength: 3 }),
    mode: optional(mode),
    rules: optional(rules),
    digestsOnly: optional(fc.boolean()),
    maxGpusPerPod: optional(mostly([1, 8], number)),
    requiredLabels: optional(fc.array(mostly(['app.kubernetes.io/name', 'team'], text), { maxLength: 2 })),
    namespaceLabels: optional(labels([{ team: 'a' }])),
    platformNamespaces: optional(fc.array(mostly(['kube-system'], text), { maxLength: 2 })),
    longestExemption: optional(fc.integer({ min: 0, max: 20_000 }).map((hours) => Duration.hours(hours))),
  });
  const { refused, accepted } = judge(input, (app, { id, ...props }) => new InferencePolicy(app, id, props));
  expect(refused).toBeGreaterThan(0);
  expect(accepted).toBeGreaterThan(0);
});

test('ImageLock throws nothing but what it has to say', () => {
  const images = fc.dictionary(mostly(['a/b:1', 'nvcr.io/x:2'], text), mostly([`sha256:${'0'.repeat(64)}`], text), {
    maxKeys: 3,
    noNullPrototype: true,
  });
  fc.assert(
    fc.property(
      fc.oneof(
        images.map((each) => JSON.stringify({ lockfileVersion: 1, images: each })),
        text,
        fc.json(),
      ),
      (file) => {
        try {
          expect(ImageLock.parse(ImageLock.parse(file).toString()).images).toEqual(ImageLock.parse(file).images);
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidInputError);
        }
      },
    ),
  );
});
