import { Lazy } from 'cdk8s';
import { k8s } from 'cdk8s-plus-30';
import { Construct } from 'constructs';
import { maySurge } from '../checks/capacity';
import { GpuInferenceWorkload } from './gpu-inference-workload';
import { GpuInferenceWorkloadProps } from './gpu-inference-workload-props';
import { addNewerPodFields } from './newer-pod-fields';

export type GpuInferenceDeploymentProps = GpuInferenceWorkloadProps;

/** Git is the history; these are for the hour in which Git is out of reach. */
const REVISIONS = 3;

/**
 * An inference server as a Deployment, for weights that no pod has to itself: baked into the image, on a shared or read-only
 * volume, or downloaded at each start.
 *
 * A rollout begins with a new pod only where the pools have a GPU to spare for it, whatever else the app does at that moment;
 * a new pod without one would be Pending and the rollout would wait for it for ever. On a full pool an old pod goes first:
 * with several replicas one less serves while the new one loads; with a single one nothing serves from the end of the old
 * pod until the new one is ready, which is the whole start-up time of the plan.
 */
export class GpuInferenceDeployment extends GpuInferenceWorkload {
  readonly workload: k8s.KubeDeployment;

  constructor(scope: Construct, id: string, props: GpuInferenceDeploymentProps) {
    super(scope, id, props, 'Deployment');
    const { startup, shutdown } = this.plan;
    if (this.cache.kind === 'per-replica') {
      this.problems.push({
        check: 'model-cache',
        message: 'A cache per replica is a disk for each pod, and the pods of a Deployment have no disks of their own.',
        remedy:
          "Use a GpuInferenceStatefulSet (workload: 'StatefulSet'), or ModelCache.claim(…) with a volume that all replicas share.",
      });
    }
    this.addClientService();
    const { template, newer } = this.pod();
    this.workload = new k8s.KubeDeployment(this, 'Default', {
      metadata: this.workloadMetadata(template.spec!),
      spec: {
        replicas: this.writtenReplicas,
        revisionHistoryLimit: REVISIONS,
        // An old pod may have to end before there is room for the new one.
        progressDeadlineSeconds: startup.rolloutSeconds + shutdown.terminationGracePeriodSeconds,
        strategy: Lazy.any({ produce: () => this.strategy() }) as k8s.DeploymentStrategy,
        selector: { matchLabels: this.selector },
        template,
      },
    });
    addNewerPodFields(this.workload, ['spec', 'template'], newer);
    this.addDisruptionBudget();
    this.declare(template);
  }

  /** Known when everything is declared: others may want the GPU that looks spare. */
  private strategy(): k8s.DeploymentStrategy {
    const surge = maySurge(this);
    // The same as none surging and all unavailable, and no pod waits while the old one drains.
    if (!surge && this.replicas === 1 && !this.scaled) return { type: 'Recreate' };
    return {
      type: 'RollingUpdate',
      rollingUpdate: {
        maxSurge: k8s.IntOrString.fromNumber(surge ? 1 : 0),
        maxUnavailable: k8s.IntOrString.fromNumber(surge ? 0 : 1),
      },
    };
  }
}
