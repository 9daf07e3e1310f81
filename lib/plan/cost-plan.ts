import { MachinePrice } from '../hardware/machine';
import { Findings, Problem } from '../problem/problem';
import {
  CATALOG_CURRENCY,
  dateProblems,
  dayNumber,
  KnownPrice,
  machinePrices,
  MachinePrices,
  PriceList,
  priceListProblems,
} from './price-list';

/** Nodes that are paid for; a GpuNodePool is one. */
export interface CostPool {
  readonly name: string;
  /** The machine of its nodes, and what the catalog knows of its price. @default - unknown: nodes of your own */
  readonly machine?: { readonly type: string; readonly price?: MachinePrice };
  readonly spot: boolean;
  /** Nodes that are paid for though nothing runs on them. */
  readonly minNodes: number;
  /**
   * Nodes for which a commitment was bought: paid for every hour, used or not, at the price list's discount. Nodes beyond
   * them are paid for by the hour.
   * @default 0
   */
  readonly committedNodes?: number;
  /** Disks of each node, per hour. @default 0 - not counted */
  readonly diskPricePerNodeHour?: number;
}

/** A service, as far as it needs nodes of one pool. A service in two pools is two of these. */
export interface CostService {
  /** How messages name it, such as `nim/llama3-8b`. */
  readonly path: string;
  /** Name of the pool. */
  readonly pool: string;
  /** Replicas that a node holds: planNodeFit's `podsPerNode`. */
  readonly podsPerNode: number;
  /** Replicas when nobody calls; 0 for a service that scales to zero, or that is scaled down at night. */
  readonly replicasAtRest: number;
  /** Replicas when it is in use. @default - replicasAtRest */
  readonly replicasActive?: number;
  /** Replicas of stable and canary together at each step of a release. @default - none */
  readonly steps?: readonly { readonly name: string; readonly replicas: number }[];
  /** Your own measurement: tokens that one replica writes per second under its usual load. @default - unknown */
  readonly outputTokensPerSecondPerReplica?: number;
}

/**
 * Something of the cluster that is paid for every hour, whatever runs: the fee, the CPU pool, disks that stay. In the
 * currency of the plan.
 */
export interface FixedCost {
  readonly item: string;
  readonly pricePerHour: number;
  /** @default 1 */
  readonly quantity?: number;
  readonly region: string;
  /** ISO date on which the price was true. */
  readonly date: string;
  /** @default 'stated' */
  readonly source?: string;
}

export interface CostRequest {
  readonly pools: readonly CostPool[];
  readonly services: readonly CostService[];
  /** @default - none: only GPU nodes are counted */
  readonly fixed?: readonly FixedCost[];
  /** Part of all hours in which services are active, from 0 to 1; at rest in the others. */
  readonly utilization: number;
  /** @default 730 - a twelfth of a year */
  readonly hoursPerMonth?: number;
  /** @default - the catalog's prices */
  readonly priceList?: PriceList;
  /** The day from which the age of a price is counted, as an ISO date. Never the clock's. @default - age is not judged */
  readonly asOf?: string;
}

/** What one moment costs. Without a price the sum is undefined, not smaller. */
export interface CostMoment {
  readonly costPerHour?: number;
  /** GPU nodes that are paid for, by pool. */
  readonly nodes: Readonly<Record<string, number>>;
}

/** What one service costs while it is active, by the whole nodes that it takes alone, without commitments. */
export interface ServiceCost {
  readonly path: string;
  readonly nodesActive: number;
  readonly costPerHourActive?: number;
  /** Its nodes only, while it writes as many tokens as was measured. */
  readonly costPerMillionOutputTokens?: number;
}

/** What the platform costs. Amounts are in `currency`. */
export interface CostPlan {
  readonly request: CostRequest;
  readonly currency: string;
  /** Fixed costs and pools at their minimum, with no replica of any service. */
  readonly empty: CostMoment;
  /** Every service at rest. */
  readonly atRest: CostMoment;
  /** Every service active. */
  readonly active: CostMoment;
  /** Each step of each release, the other services active. */
  readonly steps: readonly (CostMoment & { readonly path: string; readonly step: string })[];
  readonly services: readonly ServiceCost[];
  /** Active and at rest in the proportion of the utilization. */
  readonly costPerMonth?: number;
  /** The same month with every GPU node on spot; undefined where a spot price is not known. */
  readonly costPerMonthOnSpot?: number;
  /** The same month with every node that is active committed, and so paid for all hours. */
  readonly costPerMonthCommitted?: number;
  /** The month's whole cost for what all services write in their active hours; undefined unless all were measured. */
  readonly costPerMillionOutputTokens?: number;
  /** Every price that the sums are made of. */
  readonly prices: readonly (KnownPrice & { readonly ageDays?: number })[];
  /** Pools whose price nobody knows. */
  readonly unpricedPools: readonly { readonly pool: string; readonly machineType?: string; readonly spot: boolean }[];
}

/** Hours of a year by twelve. Bills of single months differ by up to 8 %. */
export const HOURS_PER_MONTH = 730;

/** Computes the plan. Pure: the same request gives the same plan. */
export function planCost(request: CostRequest): CostPlan {
  const { pools, services, fixed = [], utilization, hoursPerMonth = HOURS_PER_MONTH, priceList, asOf } = request;
  const prices = new Map(
    pools.map(({ name, machine }) => [name, machine ? machinePrices(machine.type, machine.price, priceList) : {}]),
  );
  const fixedPerHour = total(fixed.map(({ pricePerHour, quantity = 1 }) => pricePerHour * quantity))!;
  const moment = (replicas: (service: CostService) => number, paid: Payment = asDeclared): CostMoment => {
    const nodes = pools.map((pool): [string, number] => [pool.name, nodesOf(pool, services, replicas)]);
    const perPool = pools.map((pool, at) => costOfPool(pool, nodes[at]![1], prices.get(pool.name)!, paid));
    const costPerHour = total([fixedPerHour, ...perPool]);
    return { ...(costPerHour !== undefined && { costPerHour }), nodes: Object.fromEntries(nodes) };
  };
  const month = (active: number | undefined, atRest: number | undefined) =>
    total([scale(active, hoursPerMonth * utilization), scale(atRest, hoursPerMonth * (1 - utilization))]);

  const atRest = moment(({ replicasAtRest }) => replicasAtRest);
  const active = moment(activeReplicas);
  const costPerMonth = month(active.costPerHour, atRest.costPerHour);
  const committed = moment(activeReplicas, 'committed').costPerHour;
  const tokensPerHour = total(services.map(outputTokensPerHour));
  return definedOnly({
    request,
    currency: priceList?.currency ?? CATALOG_CURRENCY,
    empty: moment(() => 0),
    atRest,
    active,
    steps: services.flatMap((service) =>
      (service.steps ?? []).map((step) => ({
        path: service.path,
        step: step.name,
        ...moment((other) => (other === service ? step.replicas : activeReplicas(other))),
      })),
    ),
    services: services.map((service) => costOfService(service, pools, prices)),
    costPerMonth,
    costPerMonthOnSpot: month(
      moment(activeReplicas, 'spot').costPerHour,
      moment(({ replicasAtRest }) => replicasAtRest, 'spot').costPerHour,
    ),
    costPerMonthCommitted: month(committed, committed),
    costPerMillionOutputTokens: perMillion(costPerMonth, scale(tokensPerHour, hoursPerMonth * utilization)),
    prices: pricesUsed(pools, prices, fixed, asOf),
    unpricedPools: pools
      .filter((pool) => priceOf(pool, prices.get(pool.name)!, asDeclared) === undefined)
      .map(({ name, machine, spot }) => ({ pool: name, ...(machine && { machineType: machine.type }), spot })),
  });
}

/** How nodes are paid for: as the pool says, or all of them in one way, to compare. */
type Payment = 'as declared' | 'spot' | 'committed';
const asDeclared: Payment = 'as declared';

const activeReplicas = ({ replicasAtRest, replicasActive }: CostService) =>
  Math.max(replicasAtRest, replicasActive ?? replicasAtRest);

/** Whole machines are paid for. Services share nodes while their parts of one add up to it. */
function nodesOf(pool: CostPool, services: readonly CostService[], replicas: (service: CostService) => number): number {
  const parts = services
    .filter((service) => service.pool === pool.name && service.podsPerNode > 0)
    .map((service) => replicas(service) / service.podsPerNode);
  // A third three times is one node, not two.
  return Math.max(pool.minNodes, Math.ceil(total(parts)! - 1e-9));
}

/** The price of one more node; undefined when nobody knows it. */
function priceOf(pool: CostPool, prices: MachinePrices, paid: Payment): KnownPrice | undefined {
  if (paid === 'committed') return prices.committed;
  return paid === 'spot' || pool.spot ? prices.spot : prices.onDemand;
}

function costOfPool(pool: CostPool, nodes: number, prices: MachinePrices, paid: Payment): number | undefined {
  const committed = paid === asDeclared ? (pool.committedNodes ?? 0) : 0;
  const byTheHour = Math.max(0, nodes - committed);
  const disks = nodes * (pool.diskPricePerNodeHour ?? 0);
  return total([
    disks,
    committed === 0 ? 0 : scale(prices.committed?.pricePerHour, committed),
    byTheHour === 0 ? 0 : scale(priceOf(pool, prices, paid)?.pricePerHour, byTheHour),
  ]);
}

function costOfService(
  service: CostService,
  pools: readonly CostPool[],
  prices: ReadonlyMap<string, MachinePrices>,
): ServiceCost {
  const pool = pools.find(({ name }) => name === service.pool);
  const replicas = activeReplicas(service);
  const nodesActive = service.podsPerNode > 0 ? Math.ceil(replicas / service.podsPerNode) : 0;
  // A commitment belongs to the pool, not to one of its services.
  const byTheHour = pool && { ...pool, committedNodes: 0 };
  const costPerHourActive = byTheHour && costOfPool(byTheHour, nodesActive, prices.get(pool.name)!, asDeclared);
  return definedOnly({
    path: service.path,
    nodesActive,
    costPerHourActive,
    costPerMillionOutputTokens: perMillion(costPerHourActive, outputTokensPerHour(service)),
  });
}

const outputTokensPerHour = (service: CostService) =>
  scale(service.outputTokensPerSecondPerReplica, 3600 * activeReplicas(service));

const perMillion = (cost: number | undefined, tokens: number | undefined) =>
  cost === undefined || tokens === undefined || tokens === 0 ? undefined : (cost / tokens) * 1e6;

/** One unknown part makes the sum unknown. */
function total(parts: readonly (number | undefined)[]): number | undefined {
  return parts.reduce((sum, part) => (sum === undefined || part === undefined ? undefined : sum + part), 0);
}

const scale = (value: number | undefined, factor: number) => (value === undefined ? undefined : value * factor);

const definedOnly = <T extends object>(value: T): T =>
  Object.fromEntries(Object.entries(value).filter(([, part]) => part !== undefined)) as T;

function pricesUsed(
  pools: readonly CostPool[],
  prices: ReadonlyMap<string, MachinePrices>,
  fixed: readonly FixedCost[],
  asOf: string | undefined,
): CostPlan['prices'] {
  const machines = pools.flatMap((pool) => {
    const own = prices.get(pool.name)!;
    return [priceOf(pool, own, asDeclared), (pool.committedNodes ?? 0) > 0 ? own.committed : undefined];
  });
  const all = [
    ...fixed.map(({ item, pricePerHour, region, date, source = 'stated' }): KnownPrice => ({
      item,
      kind: 'fixed',
      pricePerHour,
      region,
      date,
      source,
    })),
    ...machines.filter((price) => price !== undefined),
  ];
  const unique = new Map(all.map((price) => [JSON.stringify(price), price]));
  return [...unique.values()].map((price) => {
    const [now, then] = [asOf === undefined ? undefined : dayNumber(asOf), dayNumber(price.date)];
    return { ...price, ...(now !== undefined && then !== undefined && { ageDays: now - then }) };
  });
}

/** Prices change a few times a year; half a year later the sum is history. */
const OLD_PRICE_DAYS = 180;

/** What the plan says to its user: input that cannot be is an error; prices that are unknown or old are warnings. */
export function costFindings(plan: CostPlan): Findings {
  const { request, prices, unpricedPools } = plan;
  const { priceList, utilization, asOf, fixed = [], pools } = request;
  return {
    errors: [
      ...(priceList ? priceListProblems(priceList) : []),
      ...fixed.flatMap(({ item, date }) => dateProblems(item, date)),
      ...(asOf === undefined ? [] : dateProblems('the plan', asOf)),
      ...(utilization >= 0 && utilization <= 1
        ? []
        : [problem(`The utilization is ${String(utilization)}.`, 'Use a part of all hours from 0 to 1, such as 0.5.')]),
      ...(fixed.some(({ pricePerHour, quantity = 1 }) => !(pricePerHour >= 0 && quantity >= 0))
        ? [problem('A fixed cost is negative, or no number.', 'Use a price per hour, 0 or more.')]
        : []),
      ...pools
        .filter(({ committedNodes = 0 }) => committedNodes > 0 && priceList?.committedDiscountPercent === undefined)
        .map(({ name, committedNodes }) =>
          problem(
            `The pool ${name} has ${committedNodes} committed nodes, and nobody said what the commitment saves.`,
            'State committedDiscountPercent of the priceList.',
          ),
        ),
    ],
    warnings: [
      ...unpricedPools.map(({ pool, machineType, spot }) =>
        problem(
          machineType === undefined
            ? `The nodes of the pool ${pool} have no price: they are of no machine type that a cloud sells.`
            : `Nobody knows the ${spot ? 'spot' : 'on-demand'} price of ${machineType} in the pool ${pool}.`,
          machineType === undefined
            ? 'Count what they cost per hour among the fixed costs.'
            : `State ${machineType}${spot ? ' with its spot price' : ''} in machines of the priceList.`,
        ),
      ),
      ...prices
        .filter(({ ageDays = 0 }) => ageDays > OLD_PRICE_DAYS)
        .map(({ item, kind, region, date, ageDays }) =>
          problem(
            `The ${kind} price of ${item} (${region}) is of ${date}, ${ageDays} days before ${asOf}.`,
            kind === 'fixed' ? 'Look it up again.' : `State ${item} in machines of the priceList.`,
          ),
        ),
    ],
  };
}

const problem = (message: string, remedy: string): Problem => ({ check: 'cost', message, remedy });
