import { Problem } from '../../problem/problem';
import { Identity, Manifest, mapOf, show } from '../manifest-identity';
import { each } from './change';
import { FORCE, isForced, PRUNE, staysBehind } from './flux-policy';
import { refusals } from './frozen-fields';

/** What is gone for good with an object, by API group and kind. */
const DATA: Readonly<Record<string, string>> = {
  '/Namespace': 'everything in it, the disks with the weights included',
  '/PersistentVolumeClaim': 'the files on its disk, unless its class retains them',
  '/PersistentVolume': 'the way to the files on its disk',
  'apiextensions.k8s.io/CustomResourceDefinition': 'every object of its kind in the whole cluster',
};

/** Objects that Flux deletes with what they hold: a commit leaves them out, or forces a change that is refused. */
export const deletedData = each(({ at, before, after }) => {
  if (!before) return [];
  return after ? forced(at, before, after) : pruned(at, before);
});

function pruned(at: Identity, before: Manifest): Problem[] {
  const lost = DATA[`${at.group}/${at.kind}`];
  if (lost === undefined || staysBehind(before)) return [];
  return [
    {
      check: 'deleted-data',
      message: `${show(at)} is not there any more: Flux deletes it, and with it ${lost}.`,
      remedy: `Annotate it with ${PRUNE}: disabled in a commit before this one; Flux then leaves it, and you delete it by hand when nobody needs it.`,
    },
  ];
}

function forced(at: Identity, before: Manifest, after: Manifest): Problem[] {
  const lost = DATA[`${at.group}/${at.kind}`] ?? claimsOf(at, before);
  if (lost === undefined || !isForced(before, after)) return [];
  return refusals(at, before, after).map(({ what, remedy }) => ({
    check: 'deleted-data',
    message: `${what}. That is refused, and Flux then deletes it, and with it ${lost}, and makes it anew (${FORCE}: enabled).`,
    remedy: `Take ${FORCE} away in a commit before this one. ${remedy}`,
  }));
}

/** Claims that end with their StatefulSet. */
function claimsOf({ group, kind }: Identity, { spec }: Manifest): string | undefined {
  const { persistentVolumeClaimRetentionPolicy, volumeClaimTemplates } = mapOf(spec);
  const deletes = mapOf(persistentVolumeClaimRetentionPolicy).whenDeleted === 'Delete';
  return group === 'apps' && kind === 'StatefulSet' && deletes && volumeClaimTemplates !== undefined
    ? 'every claim of its replicas (persistentVolumeClaimRetentionPolicy.whenDeleted: Delete)'
    : undefined;
}
