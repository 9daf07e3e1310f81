import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Duration } from 'cdk8s';
import { load } from 'js-yaml';
import { prometheusAdapterRules, ScalingMetric } from '../../lib';
import { promqlProblems } from '../support/promql';

const METRICS = [
  ScalingMetric.queueDepth(),
  ScalingMetric.runningRequests(),
  ScalingMetric.kvCacheUtilization(),
  ScalingMetric.timeToFirstToken({ p50: Duration.seconds(1) }),
  ScalingMetric.timeToFirstToken({ p95: Duration.seconds(1) }),
  ScalingMetric.timeToFirstToken({ p99: Duration.seconds(1) }),
  ScalingMetric.generatedTokensPerSecond(1),
];

test('the adapter makes every metric that a scaler may ask for, and no other', () => {
  expect(prometheusAdapterRules().map(({ name }) => name.as)).toEqual(METRICS.map(({ externalName }) => externalName));
});

test.each(prometheusAdapterRules())('$name.as is a name without ":", made of a record', ({ name, ...rule }) => {
  expect(name.as).toMatch(/^[a-zA-Z_][a-zA-Z0-9_]*$/);
  const [, record] = /^\^(.*)\$$/.exec(name.matches)!;
  expect(METRICS.map((metric) => metric.record)).toContain(record);
  expect(rule.seriesQuery).toBe(`${record}{namespace!=""}`);
  const asked = rule.metricsQuery
    .replace('<<.Series>>', record!)
    .replace('<<.LabelMatchers>>', 'inference_service="llama",namespace="chat",track="stable"');
  expect(promqlProblems(asked)).toEqual([]);
});

test('the page shows these rules', () => {
  const page = readFileSync(join(__dirname, '..', '..', 'docs', 'scaling.md'), 'utf8');
  const [, yaml] = /<!-- adapter-rules -->\s*```yaml\n([^]*?)```/.exec(page)!;
  expect(load(yaml!)).toEqual({ rules: { external: prometheusAdapterRules() } });
});
