import { same } from '../manifest-identity';
import { numberOf } from '../pod-request';

/** Fields that hold quantities, themselves or in what is below them. */
const QUANTITIES: ReadonlySet<string> = new Set(['requests', 'limits', 'capacity', 'sizeLimit']);

/**
 * Whether two values are the same to the API server, which compares quantities by what they mean: 1Ti is 1024Gi.
 *
 * @param path the fields that lead to them
 * @source k8s.io/apimachinery pkg/api/equality, Semantic
 */
export function sameValue(one: unknown, other: unknown, path: readonly string[] = []): boolean {
  const isQuantity = path.some((key) => QUANTITIES.has(key));
  return same(meant(one, isQuantity), meant(other, isQuantity));
}

/** The value with each quantity as a number. */
function meant(value: unknown, isQuantity: boolean): unknown {
  if (Array.isArray(value)) return value.map((each) => meant(each, isQuantity));
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).map(([key, each]) => [key, meant(each, isQuantity || QUANTITIES.has(key))]);
    return Object.fromEntries(entries) as unknown;
  }
  // Beyond twelve digits is floating point.
  return isQuantity && /^[+-]?[\d.]/.test(String(value)) ? Number(numberOf(value).toPrecision(12)) : value;
}
