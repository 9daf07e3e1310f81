import { spawn, spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';
import { Manifest } from '../../checks/manifest-identity';
import { RehearsalImpossible } from './rehearsal-impossible';

/** An object as the cluster has it. */
export type LiveObject = Manifest & {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly deletionTimestamp?: string;
    readonly generation?: number;
    readonly ownerReferences?: readonly { readonly kind: string; readonly name: string }[];
  };
  readonly spec: Readonly<Record<string, unknown>>;
  readonly status?: Readonly<Record<string, unknown>>;
};

/** One state of an object that a watch told of. */
export interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: LiveObject;
}

/** What a command said. */
export interface Answer {
  readonly ok: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

/** The cluster of a rehearsal; kubectl is the one that is used. */
export interface Cluster {
  run(args: readonly string[], input?: string): Answer;
  /**
   * Tells every state of the objects of a kind in all namespaces until it is stopped.
   *
   * @param ended called when it ends without that
   */
  watch(kind: string, take: (event: WatchEvent) => void, ended: () => void): { stop(): void };
}

/** Longest time that one command may take, in ms: nothing hangs for ever. */
const COMMAND_LIMIT = 120_000;

/** The cluster of the current kubeconfig, by the kubectl of the user. */
export const KUBECTL: Cluster = {
  run(args, input) {
    const { status, stdout, stderr, error } = spawnSync('kubectl', [...args], {
      input: input ?? '',
      encoding: 'utf8',
      maxBuffer: 2 ** 28,
      timeout: COMMAND_LIMIT,
    });
    return { ok: status === 0, stdout: stdout ?? '', stderr: error ? cannotRun(error) : (stderr ?? '') };
  },
  watch(kind, take, ended) {
    const child = spawn('kubectl', ['get', kind, '-A', '-w', '--output-watch-events', '-o', 'json'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    createInterface({ input: child.stdout }).on('line', (line) => take(JSON.parse(line) as WatchEvent));
    child.on('error', ended).on('exit', ended);
    return {
      stop: () => {
        child.removeListener('exit', ended);
        child.kill();
      },
    };
  },
};

const cannotRun = (error: NodeJS.ErrnoException) =>
  error.code === 'ENOENT' ? 'kubectl is not on the PATH.' : `kubectl: ${error.message}.`;

/**
 * All objects of a kind in the cluster; none where the cluster does not know the kind.
 *
 * @throws RehearsalImpossible when the cluster does not tell: that is not the same as none
 */
export function listAll(cluster: Cluster, kind: string): LiveObject[] {
  const { ok, stdout, stderr } = cluster.run(['get', kind, '-A', '-o', 'json']);
  if (ok) return (JSON.parse(stdout) as { items: LiveObject[] }).items;
  if (stderr.includes("the server doesn't have a resource type")) return [];
  throw new RehearsalImpossible(`The cluster does not tell its ${kind}: ${lastLine(stderr)}`);
}

/** What kubectl said in the end; warnings stand before it. */
export const lastLine = (text: string) => text.trim().split('\n').at(-1)!;
