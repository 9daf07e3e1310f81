import { JsonPatch } from 'cdk8s';
import { k8s } from 'cdk8s-plus-30';
import { Construct } from 'constructs';
import { Declarations } from '../checks/declarations';
import { preemptionRisks } from '../checks/preemption';
import { reportErrors, reportWarnings } from '../checks/report';
import { dnsSubdomainProblems } from '../problem/names';
import { InferencePriority, PRIORITIES } from './priorities';

export interface InferencePriorityClassesProps {
  /** What the names begin with; they end with `-serving`, `-canary`, `-batch` and `-placeholder`. @default 'inference' */
  readonly prefix?: string;
}

/**
 * Who gets the GPUs when there are too few: online serving before canaries, those before batch, and placeholders that
 * keep a node warm last. Services declared after it in the same app take the class of their track by themselves.
 *
 * Priority classes belong to the whole cluster, so one app of a cluster declares them.
 */
export class InferencePriorityClasses extends Construct {
  /** Names by what they are for. */
  readonly names: Readonly<Record<InferencePriority, string>>;
  private warned = false;

  constructor(scope: Construct, id: string, props: InferencePriorityClassesProps = {}) {
    super(scope, id);
    const { prefix = 'inference' } = props;
    const name = (priority: InferencePriority) => `${prefix}-${priority}`;
    this.names = {
      serving: name('serving'),
      canary: name('canary'),
      batch: name('batch'),
      placeholder: name('placeholder'),
    };
    const declared = Declarations.of(this);
    reportErrors(this, [
      ...dnsSubdomainProblems('priority class', this.names.placeholder),
      ...(this.names.placeholder.startsWith('system-')
        ? [
            {
              check: 'names',
              message: `The priority class ${this.names.serving} begins with "system-", which Kubernetes keeps for itself.`,
              remedy: 'Choose another prefix.',
            },
          ]
        : []),
      ...(declared.workloads.length > 0
        ? [
            {
              check: 'priority-class',
              message: `Services were declared before the priority classes, so ${declared.workloads[0]!.service} has none.`,
              remedy: 'Declare InferencePriorityClasses first.',
            },
          ]
        : []),
      ...(declared.priorities
        ? [
            {
              check: 'priority-class',
              message: 'The app declares priority classes twice.',
              remedy: 'Declare InferencePriorityClasses once; every service of the app takes them.',
            },
          ]
        : []),
    ]);
    for (const [priority, { value, preemptionPolicy, description }] of Object.entries(PRIORITIES)) {
      const priorityClass = new k8s.KubePriorityClass(this, priority, {
        metadata: { name: this.names[priority as InferencePriority] },
        value,
        preemptionPolicy,
        globalDefault: false,
        description,
      });
      // A chart puts its namespace on every object in it; these belong to the cluster.
      priorityClass.addJsonPatch(JsonPatch.remove('/metadata/namespace'));
    }
    declared.priorities = {
      stable: this.names.serving,
      canary: this.names.canary,
      classes: Object.entries(PRIORITIES).map(([priority, { value, preemptionPolicy }]) => ({
        name: this.names[priority as InferencePriority],
        value,
        preempts: preemptionPolicy === 'PreemptLowerPriority',
      })),
    };
    this.node.addValidation({
      validate: () => {
        if (!this.warned) preemptionRisks(declared).forEach(({ at, problem }) => reportWarnings(at, [problem]));
        this.warned = true;
        return [];
      },
    });
  }
}

/**
 * A quota of no pods for every other class. What names no class is let through: it has the cluster's default, which
 * is below them all.
 */
export class AllowedPriorities extends Construct {
  constructor(scope: Construct, id: string, names: readonly string[]) {
    super(scope, id);
    const scopeName = 'PriorityClass';
    new k8s.KubeResourceQuota(this, 'Default', {
      metadata: { name: 'other-priority-classes' },
      spec: {
        hard: { pods: k8s.Quantity.fromString('0') },
        scopeSelector: {
          matchExpressions: [
            { scopeName, operator: 'Exists' },
            ...(names.length > 0 ? [{ scopeName, operator: 'NotIn', values: [...names] }] : []),
          ],
        },
      },
    });
  }
}
