import { MachinePrice } from '../hardware/machine';
import { Problem } from '../problem/problem';

/** Prices of your own: what you pay, instead of what the catalog found in public. */
export interface PriceList {
  /**
   * Price per hour of a whole machine by its type, in `currency`: a number for on-demand, or both.
   * A type that is not listed has the catalog's price, if that is in the same currency.
   */
  readonly machines: Readonly<Record<string, number | { readonly onDemand: number; readonly spot?: number }>>;
  readonly region: string;
  /** When the prices were true, as an ISO date such as `2026-09-27`. */
  readonly date: string;
  /** ISO code of the currency of every price in the list. @default 'USD' */
  readonly currency?: string;
  /** Discount of committed machines in percent of the on-demand price, 0 to 100. @default - none */
  readonly committedDiscountPercent?: number;
  /** Where the prices come from, such as a contract. @default 'price list' */
  readonly source?: string;
}

/** A price with what a reader must know to trust it. */
export interface KnownPrice {
  /** What is paid for: a machine type, a disk, a fee. */
  readonly item: string;
  readonly kind: 'on-demand' | 'spot' | 'committed' | 'fixed';
  /** In the currency of the plan. */
  readonly pricePerHour: number;
  readonly region: string;
  /** ISO date on which the price was true. */
  readonly date: string;
  readonly source: string;
}

/** The prices of one machine type; what nobody knows is undefined. */
export interface MachinePrices {
  readonly onDemand?: KnownPrice;
  readonly spot?: KnownPrice;
  /** On-demand less the discount of the list; undefined without a discount. */
  readonly committed?: KnownPrice;
}

/** The currency of all prices in the catalog. */
export const CATALOG_CURRENCY = 'USD';

/** Looks a machine type up in the list, then in the catalog's row. */
export function machinePrices(machineType: string, catalog: MachinePrice | undefined, list?: PriceList): MachinePrices {
  const row = ownRow(machineType, list) ?? catalogRow(catalog, list);
  if (!row) return {};
  const { onDemand, spot, region, date, source } = row;
  const priced = (kind: KnownPrice['kind'], pricePerHour: number): KnownPrice => ({
    item: machineType,
    kind,
    pricePerHour,
    region,
    date,
    source,
  });
  const discount = list?.committedDiscountPercent;
  return {
    onDemand: priced('on-demand', onDemand),
    ...(spot !== undefined && { spot: priced('spot', spot) }),
    ...(discount !== undefined && { committed: priced('committed', onDemand * (1 - discount / 100)) }),
  };
}

function ownRow(machineType: string, list: PriceList | undefined): MachinePrice | undefined {
  const own = list && Object.hasOwn(list.machines, machineType) ? list.machines[machineType] : undefined;
  if (list === undefined || own === undefined) return undefined;
  const { region, date, source = 'price list' } = list;
  return { ...(typeof own === 'number' ? { onDemand: own } : own), region, date, source };
}

/** Two currencies in one sum would be a number without meaning. */
const catalogRow = (catalog: MachinePrice | undefined, list: PriceList | undefined) =>
  (list?.currency ?? CATALOG_CURRENCY) === CATALOG_CURRENCY ? catalog : undefined;

/** Everything in the list that cannot be. */
export function priceListProblems(list: PriceList): Problem[] {
  const prices = Object.entries(list.machines).flatMap(([type, price]) =>
    typeof price === 'number'
      ? [[type, price] as const]
      : [[type, price.onDemand] as const, [`${type} on spot`, price.spot ?? 0] as const],
  );
  const { committedDiscountPercent: discount, currency } = list;
  return [
    ...prices
      .filter(([, price]) => !(Number.isFinite(price) && price >= 0))
      .map(([item, price]) => ({
        check: 'cost',
        message: `The price list says ${String(price)} per hour for ${item}.`,
        remedy: 'Use a number, 0 or more.',
      })),
    ...(discount !== undefined && !(discount >= 0 && discount <= 100)
      ? [
          {
            check: 'cost',
            message: `The committed discount is ${String(discount)} %.`,
            remedy: 'Use a percentage from 0 to 100, such as 37.',
          },
        ]
      : []),
    ...(currency !== undefined && !/^[A-Z]{3}$/.test(currency)
      ? [
          {
            check: 'cost',
            message: `The currency of the price list is ${JSON.stringify(currency)}.`,
            remedy: 'Use an ISO code such as USD or EUR.',
          },
        ]
      : []),
    ...dateProblems('the price list', list.date),
  ];
}

/** Problems of a date that must be a day of the calendar. */
export function dateProblems(what: string, date: string): Problem[] {
  if (dayNumber(date) !== undefined) return [];
  return [
    {
      check: 'cost',
      message: `The date of ${what} is ${JSON.stringify(date)}.`,
      remedy: 'Use an ISO date such as 2026-09-27.',
    },
  ];
}

/** Days since 1970 of an ISO date; undefined when there is no such day. */
export function dayNumber(date: string): number | undefined {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(date)) return undefined;
  const milliseconds = Date.parse(`${date}T00:00:00Z`);
  const real = !Number.isNaN(milliseconds) && new Date(milliseconds).toISOString().startsWith(date);
  return real ? milliseconds / 86_400_000 : undefined;
}
