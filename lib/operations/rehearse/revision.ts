import { identify, keyOf, Manifest, mapOf, show } from '../../checks/manifest-identity';
import { Footprint } from './footprint';
import { Cluster } from './kubectl';
import { KnownKinds } from './known-kinds';
import { Provisions } from './provisions';
import { listOf, manifestsOf, RehearsedState } from './rehearsed-state';
import { stagesOf } from './stages';

/** The first object that the server did not take, with its words. */
export interface Refusal {
  readonly object: string;
  readonly words: string;
}

/** What came of applying a state. */
export interface Applied {
  readonly objects: number;
  readonly refused?: Refusal;
}

/** What came of deleting what a state has not any more. */
export interface Pruned {
  /** As messages name it. */
  readonly deleted: readonly string[];
  readonly refused?: Refusal;
}

/** Flux's own: the owner of the fields is the same as when the commit comes for real. */
const ARGS = [
  'apply',
  '--server-side',
  '--force-conflicts',
  '--validate=strict',
  '--field-manager=kustomize-controller',
];

/** Applies states one after the other, as Flux's kustomize-controller does. */
export class Revisions {
  constructor(
    private readonly cluster: Cluster,
    private readonly footprint: Footprint,
    private readonly kinds: KnownKinds,
    private readonly provisions: Provisions,
    private readonly progress: (line: string) => void,
  ) {}

  /** In stages; ends at the first refusal. */
  apply(state: RehearsedState): Applied {
    let objects = 0;
    for (const stage of stagesOf(state.files)) {
      // Asked now: an earlier stage may have brought the definition.
      const manifests = stage.manifests.map(({ manifest }) => manifest).filter((each) => this.kinds.takes(each));
      if (manifests.length === 0) continue;
      this.progress(`${state.name}: ${stage.name}, ${manifests.length} object${manifests.length === 1 ? '' : 's'}`);
      const refused = this.applyAll(manifests);
      if (refused) return { objects, refused };
      objects += manifests.length;
      const kindsOf = (kind: string) => manifests.filter((manifest) => manifest.kind === kind);
      if (kindsOf('CustomResourceDefinition').length > 0) this.kinds.refresh();
      this.provisions.claimsIn(new Set(kindsOf('Namespace').map((manifest) => identify(manifest).name)));
    }
    return { objects };
  }

  /** Deletes what the state before had and this one has not, as Flux does unless it was told not to. */
  prune(before: RehearsedState, after: RehearsedState): Pruned {
    const kept = new Set(manifestsOf(after).map((manifest) => keyOf(identify(manifest))));
    const gone = manifestsOf(before).filter(
      (manifest) => !kept.has(keyOf(identify(manifest))) && this.kinds.takes(manifest) && !isKept(manifest),
    );
    const remove = (manifests: readonly Manifest[]) =>
      this.cluster.run(['delete', '--ignore-not-found', '--wait=false', '-f', '-'], listOf(manifests));
    const deleted = gone.map((manifest) => show(identify(manifest))).sort();
    if (gone.length === 0 || remove(gone).ok) return { deleted };
    for (const manifest of gone) {
      const { ok, stderr } = remove([manifest]);
      if (!ok)
        return { deleted: [], refused: { object: `to delete ${show(identify(manifest))}`, words: stderr.trim() } };
    }
    return { deleted };
  }

  private applyAll(manifests: readonly Manifest[]): Refusal | undefined {
    this.footprint.add(manifests);
    if (this.cluster.run([...ARGS, '-f', '-'], listOf(manifests)).ok) return undefined;
    // One by one tells which; all together may also only have met a webhook that was not up yet.
    for (const manifest of manifests) {
      const { ok, stderr } = this.cluster.run([...ARGS, '--dry-run=server', '-f', '-'], JSON.stringify(manifest));
      if (!ok) return { object: show(identify(manifest)), words: stderr.trim() };
    }
    const { ok, stderr } = this.cluster.run([...ARGS, '-f', '-'], listOf(manifests));
    return ok ? undefined : { object: 'these objects together', words: stderr.trim() };
  }
}

const isKept = ({ metadata }: Manifest) =>
  String(mapOf(mapOf(metadata).annotations)['kustomize.toolkit.fluxcd.io/prune']).toLowerCase() === 'disabled';
