import { Chart, JsonPatch } from 'cdk8s';
import { k8s } from 'cdk8s-plus-30';
import { Construct } from 'constructs';
import { Declarations } from '../checks/declarations';
import { reportErrors } from '../checks/report';
import { dnsLabelProblems, labelProblems } from '../problem/names';
import { wholeNumberProblems } from '../problem/numbers';

export interface TenantNamespaceProps {
  /** Name of the namespace. @default - the construct's id */
  readonly name?: string;
  /**
   * GPUs that the team may hold at once, canaries included. A pod beyond it is not made, and its StatefulSet says why in
   * an event only.
   * @default - no quota
   */
  readonly gpus?: number;
  /** The resource that the quota counts; a MIG slice or a shared GPU has a name of its own. @default 'nvidia.com/gpu' */
  readonly gpuResourceName?: string;
  /**
   * Pod Security level that the API server enforces. `baseline` lets containers run as root.
   * @default 'restricted'
   */
  readonly podSecurity?: 'restricted' | 'baseline';
  /** Labels of the namespace beside those of Pod Security. @default - none */
  readonly labels?: Readonly<Record<string, string>>;
  /**
   * Deny every pod all traffic that no other policy allows.
   * @default true
   */
  readonly defaultDeny?: boolean;
}

/**
 * The namespace of a model team: Pod Security, default deny, a GPU quota. A chart, so that what is put in it is in the namespace.
 */
export class TenantNamespace extends Chart {
  constructor(scope: Construct, id: string, props: TenantNamespaceProps = {}) {
    const name = props.name ?? id;
    super(scope, id, { namespace: name });
    const { gpuResourceName = 'nvidia.com/gpu', podSecurity = 'restricted', labels = {} } = props;
    reportErrors(this, [
      ...dnsLabelProblems('namespace', name),
      ...labelProblems('namespace label', labels),
      ...wholeNumberProblems('gpus', props.gpus, 0),
      ...(/^[a-z0-9.-]+\.[a-z]+\/[\w.-]+$/.test(gpuResourceName)
        ? []
        : [
            {
              check: 'names',
              message: `The quota counts ${JSON.stringify(gpuResourceName)}, which is not the name of an extended resource.`,
              remedy: 'Use the resourceName of the node pool, such as nvidia.com/gpu.',
            },
          ]),
    ]);
    const namespace = new k8s.KubeNamespace(this, 'Default', {
      metadata: {
        name,
        labels: {
          ...labels,
          'pod-security.kubernetes.io/enforce': podSecurity,
          'pod-security.kubernetes.io/warn': 'restricted',
        },
        // Pruning a namespace would take every disk with weights along; whoever means it deletes it by hand.
        annotations: { 'kustomize.toolkit.fluxcd.io/prune': 'disabled' },
      },
    });
    // A chart puts its namespace on every object in it; a Namespace is in none.
    namespace.addJsonPatch(JsonPatch.remove('/metadata/namespace'));
    if (props.defaultDeny ?? true) {
      new k8s.KubeNetworkPolicy(this, 'default-deny', {
        metadata: { name: 'default-deny' },
        spec: { podSelector: {}, policyTypes: ['Ingress', 'Egress'] },
      });
    }
    if (props.gpus !== undefined) {
      Declarations.of(this).quotas.push({ namespace: name, resourceName: gpuResourceName, gpus: props.gpus });
      new k8s.KubeResourceQuota(this, 'gpu-quota', {
        metadata: { name: 'gpu' },
        spec: { hard: { [`requests.${gpuResourceName}`]: k8s.Quantity.fromString(`${props.gpus}`) } },
      });
    }
  }
}
