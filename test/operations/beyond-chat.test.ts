import { App, Duration, Size } from 'cdk8s';
import { GpuNodePool } from '../../lib/hardware/gpu-node-pool';
import { ModelCache } from '../../lib/model/model-cache';
import { ModelCredentials } from '../../lib/model/model-credentials';
import { runFit } from '../../lib/operations/fit';
import { scorecard } from '../../lib/operations/scorecard';
import { scorecardHtml } from '../../lib/operations/scorecard-html';
import { scorecardMarkdown } from '../../lib/operations/scorecard-markdown';
import { NimRuntime } from '../../lib/runtime/nim/nim';
import { InferenceService } from '../../lib/service/inference-service';
import { TenantNamespace } from '../../lib/tenancy/tenant-namespace';
import '../support/plain-text';

/** An embedding NIM on a claimed slice, with a promise. */
function card() {
  const app = new App();
  new InferenceService(new TenantNamespace(app, 'search'), 'embed', {
    model: 'nvidia/nv-embedqa-e5-v5',
    runtime: new NimRuntime({ image: 'nvcr.io/nim/nvidia/nv-embedqa-e5-v5:1.6.0' }),
    nodePool: GpuNodePool.gke({
      name: 'slices',
      machineType: 'a2-ultragpu-1g',
      mig: { profile: '1g.10gb' },
      maxNodes: 1,
      kubernetesVersion: '1.34',
      deviceAllocation: 'dra',
    }),
    cache: ModelCache.perReplica(Size.gibibytes(20)),
    credentials: ModelCredentials.ngc({ secretStore: 'platform', key: 'nim/ngc-api-key' }),
    slo: { endToEndLatency: { p95: Duration.seconds(1), p99: Duration.seconds(2) } },
  });
  return scorecard(app);
}

/** The lines from one to the other. */
const between = (text: string, first: string, last: string) => {
  const lines = text.split('\n');
  const at = lines.findIndex((line) => line.includes(first));
  return lines
    .slice(
      at,
      lines.findIndex((line, index) => index > at && line.includes(last)),
    )
    .join('\n');
};

describe('the scorecard of a model that makes vectors', () => {
  test('says its task, its promise, and no word of a KV cache', () => {
    const text = scorecardMarkdown(card());
    expect(between(text, '## search/embed', '| replicas')).toMatchInlineSnapshot(`
## search/embed

|  |  |
| :-- | --: |
| model | nvidia/nv-embedqa-e5-v5 |
| task | embedding |
| objective | endToEndLatency p95 of 1 s |
| objective | endToEndLatency p99 of 2 s |
`);
    expect(between(text, 'slice of', 'verdict')).toMatchInlineSnapshot(`
a 1g.10gb slice of an A100-80GB: 9.49 GiB, NeMo Retriever NIM 1.6.0 (Triton)
███▓▓▓▓▓▒▒▒░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░
█ weights        0.62 GiB
▓ runtime        1.00 GiB
▒ activations    0.50 GiB
░ to spare       7.37 GiB
· kept free      0.00 GiB
weights      fp16
a batch      30 of 512 tokens
`);
  });

  test('counts claimed slices by the name that a quota has for them', () => {
    const [service] = card().services;
    expect(service).toMatchObject({
      resourceName: 'mig.nvidia.com.deviceclass.resource.k8s.io/devices',
      gpus: 1,
      tracks: [{ pod: { gpus: 1 }, placed: { slices: 1 } }],
    });
  });

  test('as a page says the same', () => {
    const page = scorecardHtml(card());
    expect(page).toContain(
      'nvidia/nv-embedqa-e5-v5 · embedding · endToEndLatency p95 of 1 s · endToEndLatency p99 of 2 s',
    );
    expect(page).toContain('a batch of 30 of 512 tokens');
  });
});

const fit = (...argv: string[]) =>
  runFit(argv, () => {
    throw new Error('no files');
  });

describe('fit', () => {
  test('of an encoder shows its batch', () => {
    const { stdout, exitCode } = fit('--model', 'BAAI/bge-m3', '--gpu', 'T4', '--max-model-len', '8192');
    expect(exitCode).toBe(0);
    expect(between(stdout, 'BAAI/bge-m3 on', 'Verdict')).toMatchInlineSnapshot(`
BAAI/bge-m3 on a T4: 14.56 GiB, vLLM 0.33.0 (V1)

█████████▓▓▒▒▒▒▒░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░·····
█  weights      2.12 GiB  fp32
▓  runtime      0.30 GiB
▒  activations  1.20 GiB
░  to spare     9.78 GiB
·  kept free    1.16 GiB  the engine uses 0.92 of the memory

a batch      1 text of 8,192 tokens; no KV cache is kept
`);
  });

  test('counts LoRA slots', () => {
    const llama = ['--model', 'meta-llama/Llama-3.1-8B-Instruct', '--gpu', 'L4', '--max-model-len', '8192'];
    expect(fit(...llama, '--max-loras', '4', '--max-lora-rank', '32').stdout).toMatch(
      /weights +15\.61 GiB +bf16, 0\.63 GiB of LoRA slots included/,
    );
    expect(fit(...llama, '--max-loras', '16', '--max-lora-rank', '64').exitCode).toBe(1);
    expect(fit(...llama, '--max-lora-rank', '64')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('--max-lora-rank says how large adapters are') as string,
    });
  });

  test('deals experts out over data parallel ranks', () => {
    const qwen = [
      '--model',
      'Qwen/Qwen3-235B-A22B',
      '--gpu',
      'H100-80GB',
      '--max-model-len',
      '8192',
      '--weight-format',
      'fp8',
    ];
    const { stdout, exitCode } = fit(...qwen, '--tensor-parallel-size', '2', '--data-parallel-size', '4');
    expect(exitCode).toBe(0);
    expect(stdout).toContain('on each of 8 H100-80GB');
  });
});
