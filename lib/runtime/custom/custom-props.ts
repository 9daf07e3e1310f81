import { Duration, Size } from 'cdk8s';
import { CustomSignals } from './custom-signals';
import { EngineMemoryProfile } from '../engine-memory-profile';
import {
  CredentialSlot,
  HttpEndpoint,
  ProbeEndpoint,
  ServerPort,
  ServingRequest,
  WritablePath,
} from '../serving-runtime';

/** Where it keeps what it downloads, unless told otherwise; `/models` is where artifacts lie. */
export const CACHE_PATH = '/var/cache/models';

/** A value, or what follows from the request: its weights, GPUs, adapters, longest answer. The same request must give the same. */
export type FromRequest<T> = T | ((request: ServingRequest) => T);

/** What is known of a server that nobody else described. What is left out makes the service worse, and a warning says how. */
export interface CustomRuntimeProps {
  /** Name of the server: an RFC 1123 label. Becomes the container's name and the label app.kubernetes.io/name. */
  readonly name: string;
  /** The image, with a tag that never moves, or by digest. */
  readonly image: string;
  /** Version of the server, for its label. @default - the tag */
  readonly version?: string;
  /**
   * Port that clients call, or all ports, the clients' first. Those of purpose `monitoring` are for metrics alone. A port
   * below 1024 is for root only on older nodes.
   */
  readonly port: number | readonly [ServerPort, ...ServerPort[]];
  /**
   * What answers well only when the model can serve. A TCP connection is accepted before, so clients reach a server that
   * is still loading, and a warning says so.
   */
  readonly readiness: ProbeEndpoint;
  /**
   * What answers well while a restart would not help; not the same as readiness where that fails under load.
   * @default - a TCP connection to the first port, with a warning: a server that hangs is not restarted
   */
  readonly liveness?: ProbeEndpoint;
  /** Prometheus metrics; false when there are none. @default - none, with a warning: no objective and no scaler can follow it */
  readonly metrics?: HttpEndpoint | false;
  /**
   * What the metrics tell. With a wrong name alerts never fire, and a scaler sees nothing.
   * @default - nobody knows: no objective can be watched, no alert made and no scaler follow it
   */
  readonly signals?: CustomSignals;
  /**
   * What SIGTERM does: `ignores` it and goes on, `aborts` what runs, or `drains` it. Where a server is PID 1 and handles no
   * signal, it ignores it. With `drains`, hand `longestAnswerSeconds` of the request to the server, or state `drainLimit`.
   * @default 'aborts', with a warning: the pod waits as long as the longest answer before the server is told
   */
  readonly shutdown?: 'ignores' | 'aborts' | 'drains';
  /** The longest that `drains` lets an answer run, where the server cannot be told. @default - no limit */
  readonly drainLimit?: Duration;
  /** Entrypoint. @default - the image's */
  readonly command?: FromRequest<readonly string[]>;
  /** Arguments. @default - the image's */
  readonly args?: FromRequest<readonly string[]>;
  /** Environment variables, none of them a secret. @default - none */
  readonly env?: FromRequest<Readonly<Record<string, string>>>;
  /** User id that the image can run as, above 0; group and volumes get the same. @default 1000, with a warning */
  readonly user?: number;
  /**
   * True when the server writes to `writablePaths`, cache and /dev/shm only.
   * @default false, with a warning: what breaks into the server can change it
   */
  readonly readOnlyRootFilesystem?: boolean;
  /** Paths that the server writes to, beside cache and /dev/shm; each becomes a volume. @default - none */
  readonly writablePaths?: readonly WritablePath[];
  /** Where it keeps what it downloads. The model cache is mounted there. @default '/var/cache/models' */
  readonly cachePath?: string;
  /** Environment variables in which it reads credentials. @default - none: credentials are refused */
  readonly credentials?: readonly CredentialSlot[];
  /** Hosts that it downloads weights from, all TCP 443. @default - Hugging Face when it reads such a credential, else none */
  readonly downloadHosts?: readonly string[];
  /** Paths that clients may call. @default - none: a route needs paths of its own */
  readonly clientPaths?: readonly string[];
  /** True when `args` or `env` hand it a folder with weights. @default false: weights that lie in the pod are refused */
  readonly servesLocalWeights?: boolean;
  /** True when `args` or `env` hand it LoRA adapters. @default false: adapters are refused */
  readonly servesLora?: boolean;
  /** True when it splits a model by the tensor parallel size of the request. @default false: more than one GPU is refused */
  readonly splitsModel?: boolean;
  /** Shared memory at /dev/shm; counted in the memory of the pod. @default Size.gibibytes(1) */
  readonly sharedMemory?: Size;
  /** Host memory that the server wants, without shared memory. @default Size.gibibytes(8), with a warning */
  readonly hostMemory?: Size;
  /** What it writes to its own file system and its logs, volumes included. @default - 4 GiB and the writable paths */
  readonly ephemeralStorage?: Size;
  /** CPU that it can use, in cores. @default 4 */
  readonly cpuCores?: number;
  /** Time from loaded weights to the first answer. Too short a time restarts a server that would have come. @default Duration.minutes(5) */
  readonly warmUp?: Duration;
  /** How it divides the memory of a GPU. @default - unknown, with a warning: nobody says whether the model fits */
  readonly memory?: EngineMemoryProfile;
}
