import { Manifest, mapOf, show } from '../manifest-identity';
import { each } from './change';

const PRUNE = 'kustomize.toolkit.fluxcd.io/prune';
const RECONCILE = 'kustomize.toolkit.fluxcd.io/reconcile';

/** What is gone for good with an object, by API group and kind. */
const DATA: Readonly<Record<string, string>> = {
  '/Namespace': 'everything in it, the disks with the weights included',
  '/PersistentVolumeClaim': 'the files on its disk, unless its class retains them',
  '/PersistentVolume': 'the way to the files on its disk',
  'apiextensions.k8s.io/CustomResourceDefinition': 'every object of its kind in the whole cluster',
};

/** Objects that a commit leaves out, which Flux then deletes with what they hold. */
export const deletedData = each(({ at, before, after }) => {
  const lost = DATA[`${at.group}/${at.kind}`];
  if (lost === undefined || !before || after || staysBehind(before)) return [];
  return [
    {
      check: 'deleted-data',
      message: `${show(at)} is not there any more: Flux deletes it, and with it ${lost}.`,
      remedy: `Annotate it with ${PRUNE}: disabled in a commit before this one; Flux then leaves it, and you delete it by hand when nobody needs it.`,
    },
  ];
});

/** As a label or an annotation; what Flux does not reconcile it does not prune either (fluxcd/kustomize-controller, prune). */
const staysBehind = ({ metadata }: Manifest) => {
  const { annotations, labels } = mapOf(metadata);
  return [PRUNE, RECONCILE].some((key) =>
    [annotations, labels].some((texts) => String(mapOf(texts)[key]).toLowerCase() === 'disabled'),
  );
};
