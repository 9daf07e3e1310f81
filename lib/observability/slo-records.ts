import { LatencyQuantity } from '../runtime/server-signals';

/**
 * Names of what is recorded of promises, as dashboards read them: sloth's own, with its labels (sloth_id, sloth_service,
 * sloth_slo) beside namespace and inference_service.
 */
export const SLO_RECORDS = {
  /** Part of the events that should be good. */
  objective: 'slo:objective:ratio',
  /** Part of the events that may be bad. */
  errorBudget: 'slo:error_budget:ratio',
  /** How many times as fast as allowed the budget burns, over five minutes. */
  currentBurnRate: 'slo:current_burn_rate:ratio',
  /** The same over the whole period. */
  periodBurnRate: 'slo:period_burn_rate:ratio',
  /** Part of the budget of the period that is left; below 0 when it is overdrawn. */
  budgetRemaining: 'slo:period_error_budget_remaining:ratio',
  /** Seconds that were promised; labels quantity (`timeToFirstToken`) and percentile (`p95`) beside sloth's. */
  objectiveSeconds: 'inference:objective_seconds',
} as const;

/** Part of the events that were bad over a window such as `1h`. */
export const errorRatioRecord = (window: string) => `slo:sli_error:ratio_rate${window}`;

/** What `inference:objective_seconds` says of a latency. */
export const quantityMatcher = (quantity: LatencyQuantity) => `quantity="${quantity}"`;
