import { quotaNameOf } from '../hardware/device-claim';
import { Findings, Problem } from '../problem/problem';

/**
 * Amounts by the names that a ResourceQuota gives them: `pods`, `requests.cpu`, `requests.nvidia.com/gpu`. CPU is in
 * thousandths of a core, memory and storage are in MiB, everything else is a number of objects or devices.
 */
export type QuotaAmounts = Readonly<Record<string, number>>;

/** Something that takes a part of a namespace's quota: one track of a service, a Job, a claim. */
export interface QuotaConsumer {
  /** How messages name it, such as `nim/llama3-8b`. */
  readonly path: string;
  /** Copies when nothing scales and no release is under way. */
  readonly atRest: number;
  /** The most copies that its scaler, its releases and its rolling updates ever make. */
  readonly atLargest: number;
  /** What one copy takes. */
  readonly each: QuotaAmounts;
}

/** What all of them take when each is at its largest at the same time; no order of releases is refused then. */
export function largestNeed(consumers: readonly QuotaConsumer[]): QuotaAmounts {
  return sumOf(consumers.map(({ each, atLargest }) => times(each, atLargest)));
}

/**
 * A stated quota against what is declared. One service at its largest beside the others at rest must find room; all of
 * them at once need not, and that is only told.
 */
export function tenantQuotaFindings(
  namespace: string,
  stated: QuotaAmounts,
  consumers: readonly QuotaConsumer[],
): Findings {
  const errors: Problem[] = [];
  const warnings: Problem[] = [];
  for (const [name, allowed] of Object.entries(stated)) {
    const needs = consumers.map(({ path, each, atRest, atLargest }) => {
      const one = each[name] ?? 0;
      return { path, rest: one * atRest, largest: one * Math.max(atRest, atLargest) };
    });
    const rest = sum(needs.map((need) => need.rest));
    // A track of a release has no pods at rest, so its largest moment is its own service's.
    const byPath = new Map<string, { rest: number; largest: number }>();
    for (const { path, ...need } of needs) {
      const known = byPath.get(path) ?? { rest: 0, largest: 0 };
      byPath.set(path, { rest: known.rest + need.rest, largest: known.largest + need.largest });
    }
    const all = [...byPath].map(([path, need]) => ({ path, ...need })).filter(({ largest }) => largest > 0);
    const [worst] = [...all].sort((one, other) => other.largest - other.rest - (one.largest - one.rest));
    const atOnce = sum(all.map(({ largest }) => largest));
    const certain = rest + (worst ? worst.largest - worst.rest : 0);
    const shortage = (needed: number, when: string, of: (need: (typeof all)[number]) => number): Problem => ({
      check: 'tenant-quota',
      message: `${namespace} needs ${amountText(name, needed)} of ${name} ${when} (${all
        .filter((need) => of(need) > 0)
        .map((need) => `${need.path} ${amountText(name, of(need))}`)
        .join(', ')}); its quota allows ${amountText(name, allowed)}, and what is beyond it is not made.`,
      remedy: `Raise it to ${amountText(name, needed)}${OURS.has(name) ? ', or leave it out: it is derived then' : ''}.`,
    });
    if (rest > allowed) errors.push(shortage(rest, 'at rest', (need) => need.rest));
    else if (certain > allowed) {
      errors.push(
        shortage(certain, `when ${worst!.path} is at its largest`, (need) =>
          need === worst ? need.largest : need.rest,
        ),
      );
    } else if (atOnce > allowed) {
      warnings.push(shortage(atOnce, 'when everything is at its largest at once', (need) => need.largest));
    }
  }
  return { errors, warnings };
}

/**
 * The name by which a quota counts devices: those of an extended resource by its requests, those of a device class, which
 * has no slash, by its claims. The resource name of a pool whose devices are claimed is such a name already.
 */
export function deviceQuotaName(device: string): string {
  if (!device.includes('/')) return quotaNameOf(device);
  return device.endsWith(quotaNameOf('')) ? device : `requests.${device}`;
}

/** Amounts that have a derived default. */
const OURS: ReadonlySet<string> = new Set([
  'pods',
  'requests.cpu',
  'requests.memory',
  'requests.storage',
  'persistentvolumeclaims',
]);

/** An amount as Kubernetes and people write it: `6200m`, `22Gi`, `2`. */
export function amountText(name: string, amount: number): string {
  const whole = Math.ceil(amount);
  if (name === 'requests.cpu') return whole % 1000 === 0 ? `${whole / 1000}` : `${whole}m`;
  if (!isBytes(name)) return `${whole}`;
  return whole % 1024 === 0 && whole > 0 ? `${whole / 1024}Gi` : `${whole}Mi`;
}

const isBytes = (name: string) => name === 'requests.memory' || name.endsWith('requests.storage');

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

const times = (amounts: QuotaAmounts, copies: number): QuotaAmounts =>
  Object.fromEntries(Object.entries(amounts).map(([name, amount]) => [name, amount * copies]));

function sumOf(all: readonly QuotaAmounts[]): QuotaAmounts {
  const total: Record<string, number> = {};
  for (const amounts of all) {
    for (const [name, amount] of Object.entries(amounts)) total[name] = (total[name] ?? 0) + amount;
  }
  return total;
}
