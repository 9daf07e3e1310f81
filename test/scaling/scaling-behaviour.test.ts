import { scalingBehaviour, scalingPeriod, scalingStep } from '../../lib/scaling/scaling-behaviour';

describe('how fast a scaler may go', () => {
  test.each`
    rollout | up      | stays   | because
    ${60}   | ${60}   | ${300}  | ${'five minutes are what Kubernetes waits by itself'}
    ${150}  | ${150}  | ${300}  | ${'two cold starts are as long'}
    ${600}  | ${600}  | ${1200} | ${'two cold starts are longer'}
    ${1942} | ${1800} | ${3600} | ${'Kubernetes counts no period longer than half an hour, and no window longer than an hour'}
    ${9000} | ${1800} | ${3600} | ${'the same'}
  `('a cold start of $rollout s: a step each $up s, and down after $stays s ($because)', ({ rollout, up, stays }) => {
    const { scaleUp, scaleDown } = scalingBehaviour(rollout, 4);
    expect(scaleUp).toEqual({
      stabilizationWindowSeconds: 0,
      selectPolicy: 'Max',
      policies: [{ type: 'Pods', value: 1, periodSeconds: up }],
    });
    expect(scaleDown).toEqual({
      stabilizationWindowSeconds: stays,
      selectPolicy: 'Max',
      policies: [{ type: 'Pods', value: 1, periodSeconds: up }],
    });
    expect(scalingPeriod(rollout)).toBe(up);
  });

  test.each`
    maximum | step | policies
    ${1}    | ${1} | ${['Pods 1']}
    ${10}   | ${1} | ${['Pods 1']}
    ${11}   | ${2} | ${['Pods 1', 'Percent 10']}
    ${40}   | ${4} | ${['Pods 1', 'Percent 10']}
  `('up to $maximum replicas, $step at once', ({ maximum, step, policies }) => {
    const { scaleUp } = scalingBehaviour(600, maximum);
    expect(scaleUp.policies.map(({ type, value }) => `${type} ${value}`)).toEqual(policies);
    expect(scalingStep(maximum)).toBe(step);
  });

  test('while a release is under way, nothing goes', () => {
    expect(scalingBehaviour(600, 4, true).scaleDown.selectPolicy).toBe('Disabled');
    expect(scalingBehaviour(600, 4, true).scaleUp).toEqual(scalingBehaviour(600, 4).scaleUp);
  });
});
