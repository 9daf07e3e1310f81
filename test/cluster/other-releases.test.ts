import { CanaryStrategy, ReleaseStepName } from '../../lib';
import { edited, MAIN } from '../support/reference-platform';
import { commit, find, forget, get, list, namesOf, serves, serving, until } from './cluster';
import { synthesizedMain } from './synthesized';

/** The reference platform, released in another way. */
const platform = (strategy: string) => {
  const other = edited(
    MAIN,
    /(canary: \{ runtime: new NimRuntime\([^\n]*step: 'prepared')( \},)/,
    `$1, strategy: CanaryStrategy.${strategy}$2`,
  );
  return edited(other, /import \{\n {2}GatewayReference,/, 'import {\n  CanaryStrategy,\n  GatewayReference,');
};
const at = (text: string, step: ReleaseStepName) => edited(text, /step: '[^']+'/, `step: '${step}'`);
const rules = async () =>
  (await get('nim', 'httproute', 'llama3-8b')).spec.rules as {
    filters?: { type: string }[];
    backendRefs: { weight?: number }[];
  }[];

describe.each([
  { name: 'blue-green', text: platform('blueGreen()'), steps: CanaryStrategy.blueGreen().steps(1) },
  {
    name: 'shadow',
    text: platform('shadow({ weights: [100] })'),
    steps: CanaryStrategy.shadow({ weights: [100] }).steps(1),
  },
])('a release by $name, one Flux commit at a time', ({ text, steps }) => {
  const gpus = async () =>
    (await list('nim', 'pods')).filter(
      (pod) => serves(pod) && pod.metadata.name.startsWith('llama3-8b-') && !pod.metadata.name.includes('smoke'),
    ).length;

  afterAll(() => forget('release', 'nim', 'chat', 'search'));

  test.each(steps.filter(({ stableRuns }) => stableRuns === 'stable'))(
    '$name: the GPUs of the plan, and nobody else is touched',
    async ({ name, canaryReplicas, canaryWeight, mirrors }) => {
      const before = await find('nim', 'pod', 'llama3-8b-0');
      await commit('release', synthesizedMain(at(text, name)));
      const stable = await serving('nim', 'llama3-8b-0');
      if (before) expect(stable.metadata.uid).toBe(before.metadata.uid);
      await until('as many pods serve as the plan says', async () => (await gpus()) === 1 + canaryReplicas);
      const last = (await rules()).at(-1)!;
      expect(last.backendRefs.map(({ weight }) => weight)).toEqual([100 - canaryWeight, canaryWeight]);
      expect((last.filters ?? []).some(({ type }) => type === 'RequestMirror')).toBe(mirrors ?? false);
      const jobs = namesOf(await list('nim', 'jobs'));
      expect(jobs).toHaveLength(canaryReplicas > 0 ? 1 : 0);
    },
  );

  test('back to prepared: the canary goes, with its Job', async () => {
    await commit('release', synthesizedMain(at(text, 'prepared')));
    await until('one pod is left', async () => (await gpus()) === 1);
    expect(await list('nim', 'jobs')).toEqual([]);
  });
});
