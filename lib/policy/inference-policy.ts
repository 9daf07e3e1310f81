import { Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-30';
import { Construct } from 'constructs';
import { MOVING_TAGS } from '../checks/image-pinning';
import { reportErrors } from '../checks/report';
import { GpuNodePool } from '../hardware/gpu-node-pool';
import { celList, celString, celStrings } from './cel';
import { InferencePolicyProps } from './inference-policy-props';
import { policyProblems } from './inference-policy-problems';
import { JUDGED_RESOURCES, judgedPods, PODS_CHANGED } from './judged-pods';
import { namespaceSelector } from './policy-namespaces';
import { PolicyMode, PolicyRule, variableOf } from './policy-rule';
import { POLICY_RULES } from './policy-rules';
import { registryPrefix } from './registry-name';

/** Label of a namespace that names the day on which its exemption ends. */
export const EXEMPT_UNTIL = 'inference-policy/exempt-until';

/** What the API server does in each mode. It takes no Deny together with Warn. */
const ACTIONS: Readonly<Record<PolicyMode, readonly string[]>> = {
  deny: ['Deny'],
  warn: ['Warn', 'Audit'],
  audit: ['Audit'],
};

/**
 * What the library guarantees of its own manifests, asked of everybody's: a ValidatingAdmissionPolicy for each mode that
 * a rule has, so that the API server judges them, with no other controller. It tells all that is wrong at once.
 *
 * A chart, because its objects belong to no namespace. Kubernetes 1.30 or later.
 */
export class InferencePolicy extends Chart {
  constructor(scope: Construct, id: string, props: InferencePolicyProps) {
    super(scope, id, { disableResourceNameHashes: true });
    reportErrors(this, policyProblems(id, props));
    const variables = {
      ...settings(props),
      ...judgedPods(EXEMPT_UNTIL, Math.floor(props.longestExemption?.toHours({ integral: false }) ?? 90 * 24)),
    };
    for (const mode of Object.keys(ACTIONS) as PolicyMode[]) {
      const rules = POLICY_RULES.filter((rule) => (props.rules?.[rule.id] ?? props.mode ?? 'warn') === mode);
      if (rules.length > 0) this.emit(`${id}-${mode}`, mode, rules, variables, props);
    }
  }

  private emit(
    name: string,
    mode: PolicyMode,
    rules: readonly PolicyRule[],
    variables: Readonly<Record<string, string>>,
    props: InferencePolicyProps,
  ): void {
    new k8s.KubeValidatingAdmissionPolicy(this, mode, {
      metadata: { name },
      spec: {
        failurePolicy: 'Fail',
        matchConstraints: { resourceRules: [...JUDGED_RESOURCES] },
        matchConditions: [PODS_CHANGED],
        variables: needed({ ...variables, ...findings(rules) }),
        validations: [
          {
            expression: 'size(variables.findings) == 0',
            message: `The pods break rules of the inference policy: ${rules.map((rule) => rule.id).join(', ')}.`,
            messageExpression: "variables.findings.join('; ')",
          },
        ],
      },
    });
    new k8s.KubeValidatingAdmissionPolicyBinding(this, `${mode}-binding`, {
      metadata: { name },
      spec: {
        policyName: name,
        validationActions: [...ACTIONS[mode]],
        matchResources: { namespaceSelector: namespaceSelector(props) },
      },
    });
  }
}

/** What differs between clusters, as variables. */
function settings(props: InferencePolicyProps): Record<string, string> {
  const { pools, registries, digestsOnly = false, requiredLabels = OWN_LABELS } = props;
  return {
    registries: celStrings(registries.map(registryPrefix)),
    digestsOnly: String(digestsOnly),
    movingTags: celStrings(MOVING_TAGS),
    maxGpusPerPod: String(props.maxGpusPerPod ?? Math.max(0, ...pools.map(({ gpusPerNode }) => gpusPerNode))),
    labelKeys: celStrings(requiredLabels),
    pools: `[\n  ${pools.map(poolInCel).join(',\n  ')}]`,
  };
}

/** The labels of {@link inferenceLabels} that every Kubernetes tool knows. */
const OWN_LABELS = ['app.kubernetes.io/name', 'app.kubernetes.io/instance'];

function poolInCel(pool: GpuNodePool): string {
  // The first label names the pool on every cloud; nodes of one's own have no such label, so that it takes all of them.
  const required = pool.platform === 'on-prem' ? pool.selector : pool.selector.slice(0, 1);
  const requires = required.map(
    ({ key, values }) => `{'key': dyn(${celString(key)}), 'values': dyn(${celStrings(values)})}`,
  );
  const taints = pool.taints
    .filter(({ effect }) => effect !== 'PreferNoSchedule')
    .map(
      ({ key, value = '', effect }) =>
        `{'key': ${celString(key)}, 'value': ${celString(value)}, 'effect': ${celString(effect)}}`,
    );
  const shown = required.map(({ key, values }) => `${key}=${values.join('|')}`).join(' and ');
  return `{'shown': dyn(${celString(shown)}), 'requires': dyn(${celList(requires)}),
    'taints': dyn(${celList(taints)})}`;
}

/** One variable a rule with what it found, and one with all of them. */
function findings(rules: readonly PolicyRule[]): Record<string, string> {
  const found = rules.map((rule) => {
    const { id, of, broken, told } = rule;
    const it = of === 'containers' || of === 'gpuContainers' ? 'c' : 'p';
    return [
      variableOf(rule),
      `variables.${of}.filter(${it}, ${broken})\n  .map(${it}, '${id}: ${told.slice(1)})`,
    ] as const;
  });
  return {
    ...Object.fromEntries(found),
    findings: found.map(([variable]) => `variables.${variable}`).join(' +\n  '),
  };
}

/** The variables that lead to the findings, in their order: a policy does not carry what it does not ask. */
function needed(variables: Readonly<Record<string, string>>): k8s.Variable[] {
  const wanted = new Set(['findings']);
  for (const [name, expression] of Object.entries(variables).reverse()) {
    if (!wanted.has(name)) continue;
    for (const [, used] of expression.matchAll(/\bvariables\.(\w+)/g)) wanted.add(used!);
  }
  return Object.entries(variables)
    .filter(([name]) => wanted.has(name))
    .map(([name, expression]) => ({ name, expression }));
}
