import { HistogramSignal, LatencyQuantity } from '../../runtime/server-signals';
import { TRACK_LABEL } from '../../signals/pod-selection';
import { quantileRecord, RECORDED_QUANTILES } from '../../signals/records';
import { quantityMatcher, SLO_RECORDS } from '../slo-records';
import { Query } from './dashboard';
import { ofService } from './selections';

/** Half of the requests, 95 and 99 of 100, of each track. */
export function quantileCurves(signal: HistogramSignal): [Query, ...Query[]] {
  const curve = (quantile: keyof typeof RECORDED_QUANTILES): Query => ({
    expr: `max by (${TRACK_LABEL}, role) (${ofService(quantileRecord(signal, quantile))})`,
    legend: `${quantile} {{track}} {{role}}`,
  });
  return [curve('p50'), curve('p95'), curve('p99')];
}

/** The same with what was promised. */
export const curvesAndObjective = (quantity: LatencyQuantity): [Query, ...Query[]] => [
  ...quantileCurves(quantity),
  {
    expr: `max by (percentile) (${ofService(SLO_RECORDS.objectiveSeconds, quantityMatcher(quantity))})`,
    legend: 'objective {{percentile}}',
    objective: true,
  },
];
