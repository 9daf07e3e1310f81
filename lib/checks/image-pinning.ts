import { ImageReference } from '../runtime/image-reference';
import { attempt, Findings, Problem } from '../problem/problem';
import { DeclaredWorkload } from './declared-workload';

/** Tags that are moved on purpose, or name a branch. */
export const MOVING_TAGS: readonly string[] = [
  'latest',
  'stable',
  'main',
  'master',
  'nightly',
  'edge',
  'dev',
  'develop',
  'head',
  'trunk',
];

/** Will the image that runs tomorrow be the one that was reviewed? Judges every container of the pod. */
export function imagePinning({ pod, imagesLocked }: Pick<DeclaredWorkload, 'pod' | 'imagesLocked'>): Findings {
  const errors: Problem[] = [];
  const warnings: Problem[] = [];
  for (const { name, image } of [...(pod.initContainers ?? []), ...pod.containers]) {
    const unreadable: Problem[] = [];
    const reference = attempt(unreadable, () => ImageReference.parse(image ?? ''));
    errors.push(...unreadable);
    if (!reference || reference.digest !== undefined || imagesLocked) continue;
    if (reference.tag === undefined || MOVING_TAGS.includes(reference.tag.toLowerCase())) {
      errors.push({
        check: 'image-pinning',
        message: `The container ${name} runs ${reference}, whose tag ${reference.tag === undefined ? 'is latest when none is written' : 'is moved with every build'}.`,
        remedy: 'Use a version tag, or better the digest: repository:tag@sha256:….',
      });
    } else {
      warnings.push({
        check: 'image-pinning',
        message: `The container ${name} runs ${reference}. A tag can be moved; a pod that restarts would run what nobody reviewed.`,
        remedy: `Add the digest: ${reference}@sha256:…, as "crane digest" or the registry shows it.`,
      });
    }
  }
  return { errors, warnings };
}
