import { Problem, refuse } from '../../problem/problem';
import { customProblems } from './custom-problems';
import { CACHE_PATH, CustomRuntimeProps } from './custom-props';
import { CustomRequest, requestedOf } from './custom-request';
import { customSignals } from './custom-signals';
import { customWarnings } from './custom-warnings';
import { EngineMemoryProfile } from '../engine-memory-profile';
import { environment } from '../environment';
import { ImageReference } from '../image-reference';
import { ServerContract, ServerPort, ServingRequest, ServingRuntime } from '../serving-runtime';

/** In MiB, where the user says nothing. */
const DEFAULTS = { sharedMemory: 1024, hostMemory: 8 * 1024, ephemeralStorage: 4 * 1024 } as const;

/**
 * A server that this library does not know: any image, a FastAPI application, say. The user states its contract; what
 * cannot be left out is refused, and what is left out is assumed to be bad.
 */
export class CustomRuntime implements ServingRuntime {
  readonly name: string;
  /** Whoever states such an artifact for an image of their own knows that it does. */
  readonly loadsEngines = true;
  readonly image: ImageReference;
  readonly version: string;
  private readonly ports: readonly [ServerPort, ...ServerPort[]];

  /** @throws InvalidInputError with everything in the contract that cannot be */
  constructor(private readonly props: CustomRuntimeProps) {
    const { name, image, version, port } = props;
    this.name = name;
    this.image = ImageReference.parse(image);
    this.version = version ?? this.image.tag ?? 'untagged';
    refuse(`CustomRuntime ${image}`, customProblems(props, this.version));
    this.ports = typeof port === 'number' ? [{ name: 'http', port }] : port;
  }

  contract(request: ServingRequest): ServerContract {
    const { props, ports } = this;
    const { readiness, metrics, user = 1000, writablePaths = [], credentials = [] } = props;
    const { requested, problems } = requestedOf(props, request);
    const drainLimit = props.drainLimit?.toSeconds();
    const written = writablePaths.reduce((sum, { sizeMib }) => sum + sizeMib, 0);
    const hub = credentials.some(({ kind }) => kind === 'hugging-face');
    return {
      ports,
      readiness,
      liveness: props.liveness ?? { tcpPort: ports[0].port },
      metrics: metrics === false ? undefined : metrics,
      signals: customSignals(this.name, props.signals),
      ...withoutEmpty(requested),
      env: environment(requested.env),
      credentialSlots: credentials,
      cachePath: request.cachePath ?? props.cachePath ?? CACHE_PATH,
      writablePaths,
      user: { uid: user, gid: user, fsGroup: user },
      readOnlyRootFilesystem:
        props.readOnlyRootFilesystem === true ? true : { exception: `nobody stated where ${this.name} writes` },
      sharedMemoryMib: props.sharedMemory?.toMebibytes() ?? DEFAULTS.sharedMemory,
      hostMemoryMib: props.hostMemory?.toMebibytes() ?? DEFAULTS.hostMemory,
      ephemeralStorageMib: props.ephemeralStorage?.toMebibytes() ?? DEFAULTS.ephemeralStorage + written,
      cpuCores: props.cpuCores ?? 4,
      shutdown:
        props.shutdown === 'drains' && drainLimit !== undefined && drainLimit < request.longestAnswerSeconds
          ? 'aborts'
          : (props.shutdown ?? 'aborts'),
      clientPaths: props.clientPaths ?? [],
      downloadHosts: request.offline
        ? []
        : (props.downloadHosts ?? (hub ? ['huggingface.co', '*.hf.co', '*.huggingface.co'] : [])),
      warmUpSeconds: props.warmUp?.toSeconds() ?? 300,
      unplannedMemory: [],
      problems: [...problems, ...this.inabilities(request)],
      warnings: customWarnings(props),
    };
  }

  memoryProfile(): EngineMemoryProfile | undefined {
    return this.props.memory;
  }

  /** What is asked of a server of which nobody said that it can. */
  private inabilities({ weights, lora, parallelism }: ServingRequest): Problem[] {
    const { servesLocalWeights, servesLora, splitsModel } = this.props;
    const { tensorParallelSize, pipelineParallelSize, dataParallelSize, expertParallel, nodes } = parallelism;
    const problem = (message: string, remedy: string): Problem => ({ check: 'runtime-contract', message, remedy });
    const gpus = tensorParallelSize * pipelineParallelSize * dataParallelSize;
    return [
      ...(weights.kind === 'local' && !servesLocalWeights
        ? [
            problem(
              `The weights lie in ${weights.path}, and nobody said that ${this.name} serves a folder of its pod.`,
              'Hand request.weights to the server in args or env, and state servesLocalWeights: true.',
            ),
          ]
        : []),
      ...(lora && !servesLora
        ? [
            problem(
              `The service has ${lora.adapters.length} LoRA adapters, and nobody said that ${this.name} serves any.`,
              'Hand request.lora to the server in args or env, and state servesLora: true.',
            ),
          ]
        : []),
      ...(tensorParallelSize > 1 && !splitsModel
        ? [
            problem(
              `The service has ${tensorParallelSize} GPUs for one model, and nobody said that ${this.name} splits it.`,
              'Hand request.parallelism.tensorParallelSize to the server in args or env, and state splitsModel: true.',
            ),
          ]
        : []),
      ...(nodes > 1 || gpus > tensorParallelSize || expertParallel
        ? [
            problem(
              `A server of your own spreads a model over the GPUs of one pod by tensorParallelSize only; asked are ${gpus} GPUs in ${nodes} pods.`,
              'Use tensorParallelSize and replicas, or VllmRuntime, SglangRuntime or NimRuntime.',
            ),
          ]
        : []),
    ];
  }
}

const withoutEmpty = ({ command, args }: CustomRequest) => ({
  command: command && command.length > 0 ? command : undefined,
  args: args && args.length > 0 ? args : undefined,
});
