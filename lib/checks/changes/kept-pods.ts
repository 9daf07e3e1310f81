import { Labels, selects, serviceSelector } from '../label-selector';
import { Identity, identify, keyOf, Manifest, mapOf, referenceOf } from '../manifest-identity';
import { sameValue } from './same-value';

/** Pods that one object keeps alive. */
export interface KeptPods {
  readonly at: Identity;
  /** Labels of the pods that answer, with those that their controller adds. */
  readonly labels: Labels;
  /** Labels of the pods that work for them. @default - none do */
  readonly workers?: Labels;
  /** Undefined when a scaler decides. */
  readonly replicas: number | undefined;
  /** What the pods are made from: a change of it replaces them. */
  readonly template: unknown;
  readonly manifest: Manifest;
}

type Template = Pick<KeptPods, 'labels' | 'workers' | 'template'>;

const labelsOf = (template: unknown): Labels => mapOf(mapOf(mapOf(template).metadata).labels);
const ofTemplate = ({ template }: Record<string, unknown>): Template | undefined =>
  template === undefined ? undefined : { template, labels: labelsOf(template) };

/** Who is made from what, by API group and kind. */
const TEMPLATES: Readonly<Record<string, (spec: Record<string, unknown>, name: string) => Template | undefined>> = {
  'apps/StatefulSet': ofTemplate,
  'apps/Deployment': ofTemplate,
  'apps/DaemonSet': ofTemplate,
  'argoproj.io/Rollout': ofTemplate,
  'leaderworkerset.x-k8s.io/LeaderWorkerSet': groups,
};

/**
 * A group of a LeaderWorkerSet: the leader answers. Both are made anew when either's template changes.
 *
 * @source kubernetes-sigs/lws api/leaderworkerset/v1 for the labels, pkg/utils/revision getPatch for what makes a new revision
 */
function groups({ leaderWorkerTemplate, networkConfig }: Record<string, unknown>, name: string): Template | undefined {
  const { leaderTemplate, workerTemplate, size } = mapOf(leaderWorkerTemplate);
  const ofPod = (template: unknown, index: string) => ({
    ...labelsOf(template),
    'leaderworkerset.sigs.k8s.io/name': name,
    'leaderworkerset.sigs.k8s.io/worker-index': index,
  });
  const leader = leaderTemplate ?? workerTemplate;
  if (leader === undefined) return undefined;
  return {
    template: { leaderWorkerTemplate, networkConfig },
    labels: ofPod(leader, '0'),
    ...(typeof size === 'number' && size > 1 && { workers: ofPod(workerTemplate, '1') }),
  };
}

/** The workloads of one state, found by the labels of their pods. */
export class KeptPodsOf {
  readonly all: readonly KeptPods[];
  private readonly byKey: ReadonlyMap<string, KeptPods>;
  private readonly byNamespace = new Map<string, KeptPods[]>();
  private readonly services: ReadonlyMap<string, unknown>;

  constructor(manifests: readonly Manifest[]) {
    const templates = new Map(manifests.map((manifest) => [keyOf(identify(manifest)), mapOf(manifest.spec).template]));
    this.all = manifests.flatMap((manifest) => keptPods(manifest, templates));
    this.byKey = new Map(this.all.map((pods) => [keyOf(pods.at), pods]));
    for (const pods of this.all) {
      const own = this.byNamespace.get(pods.at.namespace);
      if (own) own.push(pods);
      else this.byNamespace.set(pods.at.namespace, [pods]);
    }
    this.services = new Map(
      manifests.flatMap((manifest) => {
        const at = identify(manifest);
        const selector = serviceSelector(manifest.spec);
        return at.group === '' && at.kind === 'Service' && selector ? [[`${at.namespace}/${at.name}`, selector]] : [];
      }),
    );
  }

  get(at: Identity): KeptPods | undefined {
    return this.byKey.get(keyOf(at));
  }

  selectedBy(namespace: string, selector: unknown): KeptPods[] {
    return (this.byNamespace.get(namespace) ?? []).filter(({ labels, workers }) =>
      [labels, workers ?? []].flat().some((each) => selects(selector, each)),
    );
  }

  /** Those behind a Service; undefined when there is no such Service, or it selects nothing by labels. */
  behind(namespace: string, service: string): KeptPods[] | undefined {
    const selector = this.services.get(`${namespace}/${service}`);
    return selector === undefined ? undefined : this.selectedBy(namespace, selector);
  }
}

function keptPods(manifest: Manifest, templates: ReadonlyMap<string, unknown>): KeptPods[] {
  const at = identify(manifest);
  const spec = mapOf(manifest.spec);
  // A Rollout may have the template of a Deployment that has no pods itself.
  const borrowed = at.kind === 'Rollout' && spec.workloadRef !== undefined;
  const made = borrowed
    ? ofTemplate({ template: templates.get(keyOf(referenceOf(spec.workloadRef, at))) })
    : TEMPLATES[`${at.group}/${at.kind}`]?.(spec, at.name);
  if (made === undefined) return [];
  const replicas = at.kind === 'DaemonSet' ? undefined : typeof spec.replicas === 'number' ? spec.replicas : undefined;
  return [{ ...made, at, replicas, manifest }];
}

/** Whether somebody may be there: those whose number a scaler decides count. */
export const runs = (pods: KeptPods | undefined) => pods !== undefined && pods.replicas !== 0;

/** Whether a commit makes pods anew that run before and after it. */
export const isReplaced = (was: KeptPods | undefined, becomes: KeptPods | undefined) =>
  runs(was) && runs(becomes) && !sameValue(was!.template, becomes!.template);
