import { identify, mapOf, Manifest } from '../../checks/manifest-identity';
import { admissionChanges } from './admission-changes';
import { LiveObject } from './kubectl';
import { answers } from './pod-history';
import { manifestsOf, RehearsedState } from './rehearsed-state';

/** Of what pods were made: the templates of every state so far, as a release leaves pods of the one before. */
export class TemplatesOfPods {
  private readonly workloads: Manifest[] = [];

  add(state: RehearsedState): void {
    this.workloads.push(...manifestsOf(state).filter((manifest) => templateOf(manifest, true) !== undefined));
  }

  /** What admission made of a pod, against the template that is nearest to it; nothing of pods that nobody here wanted. */
  changesOf(pod: LiveObject): readonly string[] {
    const { labels = {}, namespace } = pod.metadata;
    const candidates = this.workloads
      .filter((manifest) => identify(manifest).namespace === namespace)
      .map((manifest) => templateOf(manifest, answers(pod))!)
      .filter(({ metadata }) => {
        const stated = Object.entries(mapOf(mapOf(metadata).labels));
        return stated.length > 0 && stated.every(([key, value]) => labels[key] === value);
      })
      .map(({ spec }) => admissionChanges(spec, pod));
    return candidates.sort((one, other) => one.length - other.length)[0] ?? [];
  }
}

/** The template of a workload's pods; of a group, that of the leader or of the others. */
export function templateOf(manifest: Manifest, leader: boolean): Record<string, unknown> | undefined {
  const spec = mapOf(manifest.spec);
  const { leaderTemplate, workerTemplate } = mapOf(spec.leaderWorkerTemplate);
  const template = spec.template ?? (leader ? (leaderTemplate ?? workerTemplate) : workerTemplate);
  const labels = mapOf(mapOf(mapOf(template).metadata).labels);
  return Object.keys(labels).length === 0 ? undefined : mapOf(template);
}
