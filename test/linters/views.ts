import { Manifest } from '../support/yaml-of';

/** A container as the YAML has it. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- rules look into every part
export type Container = Record<string, any>;

/** A pod template, and where it stands. */
export interface PodView {
  readonly owner: string;
  readonly namespace?: string;
  readonly labels: Record<string, string>;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- rules look into every part
  readonly spec: Record<string, any>;
}

/** The namespace that an object names. */
export const named = (object: Manifest) => (object.metadata as { readonly namespace?: string }).namespace;

/** Labels of the pods of a workload. */
export const labelsOf = ({ spec }: Manifest): Record<string, string> => spec.template.metadata?.labels ?? {};

/** All pod templates among objects. */
export function podsOf(objects: readonly Manifest[]): PodView[] {
  return objects.flatMap((object) =>
    templatesOf(object).map(({ metadata, spec }) => ({
      owner: `${object.kind} ${object.metadata.name}`,
      namespace: named(object),
      labels: metadata?.labels ?? {},
      spec,
    })),
  );
}

/** The pod templates of an object; the leader of a group carries the label that the controller gives its pod. */
function templatesOf({ kind, spec }: Manifest): Pick<Manifest, 'metadata' | 'spec'>[] {
  if (kind !== 'LeaderWorkerSet') return spec?.template?.spec?.containers === undefined ? [] : [spec.template];
  const { leaderTemplate, workerTemplate } = spec.leaderWorkerTemplate;
  const index = { 'leaderworkerset.sigs.k8s.io/worker-index': '0' };
  const { metadata } = leaderTemplate;
  return [{ ...leaderTemplate, metadata: { ...metadata, labels: { ...metadata.labels, ...index } } }, workerTemplate];
}

/** All containers of a pod, those that run before included. */
export const containers = ({ spec }: PodView): Container[] => [...(spec.initContainers ?? []), ...spec.containers];

/** What a test says of a finding. */
export const tell = ({ owner }: PodView, container?: Container) =>
  container === undefined ? owner : `${owner}: ${String(container.name)}`;
