import { Labels, Selector, selects } from '../label-selector';
import { Identity, identify, keyOf, Manifest, mapOf, referenceOf } from '../manifest-identity';

/** Pods that one object keeps alive. */
export interface KeptPods {
  readonly at: Identity;
  readonly labels: Labels;
  /** Undefined when a scaler decides. */
  readonly replicas: number | undefined;
  readonly template: unknown;
  readonly manifest: Manifest;
}

/** Where the template of the pods that answer stands in `spec`, by API group and kind. */
const TEMPLATES: Readonly<Record<string, (spec: Record<string, unknown>) => unknown>> = {
  'apps/StatefulSet': ({ template }) => template,
  'apps/Deployment': ({ template }) => template,
  'apps/DaemonSet': ({ template }) => template,
  'argoproj.io/Rollout': ({ template }) => template,
  'leaderworkerset.x-k8s.io/LeaderWorkerSet': ({ leaderWorkerTemplate }) => {
    const { leaderTemplate, workerTemplate } = mapOf(leaderWorkerTemplate);
    return leaderTemplate ?? workerTemplate;
  },
};

/** The workloads of one state, found by the labels of their pods. */
export class KeptPodsOf {
  readonly all: readonly KeptPods[];
  private readonly byKey: ReadonlyMap<string, KeptPods>;
  private readonly byNamespace = new Map<string, KeptPods[]>();
  private readonly services: ReadonlyMap<string, Selector>;

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
        const { selector } = mapOf(manifest.spec);
        return at.group === '' && at.kind === 'Service' && selector !== undefined
          ? [[`${at.namespace}/${at.name}`, { matchLabels: mapOf(selector) }]]
          : [];
      }),
    );
  }

  get(at: Identity): KeptPods | undefined {
    return this.byKey.get(keyOf(at));
  }

  selectedBy(namespace: string, selector: Selector): KeptPods[] {
    return (this.byNamespace.get(namespace) ?? []).filter(({ labels }) => selects(selector, labels));
  }

  /** Those behind a Service; undefined when there is no such Service, or it selects nothing by labels. */
  behind(namespace: string, service: string): KeptPods[] | undefined {
    const selector = this.services.get(`${namespace}/${service}`);
    return selector && this.selectedBy(namespace, selector);
  }
}

function keptPods(manifest: Manifest, templates: ReadonlyMap<string, unknown>): KeptPods[] {
  const at = identify(manifest);
  const spec = mapOf(manifest.spec);
  // A Rollout may have the template of a Deployment that has no pods itself.
  const borrowed = at.kind === 'Rollout' && spec.workloadRef !== undefined;
  const template = borrowed
    ? templates.get(keyOf(referenceOf(spec.workloadRef, at)))
    : TEMPLATES[`${at.group}/${at.kind}`]?.(spec);
  if (template === undefined) return [];
  const { labels } = mapOf(mapOf(template).metadata);
  const replicas = at.kind === 'DaemonSet' ? undefined : typeof spec.replicas === 'number' ? spec.replicas : undefined;
  return [{ at, labels: mapOf(labels), replicas, template, manifest }];
}

/** Whether somebody may be there: those whose number a scaler decides count. */
export const runs = (pods: KeptPods | undefined) => pods !== undefined && pods.replicas !== 0;
