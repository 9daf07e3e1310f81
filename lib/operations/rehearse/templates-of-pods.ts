import { mapOf, Manifest } from '../../checks/manifest-identity';
import { admissionChanges } from './admission-changes';
import { LiveObject } from './kubectl';
import { answers, serviceOf } from './pod-history';
import { manifestsOf, namespaceOf, RehearsedState } from './rehearsed-state';

/** Of what pods were made: the templates of every state so far, as a release leaves pods of the one before. */
export class TemplatesOfPods {
  private readonly workloads: Manifest[] = [];

  add(state: RehearsedState): void {
    this.workloads.push(...manifestsOf(state).filter((manifest) => templateOf(manifest, true) !== undefined));
  }

  /** What admission made of a copy of a service, against the template of its track that is nearest to it. */
  changesOf(pod: LiveObject): readonly string[] {
    const { name, labels = {} } = pod.metadata;
    const relabelled = labels[HASH_OF_ROLLOUT] !== undefined;
    const candidates = this.workloads
      .filter((manifest) => {
        const copies = copiesOf(manifest);
        return copies?.service === serviceOf(pod) && (relabelled || copies.track === labels.track);
      })
      .map((manifest) => {
        const { metadata, spec } = templateOf(manifest, answers(pod))!;
        return [...labelChanges(labelsOf(metadata), labels, relabelled), ...admissionChanges(spec, pod)];
      });
    const [nearest] = candidates.sort((one, other) => one.length - other.length);
    return nearest ?? [`no template here is that of ${name}`];
  }
}

/** A Rollout writes the track of its pods itself, and another one while they live. */
const HASH_OF_ROLLOUT = 'rollouts-pod-template-hash';

/** Labels of the template that are others or gone; what controllers add is theirs. */
function labelChanges(
  stated: Readonly<Record<string, string>>,
  live: Readonly<Record<string, string>>,
  relabelled: boolean,
): string[] {
  return Object.entries(stated)
    .filter(([key, value]) => live[key] !== value && !(relabelled && key === 'track'))
    .map(([key, value]) => `label ${key} is ${live[key] === undefined ? 'gone' : `${live[key]}, not ${value}`}`);
}

const labelsOf = (metadata: unknown) => mapOf(mapOf(metadata).labels) as Readonly<Record<string, string>>;

/** The service, and the track of it, whose copies a workload makes; undefined where its pods are none. */
export function copiesOf(manifest: Manifest): { readonly service: string; readonly track: string } | undefined {
  const labels = labelsOf(templateOf(manifest, false)?.metadata);
  if (manifest.kind === 'Job' || labels.track === undefined) return undefined;
  const metadata = { name: '', namespace: namespaceOf(manifest), labels };
  return { service: serviceOf({ metadata, spec: {} }), track: labels.track };
}

/** The template of a workload's pods; of a group, that of the leader or of the others. */
export function templateOf(manifest: Manifest, leader: boolean): Record<string, unknown> | undefined {
  const spec = mapOf(manifest.spec);
  const { leaderTemplate, workerTemplate } = mapOf(spec.leaderWorkerTemplate);
  const template = spec.template ?? (leader ? (leaderTemplate ?? workerTemplate) : workerTemplate);
  const labels = labelsOf(mapOf(template).metadata);
  return Object.keys(labels).length === 0 ? undefined : mapOf(template);
}
