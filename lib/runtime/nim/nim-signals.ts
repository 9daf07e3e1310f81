import { commandLine } from '../command-line-flags';
import { LatencyBoundary, ServerSignals } from '../server-signals';
import { bucketFlags } from '../sglang/sglang-buckets';
import { sglangSignals } from '../sglang/sglang-signals';
import { signalsOf, SignalTable } from '../signal-table';
import { VLLM_BOUNDARIES } from '../vllm/vllm-boundaries';
import { bucketFlag } from '../vllm/vllm-buckets';
import { vllmSignals } from '../vllm/vllm-signals';

/** Names by NVIDIA's pages of 1.0 to 1.15; boundaries, and what is there from the start, by an answer of 1.0.0 that was recorded. */
const PAGES =
  'docs.nvidia.com NIM for LLMs 1.x, observability; DataDog/integrations-core nvidia_nim/tests/fixtures/nim_metrics.txt';
const USE_2 = 'Use a NIM 2.x, which tells what its engine tells.';

const counter = (...metrics: readonly string[]) => ({
  told: [{ series: metrics.map((metric) => ({ metric })), source: PAGES }],
});
const histogram = (metric: string, boundaries: readonly number[]) => ({
  told: [{ metric, unitsPerSecond: 1 as const, boundaries, source: PAGES }],
});

/**
 * What a NIM for LLMs 1.x tells. Which engine serves is NIM's choice; the names are its own. That releases after 1.0.0 have the
 * same boundaries is not verified.
 *
 * A request is one that the engine ended; errors are all that ended neither by a stop nor at their length (Run:ai's page on NIM
 * metrics), and so those that clients gave up are among them. What the HTTP server refuses before is in neither.
 */
const NIM_1_SIGNALS: SignalTable = {
  counters: {
    requests: counter('request_success_total', 'request_failure_total'),
    errors: counter('request_failure_total'),
    timeouts: {
      otherwise: `A NIM 1.x counts requests that were given up among its failures. Use errors. ${USE_2}`,
    },
    preemptions: { otherwise: `A NIM 1.x does not count them. Use kvCacheUtilization. ${USE_2}` },
    promptTokens: counter('prompt_tokens_total'),
    generatedTokens: counter('generation_tokens_total'),
    prefixCacheQueries: { otherwise: `A NIM 1.x does not count them. ${USE_2}` },
    prefixCacheHits: { otherwise: `A NIM 1.x does not count them. ${USE_2}` },
  },
  gauges: {
    queueDepth: { told: [{ metric: 'num_requests_waiting', across: 'sum', source: PAGES }] },
    running: { told: [{ metric: 'num_requests_running', across: 'sum', source: PAGES }] },
    kvCacheUtilization: { told: [{ metric: 'gpu_cache_usage_perc', across: 'max', source: PAGES }] },
    modelLoadTime: { otherwise: 'NIM does not tell it. Use the time from the start of the pod until it is ready.' },
  },
  histograms: {
    timeToFirstToken: histogram('time_to_first_token_seconds', VLLM_BOUNDARIES.timeToFirstToken.first),
    // One sample for each token after the first, in spite of its name: 174 tokens of 5 requests were 169 samples.
    interTokenLatency: histogram('time_per_output_token_seconds', VLLM_BOUNDARIES.betweenTokens.first),
    timePerOutputToken: {
      otherwise: `A NIM 1.x measures no mean for each request. Use interTokenLatency. ${USE_2}`,
    },
    endToEndLatency: histogram('e2e_request_latency_seconds', VLLM_BOUNDARIES.wholeRequest.first),
    queueTime: { otherwise: `A NIM 1.x does not measure it. Use queueDepth. ${USE_2}` },
  },
};

/** Whose metrics a NIM for LLMs tells: 1.x has its own, 2.x hands on those of its engine as they are. */
export interface NimEngine {
  readonly engine: 'nim' | 'vllm' | 'sglang';
  /** Version of the engine, or of the NIM where the metrics are its own. */
  readonly version: string;
  /** Flags of the engine. */
  readonly args: readonly string[];
  /** Stages of the model's layers. @default 1 */
  readonly pipelineParallelSize?: number;
}

/**
 * What a NIM for LLMs tells. 2.x: "passes through the inference backend's native Prometheus metrics without modification"
 * (docs.nvidia.com NIM for LLMs 2.0.12 to 3.0, logging and observability).
 */
export function nimSignals({ engine, version, args, pipelineParallelSize }: NimEngine): ServerSignals {
  switch (engine) {
    case 'nim':
      return signalsOf(version, NIM_1_SIGNALS);
    case 'vllm':
      return vllmSignals(version, { args });
    case 'sglang':
      return sglangSignals(version, { args, pipelineParallelSize });
  }
}

/** The engine's flags that make durations boundaries of its histograms, where it can be told. */
export function nimBuckets(told: NimEngine, wanted: readonly LatencyBoundary[] = []): string[] {
  const { engine, version, args } = told;
  const { histograms } = nimSignals(told);
  switch (engine) {
    case 'nim':
      return [];
    case 'vllm':
      return commandLine(bucketFlag(version, histograms, wanted, args));
    case 'sglang':
      return commandLine(bucketFlags(histograms, wanted, args));
  }
}

const PARTS =
  'Inside of a NeMo Retriever NIM is Triton, which counts each part of the model for itself, under names that NVIDIA does not publish: together they count a request several times.';
const AT_THE_GATEWAY = `${PARTS} Use what the gateway counts.`;
const NO_TEXT = 'The model writes no text, so there are no tokens to wait for. Use what the gateway measures.';

/** A request waits for one part at a time, so what waits can be added up where what was done cannot. */
const RETRIEVER_SIGNALS: SignalTable = {
  counters: {
    requests: { otherwise: AT_THE_GATEWAY },
    errors: { otherwise: AT_THE_GATEWAY },
    timeouts: { otherwise: AT_THE_GATEWAY },
    preemptions: { otherwise: 'Nothing loses its place: a batch is computed to its end. Use queueDepth.' },
    promptTokens: { otherwise: 'Triton counts tensors, not tokens. Use the usage in the answers.' },
    generatedTokens: { otherwise: NO_TEXT },
    prefixCacheQueries: { otherwise: 'There is no cache of prefixes.' },
    prefixCacheHits: { otherwise: 'There is no cache of prefixes.' },
  },
  gauges: {
    queueDepth: {
      told: [
        {
          metric: 'nv_inference_pending_request_count',
          across: 'sum',
          source: 'docs.nvidia.com NeMo Retriever NIM, observability: metrics of Triton at port 8002',
        },
      ],
    },
    running: { otherwise: 'Triton does not tell how many requests it computes. Use queueDepth.' },
    kvCacheUtilization: { otherwise: 'There is no KV cache.' },
    modelLoadTime: { otherwise: 'Use the time from the start of the pod until it is ready.' },
  },
  histograms: {
    timeToFirstToken: { otherwise: NO_TEXT },
    interTokenLatency: { otherwise: NO_TEXT },
    timePerOutputToken: { otherwise: NO_TEXT },
    endToEndLatency: { otherwise: 'Triton adds its times up and keeps no histogram. Use what the gateway measures.' },
    queueTime: { otherwise: 'Triton adds its times up and keeps no histogram. Use queueDepth.' },
  },
};

export const retrieverSignals = (version: string): ServerSignals => signalsOf(version, RETRIEVER_SIGNALS);
