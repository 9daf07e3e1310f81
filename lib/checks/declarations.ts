import { IConstruct } from 'constructs';
import { GpuNodePool } from '../hardware/gpu-node-pool';
import { ImageLock } from '../runtime/image-lock';
import { DeclaredWorkload } from './declared-workload';

/** A release as the checks see it. Plain data. */
export interface DeclaredRelease {
  /** Service of the stable side. */
  readonly service: string;
  readonly namespace?: string;
  readonly strategy: string;
  /** Name of the step that is applied. @default - a controller goes from step to step */
  readonly current?: string;
  readonly steps: readonly {
    readonly name: string;
    readonly canaryReplicas: number;
    readonly canaryWeight: number;
    /** Pods from this ordinal on run the candidate. @default - it has pods of its own */
    readonly partition?: number;
    readonly change: string;
    /** What must be so, or stay silent, before the release goes on. */
    readonly watch: readonly string[];
    /** @default - nothing has changed yet */
    readonly back?: { readonly to?: string; readonly how: string };
    /** The step that follows. @default - the release is done after it */
    readonly next?: string;
  }[];
}

/** What a namespace may hold. */
export interface DeclaredQuota {
  readonly namespace: string;
  readonly resourceName: string;
  readonly gpus: number;
}

/** Who decides how many replicas a workload has, as far as room must be found for them. */
export interface DeclaredScaler {
  readonly namespace?: string;
  /** Kind and name of what it scales. */
  readonly kind: string;
  readonly name: string;
  readonly by: 'KEDA' | 'HorizontalPodAutoscaler';
  /** Replicas when nobody calls. */
  readonly minReplicas: number;
  /** @default - what pools and quota hold beside the other services at rest */
  readonly maxReplicas?: number;
  /** What it looks at, in words, such as `queue-depth 5`. */
  readonly metrics: readonly string[];
  /** The longest that a caller may wait for a replica that is not there, in seconds. @default - nobody said */
  readonly coldStartObjectiveSeconds?: number;
  readonly construct: IConstruct;
}

/** A priority class of the app, as far as it decides who may end whom. */
export interface DeclaredPriorityClass {
  readonly name: string;
  readonly value: number;
  /** Whether its pods may end pods of a lower value. */
  readonly preempts: boolean;
}

/** The priority classes that services take by their track, unless they state another. */
export interface DeclaredPriorities {
  readonly stable: string;
  readonly canary: string;
  readonly classes: readonly DeclaredPriorityClass[];
}

/** A track of a service and the construct that declared it. */
export type DeclaredTrack = DeclaredWorkload & { readonly construct: IConstruct };

/** What was declared for one service, the stable track first. */
export interface DeclaredService {
  /** `default` where the chart names none. */
  readonly namespace: string;
  readonly name: string;
  readonly tracks: readonly DeclaredTrack[];
  readonly release?: DeclaredRelease;
  /** Of the stable track. */
  readonly scaler?: DeclaredScaler;
}

/** Everything that one app has declared, with the construct that declared it. */
export class Declarations {
  /** Those of the app that the construct is in. */
  static of(construct: IConstruct): Declarations {
    const { root } = construct.node;
    const declared = Declarations.byRoot.get(root) ?? new Declarations();
    Declarations.byRoot.set(root, declared);
    return declared;
  }

  private static readonly byRoot = new WeakMap<IConstruct, Declarations>();

  readonly workloads: DeclaredTrack[] = [];
  readonly releases: DeclaredRelease[] = [];
  readonly quotas: DeclaredQuota[] = [];
  readonly scalers: DeclaredScaler[] = [];
  /** Where the digests come from that are written instead of tags. */
  imageLock?: ImageLock;
  /** Names of LocalQueues by the namespace whose services wait in them. */
  readonly queues = new Map<string, string>();
  /** Pools on which a placement put the pods of an object that somebody wrote. */
  readonly placements = new Map<IConstruct, readonly GpuNodePool[]>();
  /** Undefined when the app declares no priority classes. */
  priorities?: DeclaredPriorities;

  /** How much has been declared: it only grows. */
  get size(): number {
    return this.workloads.length + this.releases.length + this.quotas.length + this.scalers.length;
  }

  /** Who scales that object; undefined when its number of replicas is written down. */
  scalerOf(namespace: string | undefined, kind: string, name: string): DeclaredScaler | undefined {
    return this.scalers.find(
      (scaler) => scaler.kind === kind && scaler.name === name && sameNamespace(scaler.namespace, namespace),
    );
  }

  /** The release whose stable side is that Service; undefined when there is none. */
  releaseOf(namespace: string | undefined, service: string): DeclaredRelease | undefined {
    return this.releases.find((release) => release.service === service && sameNamespace(release.namespace, namespace));
  }

  /** The services as they were at some size: each tenant asks for them, when everything is declared. */
  private known?: { readonly size: number; readonly services: readonly DeclaredService[] };

  /** The services, by namespace and name. */
  services(): readonly DeclaredService[] {
    const { size } = this;
    if (this.known?.size !== size) this.known = { size, services: this.grouped() };
    return this.known.services;
  }

  private grouped(): DeclaredService[] {
    const tracks = new Map<string, DeclaredTrack[]>();
    for (const workload of this.workloads) {
      const own = tracks.get(keyOf(workload));
      if (own) own.push(workload);
      else tracks.set(keyOf(workload), [workload]);
    }
    const releases = new Map(this.releases.map((release) => [keyOf(release), release]));
    return [...tracks]
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([key, own]) => {
        const tracks = own.sort((one, other) => (one.track === other.track ? 0 : one.track === 'stable' ? -1 : 1));
        const [{ namespace, service, kind }] = tracks as [DeclaredTrack, ...DeclaredTrack[]];
        const scaler = this.scalerOf(namespace, kind, service);
        return {
          namespace: namespace ?? 'default',
          name: service,
          tracks,
          ...(releases.has(key) && { release: releases.get(key)! }),
          ...(scaler && { scaler }),
        };
      });
  }
}

const sameNamespace = (one: string | undefined, other: string | undefined) =>
  (one ?? 'default') === (other ?? 'default');

const keyOf = ({ namespace, service }: { readonly namespace?: string; readonly service: string }) =>
  `${namespace ?? 'default'}/${service}`;
