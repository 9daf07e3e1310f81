import { Chart } from 'cdk8s';
import { Construct } from 'constructs';
import {
  InferencePool as PoolObject,
  InferencePoolSpecEndpointPickerRefFailureMode as FailureMode,
} from '../../imports/inference.networking.k8s.io';
import { reportErrors } from '../checks/report';
import { dnsLabelProblems, labelProblems } from '../problem/names';
import { Problem } from '../problem/problem';
import { GaugeSignal, MetricSeries } from '../runtime/server-signals';
import { ServerContract } from '../runtime/serving-runtime';
import { RouteBackend } from './inference-route-props';
import { portProblems } from './port';

/** Who chooses a pod for each request: an endpoint picker (EPP) of the Gateway API inference extension, or of llm-d. */
export interface EndpointPicker {
  /**
   * Name of its Service, in the namespace of the pool.
   * @default - the first 40 characters of the pool's name and `-epp`, as its Helm chart names it
   */
  readonly service?: string;
  /** Port of its Service. @default 9002 */
  readonly port?: number;
  /**
   * What becomes of requests while it does not answer: `FailOpen` sends them to any pod, `FailClose` refuses them.
   * @default 'FailOpen': a queue that is too long is better than no answer
   */
  readonly failureMode?: 'FailOpen' | 'FailClose';
}

/** Pods of one track: a GpuInferenceWorkload. */
export interface PooledPods {
  /** Labels that select those that answer requests. */
  readonly serverSelector: Readonly<Record<string, string>>;
  /** On which they answer. */
  readonly port: number;
  readonly plan: { readonly contract: Pick<ServerContract, 'readiness' | 'signals' | 'metrics'> };
}

export interface InferencePoolProps {
  /** Name of the pool. @default - the construct's id */
  readonly name?: string;
  /** Labels of the pool. @default - none */
  readonly labels?: Readonly<Record<string, string>>;
  /** The pods, of one track: a release has a pool for each, and weights between them. */
  readonly pods: PooledPods;
  /** @default - one of the pool's name, on port 9002 */
  readonly picker?: EndpointPicker;
}

/** Flags by which a picker is told the names of a server's metrics (gateway-api-inference-extension 1.3, pkg/epp/server/options.go). */
const FLAGS: Readonly<Partial<Record<GaugeSignal, string>>> = {
  queueDepth: '--total-queued-requests-metric',
  running: '--total-running-requests-metric',
  kvCacheUtilization: '--kv-cache-usage-percentage-metric',
};

/**
 * As the chart `inferencepool` names the picker of a release that is called like the pool (gateway-api-inference-extension 1.3,
 * templates/_helpers.tpl).
 */
const pickerName = (pool: string) => `${pool.slice(0, 40)}-epp`;

/**
 * Pods behind an endpoint picker, which sends each request to the pod with the shortest queue, the emptiest KV cache, or the
 * prefix of the prompt already in it; a Service knows nothing of these. For gateways that know InferencePools: those of GKE,
 * and others with the inference extension.
 *
 * The picker is the platform's: its chart brings the image and the right to watch pods, which a tenant does not have. That chart
 * writes a pool of this name too, which must be taken out of what it renders: see docs/traffic.md. It reads the pods' metrics, so
 * name it in `network.monitoring`.
 */
export class InferencePool extends Construct {
  /** What an InferenceRoute takes among its `backends`. */
  readonly backend: RouteBackend;
  /** Flags that the picker needs for this pool: its name, and what the server calls its metrics. */
  readonly pickerArguments: readonly string[];
  /** Labels of the picker's pods, as its chart writes them: who reads the metrics of the pods. */
  readonly pickerLabels: Readonly<Record<string, string>>;

  constructor(scope: Construct, id: string, props: InferencePoolProps) {
    super(scope, id);
    const { name = id, labels, pods, picker = {} } = props;
    const { service = pickerName(name), port = 9002, failureMode = 'FailOpen' } = picker;
    const { contract } = pods.plan;
    this.pickerLabels = { inferencepool: service };
    this.backend = { service: name, port: pods.port, readiness: contract.readiness, pool: true };
    this.pickerArguments = [
      `--pool-name=${name}`,
      `--pool-namespace=${Chart.of(this).namespace ?? 'default'}`,
      ...metricFlags(contract, pods.port),
    ];
    new PoolObject(this, 'Default', {
      metadata: { name, labels },
      spec: {
        selector: { matchLabels: { ...pods.serverSelector } },
        targetPorts: [{ number: pods.port }],
        endpointPickerRef: {
          name: service,
          port: { number: port },
          failureMode: failureMode === 'FailOpen' ? FailureMode.FAIL_OPEN : FailureMode.FAIL_CLOSE,
        },
      },
    });
    reportErrors(this, [
      ...dnsLabelProblems('pool name', name),
      ...labelProblems('pool label', labels ?? {}),
      ...dnsLabelProblems('service name', service),
      ...portProblems('The endpoint picker', [port]),
      ...blindnessProblems(contract),
    ]);
  }
}

/** A metric as the picker writes it: labels without quotes. */
const specification = ({ metric, matchers = [] }: MetricSeries) =>
  matchers.length === 0 ? metric : `${metric}{${matchers.map((matcher) => matcher.replace(/"/g, '')).join(',')}}`;

function metricFlags({ signals, metrics }: PooledPods['plan']['contract'], port: number): string[] {
  const names = Object.entries(FLAGS).flatMap(([signal, flag]) => {
    const source = signals?.gauges[signal as GaugeSignal];
    return source ? [`${flag}=${specification(source)}`] : [];
  });
  return [
    ...names,
    // Unless it is vLLM, nobody tells which adapters are loaded.
    ...(names.some((flag) => flag.includes('=vllm:')) ? [] : ['--lora-info-metric=']),
    ...(metrics && metrics.path !== '/metrics' ? [`--model-server-metrics-path=${metrics.path}`] : []),
    ...(metrics && metrics.port !== port ? [`--model-server-metrics-port=${metrics.port}`] : []),
  ];
}

/** A picker that sees neither queue nor cache chooses no better than a Service. */
function blindnessProblems({ signals }: PooledPods['plan']['contract']): Problem[] {
  if (signals?.gauges.queueDepth || signals?.gauges.kvCacheUtilization) return [];
  const why = signals?.lacks.queueDepth;
  return [
    {
      check: 'gateway-feature',
      message: `The server tells neither how many requests wait nor how full its KV cache is${why === undefined ? '' : ` (${why})`}: an endpoint picker would choose no better than a Service.`,
      remedy: 'Use the Service of the pods, or a server that tells them, such as vLLM.',
    },
  ];
}
