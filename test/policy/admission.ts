import { Environment } from '@marcbachmann/cel-js';
import { Manifest } from '../support/yaml-of';

/** An amount as the CEL of Kubernetes knows it; the manifests of these tests count GPUs only. */
class Quantity {
  constructor(readonly amount: bigint) {}
}

/** CEL with the functions of Kubernetes that the policy calls. Lists and maps are as strict there. */
const CEL = new Environment({ enableOptionalTypes: true, limits: { maxDepth: 500 } })
  .registerVariable('object', 'dyn')
  .registerVariable('oldObject', 'dyn')
  .registerVariable('request', 'dyn')
  .registerVariable('namespaceObject', 'dyn')
  .registerVariable('variables', 'dyn')
  .registerType('Quantity', Quantity)
  .registerFunction('quantity(string): Quantity', (text: string) => new Quantity(BigInt(text)))
  .registerFunction('Quantity.asInteger(): int', ({ amount }: Quantity) => amount)
  .registerFunction('list.sum(): int', (list: bigint[]) => list.reduce((sum, each) => sum + each, 0n))
  .registerFunction('list.max(): int', (list: bigint[]) => list.reduce((most, each) => (each > most ? each : most)));

/** When and where an object is applied. */
export interface Circumstances {
  /** The clock of the API server. @default '2026-11-21T12:00:00Z' */
  readonly now?: string;
  /** The object as it was before; without it, the request creates the object. */
  readonly before?: Manifest;
  readonly namespaceLabels?: Readonly<Record<string, string>>;
}

/** What a policy tells of an object, as the API server would: nothing when it is admitted. */
export function toldOf(policy: Manifest, object: Manifest, circumstances: Circumstances = {}): string | undefined {
  const { now = '2026-11-21T12:00:00Z', before, namespaceLabels = {} } = circumstances;
  const metadata =
    before === undefined
      ? { ...object.metadata, creationTimestamp: now }
      : {
          ...object.metadata,
          creationTimestamp: '2026-01-01T00:00:00Z',
          managedFields: [{ time: '2026-01-01T00:00:00Z' }, { time: now }],
        };
  const context = {
    object: inCel({ ...object, metadata }),
    oldObject: before === undefined ? null : inCel(before),
    request: { operation: before === undefined ? 'CREATE' : 'UPDATE' },
    namespaceObject: { metadata: { name: 'nim', labels: namespaceLabels } },
  };
  const { matchConditions, variables, validations } = policy.spec as PolicySpec;
  if (!matchConditions.every(({ expression }) => CEL.evaluate(expression, context))) return undefined;
  const values: Record<string, unknown> = {};
  for (const { name, expression } of variables) {
    Object.defineProperty(values, name, {
      get: lazily(expression, () => ({ ...context, variables: values })),
      enumerable: true,
    });
  }
  for (const { expression, messageExpression } of validations) {
    const all = { ...context, variables: values };
    if (!CEL.evaluate(expression, all)) return String(CEL.evaluate(messageExpression, all));
  }
  return undefined;
}

/** Ids of the rules that a policy says an object breaks, in their order. */
export function brokenRules(policy: Manifest, object: Manifest, circumstances?: Circumstances): string[] {
  const told = toldOf(policy, object, circumstances);
  return [...new Set((told?.split('; ') ?? []).flatMap((text) => /^([a-z-]+): /.exec(text)?.[1] ?? []))];
}

interface PolicySpec {
  readonly matchConditions: readonly { readonly expression: string }[];
  readonly variables: readonly { readonly name: string; readonly expression: string }[];
  readonly validations: readonly { readonly expression: string; readonly messageExpression: string }[];
}

function lazily(expression: string, context: () => Record<string, unknown>): () => unknown {
  let value: { readonly it: unknown } | undefined;
  return () => (value ??= { it: CEL.evaluate(expression, context()) }).it;
}

/** JSON as CEL sees it: whole numbers are integers. */
function inCel(value: unknown): unknown {
  if (typeof value === 'number') return Number.isInteger(value) ? BigInt(value) : value;
  if (Array.isArray(value)) return Array.from(value, inCel);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, inCel(inner)]));
}
