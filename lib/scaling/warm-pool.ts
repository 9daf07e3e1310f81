import { Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-30';
import { Construct } from 'constructs';
import { Declarations } from '../checks/declarations';
import { reportErrors } from '../checks/report';
import { GpuNodePool } from '../hardware/gpu-node-pool';
import { GpuNodeAffinity } from '../placement/gpu-node-affinity';
import { dnsLabelProblems } from '../problem/names';
import { MOST_PODS, wholeNumberProblems } from '../problem/numbers';
import { attempt, formatProblem, Problem } from '../problem/problem';
import { ImageReference } from '../runtime/image-reference';
import { PAUSE_IMAGE } from '../workload/image-pre-pull';
import { count, mebibytes, millicores } from '../workload/quantities';

export interface WarmPoolProps {
  /** Name of the Deployment. @default - the construct's id */
  readonly name?: string;
  /** The pool whose nodes are kept ready. */
  readonly nodePool: GpuNodePool;
  /** Nodes that are ready beside those that work. Each costs what a node costs, all day. @default 1 */
  readonly nodes?: number;
  /**
   * Class of the placeholders, by name: lower than those of all that may take their place, not below -10, and it takes nobody's
   * place itself. @default - that of InferencePriorityClasses, where the app declares them
   */
  readonly priorityClassName?: string;
  /** Image that sleeps. @default - pause 3.10.1 of Kubernetes, by its digest */
  readonly pauseImage?: string;
}

/**
 * Nodes that are ready before somebody needs them: pods that do nothing, ask for all GPUs of a node, and end the moment a pod
 * that serves wants its place. They then wait themselves, and for them the node autoscaler makes the next node. Saves the
 * first minutes of a cold start, which are those of the machine; together with `ImagePrePull` those of the image too.
 *
 * No service counts on its room, so the capacity plan leaves it out. It stands in a namespace without a quota of GPUs: a quota
 * counts placeholders too, and is asked before anybody is ended.
 */
export class WarmPool extends Construct {
  readonly deployment: k8s.KubeDeployment;

  constructor(scope: Construct, id: string, props: WarmPoolProps) {
    super(scope, id);
    const { nodePool: pool, name = id, nodes = 1, pauseImage = PAUSE_IMAGE } = props;
    const declared = Declarations.of(this);
    const priorityClassName = props.priorityClassName ?? declared.priorities?.classes.find(isPlaceholder)?.name;
    const problems: Problem[] = [
      ...dnsLabelProblems('Deployment', name),
      ...wholeNumberProblems('nodes', nodes, 1, MOST_PODS),
      ...poolProblems(pool, nodes),
      ...classProblems(priorityClassName, declared),
    ];
    attempt(problems, () => ImageReference.parse(pauseImage));
    reportErrors(this, problems);
    // Quotas may be declared after it.
    this.node.addValidation({ validate: () => this.quotaProblems(pool, nodes).map(formatProblem) });

    const { podSpec } = new GpuNodeAffinity(this, 'placement', { nodePools: pool });
    const selector = { 'app.kubernetes.io/name': 'warm-pool', 'app.kubernetes.io/instance': name };
    const labels = { ...selector, 'app.kubernetes.io/component': 'placeholder' };
    const devices = { [pool.resourceName]: count(pool.gpusPerNode) };
    this.deployment = new k8s.KubeDeployment(this, 'Default', {
      metadata: { name, labels },
      spec: {
        replicas: nodes,
        revisionHistoryLimit: 1,
        selector: { matchLabels: selector },
        // Nothing is lost with a placeholder, and one more would ask for one node more.
        strategy: {
          type: 'RollingUpdate',
          rollingUpdate: {
            maxSurge: k8s.IntOrString.fromNumber(0),
            maxUnavailable: k8s.IntOrString.fromString('100%'),
          },
        },
        template: {
          metadata: { labels },
          spec: {
            automountServiceAccountToken: false,
            enableServiceLinks: false,
            priorityClassName,
            ...podSpec,
            // Who needs the place waits no longer than that.
            terminationGracePeriodSeconds: 1,
            securityContext: {
              runAsNonRoot: true,
              runAsUser: 65535,
              runAsGroup: 65535,
              seccompProfile: { type: 'RuntimeDefault' },
            },
            containers: [
              {
                name: 'pause',
                image: pauseImage,
                imagePullPolicy: 'IfNotPresent',
                resources: {
                  requests: {
                    cpu: millicores(1),
                    memory: mebibytes(16),
                    'ephemeral-storage': mebibytes(16),
                    ...devices,
                  },
                  limits: { memory: mebibytes(64), 'ephemeral-storage': mebibytes(16), ...devices },
                },
                securityContext: {
                  allowPrivilegeEscalation: false,
                  capabilities: { drop: ['ALL'] },
                  readOnlyRootFilesystem: true,
                },
              },
            ],
          },
        },
      },
    });
  }

  private quotaProblems({ resourceName, gpusPerNode }: GpuNodePool, nodes: number): Problem[] {
    const { namespace = 'default' } = Chart.of(this);
    const quota = Declarations.of(this).quotas.find(
      (each) => each.namespace === namespace && each.resourceName === resourceName,
    );
    if (!quota) return [];
    return [
      problem(
        `The placeholders take ${nodes * gpusPerNode} of the ${quota.gpus} that the quota of ${namespace} allows of ${resourceName}. A pod that the quota does not let in takes nobody's place.`,
        'Put the warm pool into a namespace of the platform, without a quota of GPUs.',
      ),
    ];
  }
}

const isPlaceholder = ({ value, preempts }: { readonly value: number; readonly preempts: boolean }) =>
  value < 0 && !preempts;

function problem(message: string, remedy: string): Problem {
  return { check: 'warm-pool', message, remedy };
}

function poolProblems(pool: GpuNodePool, nodes: number): Problem[] {
  return [
    ...(nodes > pool.maxNodes
      ? [
          problem(
            `${nodes} nodes of ${pool.name} are kept ready, and it has ${pool.maxNodes} at most.`,
            `Use ${pool.maxNodes} or fewer, or raise maxNodes of the pool.`,
          ),
        ]
      : []),
    ...(pool.deviceClass !== undefined
      ? [
          problem(
            `The devices of ${pool.name} are claimed (${pool.deviceClass}), and a placeholder that is ended does not hand its claim on.`,
            'Keep nodes ready with the least nodes of the pool itself.',
          ),
        ]
      : []),
  ];
}

/** A placeholder that nobody may end is a GPU that nobody gets. */
function classProblems(name: string | undefined, { priorities }: Declarations): Problem[] {
  if (name === undefined) {
    return [
      problem(
        'The placeholders have no priority class, so they have that of everybody else, and nobody may end them.',
        'Declare InferencePriorityClasses in the app before it, or name a class with a value below 0.',
      ),
    ];
  }
  const own = priorities?.classes.find((each) => each.name === name);
  if (own === undefined || isPlaceholder(own)) return [];
  return [
    problem(
      `The class ${name} of the placeholders has the value ${own.value}${own.preempts ? ' and takes the place of others' : ''}.`,
      "Use a class with a value from -10 to -1 that takes nobody's place.",
    ),
  ];
}
