import { definitionErrors, isDefined } from '../conformance/own-definitions';
import { KubernetesObject, schemaError, upstreamModule } from '../conformance/upstream';
import { ARTIFACTS, CACHES, Outcome, outcomeOf, RUNTIMES } from './combinations';

const outcomes = Object.keys(RUNTIMES).flatMap((runtime) =>
  Object.keys(ARTIFACTS).flatMap((artifact) =>
    Object.keys(CACHES).map((cache) => ({ runtime, artifact, cache, outcome: outcomeOf(runtime, artifact, cache) })),
  ),
);
const synthesized = ({ outcome }: { outcome: Outcome }) => 'objects' in outcome;

test('every server, by every artifact, by every cache: some work, and the others say why not', () => {
  expect(outcomes).toHaveLength(7 * 13 * 8);
  const refused = outcomes.filter((one) => !synthesized(one));
  expect(refused.length).toBeGreaterThan(0);
  for (const { outcome } of refused) {
    // A check, what is wrong, what to change.
    expect('refusals' in outcome && outcome.refusals.every((text) => text.split('\n').length >= 3)).toBe(true);
  }
});

test.each(Object.keys(RUNTIMES))('%s can be served from every kind of cache that its platform allows', (runtime) => {
  const works = outcomes.filter((one) => one.runtime === runtime && synthesized(one)).map(({ cache }) => cache);
  // A folder of the node needs a waiver, whoever serves.
  expect(Object.keys(CACHES).filter((cache) => !works.includes(cache))).toEqual(['folder of the node']);
});

test('what is synthesized conforms to the published schemas', () => {
  const objects = new Map<string, KubernetesObject>();
  for (const { outcome } of outcomes) {
    if (!('objects' in outcome)) continue;
    for (const object of outcome.objects) objects.set(JSON.stringify(object), object);
  }
  expect(objects.size).toBeGreaterThan(500);
  const errors = [...objects.values()].flatMap((object) =>
    upstreamModule(object) !== undefined
      ? (schemaError(object) ?? [])
      : isDefined(object)
        ? definitionErrors(object)
        : [`nobody knows ${object.kind}`],
  );
  expect(errors).toEqual([]);
});
