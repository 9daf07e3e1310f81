/** What decides how long a server takes from nothing to its first answer. */
export interface StartupRequest {
  /** Bytes of weights to download and load. */
  readonly weightBytes: number;
  /** True when the weights are in the cache or image already. */
  readonly offline: boolean;
  /** Bytes that an init container downloads and verifies before the server starts. @default 0 */
  readonly fetchedBytes?: number;
  /** Pods of one server, each of which loads its part of the weights. @default 1 */
  readonly pods?: number;
  /** Time from loaded weights to the first answer, in seconds, by the runtime's contract. */
  readonly warmUpSeconds: number;
  /** Bytes of the server's image. @default 15e9 */
  readonly imageBytes?: number;
  /** A cold start takes at most this long, in seconds, when the user measured it. @default - derived */
  readonly coldStartSeconds?: number;
}

/** How long each part of a start takes, in seconds. One source for every timeout that waits for a start. */
export interface StartupBudget {
  /** A new machine, when the pool had none. */
  readonly nodeSeconds: number;
  readonly imagePullSeconds: number;
  /** By the server itself. */
  readonly downloadSeconds: number;
  /** Download and checksum by an init container: before the server's container starts, so no probe waits for it. */
  readonly fetchSeconds: number;
  readonly loadSeconds: number;
  readonly warmUpSeconds: number;
  /** From the container's start to its first answer, cache empty. */
  readonly coldSeconds: number;
  /** The same with a filled cache. */
  readonly warmSeconds: number;
  /** What the startup probe allows: the cold start and a margin. */
  readonly probeSeconds: number;
  /** From a new pod to ready when even the node and the image are missing: for rollouts, scalers and Flux. */
  readonly rolloutSeconds: number;
}

/** Weights from NGC or Hugging Face: 400 Mbit/s. 16 GB then take five minutes, as operators report. */
const DOWNLOAD_BYTES_PER_SECOND = 50e6;
/** Reading weights from a network disk; GCE's balanced disks give 140 MB/s and more to a machine. */
const LOAD_BYTES_PER_SECOND = 150e6;
/** Unpacking included; the image servers of the clouds give more, but unpacking is bound by CPU and disk. */
const IMAGE_BYTES_PER_SECOND = 50e6;
/** Server images with CUDA are 10 to 25 GB unpacked. */
export const SERVER_IMAGE_BYTES = 15e9;
/** A GPU machine from the autoscaler's decision to Ready with its driver. */
const NODE_SECONDS = 300;
/**
 * Too long costs little (a server that hangs is noticed later), too short is a crash loop that downloads for ever, so the
 * probe allows twice the plan. NVIDIA's chart allows 1,840 s whatever the model.
 */
const PROBE_MARGIN = 2;
/** The same for what an init container fetches: what waits for it waits twice as long. */
export const FETCH_MARGIN = 2;

/** Computes the budget. Derived, not measured: state `coldStartSeconds` once you have measured it. */
export function planStartup(request: StartupRequest): StartupBudget {
  const { weightBytes, offline, fetchedBytes = 0, pods = 1, imageBytes = SERVER_IMAGE_BYTES } = request;
  const downloadSeconds = offline ? 0 : Math.ceil(weightBytes / DOWNLOAD_BYTES_PER_SECOND);
  const fetchSeconds = Math.ceil(fetchedBytes / DOWNLOAD_BYTES_PER_SECOND + fetchedBytes / LOAD_BYTES_PER_SECOND);
  const loadSeconds = Math.ceil(weightBytes / pods / LOAD_BYTES_PER_SECOND);
  const warmSeconds = loadSeconds + request.warmUpSeconds;
  const coldSeconds = request.coldStartSeconds ?? downloadSeconds + warmSeconds;
  const imagePullSeconds = Math.ceil(imageBytes / IMAGE_BYTES_PER_SECOND);
  const probeSeconds = PROBE_MARGIN * coldSeconds;
  return {
    nodeSeconds: NODE_SECONDS,
    imagePullSeconds,
    downloadSeconds,
    fetchSeconds,
    loadSeconds,
    warmUpSeconds: request.warmUpSeconds,
    coldSeconds,
    warmSeconds: Math.min(warmSeconds, coldSeconds),
    probeSeconds,
    rolloutSeconds: NODE_SECONDS + imagePullSeconds + FETCH_MARGIN * fetchSeconds + probeSeconds,
  };
}
