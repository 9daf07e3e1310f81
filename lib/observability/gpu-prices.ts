import { Problem } from '../problem/problem';
import { CostPool } from '../plan/cost-plan';
import { CATALOG_CURRENCY, machinePrices, PriceList, priceListProblems } from '../plan/price-list';
import { GpuNodePool } from '../hardware/gpu-node-pool';

/** Nodes with GPUs, as far as those have a price. A GpuNodePool is some. */
export type PricedGpus = Pick<CostPool, 'machine' | 'spot'> & { readonly gpusPerNode: number };

/** What one device costs for an hour, with its part of the machine; undefined when nobody knows it. */
export function pricePerGpuHour({ machine, spot, gpusPerNode }: PricedGpus, priceList?: PriceList): number | undefined {
  const known = machine && machinePrices(machine.type, machine.price, priceList);
  const perNode = (spot ? known?.spot : known?.onDemand)?.pricePerHour;
  return perNode === undefined ? undefined : perNode / gpusPerNode;
}

/** USD per device and hour by the name of the pool; a pool whose price nobody knows is not in it. */
export function gpuPrices(
  pools: readonly GpuNodePool[],
  stated: Readonly<Record<string, number>>,
  priceList?: PriceList,
): Readonly<Record<string, number>> {
  const prices = pools.map((pool): [string, number | undefined] => {
    return [pool.name, stated[pool.name] ?? pricePerGpuHour(pool, priceList)];
  });
  return Object.fromEntries(prices.filter((each): each is [string, number] => each[1] !== undefined));
}

/** Prices that cannot be, or that are for no pool. */
export function gpuPriceProblems(
  pools: readonly GpuNodePool[],
  stated: Readonly<Record<string, number>>,
  priceList?: PriceList,
): Problem[] {
  const names = pools.map(({ name }) => name);
  return [
    ...(priceList ? priceListProblems(priceList) : []),
    ...(priceList && (priceList.currency ?? CATALOG_CURRENCY) !== 'USD'
      ? [
          {
            check: 'cost',
            message: `The price list is in ${priceList.currency}, and prices of GPUs are recorded in dollars.`,
            remedy: 'Give a list in USD.',
          },
        ]
      : []),
    ...Object.entries(stated)
      .filter(([name, price]) => !names.includes(name) || !(Number.isFinite(price) && price >= 0))
      .map(([name, price]) => ({
        check: 'cost',
        message: `gpuPricePerHour says ${String(price)} for ${JSON.stringify(name)}; the pools are ${names.join(', ')}.`,
        remedy: 'Use the name of a pool and a number, 0 or more.',
      })),
  ];
}
