import { KvCacheFormat, Model, WeightFormat } from '../model/model';
import { CredentialKind } from '../model/model-credentials';
import { Problem } from '../problem/problem';
import { EngineMemoryProfile, GpuTraits } from './engine-memory-profile';
import { ImageReference } from './image-reference';
import { LatencyBoundary, ServerSignals } from './server-signals';
import { Telemetry } from './telemetry';

/** Where the server finds the weights. */
export type WeightsLocation =
  /** It downloads them itself, into its cache: what it serves by default, or a repository at a revision. */
  | { readonly kind: 'server-downloads'; readonly repository?: string; readonly revision?: string }
  /** They lie in a folder of the pod when it starts: baked into the image, on a volume, or downloaded before. */
  | {
      readonly kind: 'local';
      readonly path: string;
      /** Repository of Hugging Face that they are, where that is known: then it is known too in which format they lie. */
      readonly repository?: string;
    };

/** How one copy of the model is spread over GPUs and pods. All sizes are whole numbers of 1 and more. */
export interface ParallelLayout {
  /** GPUs that every layer is split over; all in one pod. */
  readonly tensorParallelSize: number;
  /** Stages that the layers are split over. */
  readonly pipelineParallelSize: number;
  /** Copies of the attention layers in one server, each with a KV cache of its own. */
  readonly dataParallelSize: number;
  /** Experts of a mixture are dealt out over the GPUs instead of cut. */
  readonly expertParallel: boolean;
  /** Pods that form one server. Each holds an equal part of the GPUs. */
  readonly nodes: number;
}

/** The whole model on one GPU of one pod. */
export const ONE_GPU: ParallelLayout = {
  tensorParallelSize: 1,
  pipelineParallelSize: 1,
  dataParallelSize: 1,
  expertParallel: false,
  nodes: 1,
};

/**
 * What a server does of each request, where two kinds of server share the work: `prefill` computes the KV cache of the prompt
 * and hands it on, `decode` takes it and writes the answer.
 */
export type ServingRole = 'prefill' | 'decode';

/** How a server hands the KV cache on, or takes it. */
export interface KvHandover {
  readonly role: ServingRole;
  /** True when prefill may split its layers over more GPUs than decode. */
  readonly widerPrefill: boolean;
  /** Number formats as the server is told them, in words: both sides must have the same. */
  readonly format: string;
}

/** LoRA adapters on one base model, as the server sees them: folders of the pod. */
export interface LoraRequest {
  readonly adapters: readonly {
    /** Name under which clients ask for the adapter. */
    readonly name: string;
    /** Folder with adapter_config.json and the weights. */
    readonly path: string;
    readonly rank: number;
  }[];
  /** Folder that holds a folder for each adapter. */
  readonly folder: string;
  /** The largest rank of them. */
  readonly maxRank: number;
  /** Adapters that one batch may mix; each has a slot on the GPU. */
  readonly maxLoras: number;
}

/** What a server is asked to serve, as far as it decides the server's own settings. */
export interface ServingRequest {
  readonly model?: Model;
  /** Name under which clients ask for the model. */
  readonly servedModelName?: string;
  readonly weights: WeightsLocation;
  readonly parallelism: ParallelLayout;
  readonly lora?: LoraRequest;
  /** @default - it computes prompts and answers */
  readonly role?: ServingRole;
  /** Every kind of GPU or slice that the pods may land on. */
  readonly gpus: readonly GpuTraits[];
  /** Longest prompt and answer together, in tokens. The server's own default when undefined. */
  readonly maxModelLen?: number;
  /** The longest that one answer may take, in seconds; a server with a drain of its own is told it. */
  readonly longestAnswerSeconds: number;
  /**
   * Format of the weights that the service states; the memory plan counts on it, so the server must be told.
   * @default - nothing stated
   */
  readonly weightFormat?: WeightFormat;
  /** Format of the KV cache that the service states. @default - nothing stated */
  readonly kvCacheFormat?: KvCacheFormat;
  /**
   * Durations that objectives ask the server's histograms about. A server that can be told its buckets makes each a boundary.
   * @default - none
   */
  readonly latencyBoundaries?: readonly LatencyBoundary[];
  /** Where traces go and how logs are written. @default - no traces, logs as the server writes them */
  readonly telemetry?: Telemetry;
  /** Where the model cache is mounted, when the user moved it. */
  readonly cachePath?: string;
  /** True when the model cache can only be read, so that what the server writes goes elsewhere. @default false */
  readonly cacheReadOnly?: boolean;
  /** True when the weights are there already and nothing needs to be downloaded. */
  readonly offline: boolean;
  readonly credentials: CredentialKind;
  /**
   * Part of a GPU's memory that the server may count on, below 1 when the GPU is shared without a wall between the pods.
   */
  readonly gpuMemoryShare: number;
}

/** The part of a request that a server's share of the memory may depend on. */
export type MemoryLayout = Pick<ServingRequest, 'parallelism' | 'gpus'>;

/** A port that the server opens. */
export interface ServerPort {
  /** Port name in Service and probes, such as `http`. */
  readonly name: string;
  readonly port: number;
  /**
   * Who calls it: `clients` through the Service, `monitoring` for metrics alone, `group` for pods of the same server, on
   * ports that guard themselves by nothing. The network policy follows from it.
   * @default 'clients'
   */
  readonly purpose?: 'clients' | 'monitoring' | 'group';
  /** Protocol within TCP, such as `kubernetes.io/h2c` for gRPC. @default - HTTP/1.1 */
  readonly appProtocol?: string;
}

/** An HTTP path on a port. */
export interface HttpEndpoint {
  readonly path: string;
  /** Number of the port. */
  readonly port: number;
}

/** gRPC's own health protocol on a port. */
export interface GrpcEndpoint {
  /** Number of the port. */
  readonly grpcPort: number;
  /** Service whose health is asked for. @default - the server as a whole */
  readonly service?: string;
}

/** A port that accepts a connection: all that can be asked of a server without a health path. */
export interface TcpEndpoint {
  /** Number of the port. */
  readonly tcpPort: number;
}

/** A command in the container; exit code 0 is healthy. For pods that open no port, such as the workers of a group. */
export interface ExecEndpoint {
  readonly command: readonly string[];
}

/** What a probe asks. */
export type ProbeEndpoint = HttpEndpoint | GrpcEndpoint | TcpEndpoint | ExecEndpoint;

/** A configuration file that the server reads; it arrives by ConfigMap, so it holds no secret. */
export interface ServerFile {
  /** Absolute path in the container. */
  readonly path: string;
  readonly content: string;
}

/** How the other pods of one server are started, when it takes several. */
export interface GroupContract {
  readonly worker: {
    readonly command?: readonly string[];
    readonly args?: readonly string[];
    readonly env: readonly EnvironmentVariable[];
    /** @default - none */
    readonly envReferences?: readonly EnvironmentReference[];
    /** @default - the container runs */
    readonly readiness?: ProbeEndpoint;
    /** @default - the container runs */
    readonly liveness?: ProbeEndpoint;
  };
  /** Ports between the pods of one group; the first and last of each range. Collectives choose theirs at will. */
  readonly ports: readonly { readonly name: string; readonly port: number; readonly endPort?: number }[];
  /** True when the workers wait for the leader by themselves; else they are started after it is ready. */
  readonly workersWait: boolean;
}

/** An environment variable with a literal value; a secret arrives by reference. */
export interface EnvironmentVariable {
  readonly name: string;
  readonly value: string;
}

/** An environment variable whose value the kubelet finds: a field of the pod, or a key of a Secret. */
export type EnvironmentReference =
  | { readonly name: string; readonly fieldPath: 'status.podIP' | 'metadata.name' | 'metadata.namespace' }
  | { readonly name: string; readonly secretName: string; readonly secretKey: string };

/** A path that the server must be able to write. */
export interface WritablePath {
  /** Name of the volume. */
  readonly name: string;
  readonly path: string;
  /** Upper bound in MiB. Writing more evicts the pod. */
  readonly sizeMib: number;
}

/** Where a secret value arrives: the environment variable that the server reads. */
export interface CredentialSlot {
  readonly kind: 'ngc' | 'hugging-face';
  readonly environmentVariable: string;
  /**
   * Environment variable with the path of a file that holds it, where the server reads one: what is in a file does not show
   * in the environment of every process of the pod. @default - the server reads the value from its environment only
   */
  readonly fileVariable?: string;
}

/**
 * What the server does with requests that are running when it is told to stop.
 * - `ignores`: goes on serving until it is killed, so the grace period alone must cover the longest answer.
 * - `aborts`: cuts them, so the pod must wait before the server is told.
 * - `drains`: finishes them within its own limit, which is passed to it.
 */
export type ShutdownBehaviour = 'ignores' | 'aborts' | 'drains';

/**
 * The contract of one server image in one version: everything the rest of the house needs to know of it.
 * Pure data; the same request gives the same contract.
 */
export interface ServerContract {
  /** First is the one clients use. */
  readonly ports: readonly [ServerPort, ...ServerPort[]];
  /** Answers well only when the model can serve. */
  readonly readiness: ProbeEndpoint;
  /** Answers well while a restart would not help. */
  readonly liveness: ProbeEndpoint;
  /** Prometheus metrics; undefined when the server exports none. */
  readonly metrics?: HttpEndpoint;
  /** What its metrics tell, in this version and with these settings. @default - nobody knows: nothing can be watched */
  readonly signals?: ServerSignals;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly env: readonly EnvironmentVariable[];
  /** Variables that are no literals, beside the credential. @default - none */
  readonly envReferences?: readonly EnvironmentReference[];
  /** Configuration files. @default - none */
  readonly files?: readonly ServerFile[];
  /** The other pods, when `parallelism.nodes` is above 1. Without it the server cannot span pods. @default - one pod */
  readonly group?: GroupContract;
  /** What it does of the role that it was asked for. Without it the server cannot share the work. @default - all of it */
  readonly handover?: KvHandover;
  /** Environment variables in which the server reads secrets, by kind. A kind that is not listed is refused. */
  readonly credentialSlots: readonly CredentialSlot[];
  /** Header in which the server asks every client for one key. @default - it asks for none */
  readonly clientKeyHeader?: string;
  /** Where it keeps downloaded weights. */
  readonly cachePath: string;
  readonly writablePaths: readonly WritablePath[];
  readonly user: { readonly uid: number; readonly gid: number; readonly fsGroup: number };
  /** The image's root file system: read-only, or the reason why it cannot be. */
  readonly readOnlyRootFilesystem: true | { readonly exception: string };
  /** Shared memory at /dev/shm in MiB; counted in the memory of the pod. */
  readonly sharedMemoryMib: number;
  /** Host memory that the server itself wants, without shared memory, in MiB. */
  readonly hostMemoryMib: number;
  /** What it writes to the container's own file system and its logs, in MiB. */
  readonly ephemeralStorageMib: number;
  /** CPU that the server can use, in cores. */
  readonly cpuCores: number;
  readonly shutdown: ShutdownBehaviour;
  /** Paths that clients call. What else it listens on is for operators, and is not routed. */
  readonly clientPaths: readonly string[];
  /** Hosts it downloads weights from, all TCP 443. Empty when offline. */
  readonly downloadHosts: readonly string[];
  /** Time from loaded weights to the first answer (compilation, graph capture, warm-up), in seconds. */
  readonly warmUpSeconds: number;
  /** Format of the weights that its settings choose. @default - what the service states, or the model's own */
  readonly weightFormat?: WeightFormat;
  /** Format of the KV cache that its settings choose. @default - what the service states, or 16 bit */
  readonly kvCacheFormat?: KvCacheFormat;
  /** A small model on the same GPUs that guesses ahead. @default - none */
  readonly draftModel?: { readonly model: Model; readonly weightFormat?: WeightFormat };
  /** What its settings put onto the GPU beside the model, in words; the memory plan does not count it. */
  readonly unplannedMemory: readonly string[];
  /** What this server cannot do of the request. The construct that asked reports them with its path. */
  readonly problems: readonly Problem[];
  /** What a reader should know before they choose this server, or what is worse for want of a statement. @default - none */
  readonly warnings?: readonly Problem[];
}

/**
 * By what server? One class a runtime fulfils this; nothing below this room knows which.
 */
export interface ServingRuntime {
  /** Short name, such as `nim`. Becomes the container's name and the label app.kubernetes.io/name. */
  readonly name: string;
  readonly image: ImageReference;
  /** Version of the server as the image says or the user stated, such as `1.0.0`. */
  readonly version: string;
  /** True when it loads engines that TensorRT compiled, and not only weights. @default false */
  readonly loadsEngines?: boolean;
  /** The contract for a request; what the server cannot do of it is in `problems`. */
  contract(request: ServingRequest): ServerContract;
  /**
   * How the server divides the memory of a GPU; undefined when nobody knows, and then memory is not judged.
   *
   * @param layout what its share depends on, where it is one share for all GPUs; the whole model on this GPU otherwise
   */
  memoryProfile(gpu: GpuTraits, layout?: MemoryLayout): EngineMemoryProfile | undefined;
}
