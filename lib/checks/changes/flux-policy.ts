import { Manifest, mapOf } from '../manifest-identity';

const FLUX = 'kustomize.toolkit.fluxcd.io';

/** What an object can tell Flux to do with it, as a label or an annotation. */
export const PRUNE = `${FLUX}/prune`;
export const FORCE = `${FLUX}/force`;
export const APPLY = `${FLUX}/ssa`;
const RECONCILE = `${FLUX}/reconcile`;

/** Letters may be large or small (fluxcd/pkg ssa/utils, AnyInMetadata). */
const tells = (manifest: Manifest, key: string, value: string) => {
  const { annotations, labels } = mapOf(manifest.metadata);
  return [annotations, labels].some((texts) => String(mapOf(texts)[key]).toLowerCase() === value.toLowerCase());
};

/** Whether Flux deletes nothing of it when a commit leaves it out (fluxcd/kustomize-controller, prune). */
export const staysBehind = (manifest: Manifest) =>
  tells(manifest, PRUNE, 'disabled') || tells(manifest, RECONCILE, 'disabled');

/** Whether Flux passes an object over, whatever a commit makes of it (fluxcd/pkg ssa, shouldSkipApply). */
export const isPassedOver = (before: Manifest, after: Manifest) =>
  [before, after].some((manifest) => tells(manifest, RECONCILE, 'disabled') || tells(manifest, APPLY, 'Ignore'));

/** Whether Flux writes an object once and never again. */
export const isWrittenOnce = (manifest: Manifest) => tells(manifest, APPLY, 'IfNotPresent');

/** Whether Flux deletes an object and makes it anew where its change is refused (fluxcd/pkg ssa, shouldForceApply). */
export const isForced = (before: Manifest, after: Manifest) =>
  !isPassedOver(before, after) &&
  !isWrittenOnce(after) &&
  [before, after].some((manifest) => tells(manifest, FORCE, 'enabled'));
