import { HOURS_PER_MONTH } from '../plan/cost-plan';
import { PriceList, priceListProblems } from '../plan/price-list';
import { shown } from '../problem/numbers';
import { Problem } from '../problem/problem';
import { pricePerGpuHour } from './gpu-prices';
import { AlertingRule } from './rule';
import { decimal } from '../signals/rule-numbers';
import { serviceAlert } from './service-alerts';
import { WatchedPods } from './watched-pods';

/** What the GPUs of a service may cost. */
export interface ServiceBudget {
  /** Money for a month of 730 hours, in the currency of the prices. Above 0; too low tells of it every day. */
  readonly perMonth: number;
  /** Prices of your own. @default - the catalog's, in USD */
  readonly priceList?: PriceList;
  /**
   * Price of one GPU for an hour, with its part of the machine, where the nodes have no price: your own machines.
   * @default - that of the dearest pool's machine, by the GPUs in it
   */
  readonly pricePerGpuHour?: number;
}

/** Price of a GPU of these pods; undefined when nobody knows it. The dearest pool counts, so the alert is not late. */
function priceOf({ pods }: WatchedPods, { pricePerGpuHour: stated, priceList }: ServiceBudget): number | undefined {
  if (stated !== undefined) return stated;
  const prices = (pods.nodePools ?? []).map((pool) => pricePerGpuHour(pool, priceList));
  const known = prices.filter((price) => price !== undefined);
  return known.length === 0 || known.length < prices.length ? undefined : Math.max(...known);
}

/** What is wrong with a budget. */
export function budgetProblems(watched: readonly WatchedPods[], budget: ServiceBudget): Problem[] {
  const problem = (message: string, remedy: string): Problem => ({ check: 'cost', message, remedy });
  const { perMonth, pricePerGpuHour: stated, priceList } = budget;
  const positive = (value: unknown) => typeof value === 'number' && Number.isFinite(value) && value > 0;
  return [
    ...(priceList ? priceListProblems(priceList) : []),
    ...(positive(perMonth) ? [] : [problem(`The budget is ${shown(perMonth)} a month.`, 'Use a number above 0.')]),
    ...(stated === undefined || positive(stated)
      ? []
      : [problem(`A GPU costs ${shown(stated)} an hour.`, 'Use a number above 0.')]),
    ...watched
      .filter((each) => priceOf(each, budget) === undefined)
      .map(({ what }) =>
        problem(
          `The service has a budget, and nobody knows what the GPUs of ${what} cost.`,
          'State pricePerGpuHour of the budget, or the machines in its priceList.',
        ),
      ),
  ];
}

/** What the replicas that held GPUs in the last day would cost in a month, whether anybody asked them anything or not. */
export function costAlert(watched: readonly [WatchedPods, ...WatchedPods[]], budget: ServiceBudget): AlertingRule {
  const [{ monitoring, serviceLabels }] = watched;
  const costs = watched.map((each) => {
    const perMonth = each.pods.gpusPerReplica * (priceOf(each, budget) ?? 0) * HOURS_PER_MONTH;
    return `(${each.replicas.existing('1d')} or vector(0)) * ${decimal(perMonth)}`;
  });
  return serviceAlert(monitoring, {
    alert: 'InferenceCostAboveBudget',
    description: `The GPUs that ${serviceLabels.namespace}/${serviceLabels.inference_service} held in the last day cost {{ $value | printf "%.0f" }} a month; its budget is ${decimal(budget.perMonth)}.`,
    expr: `${costs.join('\n+ ')}\n> ${decimal(budget.perMonth)}`,
    for: '6h',
    labels: serviceLabels,
  });
}
