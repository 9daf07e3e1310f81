import { identify, Manifest } from '../../checks/manifest-identity';
import { Cluster } from './kubectl';
import { listOf } from './rehearsed-state';
import { REHEARSAL_LABEL } from './simulated-nodes';
import { templateOf } from './templates-of-pods';

/** Everything that a rehearsal put into the cluster, so that it can take it away again. */
export class Footprint {
  private readonly made: Manifest[] = [];

  add(manifests: readonly Manifest[]): void {
    this.made.push(...manifests);
  }

  /**
   * Namespaces take what is in them along; the rest is deleted by name.
   *
   * @returns false when a namespace is still there: a controller has not let go of something in it
   */
  remove(cluster: Cluster): boolean {
    if (this.made.length === 0) return true;
    const namespaces = this.made.filter(({ kind }) => kind === 'Namespace');
    const gone = new Set(namespaces.map((manifest) => identify(manifest).name));
    const rest = this.made.filter(
      (manifest) => !namespaces.includes(manifest) && !gone.has(identify(manifest).namespace),
    );
    const remove = (manifests: readonly Manifest[], wait: boolean) => {
      if (manifests.length === 0) return true;
      const args = ['delete', '--ignore-not-found', `--wait=${wait}`, '--timeout=60s', '-f', '-'];
      return cluster.run(args, listOf([...manifests].reverse())).ok;
    };
    // A namespace waits half the grace of a pod before it looks again, and nothing runs that would need it.
    remove(
      this.made.filter((manifest) => templateOf(manifest, false) !== undefined),
      false,
    );
    // Nor does it look again at once where it finds a claim that its pods protect.
    for (const kinds of ['pods', 'persistentvolumeclaims']) {
      for (const namespace of gone) {
        cluster.run(['delete', kinds, '--all', '-n', namespace, '--force', '--grace-period=0', '--wait=false']);
      }
    }
    const ended = remove(namespaces, true);
    remove(rest, false);
    cluster.run(['delete', 'nodes', '--ignore-not-found', '-l', REHEARSAL_LABEL]);
    return ended;
  }
}
