import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runCommandLine } from '../../lib/operations/command-line';
import { runFit } from '../../lib/operations/fit';
import { FIT_OPTIONS } from '../../lib/operations/fit-arguments';
import '../support/plain-text';

const LLAMA = ['--model', 'meta-llama/Meta-Llama-3-8B-Instruct'];
const noFiles = (path: string): string => {
  throw Object.assign(new Error(path), { code: 'ENOENT' });
};
const fit = (...argv: string[]) => runFit(argv, noFiles);

test('the call of the README: Llama 3 8B on an L4 for 24 users', () => {
  const { stdout, stderr, exitCode } = fit(...LLAMA, '--gpu', 'L4', '--max-model-len', '8192', '--concurrency', '24');
  expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 1 });
  expect(stdout).toMatchInlineSnapshot(`
   meta-llama/Meta-Llama-3-8B-Instruct on an L4: 22.03 GiB, vLLM 0.33.0 (V1)

   ███████████████████████████████████████████▓▒▒▒▒░░░░░░░░░░░·····
   █  weights      14.96 GiB  bf16
   ▓  runtime       0.30 GiB
   ▒  activations   1.20 GiB
   ░  KV cache      3.81 GiB  31,184 tokens
   ·  kept free     1.76 GiB  the engine uses 0.92 of the memory

   a token      131,072 bytes of KV cache
   a sequence   1.00 GiB for 8,192 tokens
   room for     3 sequences of 8,192 tokens; 24 promised
   longest      8,192 tokens, one sequence alone

   Verdict: does not fit
     gpu-memory-fit
       24 concurrent sequences of 8,192 tokens need 24.0 GiB of KV cache; an L4 leaves 3.8 GiB beside 14.96 GiB of bf16 weights
       (22.03 GiB x 0.92 - 14.96 weights - 1.5 runtime and activations). 3 sequences fit.
       Lower concurrency to 3 or maxModelLen to 1,152, use tensorParallelSize 4 or a GPU with 80 GB or more, such as A100-80GB.

   Machines that hold it, cheapest first; price of the whole machine, on demand:
   USD/h  cloud  machine                   GPUs              copies  region       price of
    3.36  aws    g7e.2xlarge               1 x RTX-PRO-6000       1  us-east-1    2026-07-20
    3.67  azure  Standard_NC24ads_A100_v4  1 x A100-80GB          1  eastus       2026-06-18
    4.00  aws    g7e.4xlarge               1 x RTX-PRO-6000       1  us-east-1    2026-07-20
    4.50  gcp    g4-standard-48            1 x RTX-PRO-6000       1  us-central1  2026-08-03
    5.07  gcp    a2-ultragpu-1g            1 x A100-80GB          1  us-central1  2026-08-03
    5.27  aws    g7e.8xlarge               1 x RTX-PRO-6000       1  us-east-1    2026-07-20
    6.88  aws    p5.4xlarge                1 x H100-80GB          1  us-east-1    2026-07-20
    6.98  azure  Standard_NC40ads_H100_v5  1 x H100-NVL           1  eastus       2026-06-18
   and 29 more; --json lists all.
  `);
});

test('it fits: 70B in fp8 on 2 x H100', () => {
  const { stdout, exitCode } = fit(
    '--model=meta-llama/Llama-3.3-70B-Instruct',
    '--gpu=h100-80gb',
    '--tensor-parallel-size=2',
    '--max-model-len=8192',
    '--weight-format=fp8',
    '--concurrency=16',
    '--cloud=aws',
  );
  expect(exitCode).toBe(0);
  expect(stdout).toMatchInlineSnapshot(`
   meta-llama/Llama-3.3-70B-Instruct on each of 2 H100-80GB: 79.11 GiB, vLLM 0.33.0 (V1)

   ███████████████████████████▓▒▒░░░░░░░░░░░░░░░░░░░░░░░░░░░░░·····
   █  weights      33.86 GiB  fp8
   ▓  runtime       0.60 GiB
   ▒  activations   2.73 GiB
   ░  KV cache     35.59 GiB  233,232 tokens
   ·  kept free     6.33 GiB  the engine uses 0.92 of the memory

   a token      163,840 bytes of KV cache
   a sequence   1.25 GiB for 8,192 tokens
   room for     28 sequences of 8,192 tokens; 16 promised
   longest      131,072 tokens, one sequence alone

   Verdict: fits

   Machines of aws that hold it, cheapest first; price of the whole machine, on demand:
    USD/h  cloud  machine           GPUs              copies  region     price of
     8.29  aws    g7e.12xlarge      2 x RTX-PRO-6000       1  us-east-1  2026-07-20
    16.57  aws    g7e.24xlarge      4 x RTX-PRO-6000       2  us-east-1  2026-07-20
    27.45  aws    p4de.24xlarge     8 x A100-80GB          4  us-east-1  2026-07-20
    33.14  aws    g7e.48xlarge      8 x RTX-PRO-6000       4  us-east-1  2026-07-20
    55.04  aws    p5.48xlarge       8 x H100-80GB          4  us-east-1  2026-07-20
    63.30  aws    p5en.48xlarge     8 x H200               4  us-east-1  2026-07-20
   113.93  aws    p6-b200.48xlarge  8 x B200               4  us-east-1  2026-07-20
   142.42  aws    p6-b300.48xlarge  8 x B300               4  us-east-1  2026-07-20
   and 1 more; --json lists all.
  `);
});

test('70B in bf16 on 2 x H100 is tight, so no machine is promised for them', () => {
  const { stdout, exitCode } = fit(
    '--model',
    'meta-llama/Llama-3.3-70B-Instruct',
    '--gpu',
    'H100-80GB',
    '--tensor-parallel-size',
    '2',
    '--max-model-len',
    '8192',
    '--cloud',
    'azure',
  );
  expect(exitCode).toBe(0);
  expect(stdout).toMatchInlineSnapshot(`
   meta-llama/Llama-3.3-70B-Instruct on each of 2 H100-80GB: 79.11 GiB, vLLM 0.33.0 (V1)

   █████████████████████████████████████████████████████▓▒▒░░░·····
   █  weights      65.74 GiB  bf16
   ▓  runtime       0.60 GiB
   ▒  activations   2.73 GiB
   ░  KV cache      3.72 GiB  24,336 tokens
   ·  kept free     6.33 GiB  the engine uses 0.92 of the memory

   a token      163,840 bytes of KV cache
   a sequence   1.25 GiB for 8,192 tokens
   room for     2 sequences of 8,192 tokens
   longest      24,336 tokens, one sequence alone

   Verdict: fits

   Machines of azure that hold it, cheapest first; price of the whole machine, on demand:
    USD/h  cloud  machine                         GPUs           copies  region   price of
     7.35  azure  Standard_NC48ads_A100_v4        2 x A100-80GB       1  eastus   2026-06-18
    13.96  azure  Standard_NC80adis_H100_v5       2 x H100-NVL        1  eastus   2026-06-18
    14.69  azure  Standard_NC96ads_A100_v4        4 x A100-80GB       2  eastus   2026-06-18
    32.77  azure  Standard_ND96amsr_A100_v4       8 x A100-80GB       4  eastus   2026-06-18
    84.80  azure  Standard_ND96isr_H200_v5        8 x H200            4  westus2  2026-06-18
    98.32  azure  Standard_ND96isr_H100_v5        8 x H100-80GB       4  eastus   2026-06-18
   108.16  azure  Standard_ND128isr_NDR_GB200_v6  4 x GB200           2  eastus   2026-06-18
  `);
});

test('a MIG slice: machines give as many copies as slices', () => {
  const { stdout, exitCode } = fit(
    ...LLAMA,
    '--gpu',
    'A100-80GB',
    '--mig',
    '3g.40gb',
    '--max-model-len',
    '8192',
    '--engine',
    'nim@1.0.0',
  );
  expect(exitCode).toBe(0);
  expect(stdout).toMatchInlineSnapshot(`
   meta-llama/Meta-Llama-3-8B-Instruct on a 3g.40gb slice of an A100-80GB: 39.17 GiB, vLLM 0.5.5 (V0)

   ████████████████████████▓▓▒▒░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░······
   █  weights      14.96 GiB  bf16
   ▓  runtime       0.90 GiB
   ▒  activations   1.22 GiB
   ░  KV cache     18.17 GiB  148,832 tokens
   ·  kept free     3.92 GiB  the engine uses 0.90 of the memory

   a token      131,072 bytes of KV cache
   a sequence   1.00 GiB for 8,192 tokens
   room for     18 sequences of 8,192 tokens
   longest      8,192 tokens, one sequence alone

   Verdict: fits

   Machines that hold it, cheapest first; price of the whole machine, on demand:
   USD/h  cloud  machine                   GPUs           copies  region       price of
    3.67  azure  Standard_NC24ads_A100_v4  1 x A100-80GB       2  eastus       2026-06-18
    5.07  gcp    a2-ultragpu-1g            1 x A100-80GB       2  us-central1  2026-08-03
    6.88  aws    p5.4xlarge                1 x H100-80GB       2  us-east-1    2026-07-20
    7.35  azure  Standard_NC48ads_A100_v4  2 x A100-80GB       4  eastus       2026-06-18
   10.14  gcp    a2-ultragpu-2g            2 x A100-80GB       4  us-central1  2026-08-03
   11.06  gcp    a3-highgpu-1g             1 x H100-80GB       2  us-central1  2026-08-03
   14.69  azure  Standard_NC96ads_A100_v4  4 x A100-80GB       8  eastus       2026-06-18
   20.28  gcp    a2-ultragpu-4g            4 x A100-80GB       8  us-central1  2026-08-03
   and 9 more; --json lists all.
  `);
});

test('without a GPU: all of the catalog', () => {
  const { stdout, exitCode } = fit(...LLAMA, '--max-model-len', '8192', '--concurrency', '8', '--cloud', 'gcp');
  expect(exitCode).toBe(0);
  expect(stdout).toMatchInlineSnapshot(`
   meta-llama/Meta-Llama-3-8B-Instruct, 8 sequences of 8,192 tokens, vllm@0.33.0; GiB of one GPU

   GPU           memory  weights  KV cache  sequences  verdict       fits with TP  USD/h from
   T4             14.56    14.96      0.00          0  does not fit             -           -
   V100-16GB      15.68    14.96      0.00          0  does not fit             -           -
   V100-32GB      31.36    14.96     12.39         12  does not fit             -           -
   A10            21.99    14.96      3.77          3  does not fit             2           -
   A10G           22.06    14.96      3.84          3  does not fit             2           -
   L4             22.03    14.96      3.81          3  does not fit             2           -
   L40S           44.31    14.96     24.31         24  fits                     1           -
   A100-40GB      39.39    14.96     19.78         19  fits                     1        3.67
   A100-80GB      79.14    14.96     56.35         56  fits                     1        5.07
   H100-80GB      79.11    14.96     54.86         54  fits                     1       11.06
   H100-PCIE      78.40    14.96     54.20         54  fits                     1           -
   H100-NVL       92.12    14.96     66.83         66  fits                     1           -
   H200          139.81    14.96    110.70        110  fits                     1           -
   B200          178.36    14.96    146.17        146  fits                     1           -
   B300          267.69    14.96    228.35        228  fits                     1           -
   GB200         182.28    14.96    149.77        149  fits                     1           -
   RTX-PRO-6000   94.97    14.96     69.45         69  fits                     1        4.50

   Verdict: 11 of 17 GPUs do

   Machines of gcp that hold it, cheapest first; price of the whole machine, on demand:
   USD/h  cloud  machine         GPUs              copies  region       price of
    3.67  gcp    a2-highgpu-1g   1 x A100-40GB          1  us-central1  2026-08-03
    4.50  gcp    g4-standard-48  1 x RTX-PRO-6000       1  us-central1  2026-08-03
    5.07  gcp    a2-ultragpu-1g  1 x A100-80GB          1  us-central1  2026-08-03
    7.35  gcp    a2-highgpu-2g   2 x A100-40GB          2  us-central1  2026-08-03
    9.00  gcp    g4-standard-96  2 x RTX-PRO-6000       2  us-central1  2026-08-03
   10.14  gcp    a2-ultragpu-2g  2 x A100-80GB          2  us-central1  2026-08-03
   11.06  gcp    a3-highgpu-1g   1 x H100-80GB          1  us-central1  2026-08-03
   14.69  gcp    a2-highgpu-4g   4 x A100-40GB          4  us-central1  2026-08-03
   and 12 more; --json lists all.
  `);
});

test('a context that the model was not made for is a misfit on every GPU, told once', () => {
  const { stdout, exitCode } = fit(...LLAMA, '--max-model-len', '16384');
  expect(exitCode).toBe(1);
  expect(stdout.slice(stdout.indexOf('Verdict'))).toMatchInlineSnapshot(`
   Verdict: no GPU of the catalog does
     gpu-context-length
       maxModelLen is 16384; meta-llama/Meta-Llama-3-8B-Instruct was made for 8192 tokens.
       Use maxModelLen 8192 or less, or describe a model with scaled rotary embeddings.

   No machine of the catalog holds it for certain.
  `);
});

test('heads that cannot be divided', () => {
  const { stdout, exitCode } = fit(...LLAMA, '--gpu', 'L4', '--tensor-parallel-size', '3');
  expect(exitCode).toBe(1);
  expect(stdout).toContain('32 attention heads cannot be divided by tensorParallelSize 3.');
});

test('a narrow fit is told, and is no failure: synthesis would accept it too', () => {
  const { stdout, exitCode } = fit(...LLAMA, '--gpu', 'A100-80GB', '--mig', '2g.20gb', '--max-model-len', '8192');
  expect(exitCode).toBe(0);
  expect(stdout).toContain('Verdict: tight\n  gpu-memory-fit\n');
});

test.each([
  ['a machine', ['--machine', 'g2-standard-4'], 'on an L4 of g2-standard-4: 22.03 GiB'],
  [
    'an N1 with as many T4s as needed',
    ['--machine', 'n1-standard-8', '--tensor-parallel-size', '2'],
    'on each of 2 T4 of n1-standard-8',
  ],
  ['a share of a GPU', ['--gpu', 'H100-80GB', '--gpu-share', '0.5'], 'the engine uses 0.46 of the memory'],
  ['a utilization', ['--gpu', 'L4', '--gpu-memory-utilization', '.8'], 'the engine uses 0.80 of the memory'],
  ['an fp8 KV cache', ['--gpu', 'L4', '--kv-cache-format', 'fp8'], '65,536 bytes of KV cache'],
  ['NIM by its version', ['--gpu', 'L4', '--engine', 'nim@2.1.5'], 'vLLM 0.31.0'],
  ['SGLang by its version', ['--gpu', 'L4', '--engine', 'sglang@0.5.4'], 'SGLang 0.5.4'],
])('%s', (_, argv, text) => {
  expect(fit(...LLAMA, ...argv).stdout).toContain(text);
});

describe('a config.json', () => {
  const config = {
    model_type: 'llama',
    hidden_size: 4096,
    num_hidden_layers: 32,
    num_attention_heads: 32,
    num_key_value_heads: 8,
    intermediate_size: 14336,
    vocab_size: 128256,
    max_position_embeddings: 8192,
    torch_dtype: 'bfloat16',
  };
  const run = (text: string) => runFit(['--config', 'my/config.json', '--gpu', 'L4'], () => text);

  test('is judged as the model of the catalog with the same architecture', () => {
    const { stdout } = run(JSON.stringify({ ...config, _name_or_path: 'my-org/my-finetune' }));
    expect(stdout).toMatch(/^my-org\/my-finetune on an L4/);
    expect(stdout).toContain('weights      14.96 GiB');
  });

  test('without a name is called by its path', () => {
    expect(run(JSON.stringify(config)).stdout).toMatch(/^my\/config\.json on an L4/);
  });

  test.each([
    ['no JSON', '{', '"my/config.json" is no JSON.'],
    ['null', 'null', 'config is null'],
    ['an unknown architecture', '{"model_type":"mamba"}', 'model_type is "mamba", which is not known.'],
  ])('%s', (_, text, message) => {
    const { stderr, exitCode } = run(text);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(`--config: ${message}`);
  });

  test('that is not there', () => {
    expect(fit('--config', 'nowhere.json').stderr).toContain(
      '--config: "nowhere.json" cannot be read: there is no such file.',
    );
  });
});

test('mistakes come all at once, with the nearest names', () => {
  const { stdout, stderr, exitCode } = fit(
    '--model',
    'llama-3-8b',
    '--gpu',
    'L5',
    '--concurency',
    '4',
    '--max-model-len',
    '8k',
    '--tensor-parallel-size',
    '-2',
    '--gpu-share',
    '2',
    '--weight-format',
    'fp9',
    '--engine',
    'vlm@1',
    '--cloud',
    'gce',
    'L4',
    '--json=yes',
  );
  expect({ stdout, exitCode }).toEqual({ stdout: '', exitCode: 2 });
  expect(stderr).toMatchInlineSnapshot(`
   11 mistakes in the arguments:

   There is no option --concurency.
     Did you mean --concurrency, --config, --model?

   "L4" stands alone.
     Put the option that it is the value of before it, such as --model.

   --json takes no value.
     Write --json alone.

   --model: the catalog has no "llama-3-8b"; it has 55 models.
     Did you mean meta-llama/Meta-Llama-3-8B-Instruct, Qwen/Qwen3-8B, BAAI/bge-m3? For any other model, give its config.json with --config.

   --engine: nobody described the memory of "vlm".
     Use vllm@VERSION or nim@VERSION, such as vllm@0.33.0.

   --tensor-parallel-size is "-2".
     Use a whole number of 1 or more.

   --gpu: the catalog has no "L5".
     Did you mean L4, T4, A10?

   --gpu-share is "2".
     Use a number above 0 and at most 1.

   --max-model-len is "8k".
     Use a whole number of 1 or more.

   --weight-format is "fp9".
     Use one of fp32, bf16, fp16, fp8, int8, int4, nf4, mxfp4, nvfp4.

   --cloud is "gce".
     Use one of gcp, aws, azure.

   cdk8s-gpu-inference fit --help lists all options.
  `);
});

test.each([
  [
    'no model',
    [],
    'Nothing says which model.\n  Give --model with one of 55 ids, such as meta-llama/Meta-Llama-3-8B-Instruct, or --config with a config.json.',
  ],
  ['an option without its value', ['--gpu', ...LLAMA], '--gpu has no value.\n  Write --gpu ID.'],
  ['an option twice', [...LLAMA, '--gpu', 'L4', '--gpu=T4'], '--gpu is given more than once.'],
  ['both ways to name a model', [...LLAMA, '--config', 'x'], '--model and --config are both given.'],
  ['both ways to name a GPU', [...LLAMA, '--gpu', 'L4', '--machine', 'x'], '--gpu and --machine are both given.'],
  [
    'a machine that is not known',
    [...LLAMA, '--machine', 'g2-standard-5'],
    '--machine: the catalog has no "g2-standard-5".\n  Did you mean g2-standard-4',
  ],
  [
    'a machine with too few GPUs',
    [...LLAMA, '--machine', 'g2-standard-4', '--tensor-parallel-size', '2'],
    '--machine: g2-standard-4 has 1 GPU; the model is split over 2.',
  ],
  [
    'a profile of another GPU',
    [...LLAMA, '--gpu', 'A100-40GB', '--mig', '3g.40gb'],
    '--mig: A100-40GB has no profile "3g.40gb".\n  Did you mean ',
  ],
  ['a profile of no GPU', [...LLAMA, '--mig', '9g.1gb'], '--mig: no GPU of the catalog has a profile "9g.1gb".'],
  [
    'a profile of a GPU without MIG',
    [...LLAMA, '--gpu', 'L4', '--mig', '1g.10gb'],
    'Use the whole GPU; it cannot be partitioned.',
  ],
  [
    'a shared slice',
    [...LLAMA, '--gpu', 'A100-80GB', '--mig', '3g.40gb', '--gpu-share', '0.5'],
    'a slice is not shared',
  ],
  ['a version of NIM that nobody knows', [...LLAMA, '--engine', 'nim@3'], '--engine: "nim@3" names no version of nim.'],
  [
    'a number too large',
    [...LLAMA, '--max-model-len', '99999999999999999999'],
    '--max-model-len is "99999999999999999999".',
  ],
])('%s', (_, argv, text) => {
  const { stdout, stderr, exitCode } = fit(...argv);
  expect(stderr).toContain(text);
  expect(stderr).toMatch(/^1 mistake in the arguments:\n/);
  expect({ stdout, exitCode }).toEqual({ stdout: '', exitCode: 2 });
});

test('--json', () => {
  const { stdout, exitCode } = fit(
    ...LLAMA,
    '--gpu',
    'L4',
    '--max-model-len',
    '8192',
    '--concurrency',
    '3',
    '--cloud',
    'azure',
    '--json',
  );
  expect(exitCode).toBe(0);
  const { machines, ...answer } = JSON.parse(stdout) as { machines: readonly object[] };
  expect(machines[0]).toMatchInlineSnapshot(`
   {
     cloud: azure,
     copies: 1,
     gpu: A10,
     gpus: 1,
     priceDate: 2026-06-18,
     region: eastus,
     spotUsdPerHour: 0.8,
     type: Standard_NV36ads_A10_v5,
     usdPerHour: 3.2,
     verified: true,
   }
  `);
  expect(answer).toMatchInlineSnapshot(`
   {
     gpus: [
       {
         engine: vLLM 0.33.0 (V1),
         gpu: L4,
         memory: {
           activationGib: 0.8,
           cudaGraphsGib: 0.4,
           kvBytesPerToken: 131072,
           kvCacheGib: 3.81,
           kvPerSequenceGib: 1,
           kvTokens: 31184,
           longestModelLen: 8192,
           marginGib: 0.4,
           runtimeGib: 0.3,
           safeSequences: 3,
           sequences: 3,
           totalGib: 22.03,
           usableGib: 20.27,
           utilization: 0.92,
           weightsGib: 14.96,
         },
         problems: [],
         smallestTensorParallelSize: 1,
         verdict: fits,
         warnings: [],
       },
     ],
     question: {
       concurrency: 3,
       engine: vllm@0.33.0,
       maxModelLen: 8192,
       model: meta-llama/Meta-Llama-3-8B-Instruct,
       pipelineParallelSize: 1,
       tensorParallelSize: 1,
       weightFormat: bf16,
     },
     verdict: fits,
   }
  `);
});

test.each([
  [['--help'], 0, 'cdk8s-gpu-inference COMMAND'],
  [['fit', '-h'], 0, 'cdk8s-gpu-inference fit --model ID'],
  [['--version'], 0, '0.1.0\n'],
  [['fit', '--version'], 0, '0.1.0\n'],
])('%j', (argv, exitCode, text) => {
  expect(runCommandLine(argv)).toMatchObject({ exitCode, stderr: '', stdout: expect.stringContaining(text) });
});

test.each([
  [[], 'cdk8s-gpu-inference COMMAND'],
  [['fat'], 'There is no command "fat".\n  Did you mean fit'],
])('%j is a mistake', (argv, text) => {
  expect(runCommandLine(argv)).toMatchObject({ exitCode: 2, stdout: '', stderr: expect.stringContaining(text) });
});

test('the process passes text and exit code on', () => {
  const cli = join(__dirname, '../../lib/operations/cli.ts');
  const run = (...argv: string[]) =>
    execFileSync(process.execPath, ['--require', 'ts-node/register/transpile-only', cli, ...argv], {
      encoding: 'utf8',
      stdio: 'pipe',
    });
  expect(run('--version')).toBe('0.1.0\n');
  expect(() => run('fit', '--gpu', 'L5')).toThrow(
    expect.objectContaining({ status: 2, stdout: '', stderr: expect.stringContaining('Did you mean L4') }),
  );
}, 60_000);

test('docs/fit.md shows what is printed, and every option', () => {
  const page = readFileSync(join(__dirname, '../../docs/fit.md'), 'utf8');
  const { stdout } = fit(...LLAMA, '--gpu', 'L4', '--max-model-len', '8192', '--concurrency', '24');
  expect(page).toContain(`\`\`\`text\n${stdout}\`\`\``);
  for (const name of Object.keys(FIT_OPTIONS)) {
    if (name !== 'help' && name !== 'version') expect(page).toContain(`\`--${name}`);
  }
});
