import { GpuNodePool } from '../hardware/gpu-node-pool';
import { KvCacheFormat, Model, WeightFormat } from '../model/model';
import { ModelCache } from '../model/model-cache';
import { CredentialKind } from '../model/model-credentials';
import {
  LoraRequest,
  ParallelLayout,
  ServerContract,
  ServingRole,
  ServingRuntime,
  WeightsLocation,
} from '../runtime/serving-runtime';
import { Telemetry } from '../runtime/telemetry';
import { GpuMemoryPlan, planGpuMemory, sequencesPerReplica } from './gpu-memory-plan';
import { LatencyObjective } from './latency-objective';
import { planPodResources, PodResourceOverrides, PodResources, rdmaOf } from './pod-resources';
import { longestAnswer, planShutdown, ShutdownBudget, ShutdownRequest } from './shutdown-budget';
import { checkpointBytes, downloaded, PlacedArtifact, SCRATCH_MIB } from './model-delivery';
import { largestRequestMib } from './request-body';
import { planStartup, SERVER_IMAGE_BYTES, StartupBudget } from './startup-budget';
import { attempt, Problem } from '../problem/problem';

/** The contract between a model team and a platform team, in numbers. */
export interface InferenceRequest extends ShutdownRequest {
  readonly runtime: ServingRuntime;
  readonly model?: Model;
  readonly servedModelName?: string;
  readonly nodePools: readonly GpuNodePool[];
  readonly parallelism: ParallelLayout;
  readonly weights: WeightsLocation;
  readonly lora?: LoraRequest;
  /** @default - its servers compute prompts and answers */
  readonly role?: ServingRole;
  /** Format of the weights that are served. @default - the one that the model's makers published */
  readonly weightFormat?: WeightFormat;
  /** @default - 16 bit; 32 bit for weights in fp32 */
  readonly kvCacheFormat?: KvCacheFormat;
  /** Sequences of maxModelLen that are promised to run at once. */
  readonly concurrency?: number;
  /** Latencies that are promised. @default - none */
  readonly objectives?: readonly LatencyObjective[];
  readonly cache: ModelCache;
  /** Files that lie in the pod before the server starts. @default - none */
  readonly placed?: readonly PlacedArtifact[];
  readonly cachePath?: string;
  readonly credentials: CredentialKind;
  /** Where traces go and how logs are written. @default - no traces, logs as the server writes them */
  readonly telemetry?: Telemetry;
  readonly resources?: PodResourceOverrides;
  /** The user's own measurement of a cold start, in seconds. */
  readonly coldStartSeconds?: number;
}

/** Everything that follows from the contract. Computed once; every derived number in the YAML is one of these. */
export interface InferencePlan {
  readonly contract: ServerContract;
  readonly resources: PodResources;
  readonly startup: StartupBudget;
  readonly shutdown: ShutdownBudget;
  /** The largest request that is not too long for the model, in MiB. */
  readonly largestRequestMib: number;
  /** The memory of one GPU, for each kind of GPU or slice that the pools have. Empty when the model is unknown. */
  readonly memory: readonly GpuMemoryPlan[];
  /**
   * Sequences of full length that one replica computes at once, by its memory and by what the server is told; more wait. 0 when not
   * one fits. Undefined when the model is unknown.
   */
  readonly sequencesPerReplica?: number;
  /** What of the request could not be planned. */
  readonly problems: readonly Problem[];
  /** Bytes of weights; for a model that nobody described, what its cache can hold. */
  readonly weightBytes: number;
  /** Bytes that are downloaded into the cache, by whomever. */
  readonly cachedBytes: number;
  /** True when no container of the pod downloads anything. */
  readonly offline: boolean;
  /** Hosts that the pod downloads from. Empty when offline. */
  readonly downloadHosts: readonly string[];
  /** TCP ports of these hosts. */
  readonly downloadPorts: readonly number[];
  /** True when containers of the pod ask the cloud who they are, for a download or a volume. */
  readonly cloudIdentity: boolean;
}

/** Weights of an 8B model in 16 bit: the guess for a model and a cache of which nothing is known. */
const UNKNOWN_WEIGHT_BYTES = 16e9;

/** Computes the plan. Pure: the same request gives the same plan. */
export function planInference(request: InferenceRequest): InferencePlan {
  const { model, cache, runtime } = request;
  const local = request.weights.kind === 'local';
  const offline = local || request.credentials === 'air-gapped' || cache.filled;
  const downloads = downloaded(request.placed ?? []);
  const fetched = cache.filledByJob ? [] : downloads;
  const gpuMemoryShare = Math.min(1, ...request.nodePools.map((pool) => sharedPart(pool) ?? 1));
  const contract = runtime.contract({
    ...request,
    gpus: request.nodePools.map(({ gpu }) => gpu),
    cacheReadOnly: cache.readOnly,
    offline,
    gpuMemoryShare,
    longestAnswerSeconds: longestAnswer(request),
    latencyBoundaries: request.objectives,
  });
  const problems: Problem[] = [...contract.problems];
  const weightFormat = request.weightFormat ?? contract.weightFormat;
  const bytes = model
    ? checkpointBytes(model, { weights: servedFiles(request, contract), weightFormat })
    : local || cache.sizeMib === undefined
      ? (request.placed?.[0]?.bytes ?? UNKNOWN_WEIGHT_BYTES)
      : cache.sizeMib * 2 ** 20;
  const bytesOf = (artifacts: readonly PlacedArtifact[]) =>
    artifacts.reduce((sum, artifact) => sum + (artifact.bytes ?? bytes), 0);
  const hosts = [...new Set([...contract.downloadHosts, ...hostsOf(request.placed ?? [], fetched)])];
  const mounted = (request.placed ?? []).filter(({ artifact }) => artifact.origin.kind === 'oci-image');
  const memory = model ? (attempt(problems, () => memoryPlans(request, model, contract)) ?? []) : [];
  return {
    contract,
    resources: {
      ...planPodResources(
        // What lies in a memory-backed volume is the pod's memory.
        cache.kind === 'memory'
          ? { ...contract, hostMemoryMib: contract.hostMemoryMib + (cache.sizeMib ?? 0) }
          : contract,
        request.nodePools,
        gpusPerPod(request.parallelism),
        cache.kind === 'ephemeral' ? (cache.sizeMib ?? 0) : cache.filledByJob ? SCRATCH_MIB : 0,
        request.resources,
      ),
      // Both exchange with other pods at every step: activations, or the KV cache of a prompt.
      ...((request.parallelism.nodes > 1 || request.role) &&
        rdmaOf(request.nodePools, gpusPerPod(request.parallelism))),
    },
    startup: planStartup({
      weightBytes: bytes,
      pods: request.parallelism.nodes,
      offline,
      // What a Job downloads is waited for as long.
      fetchedBytes: bytesOf(downloads),
      imageBytes: SERVER_IMAGE_BYTES + bytesOf(mounted),
      warmUpSeconds: contract.warmUpSeconds,
      coldStartSeconds: request.coldStartSeconds,
    }),
    shutdown: planShutdown(request, contract.shutdown),
    largestRequestMib: largestRequestMib(request),
    memory,
    sequencesPerReplica: sequencesPerReplica(memory),
    problems,
    weightBytes: bytes,
    cachedBytes: bytesOf(downloads) + (local ? 0 : bytes),
    offline: offline && hosts.length === 0,
    downloadHosts: hosts,
    downloadPorts: portsOf(request.placed ?? [], fetched, contract.downloadHosts.length > 0),
    cloudIdentity: asksForIdentity(request.placed ?? [], fetched),
  };
}

/** A server that chooses the format itself makes it of what the makers published; another takes files that have it. */
function servedFiles({ weights, model }: InferenceRequest, contract: ServerContract): WeightsLocation {
  return weights.kind === 'server-downloads' && contract.weightFormat !== undefined
    ? { ...weights, repository: weights.repository ?? model?.id }
    : weights;
}

/** Hosts of what init containers download, and of volumes whose driver works inside the pod. */
function hostsOf(placed: readonly PlacedArtifact[], fetched: readonly PlacedArtifact[]): string[] {
  return [
    ...fetched.flatMap(({ artifact: { origin } }) => (origin.kind === 'download' ? origin.source.hosts : [])),
    ...placed.flatMap(({ artifact: { origin } }) => (origin.kind === 'csi' ? origin.hosts : [])),
  ];
}

/** Servers and drivers ask by HTTPS; only a source that was stated with its URL may be elsewhere. */
function portsOf(
  placed: readonly PlacedArtifact[],
  fetched: readonly PlacedArtifact[],
  serverDownloads: boolean,
): number[] {
  const https = serverDownloads || hostsOf(placed, []).length > 0;
  const ports = fetched.flatMap(({ artifact: { origin } }) => (origin.kind === 'download' ? origin.source.ports : []));
  return [...new Set([...(https ? [443] : []), ...ports])];
}

/** Where the cloud knows the pod by its service account, or the driver of a volume works inside the pod. */
function asksForIdentity(placed: readonly PlacedArtifact[], fetched: readonly PlacedArtifact[]): boolean {
  return (
    fetched.some(
      ({ artifact: { origin } }) => origin.kind === 'download' && origin.credentials?.kind === 'workload-identity',
    ) || placed.some(({ artifact: { origin } }) => origin.kind === 'csi' && origin.hosts.length > 0)
  );
}

/** GPUs of one server, over all its pods. */
export function gpusPerReplica(layout: ParallelLayout): number {
  return layout.tensorParallelSize * layout.pipelineParallelSize * layout.dataParallelSize;
}

/** GPUs of one of its pods. */
export function gpusPerPod(layout: ParallelLayout): number {
  return gpusPerReplica(layout) / layout.nodes;
}

/** One plan for each kind of device, in the order of the pools. */
function memoryPlans(request: InferenceRequest, model: Model, contract: ServerContract): GpuMemoryPlan[] {
  const devices = new Map(
    request.nodePools.map((pool) => [pool.gpu.id + (pool.migProfile?.name ?? sharedPart(pool) ?? ''), pool]),
  );
  return [...devices.values()].flatMap((pool) => {
    const { parallelism, lora, concurrency } = request;
    const gpus = request.nodePools.map(({ gpu }) => gpu);
    const profile = request.runtime.memoryProfile(pool.gpu, { parallelism, gpus });
    if (!profile) return [];
    return [
      planGpuMemory({
        model,
        weightFormat: request.weightFormat ?? contract.weightFormat,
        kvCacheFormat: request.kvCacheFormat ?? contract.kvCacheFormat,
        gpu: pool.gpu,
        migProfile: pool.migProfile?.name,
        gpuShare: sharedPart(pool),
        tensorParallelSize: parallelism.tensorParallelSize,
        pipelineParallelSize: parallelism.pipelineParallelSize,
        dataParallelSize: parallelism.dataParallelSize,
        maxModelLen: request.maxModelLen ?? model.maxModelLen,
        concurrency,
        profile,
        lora: lora && { maxAdapters: lora.maxLoras, maxRank: lora.maxRank },
        draftModel: contract.draftModel,
      }),
    ];
  });
}

/** Part of a GPU that a pod of this pool may count on; undefined when nobody else uses the device. */
const sharedPart = (pool: GpuNodePool) => (pool.sharing ? pool.gpuMemoryShare : undefined);
