import { Size } from 'cdk8s';
import { findModel } from '../../lib/model/catalog';
import { LoraAdapters } from '../../lib/model/lora-adapter';
import { ModelArtifact } from '../../lib/model/model-artifact';
import { ModelCache } from '../../lib/model/model-cache';
import { ModelSource } from '../../lib/model/model-source';
import { cacheSizeMib, DeliveryRequest, planDelivery } from '../../lib/plan/model-delivery';

const S3 = ModelSource.s3({ bucket: 'weights', key: 'llama3-8b/1', region: 'us-east-1' });
const REQUEST: DeliveryRequest = {
  model: findModel('meta-llama/Meta-Llama-3-8B-Instruct'),
  credentials: 'keyless',
  podsHaveDisks: true,
  claimName: 'llama-model-cache',
};

// A fifth of room, and then up to the next size that people give to disks.
test.each`
  bytes    | gib
  ${1}     | ${20}
  ${16e9}  | ${20}
  ${18e9}  | ${50}
  ${70e9}  | ${100}
  ${141e9} | ${200}
  ${405e9} | ${500}
  ${812e9} | ${1000}
  ${3e12}  | ${4000}
`('$bytes B of weights: a disk of $gib GiB', ({ bytes, gib }) => {
  expect(cacheSizeMib(bytes)).toBe(gib * 1024);
});

test('a disk follows from the model, whoever brings the weights: its size is frozen', () => {
  const sizeOf = (changes: Partial<DeliveryRequest>) =>
    planDelivery({ ...REQUEST, cache: ModelCache.perReplica(), ...changes }).cache.sizeMib;
  const artifact = ModelArtifact.download(S3);
  const adapters = [{ name: 'sql', rank: 16, artifact: ModelArtifact.download(S3, { size: Size.gibibytes(100) }) }];
  expect(sizeOf({})).toBe(20 * 1024);
  expect(sizeOf({ artifact })).toBe(20 * 1024);
  expect(sizeOf({ artifact: ModelArtifact.baked('/opt') })).toBe(20 * 1024);
  expect(sizeOf({ artifact, lora: new LoraAdapters({ adapters }) })).toBe(20 * 1024);
});

describe('a server that makes another format while it loads: the files are what the makers published', () => {
  const model = findModel('meta-llama/Llama-3.3-70B-Instruct')!;
  const own = { repository: model.id, revision: '6f6073b423013f6a7d4d9f39144961bfbfbc386b' };
  const other = { repository: 'RedHatAI/Llama-3.3-70B-Instruct-FP8-dynamic' };
  // 141 GB in 16 bit, 71 GB in fp8.
  test.each`
    artifact                                                    | says                      | gib
    ${undefined}                                                | ${'whoever chooses them'} | ${200}
    ${ModelArtifact.huggingFace(own)}                           | ${'16 bit'}               | ${200}
    ${ModelArtifact.download(ModelSource.huggingFace(own))}     | ${'16 bit'}               | ${200}
    ${ModelArtifact.download(ModelSource.huggingFace(other))}   | ${'fp8'}                  | ${100}
    ${ModelArtifact.download(S3, { size: Size.gibibytes(67) })} | ${'67 GiB'}               | ${100}
  `('$says: a disk of $gib GiB', ({ artifact, gib }) => {
    const { cache } = planDelivery({ ...REQUEST, model, artifact, weightFormat: 'fp8' });
    expect(cache.sizeMib).toBe(gib * 1024);
  });

  test.each`
    artifact                                                  | repository
    ${ModelArtifact.download(ModelSource.huggingFace(other))} | ${other.repository}
    ${ModelArtifact.download(S3)}                             | ${undefined}
    ${ModelArtifact.claim('weights')}                         | ${undefined}
  `('the server learns which repository lies there: $repository', ({ artifact, repository }) => {
    expect(planDelivery({ ...REQUEST, artifact }).weights).toEqual({
      kind: 'local',
      path: '/models',
      ...(repository && { repository }),
    });
  });
});

test("the node's disk follows from what is downloaded: it comes and goes with the pod", () => {
  const sizeOf = (changes: Partial<DeliveryRequest>) =>
    planDelivery({ ...REQUEST, cache: ModelCache.ephemeral(), ...changes }).cache.sizeMib;
  expect(sizeOf({})).toBe(20 * 1024);
  expect(sizeOf({ artifact: ModelArtifact.baked('/opt') })).toBe(4 * 1024);
  expect(sizeOf({ artifact: ModelArtifact.download(S3, { size: Size.gibibytes(100) }) })).toBe(200 * 1024);
});

test('what the user stated stays', () => {
  const stated = ModelCache.perReplica(Size.gibibytes(50));
  expect(planDelivery({ ...REQUEST, cache: stated }).cache.sizeMib).toBe(50 * 1024);
  const shared = ModelCache.shared(Size.gibibytes(30), { claimName: 'weights' });
  expect(planDelivery({ ...REQUEST, cache: shared }).cache).toMatchObject({ claimName: 'weights', sizeMib: 30 * 1024 });
});

test.each`
  artifact                       | disks    | kind
  ${undefined}                   | ${true}  | ${'per-replica'}
  ${undefined}                   | ${false} | ${'ephemeral'}
  ${ModelArtifact.baked('/opt')} | ${true}  | ${'ephemeral'}
  ${ModelArtifact.claim('w')}    | ${true}  | ${'ephemeral'}
  ${ModelArtifact.download(S3)}  | ${true}  | ${'per-replica'}
  ${ModelArtifact.download(S3)}  | ${false} | ${'ephemeral'}
`('a cache that nobody stated is $kind', ({ artifact, disks, kind }) => {
  expect(planDelivery({ ...REQUEST, artifact, podsHaveDisks: disks }).cache.kind).toBe(kind);
});

test('a disk for a model that nobody described has no size to be derived', () => {
  const { problems } = planDelivery({ ...REQUEST, model: undefined });
  expect(problems).toEqual([
    {
      check: 'model-cache',
      message: 'The size of the per-replica cache cannot be derived: nobody described the model.',
      remedy:
        'State model, or the size: Size.gibibytes(50). Where nothing is downloaded: cache: ModelCache.ephemeral(Size.gibibytes(1)).',
    },
  ]);
});

test('air-gapped, and yet to be downloaded when a pod starts', () => {
  const { problems } = planDelivery({ ...REQUEST, credentials: 'air-gapped', artifact: ModelArtifact.download(S3) });
  expect(problems.map(({ message }) => message)).toEqual([
    'The service is air-gapped, but model is to be downloaded when a pod starts.',
  ]);
});
