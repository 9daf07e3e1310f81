import { LoraAdapters } from '../model/lora-adapter';
import { Model, WeightFormat } from '../model/model';
import { ModelArtifact } from '../model/model-artifact';
import { ModelCache } from '../model/model-cache';
import { CredentialKind } from '../model/model-credentials';
import { Problem } from '../problem/problem';
import { LoraRequest, WeightsLocation } from '../runtime/serving-runtime';
import { loraBytes, weightBytes } from './weight-bytes';

/** What decides how the weights come into the pod. */
export interface DeliveryRequest {
  readonly artifact?: ModelArtifact;
  readonly lora?: LoraAdapters;
  /** @default - derived */
  readonly cache?: ModelCache;
  readonly credentials: CredentialKind;
  readonly model?: Model;
  readonly servedModelName?: string;
  readonly weightFormat?: WeightFormat;
  /** True when each pod can have a disk of its own. */
  readonly podsHaveDisks: boolean;
  /** Name for the claim of a shared cache that has none. */
  readonly claimName: string;
}

/** Files that lie in the pod before the server starts. */
export interface PlacedArtifact {
  /** What containers and volumes are called after: `model`, or `adapter-` and the adapter's name. */
  readonly name: string;
  readonly artifact: ModelArtifact;
  /** Bytes of the files; undefined when nobody knows. */
  readonly bytes?: number;
}

/** How the weights come into the pod. */
export interface ModelDelivery {
  readonly weights: WeightsLocation;
  readonly lora?: LoraRequest;
  /** With a size and a name, where they are derived. */
  readonly cache: ModelCache;
  readonly placed: readonly PlacedArtifact[];
  /** What of the request contradicts itself. */
  readonly problems: readonly Problem[];
}

/** What decides how large the files are. */
export interface CheckpointRequest {
  readonly weights: WeightsLocation;
  /** @default - the one that the model's makers published */
  readonly weightFormat?: WeightFormat;
}

/** Tokenizers, compiled graphs and the part of a download lie beside the weights. */
const ROOM = 1.2;

/**
 * In GiB. Coarse, so that a size which a claim template froze is the same whatever version of the library derives it.
 */
const CACHE_SIZES = [20, 50, 100, 200, 500, 1000, 2000];

/** What a server compiles and keeps when the weights are elsewhere, in MiB: graphs of vLLM take up to 2 GiB. */
export const SCRATCH_MIB = 4 * 1024;

/** Bytes of an adapter for a model that nobody described. */
const UNKNOWN_ADAPTER_BYTES = 2 ** 30;

/** Size of a cache for that many bytes of weights, in MiB. */
export function cacheSizeMib(bytes: number): number {
  const gib = (bytes * ROOM) / 2 ** 30;
  return (CACHE_SIZES.find((size) => size >= gib) ?? Math.ceil(gib / 1000) * 1000) * 1024;
}

/** Computes it. Pure: the same request gives the same delivery. */
export function planDelivery(request: DeliveryRequest): ModelDelivery {
  const placed = placedArtifacts(request);
  const bytes = cachedBytes(request, placed);
  const wanted = request.cache ?? defaultCache(request, placed);
  const sizeMib = wanted.isOfPod ? roomFor(bytes) : roomFor(weightsOf(request));
  const unknown = wanted.needsSize && sizeMib === undefined;
  return {
    weights: weightsLocation(request.artifact),
    lora: request.lora && loraRequest(request.lora),
    cache: wanted.with({ sizeMib: sizeMib ?? UNKNOWN_CACHE_MIB, claimName: request.claimName }),
    placed,
    problems: [
      ...(unknown ? [unknownSize(wanted, request)] : []),
      ...contradictions(request, wanted, placed),
      ...(request.lora?.besides([request.servedModelName ?? [], request.model?.id ?? []].flat()) ?? []),
    ],
  };
}

/** Those of the artifacts that a container downloads into the cache. */
export function downloaded(placed: readonly PlacedArtifact[]): PlacedArtifact[] {
  return placed.filter(({ artifact }) => artifact.origin.kind === 'download');
}

const roomFor = (bytes: number | undefined) => (bytes === 0 ? SCRATCH_MIB : bytes && cacheSizeMib(bytes));

/**
 * The model's own, whoever brings it: a disk that is frozen must not depend on where the weights come from today. Without an
 * artifact the server chooses the files (NIM by profile, others what was published), and the disk holds the larger.
 */
function weightsOf({ artifact, model, weightFormat }: DeliveryRequest): number | undefined {
  const stated = artifact && sizeOf(artifact);
  if (stated !== undefined || model === undefined) return stated;
  const bytes = checkpointBytes(model, { weights: weightsLocation(artifact), weightFormat });
  return artifact === undefined ? Math.max(bytes, weightBytes(model)) : bytes;
}

/** Bytes of the files that hold the weights: a server may make another format of what the makers published while it loads. */
export function checkpointBytes(model: Model, { weights, weightFormat }: CheckpointRequest): number {
  return weightBytes(model, weights.repository === model.id ? {} : { weightFormat });
}

/** In MiB; goes with a refusal, so that everything else can be judged too. */
const UNKNOWN_CACHE_MIB = 50 * 1024;

function placedArtifacts(request: DeliveryRequest): PlacedArtifact[] {
  const { artifact, lora, model } = request;
  return [
    ...(artifact?.isLocal ? [{ name: 'model', artifact, bytes: weightsOf(request) }] : []),
    ...(lora?.adapters ?? []).map((adapter) => ({
      name: `adapter-${adapter.name.toLowerCase().replace(/[^a-z0-9]+/g, '-')}`,
      artifact: adapter.artifact,
      bytes:
        sizeOf(adapter.artifact) ??
        (model ? loraBytes(model, { maxAdapters: 1, maxRank: adapter.rank }) : UNKNOWN_ADAPTER_BYTES),
    })),
  ];
}

const sizeOf = ({ origin }: ModelArtifact) =>
  origin.kind === 'download' && origin.sizeMib !== undefined ? origin.sizeMib * 2 ** 20 : undefined;

/** Bytes that are written into the cache; undefined when nobody knows. */
function cachedBytes(request: DeliveryRequest, placed: readonly PlacedArtifact[]): number | undefined {
  const { artifact } = request;
  const byServer = artifact?.isLocal ? 0 : weightsOf(request);
  return downloaded(placed).reduce<number | undefined>(
    (sum, { bytes }) => (sum === undefined || bytes === undefined ? undefined : sum + bytes),
    byServer,
  );
}

/** A disk where something is downloaded and pods have some; else the node's. */
function defaultCache({ artifact, podsHaveDisks }: DeliveryRequest, placed: readonly PlacedArtifact[]): ModelCache {
  const nothingToKeep = artifact?.isLocal && downloaded(placed).length === 0;
  return nothingToKeep || !podsHaveDisks ? ModelCache.ephemeral() : ModelCache.perReplica();
}

function weightsLocation(artifact: ModelArtifact | undefined): WeightsLocation {
  if (artifact === undefined) return { kind: 'server-downloads' };
  const { origin, path } = artifact;
  if (origin.kind === 'server-downloads') return origin;
  const repository = origin.kind === 'download' ? origin.source.repository : undefined;
  return { kind: 'local', path, ...(repository !== undefined && { repository }) };
}

function loraRequest({ adapters, folder, maxRank, maxLoras }: LoraAdapters): LoraRequest {
  return {
    adapters: adapters.map(({ name, artifact, rank }) => ({ name, path: artifact.path, rank })),
    folder,
    maxRank,
    maxLoras,
  };
}

const cacheProblem = (message: string, remedy: string): Problem => ({ check: 'model-cache', message, remedy });

/** A server that brings its weights along, such as an application of one's own, has nothing to keep. */
const unknownSize = (cache: ModelCache, { artifact }: DeliveryRequest): Problem =>
  cacheProblem(
    `The size of the ${cache.kind} cache cannot be derived: nobody described the model.`,
    artifact === undefined
      ? 'State model, or the size: Size.gibibytes(50). Where nothing is downloaded: cache: ModelCache.ephemeral(Size.gibibytes(1)).'
      : 'State model, or the size: Size.gibibytes(50).',
  );

function contradictions(
  { artifact, credentials }: DeliveryRequest,
  cache: ModelCache,
  placed: readonly PlacedArtifact[],
): Problem[] {
  const downloads = downloaded(placed);
  if (cache.filledByJob && (downloads.length === 0 || !artifact?.isLocal)) {
    return [
      cacheProblem(
        `The claim ${cache.claimName} is filled by a Job, but ${artifact?.isLocal ? 'the weights are elsewhere' : 'the server is to download by itself'}.`,
        'Give the service the artifact that the Job downloads.',
      ),
    ];
  }
  if (cache.readOnly && !cache.filledByJob && artifact?.isLocal) {
    return downloads.length > 0
      ? [
          cacheProblem(
            `${downloads[0]!.name} is to be downloaded into the claim ${cache.claimName}, which is mounted read-only.`,
            'Mount it writable, fill it with a ModelCacheWarmer, or use ModelArtifact.claim for what is on it already.',
          ),
        ]
      : [
          cacheProblem(
            `The weights are elsewhere, and the cache ${cache.claimName} is read-only: the server could keep nothing in it.`,
            'Leave cache out.',
          ),
        ];
  }
  if (credentials === 'air-gapped' && downloads.length > 0 && !cache.filledByJob) {
    return [
      {
        check: 'credentials',
        message: `The service is air-gapped, but ${downloads.map(({ name }) => name).join(', ')} is to be downloaded when a pod starts.`,
        remedy: 'Use ModelArtifact.claim, .ociImage or .baked, a ModelCacheWarmer, or other credentials.',
      },
    ];
  }
  return [];
}
