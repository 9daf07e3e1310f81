import { k8s } from 'cdk8s-plus-30';
import { labelProblems } from '../problem/names';
import { Problem } from '../problem/problem';

const EFFECTS: readonly unknown[] = [undefined, '', 'NoSchedule', 'PreferNoSchedule', 'NoExecute'];
const OPERATORS: readonly unknown[] = [undefined, '', 'Equal', 'Exists'];

/** Tolerations that the API server refuses; it takes the workload all the same, and no pod is ever made. */
export function tolerationProblems(tolerations: readonly k8s.Toleration[]): Problem[] {
  return tolerations.flatMap((toleration) => {
    const { key = '', operator, value = '', effect, tolerationSeconds } = toleration;
    const shown = JSON.stringify(toleration);
    const problem = (message: string, remedy: string): Problem => ({ check: 'pod-additions', message, remedy });
    return [
      ...(key === '' ? [] : labelProblems('toleration', { [key]: value })),
      ...(OPERATORS.includes(operator)
        ? []
        : [problem(`The toleration ${shown} has an operator that there is not.`, "Use 'Equal' or 'Exists'.")]),
      ...(EFFECTS.includes(effect)
        ? []
        : [
            problem(
              `The toleration ${shown} has an effect that there is not.`,
              `Use ${EFFECTS.slice(2).join(', ')}, or none for all.`,
            ),
          ]),
      ...(operator === 'Exists' && value !== ''
        ? [
            problem(
              `The toleration ${shown} takes any value and names one.`,
              "Remove value, or use the operator 'Equal'.",
            ),
          ]
        : []),
      ...(key === '' && operator !== 'Exists'
        ? [
            problem(
              `The toleration ${shown} names no key.`,
              "Name one, or tolerate every taint with the operator 'Exists'.",
            ),
          ]
        : []),
      ...(tolerationSeconds !== undefined && effect !== 'NoExecute'
        ? [
            problem(
              `The toleration ${shown} ends after a time, which only those of NoExecute do.`,
              "Remove tolerationSeconds, or state the effect 'NoExecute'.",
            ),
          ]
        : []),
    ];
  });
}
