import { largestReplicas } from '../checks/capacity';
import { DeclaredScaler, DeclaredService, DeclaredTrack } from '../checks/declarations';
import { GpuNodePool } from '../hardware/gpu-node-pool';
import { gpuCount } from '../plan/gpu-memory-explanation';
import { FitVerdict, GpuMemoryPlan } from '../plan/gpu-memory-plan';
import { objectiveText } from '../plan/latency-objective';
import { MemoryLayout, memoryLayout } from './memory-layout';
import { rounded, roundedGib } from './rounding';
import { CostAnswer, ScorecardCosts } from './scorecard-cost';
import { ScorecardPlacement } from './scorecard-placement';

/** The memory of one GPU that a track may get. */
export interface ScorecardMemory {
  /** In words, such as `an L4` or `each of 2 H100-80GB`. */
  readonly device: string;
  readonly engine: string;
  readonly verdict: FitVerdict;
  readonly totalGib: number;
  readonly weightsGib: number;
  readonly runtimeGib: number;
  readonly activationsGib: number;
  readonly kvCacheGib: number;
  readonly keptFreeGib: number;
  /** GiB that are missing before the first token; 0 when there is room for a KV cache. */
  readonly missingGib: number;
  readonly weightFormat: string;
  readonly maxModelLen: number;
  readonly kvTokens: number;
  /** Sequences of maxModelLen that fit at once; texts of one batch for a model that keeps no KV cache. */
  readonly sequences: number;
  /** True for a model that reads a text in one pass and keeps nothing of it; `kvCacheGib` is then room to spare. */
  readonly encoder?: true;
  /** GiB of `weightsGib` that are slots for LoRA adapters. */
  readonly loraGib?: number;
  /** GiB of `weightsGib` that are a draft model. */
  readonly draftGib?: number;
  /** Sequences that were promised; undefined when none were. */
  readonly promisedSequences?: number;
}

/** How long a start takes, in seconds. */
export interface ScorecardStartup {
  /** First container to first answer, cache empty. */
  readonly coldSeconds: number;
  /** The same with a filled cache. */
  readonly warmSeconds: number;
  readonly nodeSeconds: number;
  readonly imagePullSeconds: number;
  /** What the startup probe allows. */
  readonly probeSeconds: number;
  /** New pod to ready, when node and image are missing too. */
  readonly rolloutSeconds: number;
}

export interface ScorecardTrack {
  readonly track: 'stable' | 'canary';
  readonly runtime: string;
  readonly version: string;
  readonly image: string;
  readonly replicas: number;
  readonly gpusPerReplica: number;
  /** Pods that a replica consists of. @default 1 */
  readonly podsPerReplica?: number;
  /** Keys of the pools that its pods may run in, the most wanted first. */
  readonly pools: readonly string[];
  /** Pods by the key of the pool in which the plan puts them. */
  readonly placed: Readonly<Record<string, number>>;
  /** What one pod asks of its node, sidecars included. */
  readonly pod: {
    readonly cpuMillis: number;
    readonly memoryMib: number;
    readonly ephemeralStorageMib: number;
    readonly gpus: number;
  };
  readonly startup: ScorecardStartup;
  /** One for each kind of GPU that the pods may get; empty when the model is unknown. */
  readonly memory: readonly ScorecardMemory[];
}

export interface ScorecardStep {
  readonly name: string;
  readonly stableReplicas: number;
  readonly canaryReplicas: number;
  readonly canaryWeight: number;
  /** GPUs of both tracks at this step. */
  readonly gpus: number;
  /** What must be so, or stay silent, before the release goes on. */
  readonly watch: readonly string[];
  /** The way back, in words. @default - there is nothing to go back from */
  readonly back?: string;
}

/** When how many replicas. */
export interface ScorecardScaling {
  readonly by: 'KEDA' | 'HorizontalPodAutoscaler';
  readonly minReplicas: number;
  readonly maxReplicas: number;
  /** True when the most is what pools and quota hold beside the others at rest. */
  readonly maximumIsDerived?: true;
  readonly gpusAtMaximum: number;
  /** What it looks at, each with what one replica should have of it, such as `queue-depth 5`. */
  readonly metrics: readonly string[];
}

export interface ScorecardService {
  readonly namespace: string;
  readonly name: string;
  readonly model?: string;
  /** What the model answers, where it does not generate. */
  readonly task?: 'embedding' | 'reranking';
  /** Latencies that are promised, such as `timeToFirstToken p95 of 2.5 s`. */
  readonly objectives?: readonly string[];
  /** LoRA adapters by the names that clients ask for. */
  readonly adapters?: readonly string[];
  readonly resourceName: string;
  readonly replicas: number;
  readonly gpus: number;
  /** GPUs at the largest step of its release. */
  readonly gpusAtPeak: number;
  /** Nodes that it would need if it had them to itself. */
  readonly nodes: number;
  readonly cost: CostAnswer;
  /** @default - the replicas are written down */
  readonly scaling?: ScorecardScaling;
  readonly tracks: readonly ScorecardTrack[];
  readonly release?: { readonly strategy: string; readonly current?: string; readonly steps: readonly ScorecardStep[] };
}

/** One service as the scorecard tells it. */
export function scorecardService(
  service: DeclaredService,
  keyOf: (pool: GpuNodePool) => string,
  placement: ScorecardPlacement,
  costs: ScorecardCosts,
): ScorecardService {
  const { namespace, name, tracks, release, scaler } = service;
  const [stable] = tracks;
  const { model, objectives = [], lora } = stable!.request;
  const gpusOf = ({ plan, podsPerReplica }: DeclaredTrack) => plan.resources.gpus * podsPerReplica;
  const gpusPerReplica = gpusOf(stable!);
  const sum = (of: (track: DeclaredTrack) => number) => tracks.reduce((total, track) => total + of(track), 0);
  const gpus = sum((track) => track.replicas * gpusOf(track));
  const stableReplicas = stable!.track === 'stable' ? stable!.replicas : 0;
  const steps = release?.steps.map(({ name: step, canaryReplicas, canaryWeight, watch, back }) => ({
    name: step,
    stableReplicas,
    canaryReplicas,
    canaryWeight,
    gpus: (stableReplicas + canaryReplicas) * gpusPerReplica,
    watch,
    ...(back && { back: `${back.to ?? 'without the canary'}: ${back.how}` }),
  }));
  return {
    namespace,
    name,
    ...(model && { model: model.id }),
    ...(model?.task && model.task !== 'generation' && { task: model.task }),
    ...(objectives.length > 0 && { objectives: objectives.map(objectiveText) }),
    ...(lora && { adapters: lora.adapters.map((adapter) => adapter.name) }),
    resourceName: stable!.plan.resources.gpuResourceName,
    replicas: sum(({ replicas }) => replicas),
    gpus,
    gpusAtPeak: Math.max(gpus, ...(steps ?? []).map((step) => step.gpus)),
    nodes: placement.nodesOf(service),
    cost: costs.of(service),
    ...(scaler && { scaling: scorecardScaling(scaler, gpusPerReplica) }),
    tracks: tracks.map((track) => scorecardTrack(track, keyOf, placement)),
    ...(release &&
      steps && {
        release: {
          strategy: release.strategy,
          ...(release.current !== undefined && { current: release.current }),
          steps,
        },
      }),
  };
}

function scorecardScaling(scaler: DeclaredScaler, gpusPerReplica: number): ScorecardScaling {
  const { by, minReplicas, metrics } = scaler;
  const maxReplicas = largestReplicas(scaler.construct, scaler) ?? minReplicas;
  return {
    by,
    minReplicas,
    maxReplicas,
    ...(scaler.maxReplicas === undefined && { maximumIsDerived: true as const }),
    gpusAtMaximum: maxReplicas * gpusPerReplica,
    metrics,
  };
}

function scorecardTrack(
  track: DeclaredTrack,
  keyOf: (pool: GpuNodePool) => string,
  placement: ScorecardPlacement,
): ScorecardTrack {
  const { plan, request, replicas, podsPerReplica } = track;
  const { startup, resources } = plan;
  return {
    track: track.track,
    runtime: request.runtime.name,
    version: request.runtime.version,
    image: String(request.runtime.image),
    replicas,
    gpusPerReplica: resources.gpus * podsPerReplica,
    ...(podsPerReplica > 1 && { podsPerReplica }),
    pools: request.nodePools.map(keyOf),
    placed: placement.podsOf(track),
    pod: placement.podOf(track),
    startup: {
      coldSeconds: startup.fetchSeconds + startup.coldSeconds,
      warmSeconds: startup.warmSeconds,
      nodeSeconds: startup.nodeSeconds,
      imagePullSeconds: startup.imagePullSeconds,
      probeSeconds: startup.probeSeconds,
      rolloutSeconds: startup.rolloutSeconds,
    },
    memory: plan.memory.map(scorecardMemory),
  };
}

function deviceOf({ device, request }: GpuMemoryPlan): string {
  const gpus = gpuCount(request);
  return gpus === 1 ? device : `each of ${gpus} ${request.gpu.id}`;
}

function scorecardMemory(plan: GpuMemoryPlan): ScorecardMemory {
  const layout = memoryLayout(plan);
  const part = (name: (typeof layout.parts)[number]['name']) =>
    roundedGib(layout.parts.find((each) => each.name === name)?.gib ?? 0);
  return {
    device: deviceOf(plan),
    engine: plan.request.profile.engine,
    verdict: plan.verdict,
    totalGib: roundedGib(plan.total),
    weightsGib: part('weights'),
    runtimeGib: part('runtime'),
    activationsGib: part('activations'),
    kvCacheGib: part('kvCache'),
    keptFreeGib: part('unused'),
    missingGib: roundedGib(layout.missingGib),
    weightFormat: plan.weightFormat,
    maxModelLen: plan.request.maxModelLen,
    kvTokens: rounded(plan.kvTokens, 0),
    sequences: plan.sequencesAtMaxModelLen,
    ...(plan.kvPerSequence === 0 && { encoder: true as const }),
    ...(plan.lora > 0 && { loraGib: roundedGib(plan.lora) }),
    ...(plan.draft > 0 && { draftGib: roundedGib(plan.draft) }),
    ...(plan.request.concurrency !== undefined && { promisedSequences: plan.request.concurrency }),
  };
}

/** The parts of a memory on the card, as a bar shows them. */
export function layoutOf(memory: ScorecardMemory): MemoryLayout {
  return {
    totalGib: memory.totalGib,
    missingGib: memory.missingGib,
    parts: [
      { name: 'weights', label: 'weights', gib: memory.weightsGib },
      { name: 'runtime', label: 'runtime', gib: memory.runtimeGib },
      { name: 'activations', label: 'activations', gib: memory.activationsGib },
      { name: 'kvCache', label: memory.encoder ? 'to spare' : 'KV cache', gib: memory.kvCacheGib },
      { name: 'unused', label: 'kept free', gib: memory.keptFreeGib },
    ],
  };
}
