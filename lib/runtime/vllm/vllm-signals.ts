import { isSince } from '../server-version';
import { HistogramSource, ServerSignals, SignalName } from '../server-signals';
import { ServingRequest } from '../serving-runtime';
import { SignalRow, signalsOf, SignalTable, withoutGeneration, withoutSignals } from '../signal-table';
import { VLLM_BOUNDARIES } from './vllm-boundaries';
import { bucketFamilies, bucketsInArguments, tellable } from './vllm-buckets';

const PACKAGES = "Python sources of vLLM's published packages, 0.5.5 to 0.33.0";

/** By the release that they came with. An earlier patch of the same minor version counts as without. */
const {
  timeToFirstToken: TIME_TO_FIRST_TOKEN,
  betweenTokens: BETWEEN_TOKENS,
  wholeRequest: WHOLE_REQUEST,
} = VLLM_BOUNDARIES;

/** A histogram whose buckets were made wider in 0.8.5, newest first. */
const widened = (
  metric: string,
  { first, later }: { readonly first: readonly number[]; readonly later: readonly number[] },
): SignalRow<HistogramSource>[] => [
  { metric, unitsPerSecond: 1, boundaries: [...first, ...later], since: '0.8.5.post1', source: PACKAGES },
  { metric, unitsPerSecond: 1, boundaries: first, source: PACKAGES },
];

/** Calls of clients: the HTTP server counts those for operators, outside of /v1, as well. */
const CALLS = ['handler=~"/v1/.+"', 'handler!="/v1/models"'];
const FAILED_CALLS = { metric: 'http_requests_total', matchers: [...CALLS, 'status="5xx"'] };
const INSTRUMENTATOR = 'prometheus-fastapi-instrumentator 7, default(), which vLLM mounts at its start';

const counter = (metric: string, since?: string) => ({ series: [{ metric }], since, source: PACKAGES });

/**
 * What vLLM tells at /metrics, by release. Names that two engines shared (0.8 to 0.10 had V0 and V1) are chosen before those
 * that only one had.
 *
 * Requests and errors are those of the HTTP server: a request is one call of a client below /v1, whatever came of it; one that
 * vLLM refuses before its engine sees it, or that dies with the engine, is among them. A stream that fails after its first
 * bytes stays a 200 there, and is an `error` among the engine's finish reasons from 0.13 on; but a failure that is not streamed
 * is in both. So errors are the larger of the two counts: exact while one kind of failure is about, too low by the smaller kind
 * when both are, and never the same request twice. Calls that were the client's fault (4xx) are requests and no errors.
 */
const VLLM_SIGNALS: SignalTable = {
  counters: {
    requests: {
      told: [
        {
          // Seen in the requirements of 0.6.3 and later; of 0.5.5 unverified.
          series: [{ metric: 'http_requests_total', matchers: CALLS }],
          appearsLate: true,
          source: INSTRUMENTATOR,
        },
      ],
    },
    errors: {
      told: [
        {
          series: [FAILED_CALLS, { metric: 'vllm:request_success_total', matchers: ['finished_reason="error"'] }],
          together: 'max',
          appearsLate: true,
          since: '0.13.0',
          source: `${PACKAGES}: finish reason error since 0.13.0, "always converted to 500"`,
        },
        { series: [FAILED_CALLS], appearsLate: true, source: INSTRUMENTATOR },
      ],
    },
    timeouts: {
      told: [
        {
          series: [{ metric: 'vllm:request_success_total', matchers: ['finished_reason="abort"'] }],
          appearsLate: true,
          source: PACKAGES,
        },
      ],
    },
    preemptions: { told: [counter('vllm:num_preemptions_total')] },
    promptTokens: { told: [counter('vllm:prompt_tokens_total')] },
    generatedTokens: { told: [counter('vllm:generation_tokens_total')] },
    prefixCacheQueries: {
      told: [
        counter('vllm:prefix_cache_queries_total', '0.11.0'),
        counter('vllm:gpu_prefix_cache_queries_total', '0.8.0'),
      ],
      otherwise: 'vLLM before 0.8 tells a rate of hits alone, which cannot be added up. Use 0.8 or later.',
    },
    prefixCacheHits: {
      told: [counter('vllm:prefix_cache_hits_total', '0.11.0'), counter('vllm:gpu_prefix_cache_hits_total', '0.8.0')],
      otherwise: 'vLLM before 0.8 tells a rate of hits alone, which cannot be added up. Use 0.8 or later.',
    },
  },
  gauges: {
    queueDepth: { told: [{ metric: 'vllm:num_requests_waiting', across: 'sum', source: PACKAGES }] },
    running: { told: [{ metric: 'vllm:num_requests_running', across: 'sum', source: PACKAGES }] },
    kvCacheUtilization: {
      told: [
        // The older name is hidden from 0.11 on; the newer one came with 0.9.2, for V1 alone.
        { metric: 'vllm:kv_cache_usage_perc', across: 'max', since: '0.11.0', source: PACKAGES },
        { metric: 'vllm:gpu_cache_usage_perc', across: 'max', source: PACKAGES },
      ],
    },
    modelLoadTime: {
      otherwise: 'vLLM writes it to its log alone. Use the time from the start of the pod until it is ready.',
    },
  },
  histograms: {
    timeToFirstToken: { told: widened('vllm:time_to_first_token_seconds', TIME_TO_FIRST_TOKEN) },
    interTokenLatency: {
      told: [
        // One sample for each step that wrote; called time_per_output_token before, which is hidden from 0.12 on.
        {
          metric: 'vllm:inter_token_latency_seconds',
          unitsPerSecond: 1,
          boundaries: [...BETWEEN_TOKENS.first, ...BETWEEN_TOKENS.later],
          since: '0.11.0',
          source: PACKAGES,
        },
        ...widened('vllm:time_per_output_token_seconds', BETWEEN_TOKENS),
      ],
    },
    timePerOutputToken: {
      told: [
        {
          metric: 'vllm:request_time_per_output_token_seconds',
          unitsPerSecond: 1,
          boundaries: [...BETWEEN_TOKENS.first, ...BETWEEN_TOKENS.later],
          since: '0.11.2',
          source: PACKAGES,
        },
      ],
      otherwise: 'vLLM before 0.11.2 measures no mean for each request. Use interTokenLatency, or a newer release.',
    },
    endToEndLatency: {
      told: [
        ...widened('vllm:e2e_request_latency_seconds', { first: WHOLE_REQUEST.then, later: WHOLE_REQUEST.later }).map(
          (row) => ({ ...row, since: row.since ?? '0.6.6.post1' }),
        ),
        {
          metric: 'vllm:e2e_request_latency_seconds',
          unitsPerSecond: 1,
          boundaries: WHOLE_REQUEST.first,
          source: PACKAGES,
        },
      ],
    },
    queueTime: {
      told: widened('vllm:request_queue_time_seconds', { first: WHOLE_REQUEST.then, later: WHOLE_REQUEST.later }).map(
        (row) => ({ ...row, since: row.since ?? '0.6.6.post1' }),
      ),
      otherwise: 'vLLM before 0.6.6 does not measure it. Use queueDepth, or a newer release.',
    },
  },
};

/** What its engine measures; its HTTP server counts the rest. */
const OF_THE_ENGINE: readonly SignalName[] = [
  'timeouts',
  'preemptions',
  'promptTokens',
  'generatedTokens',
  'prefixCacheQueries',
  'prefixCacheHits',
  'queueDepth',
  'running',
  'kvCacheUtilization',
  'timeToFirstToken',
  'interTokenLatency',
  'timePerOutputToken',
  'endToEndLatency',
  'queueTime',
];

/** How vLLM is set up, as far as it decides what it tells. */
export interface VllmSignalOptions {
  /** Its flags, as they are given. @default - none */
  readonly args?: readonly string[];
  /** False for a model that answers with vectors or scores. @default true */
  readonly generates?: boolean;
  /** True when V0 serves, in a release that had two engines. @default false */
  readonly engineV0?: boolean;
}

/** What vLLM tells in this release, with its buckets as the flags say. */
export function vllmSignals(version: string, options: VllmSignalOptions = {}): ServerSignals {
  const { args = [], generates = true, engineV0 = false } = options;
  const table = signalsOf(version, VLLM_SIGNALS);
  const histograms = bucketFamilies(tellable(version, table.histograms), bucketsInArguments(args) ?? {});
  let signals = { ...table, histograms };
  if (!generates) signals = withoutGeneration(signals);
  if (engineV0) {
    signals = withoutSignals(
      signals,
      ['prefixCacheQueries', 'prefixCacheHits'],
      'The engine V0 tells a rate of hits alone, which cannot be added up. Use V1.',
    );
  }
  if (statesNoStatistics(args)) {
    signals = withoutSignals(
      { ...signals, counters: { ...signals.counters, errors: { series: [FAILED_CALLS], appearsLate: true } } },
      OF_THE_ENGINE,
      '--disable-log-stats turns off what the engine measures. Remove the flag.',
    );
  }
  return signals;
}

const statesNoStatistics = (args: readonly string[]): boolean =>
  args.some((arg) => /^--disable[-_]log[-_]stats(=true)?$/i.test(arg));

/** True when V0 serves, in the releases that had both engines: told so, or on a GPU before Ampere. */
export const servesV0 = (version: string, { gpus }: Pick<ServingRequest, 'gpus'>, useV1: string | undefined): boolean =>
  !isSince(version, [0, 11, 0]) && (useV1 === '0' || (useV1 !== '1' && gpus.some((gpu) => gpu.computeCapability < 8)));
