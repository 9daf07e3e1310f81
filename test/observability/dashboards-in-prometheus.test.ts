import { GPUS_OF_SERVICE } from '../../lib/observability/dashboards/selections';
import { ALL_SERVICES, Choices, choicesOf, DRAWN, ONE_SERVICE, queriesOf, withChoices } from '../support/dashboards';
import { SAMPLE_START } from '../support/sample-platform';
import { Answer, hasPrometheus, SamplePrometheus } from '../support/sample-prometheus';

const real = hasPrometheus();
const ifReal = real ? describe : describe.skip;

/** What the sample platform has none of. */
const SILENT: readonly string[] = ['gpu-inference-engine Queue time D', 'gpu-inference-gpu Memory temperature A'];

const LLAMA_70B: Choices = { namespace: 'chat', service: 'llama-70b' };

ifReal('on a platform with a canary and an incident', () => {
  let prometheus: SamplePrometheus;
  beforeAll(async () => {
    prometheus = await SamplePrometheus.start();
  }, 60_000);
  afterAll(() => prometheus.stop());

  const ask = (dashboard: string, place: string, choices?: Choices): Promise<readonly Answer[]> => {
    const board = DRAWN.find(({ uid }) => uid === `gpu-inference-${dashboard}`)!;
    return prometheus.curves(queriesOf(board, choices).find((query) => query.place === place)!.expr, 60);
  };
  /** What a panel shows at an hour: values by labels, to a digit behind the point. */
  const shownAt = (answers: readonly Answer[], hour: number) =>
    Object.fromEntries(
      answers.flatMap(({ metric, values }) => {
        const sample = values.find(([second]) => second === SAMPLE_START + Math.round(hour * 3600));
        const name = Object.values(metric).join(' ');
        return sample ? [[name, Math.round(Number(sample[1]) * 10) / 10]] : [];
      }),
    );

  test.each(
    DRAWN.flatMap((board) =>
      [...new Set([ONE_SERVICE, choicesOf(board)])].flatMap((choices) =>
        queriesOf(board, choices).map(
          ({ place, expr }) => [`${board.uid} ${place}`, choices === ALL_SERVICES ? 'all' : 'one', expr] as const,
        ),
      ),
    ),
  )('%s has an answer, with %s chosen', async (place, chosen, expr) => {
    const answer = await prometheus.curves(expr);
    expect(answer.length > 0).toBe(chosen === 'all' || !SILENT.includes(place));
    // Nothing by nothing is told as nothing.
    expect(answer.flatMap(({ values }) => values).filter(([, value]) => value === 'NaN')).toEqual([]);
  });

  test.each`
    dashboard    | place                                 | hour    | shown
    ${'service'} | ${'Pods A'}                           | ${4}    | ${{ '': 3 }}
    ${'service'} | ${'Pods A'}                           | ${4.6}  | ${{ '': 2 }}
    ${'service'} | ${'Pods B'}                           | ${4.6}  | ${{ '': 3 }}
    ${'service'} | ${'Pods ready of those wanted A'}     | ${4.6}  | ${{ '': 0.7 }}
    ${'service'} | ${'New version'}                      | ${2.2}  | ${{}}
    ${'service'} | ${'New version'}                      | ${2.35} | ${{ 'nim b7c2 llama3-8b-canary': 1 }}
    ${'service'} | ${'New version'}                      | ${2.6}  | ${{}}
    ${'fleet'}   | ${'Offered A'}                        | ${3}    | ${{ '': 26 }}
    ${'fleet'}   | ${'Allocated A'}                      | ${3}    | ${{ '': 12 }}
    ${'fleet'}   | ${'Idle A'}                           | ${3}    | ${{ '': 0.5 }}
    ${'fleet'}   | ${'Pods that wait for GPUs A'}        | ${0.7}  | ${{ '': 1 }}
    ${'fleet'}   | ${'Pods that wait for GPUs A'}        | ${3}    | ${{ '': 0 }}
    ${'gpu'}     | ${'Broken memory in the last hour A'} | ${3}    | ${{ 'GPU-43c0ffee 3 h100-2': 1 }}
    ${'gpu'}     | ${'Broken memory in the last hour A'} | ${4}    | ${{}}
    ${'gpu'}     | ${'Broken memory in the last hour B'} | ${3}    | ${{}}
    ${'gpu'}     | ${'Broken memory in the last hour B'} | ${4}    | ${{ 'GPU-32c0ffee 2 h100-1': 2 }}
    ${'gpu'}     | ${'Broken memory in the last hour C'} | ${4}    | ${{ 'GPU-32c0ffee 2 h100-1': 1 }}
  `('$dashboard shows $shown for $place at $hour', async ({ dashboard, place, hour, shown }) => {
    expect(shownAt(await ask(dashboard, place), hour)).toEqual(shown);
  });

  test.each`
    choices        | gpus
    ${ONE_SERVICE} | ${[2, 3, 2]}
    ${LLAMA_70B}   | ${[8, 8, 8]}
  `(
    '$choices.service has $gpus GPUs before, during and after the canary, workers of a group counted',
    async ({ choices, gpus }) => {
      const [answer] = await prometheus.curves(withChoices(GPUS_OF_SERVICE, choices));
      expect([0, 105, -1].map((at) => Number(answer!.values.at(at)![1]))).toEqual(gpus);
    },
  );

  test('a dashboard of GPUs shows those of every pod of a service', async () => {
    const answer = await ask('gpu', 'Engine active A', { ...LLAMA_70B, service: '.*' });
    expect([...new Set(answer.map(({ metric }) => metric.pod))].sort()).toEqual(['llama-70b-0', 'llama-70b-0-1']);
    expect(answer).toHaveLength(8);
  });

  test('a GPU with nothing to do is not told to be held back', async () => {
    const answer = await ask('gpu', 'What holds the clocks back A');
    expect(answer.map(({ metric }) => metric.clock_event)).toEqual(['power_cap']);
  });
});
