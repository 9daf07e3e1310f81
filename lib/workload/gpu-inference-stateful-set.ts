import { k8s } from 'cdk8s-plus-30';
import { Construct } from 'constructs';
import { GpuInferenceWorkload } from './gpu-inference-workload';
import { GpuInferenceWorkloadProps } from './gpu-inference-workload-props';
import { cacheClaims } from './model-claims';
import { addNewerPodFields } from './newer-pod-fields';

export type GpuInferenceStatefulSetProps = GpuInferenceWorkloadProps;

/**
 * An inference server as a StatefulSet: the pods, their ServiceAccount, a headless Service for their names, a client
 * Service for requests, and a PodDisruptionBudget when there is more than one replica to protect.
 *
 * What a StatefulSet freezes when it is born (selector, service name, pod management, claim templates) is chosen so that
 * releases, canaries and a change of the runtime need no new one.
 */
export class GpuInferenceStatefulSet extends GpuInferenceWorkload {
  readonly workload: k8s.KubeStatefulSet;

  constructor(scope: Construct, id: string, props: GpuInferenceStatefulSetProps) {
    super(scope, id, props, 'StatefulSet');
    const headless = this.addHeadlessService();
    // Whose part of a request these pods do not do, a router in front calls them by their names.
    if (props.role === undefined) this.addClientService();
    const { template, newer } = this.pod();
    this.workload = new k8s.KubeStatefulSet(this, 'Default', {
      metadata: this.workloadMetadata(template.spec!),
      spec: {
        serviceName: headless.name,
        replicas: this.writtenReplicas,
        // Ordered start would load one model after the other, and a pod that never gets ready would block its own repair
        // (kubernetes/kubernetes#67250).
        podManagementPolicy: 'Parallel',
        updateStrategy: { type: 'RollingUpdate' },
        selector: { matchLabels: this.selector },
        template,
        ...cacheClaims(this.cache, this.track),
      },
    });
    addNewerPodFields(this.workload, ['spec', 'template'], newer);
    this.addDisruptionBudget();
    this.declare(template);
  }
}
