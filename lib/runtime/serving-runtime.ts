import { Model } from '../model/model';
import { CredentialKind } from '../model/model-credentials';
import { Problem } from '../problem/problem';
import { EngineMemoryProfile, GpuTraits } from './engine-memory-profile';
import { ImageReference } from './image-reference';

/** What a server is asked to serve, as far as it decides the server's own settings. */
export interface ServingRequest {
  readonly model?: Model;
  /** Name under which clients ask for the model. */
  readonly servedModelName?: string;
  /** GPUs that one copy of the model is split over, all in one pod. */
  readonly tensorParallelSize: number;
  /** Longest prompt and answer together, in tokens. The server's own default when undefined. */
  readonly maxModelLen?: number;
  /** The longest that one answer may take, in seconds; a server with a drain of its own is told it. */
  readonly longestAnswerSeconds: number;
  /** Where the model cache is mounted, when the user moved it. */
  readonly cachePath?: string;
  /** True when the weights are there already and nothing needs to be downloaded. */
  readonly offline: boolean;
  readonly credentials: CredentialKind;
  /**
   * Part of a GPU's memory that the server may count on, below 1 when the GPU is shared without a wall between the pods.
   */
  readonly gpuMemoryShare: number;
}

/** A port that the server opens. */
export interface ServerPort {
  /** Port name in Service and probes, such as `http`. */
  readonly name: string;
  readonly port: number;
}

/** An HTTP path on a port. */
export interface HttpEndpoint {
  readonly path: string;
  /** Number of the port. */
  readonly port: number;
}

/** An environment variable with a literal value; secrets arrive by reference through credentials. */
export interface EnvironmentVariable {
  readonly name: string;
  readonly value: string;
}

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
  /** Answers 200 only when the model can serve. */
  readonly readiness: HttpEndpoint;
  /** Answers 200 while a restart would not help. */
  readonly liveness: HttpEndpoint;
  /** Prometheus metrics; undefined when the server exports none. */
  readonly metrics?: HttpEndpoint;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly env: readonly EnvironmentVariable[];
  /** Environment variables in which the server reads secrets, by kind. A kind that is not listed is refused. */
  readonly credentialSlots: readonly CredentialSlot[];
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
  /** What its settings put onto the GPU beside the model, in words; the memory plan does not count it. */
  readonly unplannedMemory: readonly string[];
  /** What this server cannot do of the request. The construct that asked reports them with its path. */
  readonly problems: readonly Problem[];
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
  /** The contract for a request; what the server cannot do of it is in `problems`. */
  contract(request: ServingRequest): ServerContract;
  /** How the server divides the memory of a GPU; undefined when nobody knows, and then memory is not judged. */
  memoryProfile(gpu: GpuTraits): EngineMemoryProfile | undefined;
}
