import { ApiObject } from 'cdk8s';
import { Problem } from '../problem/problem';
import { identify, Manifest, mapOf, show } from './manifest-identity';

/** Fields of the typed objects of cdk8s-plus-30 that hold a `Quantity`, or a map of them. */
const QUANTITIES = new Set([
  ...['capacity', 'default', 'defaultRequest', 'hard', 'limits', 'max', 'maxLimitRequestRatio', 'min', 'overhead'],
  ...['podFixed', 'requests', 'averageValue', 'divisor', 'maximumVolumeSize', 'quantity', 'sizeLimit', 'value'],
]);

/** Those that hold an `IntOrString`. */
const INT_OR_STRINGS = new Set(['maxSurge', 'maxUnavailable', 'minAvailable', 'port', 'targetPort']);

/**
 * What was asked of a typed object, by its props or by a JSON patch, and is not in what it writes: a plain value where the type
 * wants a class, or a field that the type does not know. Both are dropped without a word.
 *
 * @param written what the object writes
 */
export function lostValues(object: ApiObject, written: Manifest): Problem[] {
  // An object without a type writes what it is asked. Props of a type are judged by the compiler, patches by nobody.
  if (object.toJson === ApiObject.prototype.toJson || !isPatched(object)) return [];
  const asked = ApiObject.prototype.toJson.call(object) as Manifest;
  const shown = show(identify(written));
  return lostIn(asked, written, []).map(({ path, value }) => ({
    check: 'lost-value',
    message: `${pointer(path)} of ${shown} was set to ${JSON.stringify(value)}, and nothing of it is written: ${reason(path)}.`,
    remedy: remedy(path, value),
  }));
}

/** cdk8s keeps patches to itself; where it calls them otherwise one day, every typed object is compared. */
const isPatched = (object: ApiObject) =>
  (object as unknown as { readonly patches?: readonly unknown[] }).patches?.length !== 0;

type Path = readonly string[];

interface Lost {
  readonly path: Path;
  readonly value: unknown;
}

/** The outermost values that are lost. */
function lostIn(asked: unknown, written: unknown, path: Path): Lost[] {
  if (asked === undefined || asked === null) return [];
  if (written === undefined || written === null) return holdsValue(asked) ? [{ path, value: asked }] : [];
  // A class that is written as one value is no loss.
  if (typeof asked !== 'object' || typeof written !== 'object') return [];
  if (Array.isArray(asked)) {
    return asked.flatMap((each, index) => lostIn(each, (written as readonly unknown[])[index], [...path, `${index}`]));
  }
  const names = new Map(Object.keys(written).map((key) => [plain(key), key]));
  return Object.entries(asked).flatMap(([key, value]) => {
    const own = Object.hasOwn(written, key) ? key : (names.get(plain(key)) ?? key);
    return lostIn(value, mapOf(written)[own], [...path, key]);
  });
}

/** An empty object is nothing that could be lost. */
const holdsValue = (value: unknown): boolean =>
  typeof value === 'object' && value !== null ? Object.values(value).some(holdsValue) : value !== undefined;

/** `clusterIp` of a type is `clusterIP` in the manifest. */
const plain = (key: string) => key.replace(/[^a-zA-Z0-9]/g, '').toLowerCase();

const pointer = (path: Path) => path.map((step) => `/${step.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');

const isQuantity = (path: Path) => path.slice(-2).some((step) => QUANTITIES.has(step));
const isIntOrString = (path: Path) => INT_OR_STRINGS.has(path.at(-1)!);
const isPlain = (value: unknown) => typeof value === 'string' || typeof value === 'number';

const reason = (path: Path) =>
  isQuantity(path)
    ? 'the type wants a Quantity there'
    : isIntOrString(path)
      ? 'the type wants an IntOrString there'
      : `the type knows no ${path.at(-1)} there`;

function remedy(path: Path, value: unknown): string {
  const from = typeof value === 'number' ? 'fromNumber' : 'fromString';
  const text = JSON.stringify(value);
  if (isQuantity(path)) return isPlain(value) ? `Pass k8s.Quantity.${from}(${text}).` : 'Pass a k8s.Quantity for each.';
  if (isIntOrString(path)) return `Pass k8s.IntOrString.${from}(${text}).`;
  return "Call it as the type does, such as clusterIp; what is newer than the type takes an ApiObject of one's own.";
}
