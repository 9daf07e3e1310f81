import { ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { LiveObject, serves } from './cluster';

/** The pods of a namespace at one moment. */
export interface Moment {
  /** Pods of the stable track that take requests. */
  readonly stableReady: number;
  readonly canaryReady: number;
  /** GPUs that pods hold: placed and not gone, terminating ones too. */
  readonly gpus: number;
}

interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: LiveObject;
}

/**
 * Every state that the pods of a namespace were in, from the API server's own watch: nothing between two looks is
 * missed.
 */
export class PodHistory {
  private readonly pods = new Map<string, LiveObject>();
  private moments: Moment[] = [{ stableReady: 0, canaryReady: 0, gpus: 0 }];
  private readonly child: ChildProcess;

  constructor(namespace: string) {
    this.child = spawn('kubectl', ['get', 'pods', '-n', namespace, '-w', '--output-watch-events', '-o', 'json'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    createInterface({ input: this.child.stdout! }).on('line', (line) => this.take(JSON.parse(line) as WatchEvent));
  }

  /** What was since the last call, the state at that time included. */
  sinceLastAsked(): { minStableReady: number; minCanaryReady: number; minReady: number; maxGpus: number } {
    const { moments } = this;
    this.moments = [moments.at(-1)!];
    return {
      minStableReady: Math.min(...moments.map(({ stableReady }) => stableReady)),
      minCanaryReady: Math.min(...moments.map(({ canaryReady }) => canaryReady)),
      minReady: Math.min(...moments.map(({ stableReady, canaryReady }) => stableReady + canaryReady)),
      maxGpus: Math.max(...moments.map(({ gpus }) => gpus)),
    };
  }

  get now(): Moment {
    return this.moments.at(-1)!;
  }

  /** The pods themselves. */
  get present(): readonly LiveObject[] {
    return [...this.pods.values()];
  }

  stop(): void {
    this.child.kill();
  }

  private take({ type, object }: WatchEvent): void {
    if (type === 'DELETED') this.pods.delete(object.metadata.name);
    else this.pods.set(object.metadata.name, object);
    const pods = [...this.pods.values()];
    const ready = (track: string) => pods.filter((pod) => pod.metadata.labels?.track === track && serves(pod)).length;
    this.moments.push({
      stableReady: ready('stable'),
      canaryReady: ready('canary'),
      gpus: pods.filter(({ spec }) => spec.nodeName !== undefined).reduce((sum, pod) => sum + gpusOf(pod), 0),
    });
  }
}

function gpusOf({ spec }: LiveObject): number {
  const containers = spec.containers as { resources?: { limits?: Record<string, string> } }[];
  return containers.reduce((sum, { resources }) => sum + Number(resources?.limits?.['nvidia.com/gpu'] ?? 0), 0);
}
