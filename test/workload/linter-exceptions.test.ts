import { Cpu } from 'cdk8s-plus-30';
import { Declarations } from '../../lib/checks/declarations';
import { Waivers } from '../../lib/checks/waivers';
import { scorecardExceptions } from '../../lib/operations/scorecard-exceptions';
import { GpuInferenceStatefulSetProps } from '../../lib/workload/gpu-inference-stateful-set';
import { refusalsOf } from '../support/messages';
import { statefulSet } from '../support/services';
import { manifestOf } from '../support/yaml-of';

const OURS = 'a limit throttles the threads that feed the GPU while CPU is idle; the request guarantees the share';
const MINE = 'agreed with the platform team in October';

function workload(waivers: Waivers, changes: Partial<GpuInferenceStatefulSetProps> = {}) {
  const { chart } = statefulSet({ ...changes, waivers });
  const { annotations = {} } = manifestOf(chart, 'StatefulSet', 'llama').metadata as {
    annotations?: Record<string, string>;
  };
  return {
    kubeLinter: annotations['ignore-check.kube-linter.io/unset-cpu-requirements'],
    checkov: Object.values(annotations).find((text) => text.startsWith('CKV_K8S_11=')),
    scorecard: scorecardExceptions(Declarations.of(chart)).find(({ rule }) => rule === 'cpu-limit')?.reason,
  };
}

test.each`
  waivers                  | reason
  ${{}}                    | ${OURS}
  ${{ 'cpu-limit': MINE }} | ${MINE}
`('a rule that the pod breaks is excepted for the reason that was stated: $waivers', ({ waivers, reason }) => {
  expect(workload(waivers as Waivers)).toMatchObject({
    kubeLinter: reason as string,
    checkov: `CKV_K8S_11=${reason as string}`,
    scorecard: reason as string,
  });
});

test('one that the pod keeps is not', () => {
  const resources = { cpuLimit: Cpu.units(64) };
  const { kubeLinter, checkov, scorecard } = workload({ 'cpu-limit': MINE }, { resources, cache: undefined });
  expect([kubeLinter, checkov, scorecard]).toEqual([undefined, undefined, undefined]);
});

test('a rule that nobody knows is refused, and one without a reason', () => {
  const told = (waivers: object) => refusalsOf(statefulSet({ waivers: waivers as Waivers }).chart, 'waivers');
  expect(told({ 'cpu-limit': MINE })).toBe('');
  expect(told({ 'cpu-limits': MINE })).toContain('There is no check "cpu-limits" to waive.\n  Did you mean cpu-limit');
  expect(told({ 'cpu-limit': ' ' })).toContain('The waiver of cpu-limit has no reason.');
});
