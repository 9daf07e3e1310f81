import { DeclaredService } from '../checks/declarations';
import { GpuNodePool } from '../hardware/gpu-node-pool';
import { costFindings, CostPlan, CostRequest, CostService, HOURS_PER_MONTH, planCost } from '../plan/cost-plan';
import { machinePrices } from '../plan/price-list';
import { Findings } from '../problem/problem';
import { rounded } from './rounding';
import { ScorecardPlacement } from './scorecard-placement';

/** What the scorecard cannot know of money. */
export interface ScorecardOptions extends Partial<Pick<CostRequest, 'utilization' | 'priceList' | 'fixed' | 'asOf'>> {
  /** Part of all hours in which services are active, from 0 to 1. @default 1 - all hours */
  readonly utilization?: CostRequest['utilization'];
  /** What you pay, and the discount of committed machines. @default - public prices of the catalog, in USD */
  readonly priceList?: CostRequest['priceList'];
  /** What the cluster costs while no service runs: its fee, its CPU nodes. @default - GPU nodes only */
  readonly fixed?: CostRequest['fixed'];
  /** The day from which the age of a price is counted. @default - age is not judged */
  readonly asOf?: CostRequest['asOf'];
  /** Nodes under a commitment, by the name of the pool. Needs a discount in `priceList`. @default - none */
  readonly committedNodes?: Readonly<Record<string, number>>;
}

/** Money. What nobody knows the price of is left out, not 0. */
export interface CostAnswer {
  readonly currency: string;
  /** Per hour, while services are active. */
  readonly perHour?: number;
  /** Per month of 730 hours, to the unit of the currency. */
  readonly perMonth?: number;
}

/** What everything costs together. */
export interface TotalCost extends CostAnswer {
  /** Of the pools with a price, where not all have one and the sum is unknown. */
  readonly knownPerMonth?: number;
  /** The same month with every GPU node on spot. */
  readonly perMonthOnSpot?: number;
  /** The same month with every node that is active committed. */
  readonly perMonthCommitted?: number;
}

/** The price of a node, in the currency of the total. */
export interface NodePrice {
  readonly perHour: number;
  readonly region: string;
  readonly date: string;
}

/** What an app costs, whole and in parts. */
export interface ScorecardCosts {
  readonly total: TotalCost;
  /**
   * A service's part: of each node, as much as its pods fill, by what they need most of. Where all pods are alike, the parts
   * add up to the total less what nobody uses and what is fixed.
   */
  of(service: DeclaredService): CostAnswer;
  priceOf(poolKey: string): NodePrice | undefined;
  readonly findings: Findings;
}

/** Costs by the plan: whole nodes are paid for. */
export function scorecardCosts(
  services: readonly DeclaredService[],
  placement: ScorecardPlacement,
  pools: ReadonlyMap<string, GpuNodePool>,
  options: ScorecardOptions,
): ScorecardCosts {
  const { committedNodes = {}, utilization = 1, ...stated } = options;
  const parts = services.flatMap((service) =>
    service.tracks.flatMap((track) =>
      Object.entries(placement.podsOf(track)).map(([pool, pods]) => ({
        service,
        demand: {
          path: `${service.namespace}/${service.name}`,
          pool,
          podsPerNode: placement.podsPerNode(track, pool),
          replicasAtRest: pods,
        } satisfies CostService,
      })),
    ),
  );
  const request: CostRequest = {
    ...stated,
    utilization,
    pools: [...pools].map(([name, pool]) => ({
      name,
      spot: pool.spot,
      minNodes: pool.minNodes,
      ...(pool.machine && { machine: pool.machine }),
      ...(committedNodes[pool.name] !== undefined && { committedNodes: committedNodes[pool.name]! }),
    })),
    services: parts.map(({ demand }) => demand),
  };
  // Whole nodes as they were placed: services that differ share nodes better or worse than their parts of one add up.
  const placed: CostRequest = {
    ...request,
    services: [...pools.keys()].map((pool) => ({
      path: pool,
      pool,
      podsPerNode: 1,
      replicasAtRest: placement.nodes.get(pool) ?? 0,
    })),
  };
  const plan = planCost(placed);
  const alone = planCost(request).services;
  const known = plan.unpricedPools.length === 0 ? undefined : withoutPools(placed, plan.unpricedPools).costPerMonth;
  const { currency } = plan;
  const perHour = new Map<DeclaredService, number | undefined>();
  for (const [at, { service, demand }] of parts.entries()) {
    const before = perHour.has(service) ? perHour.get(service) : 0;
    const part = filledPart(alone[at]!, demand);
    perHour.set(service, before === undefined || part === undefined ? undefined : before + part);
  }
  return {
    total: {
      ...answer(currency, plan.active.costPerHour, plan.costPerMonth),
      ...(known !== undefined && known > 0 && { knownPerMonth: rounded(known, 0) }),
      ...(plan.costPerMonthOnSpot !== undefined && { perMonthOnSpot: rounded(plan.costPerMonthOnSpot, 0) }),
      ...(plan.costPerMonthCommitted !== undefined && { perMonthCommitted: rounded(plan.costPerMonthCommitted, 0) }),
    },
    of: (service) => {
      const hour = perHour.has(service) ? perHour.get(service) : 0;
      // Nothing scales it yet, so it costs the same in every hour.
      return answer(currency, hour, hour === undefined ? undefined : hour * HOURS_PER_MONTH);
    },
    priceOf: (key) => {
      const pool = pools.get(key);
      const prices = pool?.machine ? machinePrices(pool.machine.type, pool.machine.price, options.priceList) : {};
      const price = pool?.spot ? prices.spot : prices.onDemand;
      return price && { perHour: rounded(price.pricePerHour, 4), region: price.region, date: price.date };
    },
    findings: costFindings(plan),
  };
}

/** The plan of what remains when nobody counts these pools. */
function withoutPools(request: CostRequest, left: CostPlan['unpricedPools']): CostPlan {
  const out = new Set(left.map(({ pool }) => pool));
  return planCost({
    ...request,
    pools: request.pools.filter(({ name }) => !out.has(name)),
    services: request.services.filter(({ pool }) => !out.has(pool)),
  });
}

/** Of the whole nodes that a service takes, the part that its pods fill. */
function filledPart(cost: CostPlan['services'][number], demand: CostService): number | undefined {
  const { costPerHourActive, nodesActive } = cost;
  if (costPerHourActive === undefined || nodesActive === 0) return nodesActive === 0 ? 0 : undefined;
  return (costPerHourActive / nodesActive) * (demand.replicasAtRest / demand.podsPerNode);
}

function answer(currency: string, perHour: number | undefined, perMonth: number | undefined): CostAnswer {
  return {
    currency,
    ...(perHour !== undefined && { perHour: rounded(perHour, 4) }),
    ...(perMonth !== undefined && { perMonth: rounded(perMonth, 0) }),
  };
}
