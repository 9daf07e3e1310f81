import { Duration } from 'cdk8s';
import { shown } from '../problem/numbers';
import { Problem, refuse } from '../problem/problem';
import { SignalName } from '../runtime/server-signals';
import { PodSelection, podMatchers } from '../signals/pod-selection';
import { GAUGE_RECORDS, quantileRecord, RATE_RECORDS, RECORDED_QUANTILES } from '../signals/records';
import { SignalQueries } from '../signals/signal-queries';
import { LatencyTarget } from '../workload/inference-objectives';
import { ScalingTarget } from '../workload/scaling-target';

/**
 * Requests that wait, for each replica, from which on another one is wanted.
 *
 * @source Google's best practices for autoscaling LLM inference on GKE begin with 3 to 5 and raise it; vLLM's production-stack
 * has 5
 */
const WAITING = 5;
/**
 * Part of the KV cache. Above 0.9 vLLM's own dashboard warns, because running requests lose their place; a new replica takes
 * minutes, so it must be asked for before. Nobody has verified the distance.
 */
const KV_CACHE = 0.8;
/** Part of the sequences that fit, for the same reason: who waits for the last place waits for a whole answer. Not verified. */
const SEQUENCES = 0.8;
/** Rates and quantiles look as far back as the recorded ones. */
const WINDOW = '5m';

/** Kubernetes counts in thousandths. */
const LEAST = 0.001;

/** How a metric is asked, by KEDA and by the HorizontalPodAutoscaler. */
interface Question {
  /** As it is called in the scaler. */
  readonly name: string;
  /** What the server must tell of itself. */
  readonly signal: SignalName;
  /** PromQL of one number that rises with every replica's part: the scaler divides it by the target. */
  readonly total: (queries: SignalQueries, pods: PodSelection) => string;
  /** Where its value is recorded whatever the server. */
  readonly record: string;
  /** What the record is: the sum over all replicas, or one value for all of them. */
  readonly records: 'sum' | 'value';
  /** What a replica should have of it; undefined where only the plan says. */
  readonly stated?: number;
  readonly derived?: (target: ScalingTarget) => number | undefined;
  /** The largest value that the server can show; undefined where nobody knows. @default - there is none */
  readonly most?: (queries: SignalQueries) => number | undefined;
}

/**
 * What a scaler looks at, and how much of it one replica should have. Every query is one number over the stable pods of a
 * service, so that a server with several engines counts right. A pod that is scraped twice counts twice.
 */
export class ScalingMetric {
  /**
   * Requests that wait for their turn. Says that capacity is missing, whatever the requests are like; and it says so late,
   * when somebody waits already.
   *
   * @param perReplica waiting requests for each replica; above it another one is added. @default 5
   */
  static queueDepth(perReplica = WAITING): ScalingMetric {
    return new ScalingMetric({
      name: 'queue-depth',
      signal: 'queueDepth',
      total: (queries) => queries.gauge('queueDepth'),
      record: GAUGE_RECORDS.queueDepth,
      records: 'sum',
      stated: perReplica,
    });
  }

  /**
   * Requests that are being computed: rises before anybody waits, and what suits a promise of latency.
   *
   * @param perReplica running requests for each replica.
   * @default - 80 % of the sequences of full length that memory has room for and the server is told to take. Real requests are
   * shorter, so more fit and this adds replicas early: state what you measured.
   */
  static runningRequests(perReplica?: number): ScalingMetric {
    return new ScalingMetric({
      name: 'running-requests',
      signal: 'running',
      total: (queries) => queries.gauge('running'),
      record: GAUGE_RECORDS.running,
      records: 'sum',
      stated: perReplica,
      derived: ({ sequences = 0 }) => (sequences >= 1 ? Math.max(1, Math.floor(SEQUENCES * sequences)) : undefined),
    });
  }

  /**
   * How full the KV cache of the fullest replica is. Alone it says little (a cache is there to be full); beside the queue it
   * says early that long requests come.
   *
   * @param part 0 to 1. @default 0.8
   */
  static kvCacheUtilization(part = KV_CACHE): ScalingMetric {
    return new ScalingMetric({
      name: 'kv-cache-utilization',
      signal: 'kvCacheUtilization',
      total: (queries, pods) => `${queries.gauge('kvCacheUtilization')} * ${podsUp(pods)}`,
      record: GAUGE_RECORDS.kvCacheUtilization,
      records: 'value',
      stated: part,
    });
  }

  /**
   * Time to the first token, such as `{ p95: Duration.seconds(2) }`: what callers feel, over five minutes. It rises with long
   * prompts too, for which more replicas do nothing; use it beside the queue.
   */
  static timeToFirstToken(latency: Pick<LatencyTarget, keyof typeof RECORDED_QUANTILES>): ScalingMetric {
    const stated = Object.entries(latency) as [keyof typeof RECORDED_QUANTILES, Duration][];
    refuse(
      'ScalingMetric timeToFirstToken',
      stated.length === 1
        ? []
        : [
            {
              check: 'scaling-metric',
              message: `${stated.length === 0 ? 'No quantile is' : `${stated.length} quantiles are`} stated, and a scaler holds one number.`,
              remedy: 'State one of p50, p95 and p99, such as { p95: Duration.seconds(2) }.',
            },
          ],
    );
    const [quantile, duration] = stated[0]!;
    return new ScalingMetric({
      name: `time-to-first-token-${quantile}`,
      signal: 'timeToFirstToken',
      total: (queries, pods) => {
        const seconds = queries.quantile('timeToFirstToken', RECORDED_QUANTILES[quantile], WINDOW);
        // Without requests the quantile is NaN, which is no reason to add replicas; without pods there is nothing at all.
        return `(${seconds} * ${podsUp(pods)} >= 0) or (0 * ${podsUp(pods)})`;
      },
      record: quantileRecord('timeToFirstToken', quantile),
      records: 'value',
      stated: duration.toSeconds({ integral: false }),
      // What is beyond the last finite boundary, histogram_quantile takes for that boundary.
      most: (queries) => queries.boundaries('timeToFirstToken')?.at(-1),
    });
  }

  /**
   * Tokens that are written per second.
   *
   * @param perReplica what one replica writes when it is well used, as you measured it: no plan knows it
   */
  static generatedTokensPerSecond(perReplica: number): ScalingMetric {
    return new ScalingMetric({
      name: 'generated-tokens-per-second',
      signal: 'generatedTokens',
      // A counter that nobody raised yet is 0, but only while its pods are there.
      total: (queries, pods) => `(${queries.rate('generatedTokens', WINDOW)}) and ${podsUp(pods)}`,
      record: RATE_RECORDS.generatedTokens,
      records: 'sum',
      stated: perReplica,
    });
  }

  readonly name: string;
  /** What the server must tell of itself. */
  readonly signal: SignalName;
  /** Name of the record as the API of external metrics takes it: without `:`. */
  readonly externalName: string;

  private constructor(private readonly question: Question) {
    const { name, signal, stated, record } = question;
    const most = signal === 'kvCacheUtilization' ? 1 : Number.MAX_SAFE_INTEGER;
    const possible = stated === undefined || (stated >= LEAST && stated <= most);
    refuse(
      `ScalingMetric ${name}`,
      possible
        ? []
        : [
            {
              check: 'scaling-metric',
              message: `The target of ${name} is ${shown(stated)}; it divides what is measured.`,
              remedy: most === 1 ? `Use a part from ${LEAST} to 1, such as 0.8.` : `Use a number of ${LEAST} or more.`,
            },
          ],
    );
    this.name = name;
    this.signal = signal;
    this.externalName = record.replaceAll(':', '_');
  }

  /** Name under which it is recorded, whatever the server. */
  get record(): string {
    return this.question.record;
  }

  /** What the record is: the sum over all replicas, or one value for all. */
  get records(): 'sum' | 'value' {
    return this.question.records;
  }

  /** What one replica should have of it; undefined where neither the user nor the plan says. */
  perReplica(target: ScalingTarget): number | undefined {
    return this.question.stated ?? this.question.derived?.(target);
  }

  /** What keeps it from ever asking for a replica of this server. */
  problems(queries: SignalQueries): readonly Problem[] {
    const { name, stated = 0, most } = this.question;
    const largest = most?.(queries);
    if (largest === undefined || stated < largest) return [];
    return [
      {
        check: 'scaling-metric',
        message: `The target of ${name} is ${stated} s, and ${queries.server} counts up to ${largest} s only: however slow it becomes, no replica is added.`,
        remedy: `Use less than ${largest} s, or ScalingMetric.queueDepth().`,
      },
    ];
  }

  /**
   * PromQL of one number: the sum over the replicas, so that divided by what one should have it is the replicas that are
   * wanted. Nothing, and not 0, where no pod is scraped. A server that does not tell it is refused.
   */
  total(queries: SignalQueries, pods: PodSelection): string {
    return this.question.total(queries, pods);
  }
}

/** Pods that answer Prometheus: those that still load do not, and do not count. */
const podsUp = (pods: PodSelection) => `count (up{${podMatchers(pods).join(', ')}} == 1)`;
