import fc from 'fast-check';
import { InvalidInputError, ServingRequest, TritonModel, TritonRuntime, TritonRuntimeProps } from '../../lib';
import { ONE_GPU } from '../../lib/runtime/serving-runtime';
import { servingRequest } from '../support/serving-request';
import { mostly, number, optional, text } from './odd';

const anyOf = <T extends string>(usual: readonly T[]) => mostly<string>(usual, text) as fc.Arbitrary<T>;
const size = mostly([1, -1, 3], number);
const tensor = fc.record({
  name: mostly(['ids', 'mask', 'logits'], text),
  dataType: anyOf(['TYPE_INT64', 'TYPE_INT64', 'TYPE_FP32'] as const),
  dims: fc.array(size, { minLength: 1, maxLength: 2 }),
});
const tensors = fc.array(tensor, { minLength: 1, maxLength: 1 });
const map = fc.oneof(
  { weight: 20, arbitrary: fc.constant({ ids: 'ids' }) },
  { weight: 1, arbitrary: fc.dictionary(text, text, { maxKeys: 2 }) },
);
const parameters = optional(
  fc.dictionary(mostly(['tokenizer_dir'], text), fc.oneof(text, fc.record({ artifactPath: mostly(['a/b'], text) })), {
    maxKeys: 2,
    noNullPrototype: true,
  }),
);
const base = {
  name: mostly(['embed', 'classify', 'llm'], text),
  maxBatchSize: optional(mostly([8, 16], number)),
  firstResponseBuckets: fc.option(fc.array(mostly([100, 500], number), { maxLength: 2 }), { nil: undefined, freq: 1 }),
  parameters,
};
const model = fc.oneof(
  fc.record({
    ...base,
    backend: anyOf(['onnxruntime', 'python'] as const),
    inputs: tensors,
    outputs: tensors,
    version: optional(mostly([1, 2], number)),
    folder: optional(mostly(['embed/1'], text)),
    defaultModelFilename: optional(mostly(['model.onnx'], text)),
    dynamicBatching: optional(
      fc.record({
        preferredBatchSize: optional(fc.array(mostly([4, 8], number), { maxLength: 2 })),
        maxQueueDelayMicroseconds: optional(mostly([100], number)),
        priorityLevels: optional(mostly([0, 2], number)),
        defaultPriorityLevel: optional(mostly([1], number)),
        defaultQueuePolicy: optional(fc.record({ maxQueueSize: optional(mostly([10], number)) })),
      }),
    ),
    instanceGroups: optional(
      fc.array(
        fc.record({
          count: optional(mostly([1, 2], number)),
          kind: fc.constantFrom('KIND_CPU', 'KIND_GPU', undefined),
          gpus: optional(fc.array(mostly([0], number), { maxLength: 1 })),
        }),
        { maxLength: 2 },
      ),
    ),
  }),
  fc.record({
    ...base,
    platform: fc.constant('ensemble' as const),
    inputs: tensors,
    outputs: tensors,
    steps: fc.array(fc.record({ model: mostly(['embed', 'classify'], text), inputMap: map, outputMap: map }), {
      minLength: 1,
      maxLength: 2,
    }),
  }),
  fc.record({
    ...base,
    backend: fc.constant('tensorrtllm' as const),
    maxBatchSize: mostly([8], number),
    engineDir: optional(mostly(['engine'], text)),
    tokenizerDir: optional(mostly(['tokenizer'], text)),
    kvCacheFreeGpuMemFraction: optional(mostly([0.9], number)),
    maxBeamWidth: optional(mostly([1], number)),
    engine: optional(fc.record({ maxSeqLen: optional(mostly([8192], number)) })),
  }),
  fc.record({
    name: base.name,
    parameters,
    backend: fc.constant('vllm' as const),
    gpuMemoryUtilization: optional(mostly([0.9], number)),
    engineArgs: optional(
      fc.dictionary(mostly(['enable_prefix_caching'], text), fc.oneof(text, fc.boolean()), {
        maxKeys: 2,
        noNullPrototype: true,
      }),
    ),
  }),
) as fc.Arbitrary<unknown> as fc.Arbitrary<TritonModel>;

const props = fc.record({
  image: mostly(['triton:25.08', 'nvcr.io/nvidia/tritonserver:25.08-py3'], text),
  version: optional(mostly(['25.08'], text)),
  models: optional(fc.array(model, { maxLength: 3 })),
  modelControlMode: optional(anyOf(['none', 'explicit'] as const)),
  loadModels: optional(fc.array(mostly(['embed'], text), { maxLength: 1 })),
  pinnedMemoryPoolMib: optional(mostly([64], number)),
  metrics: optional(
    fc.record({ summaryQuantiles: optional(mostly(['0.5:0.05'], text)), summaryLatencies: fc.boolean() }),
  ),
  backendConfig: optional(fc.constantFrom({ python: { 'shm-default-byte-size': '1048576' } })),
}) as fc.Arbitrary<TritonRuntimeProps>;

const request: fc.Arbitrary<ServingRequest> = fc
  .record({
    path: mostly(['/weights', '/models'], text),
    gpus: fc.constantFrom(1, 1, 2),
    maxModelLen: optional(fc.constantFrom(512, 8192)),
    servedModelName: optional(text),
  })
  .map(({ path, gpus, maxModelLen, servedModelName }) =>
    servingRequest({
      weights: { kind: 'local', path },
      parallelism: { ...ONE_GPU, tensorParallelSize: gpus },
      maxModelLen,
      servedModelName,
    }),
  );

test('TritonRuntime is made with a contract that can be written, or refused in words', () => {
  const tally = { made: 0, refused: 0 };
  fc.assert(
    fc.property(props, request, (input, asked) => {
      const told = (list: readonly { check: string; message: string; remedy: string }[]) => {
        for (const { check, message, remedy } of list) {
          expect(check).toMatch(/^[a-z-]+$/);
          expect(message).toMatch(/\S[^]*[.:;]$/);
          expect(remedy).toMatch(/\S[^]*[.?]$/);
          expect(message.length).toBeLessThan(1000);
          expect(remedy.length).toBeLessThan(1000);
        }
      };
      let runtime: TritonRuntime;
      try {
        runtime = new TritonRuntime(input);
      } catch (error) {
        if (!(error instanceof InvalidInputError)) throw error;
        tally.refused++;
        told(error.problems);
        return;
      }
      tally.made++;
      const contract = runtime.contract(asked);
      expect(runtime.contract(asked)).toEqual(contract);
      told(contract.problems);
      told(contract.warnings ?? []);
      for (const need of [contract.hostMemoryMib, contract.sharedMemoryMib, contract.ephemeralStorageMib]) {
        expect(Number.isSafeInteger(need) && need > 0).toBe(true);
      }
      for (const path of contract.clientPaths) expect(path).toMatch(/^\/v2\/models(\/[\w.-]+)?$/);
      if (contract.problems.length > 0) return;
      const words = [...(contract.command ?? []), ...contract.args!];
      for (const word of words) expect(word).not.toMatch(/\$[({]|NaN|undefined|\[object/);
      for (const line of contract.command?.[2]?.split('\n').slice(1, -1) ?? []) {
        expect(line).toMatch(/^(mkdir -p|ln -sfn \/[\w@+./-]+) \/model-repository\/[\w./-]+$/);
      }
      for (const { path, content } of contract.files ?? []) {
        expect(path).toMatch(/^\/etc\/triton\/[\w./-]+$/);
        expect(content).not.toMatch(/\$\{|\bNaN\b|\bundefined\b|\[object/);
        expect(content.endsWith('\n')).toBe(true);
      }
    }),
    { numRuns: 1000, seed: Number(process.env.PROPERTY_SEED ?? 7) },
  );
  expect(tally.made).toBeGreaterThan(100);
  expect(tally.refused).toBeGreaterThan(100);
});
