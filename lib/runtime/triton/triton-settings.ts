import { shown, wholeNumberProblems } from '../../problem/numbers';
import { Problem } from '../../problem/problem';
import { FlagValue } from '../command-line-flags';

/** Which metrics Triton exports on port 8002 beside its counters. */
export interface TritonMetrics {
  /** Use, memory and power of the GPUs, as DCGM would tell. Turn it off where dcgm-exporter runs. @default true */
  readonly gpu?: boolean;
  /** Milliseconds between two looks at the GPUs. @default 2000 */
  readonly intervalMs?: number;
  /** Latencies as quantiles over a sliding window, in microseconds. They cannot be added up over pods. @default false */
  readonly summaryLatencies?: boolean;
  /** Quantiles of the summaries, each with the error that is allowed. @default '0.5:0.05,0.9:0.01,0.95:0.001,0.99:0.001,0.999:0.001' */
  readonly summaryQuantiles?: string;
  /**
   * Time to the first answer as a histogram, in milliseconds, of models that stream. Experimental.
   * @default - on where an objective for timeToFirstToken asks for it
   */
  readonly histogramLatencies?: boolean;
}

/** Settings of the server itself. */
export interface TritonSettings {
  /**
   * `none` loads every model at the start, and nothing after that can change what is served. `explicit` loads `loadModels` and
   * lets anybody who reaches the port load and unload more. `poll` is refused.
   * @default 'none'
   */
  readonly modelControlMode?: 'none' | 'explicit';
  /** Models that are loaded at the start, in `explicit` mode. @default - none: the server is ready without a model */
  readonly loadModels?: readonly string[];
  /** Ends when a model cannot be loaded. False serves the others. @default true */
  readonly exitOnError?: boolean;
  /** Ready only when all models are. @default true */
  readonly strictReadiness?: boolean;
  /** Models that are loaded at the same time. @default 4 */
  readonly modelLoadThreadCount?: number;
  /** Pinned host memory for tensors on their way to the GPU, in MiB; it is counted in the memory of the pod. @default 256 */
  readonly pinnedMemoryPoolMib?: number;
  /** Memory of each GPU for tensors between models, in MiB. @default 64 */
  readonly cudaMemoryPoolMib?: number;
  /** Host memory for answers to equal requests, in MiB; it is counted in the memory of the pod. @default - no cache */
  readonly responseCacheMib?: number;
  /** @default - counters and GPU metrics */
  readonly metrics?: TritonMetrics;
  /** Settings of backends, such as `{ python: { 'shm-default-byte-size': '1048576' } }`. @default - none */
  readonly backendConfig?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** How much it says: 0 for nothing more than usual. @default 0 */
  readonly logVerbose?: number;
  /** @default 'default' */
  readonly logFormat?: 'default' | 'ISO8601';
}

/** Pinned memory that Triton takes unless told otherwise, in MiB. Source: serving contract of 2.73. */
export const DEFAULT_PINNED_MIB = 256;

/**
 * The settings as flags, each as one word, as `tritonserver --help` shows them.
 *
 * @param gpus devices in the pod, for flags that name each of them
 */
export function settingFlags(settings: TritonSettings, gpus: number): string[] {
  const { metrics = {} } = settings;
  return [
    ...flags({
      'model-control-mode': settings.modelControlMode === 'explicit' ? 'explicit' : undefined,
    }),
    ...(settings.loadModels ?? []).map((name) => `--load-model=${name}`),
    ...flags({
      'exit-on-error': settings.exitOnError,
      'strict-readiness': settings.strictReadiness,
      'model-load-thread-count': settings.modelLoadThreadCount,
      'pinned-memory-pool-byte-size': bytes(settings.pinnedMemoryPoolMib),
    }),
    ...(settings.cudaMemoryPoolMib === undefined
      ? []
      : Array.from(
          { length: gpus },
          (_, gpu) => `--cuda-memory-pool-byte-size=${gpu}:${bytes(settings.cudaMemoryPoolMib)}`,
        )),
    ...flags({
      'cache-config': settings.responseCacheMib && `local,size=${bytes(settings.responseCacheMib)}`,
      'allow-gpu-metrics': metrics.gpu,
      'metrics-interval-ms': metrics.intervalMs,
    }),
    ...Object.entries({
      summary_latencies: metrics.summaryLatencies,
      summary_quantiles: metrics.summaryQuantiles,
      histogram_latencies: metrics.histogramLatencies,
    }).flatMap(([name, value]) => (value === undefined ? [] : [`--metrics-config=${name}=${value}`])),
    ...Object.entries(settings.backendConfig ?? {}).flatMap(([backend, values]) =>
      Object.entries(values).map(([name, value]) => `--backend-config=${backend},${name}=${value}`),
    ),
    ...flags({ 'log-verbose': settings.logVerbose, 'log-format': settings.logFormat }),
  ];
}

const flags = (values: Readonly<Record<string, Exclude<FlagValue, readonly string[]>>>): string[] =>
  Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}=${value}`]));

const bytes = (mib: number | undefined) => (mib === undefined ? undefined : mib * 2 ** 20);

/** Problems of the settings, whatever is served. */
export function settingProblems(settings: TritonSettings, models: readonly string[] | undefined): Problem[] {
  const problem = (message: string, remedy: string): Problem => ({ check: 'runtime-setting', message, remedy });
  const mode = settings.modelControlMode as string | undefined;
  const loads = settings.loadModels ?? [];
  const { metrics = {} } = settings;
  return [
    ...(mode === 'poll'
      ? [
          problem(
            "modelControlMode is 'poll': Triton may see a repository half copied, and serves what no review has seen.",
            "Use 'none', and bring a new model as a new artifact: it is then rolled out, and rolled back, like everything else.",
          ),
        ]
      : mode === undefined || mode === 'none' || mode === 'explicit'
        ? []
        : [problem(`modelControlMode is ${shown(mode)}.`, "Use 'none' or 'explicit'.")]),
    ...(loads.length > 0 && mode !== 'explicit'
      ? [
          problem(
            'loadModels is read in explicit mode only; Triton would load all models.',
            "Set modelControlMode: 'explicit'.",
          ),
        ]
      : []),
    ...loads.flatMap((name) =>
      (models?.includes(name) ?? /^[A-Za-z0-9][\w.-]*$/.test(name))
        ? []
        : [
            problem(
              `loadModels has ${JSON.stringify(name.slice(0, 60))}, which is no model of this server.`,
              'Use a name of models.',
            ),
          ],
    ),
    ...wholeNumberProblems('modelLoadThreadCount', settings.modelLoadThreadCount, 1),
    ...wholeNumberProblems('pinnedMemoryPoolMib', settings.pinnedMemoryPoolMib, 0, 2 ** 20),
    ...wholeNumberProblems('cudaMemoryPoolMib', settings.cudaMemoryPoolMib, 0, 2 ** 20),
    ...wholeNumberProblems('responseCacheMib', settings.responseCacheMib, 1, 2 ** 20),
    ...wholeNumberProblems('logVerbose', settings.logVerbose, 0),
    ...wholeNumberProblems('metrics.intervalMs', metrics.intervalMs, 1),
    ...(metrics.summaryQuantiles !== undefined &&
    !/^\d?\.\d+:\d?\.\d+(,\d?\.\d+:\d?\.\d+)*$/.test(metrics.summaryQuantiles)
      ? [
          problem(
            `metrics.summaryQuantiles is ${JSON.stringify(metrics.summaryQuantiles.slice(0, 60))}.`,
            "Write quantile:error, such as '0.5:0.05,0.95:0.001'.",
          ),
        ]
      : []),
    ...(metrics.summaryQuantiles !== undefined && !metrics.summaryLatencies
      ? [problem('metrics.summaryQuantiles is of no use without summaries.', 'Set metrics.summaryLatencies.')]
      : []),
    ...Object.entries(settings.backendConfig ?? {}).flatMap(([backend, values]) =>
      Object.entries(values).flatMap(([name, value]) =>
        [backend, name, value].every((word) => /^[\w./:-]{1,200}$/.test(word))
          ? []
          : [
              problem(
                `backendConfig of ${JSON.stringify(backend.slice(0, 60))} is no list of names and values.`,
                "Write { python: { 'shm-default-byte-size': '1048576' } }.",
              ),
            ],
      ),
    ),
  ];
}
