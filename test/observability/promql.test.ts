import { metricsOf, promqlProblems } from '../support/promql';

test.each`
  query                                                             | problems
  ${'sum by (namespace) (rate(http_requests_total[5m])) > 0'}       | ${[]}
  ${'sum(up{namespace="nim"}) or vector(0)'}                        | ${[]}
  ${'max_over_time(sum(up)[1h:1m])'}                                | ${[]}
  ${'absent(up{job="x"}) == 1 unless on (namespace) kube_pod_info'} | ${[]}
`('right: $query', ({ query, problems }) => expect(promqlProblems(query)).toEqual(problems));

test.each`
  query                                | problem
  ${'rate(http_requests_total)'}       | ${/expected type matrix/}
  ${'sum(rate(x[5m])'}                 | ${/syntax error/}
  ${'sum(x) by namespace'}             | ${/syntax error/}
  ${'1 > 2'}                           | ${/BOOL/}
  ${''}                                | ${/syntax error/}
  ${'rate(x[$__rate_interval])'}       | ${/syntax error/}
  ${'histogram_quantile(x, "0.9")'}    | ${/expected type/}
  ${'x{le="1"} and on (le) scalar(y)'} | ${/set operator/}
`('wrong: $query', ({ query, problem }) => expect(promqlProblems(query).join('\n')).toMatch(problem));

test('a query longer than an editor parses at once is parsed to its end', () => {
  const long = Array.from({ length: 200 }, (_, at) => `sum(rate(metric_${at}[5m]))`).join(' + ');
  expect(promqlProblems(long)).toEqual([]);
  expect(promqlProblems(`${long} + rate(x)`).join()).toMatch(/expected type matrix/);
});

test.each`
  query                                                                       | metrics
  ${'sum by (le) (rate(vllm:ttft_bucket{le=~"1(\\\\.0)?"}[5m])) / on (a) up'} | ${['vllm:ttft_bucket', 'up']}
  ${'{__name__="x", a="b"} + x'}                                              | ${['x']}
  ${'label_replace(up, "pod", "$1", "exported_pod", "(.*)")'}                 | ${['up']}
`('reads $metrics', ({ query, metrics }) => expect(metricsOf(query)).toEqual(metrics));
