import { isClusterScoped } from '../../checks/cluster-scoped';
import { FiledManifest } from '../manifest-source';

/** Objects that are applied together; the next stage waits for them. */
export interface Stage {
  readonly name: string;
  readonly manifests: readonly FiledManifest[];
}

const isDefinition = ({ manifest }: FiledManifest) => manifest.kind === 'CustomResourceDefinition';
const isOfTheCluster = ({ manifest }: FiledManifest) =>
  isClusterScoped(String(manifest.apiVersion), String(manifest.kind));

/**
 * The order of Flux's kustomize-controller: definitions and namespaces first, then what belongs to no namespace, then the
 * rest, folder by folder as `dependsOn` has them.
 */
export function stagesOf(manifests: readonly FiledManifest[]): Stage[] {
  const early = manifests.filter((each) => isDefinition(each) || each.manifest.kind === 'Namespace');
  const classes = manifests.filter((each) => isOfTheCluster(each) && !early.includes(each));
  const folders = new Map<string, FiledManifest[]>();
  for (const each of manifests) {
    if (early.includes(each) || classes.includes(each)) continue;
    const folder = each.path.includes('/') ? each.path.slice(0, each.path.indexOf('/')) : '.';
    const own = folders.get(folder);
    if (own) own.push(each);
    else folders.set(folder, [each]);
  }
  return [
    { name: 'definitions and namespaces', manifests: early },
    { name: 'what belongs to the cluster', manifests: classes },
    ...[...folders].sort(([one], [other]) => (one < other ? -1 : 1)).map(([name, own]) => ({ name, manifests: own })),
  ].filter((stage) => stage.manifests.length > 0);
}
