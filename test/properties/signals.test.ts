import fc from 'fast-check';
import { signalRecordGroups } from '../../lib/observability/signal-records';
import { InvalidInputError } from '../../lib/problem/problem';
import { CustomRuntime } from '../../lib/runtime/custom/custom';
import { CustomSignals } from '../../lib/runtime/custom/custom-signals';
import { promqlProblems } from '../support/promql';
import { servingRequest } from '../support/serving-request';
import { mostly, number, text } from './odd';

// The judge here takes the names of JavaScript's own members for keywords; Prometheus does not.
const name = text.filter((one) => !(one in {}));
const metric = mostly(['requests_total', 'vllm:waiting', 'sum'], name);
const matcher = fc.oneof(
  { weight: 8, arbitrary: mostly(['status="5xx"', 'code=~"5.."', String.raw`path=~"/v1\\.x"`, 'a="$b"'], text) },
  fc.oneof(fc.constant('('), text).map((value) => `label=~"${value}"`),
);
const series = fc.record({ metric, matchers: fc.array(matcher, { maxLength: 2 }) }, { requiredKeys: ['metric'] });
const boundaries = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom([0.5, 1, 2.5]) },
  fc.array(number, { maxLength: 3 }),
);

const signals: fc.Arbitrary<CustomSignals> = fc.record({
  counters: fc.record({ requests: fc.record({ series: fc.array(series, { maxLength: 2 }) }) }),
  gauges: fc.record({ queueDepth: series.map((each) => ({ ...each, across: 'sum' as const })) }),
  histograms: fc.record({
    timeToFirstToken: fc
      .tuple(series, boundaries)
      .map(([each, bounds]) => ({ ...each, unitsPerSecond: 1 as const, boundaries: bounds })),
  }),
});

test('signals of a server of your own are refused with a reason, or become PromQL', () => {
  let accepted = 0;
  fc.assert(
    fc.property(signals, (stated) => {
      let runtime: CustomRuntime;
      try {
        runtime = new CustomRuntime({
          name: 'own',
          image: 'registry.example.com/own:1.0.0',
          port: 8000,
          readiness: { path: '/ready', port: 8000 },
          metrics: { path: '/metrics', port: 8000 },
          signals: stated,
        });
      } catch (error) {
        expect(error).toBeInstanceOf(InvalidInputError);
        return;
      }
      accepted += 1;
      const groups = signalRecordGroups({
        name: 'llama',
        namespace: 'nim',
        pods: [
          {
            track: 'stable',
            runtime,
            serviceName: 'llama',
            kind: 'Deployment',
            replicas: 1,
            gpusPerReplica: 1,
            podLabels: {},
            plan: { contract: runtime.contract(servingRequest()), startup: { rolloutSeconds: 60 } },
          },
        ],
      });
      for (const { expr } of groups.flatMap(({ rules }) => rules)) {
        expect([expr, promqlProblems(expr)]).toEqual([expr, []]);
        expect(expr).not.toContain('${');
      }
    }),
    { numRuns: 300 },
  );
  expect(accepted).toBeGreaterThan(20);
});
