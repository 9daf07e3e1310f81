import { GPUS_OF_SERVICE } from '../../lib/observability/dashboards/selections';
import { DRAWN, queriesOf } from '../support/dashboards';
import { hasPrometheus, SamplePrometheus } from '../support/sample-prometheus';

const real = hasPrometheus();
const ifReal = real ? describe : describe.skip;

/** What the sample platform has none of. */
const SILENT: readonly string[] = ['gpu-inference-engine Queue time D', 'gpu-inference-gpu Memory temperature A'];

ifReal('on a platform with a canary and an incident', () => {
  let prometheus: SamplePrometheus;
  beforeAll(async () => {
    prometheus = await SamplePrometheus.start();
  }, 60_000);
  afterAll(() => prometheus.stop());

  test.each(
    DRAWN.flatMap((board) => queriesOf(board).map(({ place, expr }) => [`${board.uid} ${place}`, expr] as const)),
  )('%s has an answer', async (place, expr) => {
    const answer = await prometheus.curves(expr.replace('__all', '.*'));
    expect(answer.length > 0).toBe(!SILENT.includes(place));
    // Nothing by nothing is told as nothing.
    expect(answer.flatMap(({ values }) => values).filter(([, value]) => value === 'NaN')).toEqual([]);
  });

  test.each`
    service        | gpus
    ${'llama3-8b'} | ${[2, 3, 2]}
    ${'llama-70b'} | ${[8, 8, 8]}
  `(
    '$service has $gpus GPUs before, during and after the canary, workers of a group counted',
    async ({ service, gpus }) => {
      const query = GPUS_OF_SERVICE.replaceAll('$namespace', service === 'llama-70b' ? 'chat' : 'nim');
      const [answer] = await prometheus.curves(query.replaceAll('$service', service));
      expect([0, 105, -1].map((at) => Number(answer!.values.at(at)![1]))).toEqual(gpus);
    },
  );

  test('a dashboard of GPUs shows those of every pod of a service', async () => {
    const { expr } = DRAWN.find(({ uid }) => uid === 'gpu-inference-gpu')!.panels.find(({ id }) => id === 1)!
      .targets![0]!;
    const answer = await prometheus.curves(expr.replaceAll('$namespace', 'chat').replaceAll('$service', '.*'));
    expect([...new Set(answer.map(({ metric }) => metric.pod))].sort()).toEqual(['llama-70b-0', 'llama-70b-0-1']);
    expect(answer).toHaveLength(8);
  });
});
