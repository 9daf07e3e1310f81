import { GAUGE_RECORDS, quantileRecord, RATE_RECORDS, RECORDED_QUANTILES } from '../signals/records';

/** An external rule of the Prometheus adapter (kubernetes-sigs/prometheus-adapter, docs/config.md). */
export interface AdapterRule {
  readonly seriesQuery: string;
  readonly resources: { readonly overrides: { readonly namespace: { readonly resource: 'namespace' } } };
  readonly name: { readonly matches: string; readonly as: string };
  readonly metricsQuery: string;
}

const RECORDS: readonly string[] = [
  GAUGE_RECORDS.queueDepth,
  GAUGE_RECORDS.running,
  GAUGE_RECORDS.kvCacheUtilization,
  ...(Object.keys(RECORDED_QUANTILES) as (keyof typeof RECORDED_QUANTILES)[]).map((quantile) =>
    quantileRecord('timeToFirstToken', quantile),
  ),
  RATE_RECORDS.generatedTokens,
];

/**
 * What the Prometheus adapter must know for scalers of the kind `hpa`: its list `rules.external`. The same for every service
 * of a cluster, since the records have the same names whatever the server; the API of external metrics takes no `:`.
 */
export function prometheusAdapterRules(): readonly AdapterRule[] {
  return RECORDS.map((record) => ({
    seriesQuery: `${record}{namespace!=""}`,
    resources: { overrides: { namespace: { resource: 'namespace' } } },
    name: { matches: `^${record}$`, as: record.replaceAll(':', '_') },
    metricsQuery: 'max(<<.Series>>{<<.LabelMatchers>>})',
  }));
}
