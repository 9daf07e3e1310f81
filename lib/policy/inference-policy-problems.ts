import { dnsSubdomainProblems, labelProblems } from '../problem/names';
import { nearestNames } from '../problem/nearest-names';
import { wholeNumberProblems } from '../problem/numbers';
import { Problem } from '../problem/problem';
import { InferencePolicyProps } from './inference-policy-props';
import { namespaceProblems } from './policy-namespaces';
import { POLICY_RULES } from './policy-rules';
import { registryProblems } from './registry-name';

const MODES = ['deny', 'warn', 'audit'];

const problem = (message: string, remedy: string): Problem => ({ check: 'admission-policy', message, remedy });

/** A policy that would refuse everything, or that asks for what nobody meant. */
export function policyProblems(name: string, props: InferencePolicyProps): Problem[] {
  const { pools, registries, mode, rules = {}, requiredLabels = [] } = props;
  return [
    ...dnsSubdomainProblems('policy name', `${name}-audit`),
    ...(pools.length > 0 ? [] : [problem('No GPU pool is given, so every GPU pod would break gpu-pool.', NAME_POOLS)]),
    ...(registries.length > 0 || rules['image-registry'] === 'off'
      ? []
      : [problem('No registry is given, so every image would break image-registry.', NAME_REGISTRIES)]),
    ...registries.flatMap(registryProblems),
    ...[mode, ...Object.values(rules)].flatMap((each) =>
      each === undefined || each === 'off' || MODES.includes(each)
        ? []
        : [problem(`There is no mode ${JSON.stringify(each)}.`, 'Use deny, warn or audit, and off for a single rule.')],
    ),
    ...(mode === ('off' as unknown) ? [problem('A policy whose mode is off has no rules.', 'Do not declare it.')] : []),
    ...Object.keys(rules).flatMap(unknownRule),
    ...wholeNumberProblems('maxGpusPerPod', props.maxGpusPerPod, 1),
    ...wholeNumberProblems(
      'longestExemption in hours',
      props.longestExemption?.toHours({ integral: false }),
      1,
      LONGEST_EXEMPTION_HOURS,
    ),
    ...requiredLabels.flatMap((key) => labelProblems('required label', { [key]: '' })),
    ...namespaceProblems(props),
  ];
}

const NAME_POOLS = 'Give every GPU pool of the cluster.';
const NAME_REGISTRIES = 'Give those that you vouch for, such as nvcr.io/nim, or set the rule image-registry to off.';

/** An exemption of years is a hole, not an exemption. */
const LONGEST_EXEMPTION_HOURS = 366 * 24;

function unknownRule(id: string): Problem[] {
  const ids: readonly string[] = POLICY_RULES.map((rule) => rule.id);
  if (ids.includes(id)) return [];
  return [problem(`There is no rule ${JSON.stringify(id)}.`, `Did you mean ${nearestNames(id, ids, 3).join(', ')}?`)];
}
