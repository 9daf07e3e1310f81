import { Duration, Size } from 'cdk8s';
import { Cpu } from 'cdk8s-plus-30';
import fc from 'fast-check';
import {
  CanaryStrategy,
  CustomRuntime,
  Dns,
  GatewayReference,
  GPUS,
  GpuNodePool,
  HuggingFaceConfig,
  ImageReference,
  InvalidInputError,
  ModelCache,
  ModelCredentials,
  ModelDownload,
  modelFromConfig,
  NetworkPeer,
  NimRuntime,
  ServerContract,
  SglangRuntime,
  TgiRuntime,
  VllmRuntime,
  VllmSpeculation,
} from '../../lib';
import { labels, mostly, number, optional, text } from './odd';
import { servingRequest } from '../support/serving-request';

/** A value is made, or refused by all that is wrong with it. Anything else came from inside. */
function judgeValue<T, V>(
  arbitrary: fc.Arbitrary<T>,
  make: (input: T) => V,
  hold: (value: V, input: T) => void = () => {},
): void {
  const tally = { made: 0, refused: 0 };
  fc.assert(
    fc.property(arbitrary, (input) => {
      let value: V;
      try {
        value = make(input);
      } catch (error) {
        if (!(error instanceof InvalidInputError)) throw error;
        tally.refused++;
        expect(error.subject).not.toBe('');
        for (const { check, message, remedy } of error.problems) {
          expect(check).toMatch(/^[a-z-]+$/);
          expect(message).toMatch(/\S[^]*[.:;]$/);
          expect(remedy).toMatch(/\S[^]*[.?]$/);
          // A text of any length is cut, so that the message can be read.
          expect(message.length).toBeLessThan(1000);
        }
        return;
      }
      tally.made++;
      hold(value, input);
    }),
    { numRuns: 500, seed: Number(process.env.PROPERTY_SEED ?? 7) },
  );
  expect(tally.made).toBeGreaterThan(10);
  expect(tally.refused).toBeGreaterThan(3);
}

const name = mostly(['gpupool', 'a100'], text);
const some = labels([{ team: 'search' }, {}]);
const poolProps = {
  name,
  maxNodes: mostly([1, 4], number),
  minNodes: optional(mostly([0, 1], number)),
  zones: optional(fc.array(mostly(['a', 'b'], text), { maxLength: 2 })),
  labels: optional(some),
  taints: optional(
    fc.array(
      fc.record({
        key: mostly(['team', 'nvidia.com/gpu'], text),
        value: optional(mostly(['search'], text)),
        effect: mostly(['NoSchedule', 'NoExecute'], text) as fc.Arbitrary<'NoSchedule'>,
      }),
      { maxLength: 2 },
    ),
  ),
  mig: optional(fc.record({ profile: mostly(['1g.10gb', '1g.5gb', '3g.40gb'], text) })),
  sharing: optional(fc.record({ replicas: mostly([2, 4], number) })),
  kubernetesVersion: optional(mostly(['1.34', 'v1.36.2', '1.30'], text)),
  deviceAllocation: optional(mostly(['device-plugin', 'dra'], text) as fc.Arbitrary<'dra'>),
  deviceClass: optional(mostly(['l4.example.com'], text)),
};
const anyOf = <T extends string>(usual: readonly T[]) => mostly<string>(usual, text) as fc.Arbitrary<T>;

/** What every pool promises, whatever made it. */
function holdPool(pool: GpuNodePool): void {
  expect(Number.isSafeInteger(pool.maxGpus) && pool.maxGpus >= 1).toBe(true);
  expect(pool.resourceName).toMatch(
    pool.deviceClass === undefined
      ? /^nvidia\.com\/[a-z0-9.-]+$/
      : /^[a-z0-9.-]+\.deviceclass\.resource\.k8s\.io\/devices$/,
  );
  for (const { values } of pool.selector)
    expect(values.every((value) => /^[A-Za-z0-9][-\w.]*$/.test(value))).toBe(true);
  expect(pool.toString()).not.toMatch(/undefined|NaN|\[object/);
  const { cpuMillis, memoryMib } = pool.allocatable ?? { cpuMillis: 0, memoryMib: 0 };
  expect(Number.isFinite(cpuMillis) && Number.isFinite(memoryMib)).toBe(true);
}

describe('a value is made, or refused in words', () => {
  test('GpuNodePool.gke', () => {
    const machineType = anyOf(['g2-standard-4', 'a2-highgpu-1g', 'n1-standard-4'] as const);
    const t4s = optional(mostly([1, 2], number)) as fc.Arbitrary<1 | undefined>;
    judgeValue(
      fc.record({ ...poolProps, machineType, attachedT4s: t4s, spot: optional(fc.boolean()) }),
      (props) => GpuNodePool.gke(props),
      holdPool,
    );
  });

  test('GpuNodePool.eks', () => {
    const machineTypes = fc.array(anyOf(['g6.xlarge', 'g5.xlarge'] as const), { maxLength: 2 });
    judgeValue(
      fc.record({ ...poolProps, machineTypes, maxPods: optional(mostly([58], number)) }),
      (props) => GpuNodePool.eks(props),
      holdPool,
    );
  });

  test('GpuNodePool.karpenter', () => {
    judgeValue(
      fc.record({
        ...poolProps,
        gpu: anyOf(['L4', 'A100-40GB'] as const),
        gpusPerNode: optional(mostly([1, 8], number)),
      }),
      (props) => GpuNodePool.karpenter(props),
      holdPool,
    );
  });

  test('GpuNodePool.aks', () => {
    judgeValue(
      fc.record({
        ...poolProps,
        machineType: anyOf(['Standard_NC24ads_A100_v4', 'Standard_NC4as_T4_v3'] as const),
        maxPods: optional(mostly([110], number)),
      }),
      (props) => GpuNodePool.aks(props),
      holdPool,
    );
  });

  test('GpuNodePool.onPrem', () => {
    judgeValue(
      fc.record({
        ...poolProps,
        gpu: anyOf(['L40S', 'H100-80GB'] as const),
        gpusPerNode: mostly([1, 8], number),
        cpu: optional(mostly([64, 0.5], fc.double({ min: 0, max: 1e6, noNaN: true }))),
        memoryGib: optional(mostly([512], fc.double({ min: 0, max: 1e9, noNaN: true }))),
      }),
      ({ cpu, memoryGib, ...props }) =>
        GpuNodePool.onPrem({
          ...props,
          cpu: cpu === undefined ? undefined : Cpu.units(cpu),
          memory: memoryGib === undefined ? undefined : Size.gibibytes(memoryGib),
        }),
      holdPool,
    );
  });

  test('a GPU of your own', () => {
    const l4 = GPUS.find(({ id }) => id === 'L4')!;
    judgeValue(
      fc.record({ id: name, memoryGb: mostly([24], number), gpusPerNode: mostly([1], number) }),
      ({ gpusPerNode, ...own }) =>
        GpuNodePool.onPrem({ name: 'own', gpu: { ...l4, ...own }, gpusPerNode, maxNodes: 1 }),
      holdPool,
    );
  });

  test('ImageReference, and what it reads is what it writes', () => {
    const image = mostly(['nvcr.io/nim/a:1.0.0', `a/b@sha256:${'0'.repeat(64)}`, 'localhost:5000/a_b/c__d:v1'], text);
    judgeValue(
      image,
      (reference) => ImageReference.parse(reference),
      (value, reference) => expect(value.toString()).toBe(reference),
    );
  });

  test('NimRuntime', () => {
    judgeValue(
      fc.record({
        image: mostly<string>(['nim/a:1.0.0', 'nim/a:2.0.4', 'nim/a:latest'], text),
        version: optional(mostly(['1.3.0', '2.0.1'], text)),
        env: optional(fc.dictionary(mostly(['MY_FLAG', 'NIM_X'], text), text, { maxKeys: 2, noNullPrototype: true })),
        kvCachePercent: optional(mostly([0.8], number)),
        maxBatchSize: optional(mostly([64], number)),
        gpuMemoryUtilization: optional(mostly([0.9], number)),
        modelProfile: optional(text),
        jsonLogging: optional(fc.boolean()),
      }),
      (props) => new NimRuntime(props),
      (runtime) => {
        expect(runtime.version).toMatch(/^[12]\.\d+/);
        const request = servingRequest({ credentials: 'ngc' });
        const { env } = runtime.contract(request);
        expect(new Set(env.map((one) => one.name)).size).toBe(env.length);
        expect(env.every(({ value }) => typeof value === 'string')).toBe(true);
        const shares = env
          .filter((one) => /PERCENT|FRACTION|BATCH_SIZE/.test(one.name))
          .map((one) => Number(one.value));
        expect(shares.every((share) => share > 0)).toBe(true);
      },
    );
  });

  test('VllmRuntime', () => {
    const speculation = fc.record({
      method: anyOf(['ngram', 'draft_model', 'eagle3', 'mtp'] as const),
      numSpeculativeTokens: mostly([3], number),
      promptLookupMax: mostly([4], number),
      model: mostly<string>(['meta-llama/Llama-3.2-1B-Instruct'], text),
      repository: mostly(['me/eagle'], text),
    }) as fc.Arbitrary<VllmSpeculation>;
    judgeValue(
      fc.record({
        image: mostly<string>(
          ['a/vllm:v0.6.6', 'a/vllm:v0.10.2', 'a/vllm:v0.18.1-cu128', 'a/vllm:v0.33.0', 'a/vllm:latest'],
          text,
        ),
        env: optional(fc.dictionary(mostly(['MY_FLAG', 'HF_HOME'], text), text, { maxKeys: 2, noNullPrototype: true })),
        args: optional(fc.array(mostly(['--max-logprobs', '5', '-tp'], text), { maxLength: 3 })),
        gpuMemoryUtilization: optional(mostly([0.9], number)),
        maxNumSeqs: optional(mostly([64], number)),
        maxNumBatchedTokens: optional(mostly([2048], number)),
        blockSize: optional(mostly([16], number)),
        quantization: optional(anyOf(['fp8', 'awq_marlin'] as const)),
        toolCallParser: optional(mostly(['llama3_json'], text)),
        speculation: optional(speculation),
        apiKey: optional(fc.record({ secretName: name, secretKey: optional(text) })),
        kvTransfer: optional(fc.record({ role: anyOf(['kv_producer', 'kv_both'] as const) })),
      }),
      (props) => new VllmRuntime(props),
      (runtime) => {
        expect(runtime.version).toMatch(/^0\.\d+/);
        const { args, env, problems } = runtime.contract(servingRequest());
        expect(args!.every((word) => typeof word === 'string')).toBe(true);
        expect(args!.join(' ')).not.toMatch(/undefined|NaN|\[object/);
        expect(new Set(env.map((one) => one.name)).size).toBe(env.length);
        expect(problems.length).toBeGreaterThan(0); // nobody said which model
      },
    );
  });

  /** What every server's environment and arguments promise, whatever made them. */
  function holdWords({ env, args = [], command = [] }: ServerContract): void {
    expect(new Set(env.map((one) => one.name)).size).toBe(env.length);
    const words = [...env.map(({ value }) => value), ...args, ...command];
    expect(words.every((word) => typeof word === 'string' && !/undefined|NaN|\[object/.test(word))).toBe(true);
  }
  const flagsAndEnv = {
    version: optional(mostly(['0.5.20', '3.0.1'], text)),
    args: optional(fc.array(mostly(['--random-seed', '7', '--log-level-http=error'], text), { maxLength: 2 })),
    env: optional(fc.dictionary(mostly(['MY_FLAG', 'HF_HOME'], text), text, { maxKeys: 2, noNullPrototype: true })),
    apiKey: optional(fc.record({ secretName: name, secretKey: optional(mostly(['key'], text)) })),
  };

  test('SglangRuntime', () => {
    judgeValue(
      fc.record({
        ...flagsAndEnv,
        image: mostly<string>(['lmsysorg/sglang:v0.5.20', 'lmsysorg/sglang:v0.4.6.post5', 'a/b:latest'], text),
        memFractionStatic: optional(mostly([0.8], number)),
        maxRunningRequests: optional(mostly([64], number)),
        hicacheSize: optional(mostly([16], number)),
        toolCallParser: optional(mostly(['llama3'], text)),
        schedulePolicy: optional(mostly<string>(['lpm'], text) as fc.Arbitrary<'lpm'>),
        speculative: optional(
          fc.record({
            algorithm: mostly<string>(['EAGLE'], text) as fc.Arbitrary<'EAGLE'>,
            draftModelPath: optional(mostly(['a/b'], text)),
          }),
        ),
      }),
      (props) => new SglangRuntime(props),
      (runtime) => {
        const contract = runtime.contract(servingRequest({ servedModelName: 'llama' }));
        holdWords(contract);
        expect(runtime.version).toMatch(/^\d+\.\d+/);
        const share = Number(contract.args![contract.args!.indexOf('--mem-fraction-static') + 1]);
        expect(share >= 0 && share <= 1).toBe(true);
      },
    );
  });

  test('TgiRuntime', () => {
    judgeValue(
      fc.record({
        version: flagsAndEnv.version,
        env: flagsAndEnv.env,
        apiKey: flagsAndEnv.apiKey,
        image: mostly<string>(['a/tgi:3.0.1', 'a/tgi:2.4.1', 'a/tgi:3.3.7'], text),
        runsAsNonRoot: optional(fc.boolean()),
        quantize: optional(mostly<string>(['eetq'], text) as fc.Arbitrary<'eetq'>),
        maxInputTokens: optional(mostly([4096], number)),
        cudaMemoryFraction: optional(mostly([0.9], number)),
      }),
      (props) => new TgiRuntime(props),
      (runtime) => {
        holdWords(runtime.contract(servingRequest()));
        const { utilization, maxNumBatchedTokens } = runtime.memoryProfile();
        expect(utilization > 0 && utilization <= 1 && Number.isSafeInteger(maxNumBatchedTokens)).toBe(true);
      },
    );
  });

  test('CustomRuntime', () => {
    const port = mostly([8000], number);
    judgeValue(
      fc.record({
        name: mostly(['embedder'], text),
        image: mostly(['a/b:1', 'a/b'], text),
        version: optional(mostly(['1.0'], text)),
        port,
        readiness: fc.oneof(
          fc.record({ path: mostly(['/ready'], text), port }),
          fc.record({ grpcPort: port }),
          fc.record({ tcpPort: port }),
        ),
        metrics: optional(fc.oneof(fc.constant(false as const), fc.record({ path: mostly(['/metrics'], text), port }))),
        args: optional(
          fc.constantFrom(
            () => ['a'],
            () => [1 as never],
          ),
        ),
        env: optional(fc.dictionary(mostly(['MY_FLAG'], text), text, { maxKeys: 2, noNullPrototype: true })),
        user: optional(mostly([1000], number)),
        writablePaths: optional(
          fc.array(fc.record({ name, path: mostly(['/tmp'], text), sizeMib: mostly([64], number) }), { maxLength: 1 }),
        ),
        cachePath: optional(mostly(['/cache'], text)),
        hostMemory: optional(mostly([Size.gibibytes(4)], fc.double({ min: 0 }).map(Size.mebibytes))),
        warmUp: optional(mostly([Duration.minutes(1)], fc.maxSafeNat().map(Duration.millis))),
        cpuCores: optional(mostly([2], number)),
      }),
      (props) => new CustomRuntime(props),
      (runtime) => {
        const contract = runtime.contract(servingRequest());
        if (contract.problems.length === 0) holdWords(contract);
        const { ports, user, hostMemoryMib, warmUpSeconds } = contract;
        expect(ports[0].port >= 1 && ports[0].port <= 65535 && user.uid >= 1).toBe(true);
        expect(Number.isSafeInteger(hostMemoryMib) && Number.isSafeInteger(warmUpSeconds)).toBe(true);
      },
    );
  });

  test('ModelCache', () => {
    const size = fc.maxSafeNat();
    judgeValue(
      fc.record({ size: mostly([1e5], size), storageClass: optional(name), claim: name, which: fc.nat(2) }),
      ({ size: mib, storageClass, claim, which }) =>
        [
          () => ModelCache.perReplica(Size.mebibytes(mib), { storageClass }),
          () => ModelCache.ephemeral(Size.mebibytes(mib)),
          () => ModelCache.claim(claim, { readOnly: true }),
        ][which]!(),
      ({ sizeMib }) => expect(sizeMib === undefined || (Number.isInteger(sizeMib) && sizeMib >= 1)).toBe(true),
    );
  });

  // model-cache.ts compares with `sizeMib < 1`, which NaN is not; `!(sizeMib >= 1)` would refuse it.
  test('ModelCache of a size that is no number', () => {
    expect(() => ModelCache.perReplica(Size.gibibytes(NaN))).toThrow(InvalidInputError);
  });

  // Size.toMebibytes() does not round what is in MiB already, so the claim would ask for 1.5Mi of a whole.
  test('ModelCache of a part of a MiB', () => {
    expect(ModelCache.perReplica(Size.mebibytes(51200.5)).sizeMib).toBe(51200);
  });

  test('ModelCredentials', () => {
    judgeValue(
      fc.record({
        secretStore: name,
        key: mostly(['nim/key'], text),
        secretName: optional(name),
        pullSecretName: optional(name),
        secretKey: mostly(['NGC_API_KEY'], text),
        which: fc.nat(3),
      }),
      ({ which, secretKey, ...props }) =>
        [
          () => ModelCredentials.ngc(props),
          () => ModelCredentials.huggingFace(props),
          () => ModelCredentials.ngc({ secretName: props.secretName ?? 'ngc', secretKey }),
          () => ModelCredentials.huggingFace({ secretName: props.secretName ?? 'hf', secretKey }),
        ][which]!(),
    );
  });

  test('NetworkPeer, Dns and ModelDownload', () => {
    const cidr = mostly(['10.0.0.0/8', 'fd00::/8'], fc.oneof(text, fc.ipV4(), fc.ipV6()));
    const port = mostly([53, 443], number);
    judgeValue(
      fc.record({
        namespace: name,
        some,
        cidr,
        port,
        host: mostly(['*.hf.co', 'ngc.nvidia.com'], text),
        which: fc.nat(6),
      }),
      ({ namespace, some: podLabels, cidr: range, port: one, host, which }): unknown =>
        [
          () => NetworkPeer.namespace(namespace),
          () => NetworkPeer.pods(podLabels),
          () => NetworkPeer.cidr(range, [range]),
          () => NetworkPeer.cidr(range),
          () => Dns.custom(NetworkPeer.namespace(namespace), one),
          () =>
            ModelDownload.hosts([host], { enforcedBy: 'cilium', ports: [one] }).and(
              ModelDownload.privateEndpoints([range]),
            ),
          () => Dns.nodeLocal(range.split('/')[0]),
        ][which]!(),
    );
  });

  test('GatewayReference', () => {
    judgeValue(
      fc.record({ name, namespace: name, sectionName: optional(name) }),
      (props) => new GatewayReference(props),
    );
  });

  test('modelFromConfig', () => {
    const llama = {
      model_type: 'llama',
      num_hidden_layers: 32,
      hidden_size: 4096,
      intermediate_size: 14336,
      num_attention_heads: 32,
      num_key_value_heads: 8,
      vocab_size: 128256,
      max_position_embeddings: 8192,
      torch_dtype: 'bfloat16',
    };
    const field = fc.constantFrom(
      ...Object.keys(llama),
      'head_dim',
      'quantization_config',
      'rope_scaling',
      'num_experts',
    );
    const value = fc.oneof(number, text, fc.constantFrom(null, undefined, true, [], {}, [null]));
    judgeValue(
      fc.record({
        id: mostly(['me/llama'], text),
        changes: fc.dictionary(field, value, { maxKeys: 2, noNullPrototype: true }),
      }),
      ({ id, changes }) => modelFromConfig(id, { ...llama, ...changes } as HuggingFaceConfig),
      (model) => expect(JSON.stringify(model)).not.toMatch(/null|-\d/),
    );
  });

  test('a CanaryStrategy of any options and any number of replicas has problems or steps', () => {
    fc.assert(
      fc.property(
        fc.array(mostly([5, 50, 100], number), { maxLength: 3 }),
        optional(mostly([1], number)),
        mostly([1, 3], fc.nat(100)),
        (weights, canaryReplicas, replicas) => {
          for (const strategy of [
            CanaryStrategy.partition(),
            CanaryStrategy.weightedTwins({ weights, canaryReplicas }),
          ]) {
            if (strategy.problems(replicas).length > 0) continue;
            for (const step of strategy.steps(replicas)) {
              expect(Number.isInteger(step.canaryReplicas) && step.canaryReplicas >= 0).toBe(true);
              expect(step.canaryWeight >= 0 && step.canaryWeight <= 100).toBe(true);
              expect(strategy.step(step.name, replicas)).toEqual(step);
            }
          }
        },
      ),
      { numRuns: 500, seed: 7 },
    );
  });
});
