import { ServerSignals } from '../server-signals';
import { signalsOf, SignalTable } from '../signal-table';

const PAGE = 'huggingface/text-generation-inference docs/source/reference/metrics.md';
const ROUTER = 'huggingface/text-generation-inference router/src/server.rs';

/** Of every metric whose name ends in duration: 35 boundaries, each one and a half of the one before, as ROUTER multiplies. */
const BOUNDARIES = Array.from({ length: 34 }).reduce<number[]>((all) => [...all, all.at(-1)! * 1.5], [0.0001 * 1.5]);

const OTHER_SERVER = 'Use a VllmRuntime or an SglangRuntime, which tell it.';
const NO_CACHE = `TGI tells nothing of its KV cache. Use queueDepth. ${OTHER_SERVER}`;

/**
 * What TGI tells. Which failures it names is not verified, beyond that a request that cannot be is `validation`: that is the
 * client's fault and no error. A failed stream is counted like any other.
 */
const TGI_SIGNALS: SignalTable = {
  counters: {
    requests: { told: [{ series: [{ metric: 'tgi_request_count' }], appearsLate: true, source: PAGE }] },
    errors: {
      told: [
        {
          series: [{ metric: 'tgi_request_failure', matchers: ['err!="validation"'] }],
          appearsLate: true,
          source: PAGE,
        },
      ],
    },
    timeouts: { otherwise: `TGI does not count what was given up. Use what the gateway counts. ${OTHER_SERVER}` },
    preemptions: { otherwise: `TGI takes nothing back from the GPU: it waits until all of it fits. Use queueDepth.` },
    promptTokens: { told: [{ series: [{ metric: 'tgi_request_input_length_sum' }], appearsLate: true, source: PAGE }] },
    generatedTokens: {
      // Observed when the answer is complete.
      told: [
        { series: [{ metric: 'tgi_request_generated_tokens_sum' }], appearsLate: true, progress: [], source: PAGE },
      ],
    },
    prefixCacheQueries: { otherwise: NO_CACHE },
    prefixCacheHits: { otherwise: NO_CACHE },
  },
  gauges: {
    queueDepth: { told: [{ metric: 'tgi_queue_size', across: 'sum', source: PAGE }] },
    running: { told: [{ metric: 'tgi_batch_current_size', across: 'sum', source: PAGE }] },
    kvCacheUtilization: { otherwise: NO_CACHE },
    modelLoadTime: { otherwise: 'TGI does not tell it. Use the time from the start of the pod until it is ready.' },
  },
  histograms: {
    timeToFirstToken: {
      otherwise: `TGI does not measure it. Promise queueTime, which is the part of it that load makes long, or endToEndLatency. ${OTHER_SERVER}`,
    },
    interTokenLatency: {
      otherwise: `TGI does not measure it; its mean time per token has the prompt in it. Promise endToEndLatency. ${OTHER_SERVER}`,
    },
    timePerOutputToken: {
      otherwise: `TGI's mean time per token has the prompt in it, so it is not the same. Use endToEndLatency. ${OTHER_SERVER}`,
    },
    endToEndLatency: {
      told: [{ metric: 'tgi_request_duration', unitsPerSecond: 1, boundaries: BOUNDARIES, source: ROUTER }],
    },
    queueTime: {
      told: [{ metric: 'tgi_request_queue_duration', unitsPerSecond: 1, boundaries: BOUNDARIES, source: ROUTER }],
    },
  },
};

export const tgiSignals = (version: string): ServerSignals => signalsOf(version, TGI_SIGNALS);
