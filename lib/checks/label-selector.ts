import { listOf, mapOf } from './manifest-identity';

/** Labels as a manifest has them. */
export type Labels = Readonly<Record<string, unknown>>;

/** A selector of labels as a manifest writes it. */
export interface Selector {
  readonly matchLabels?: Labels;
  readonly matchExpressions?: readonly { key: string; operator: string; values?: readonly unknown[] }[];
}

/** Whether labels are selected, whatever stands in a manifest: an empty selector selects all, and where there is none nobody. */
export function selects(selector: unknown, labels: Labels): boolean {
  if (typeof selector !== 'object' || selector === null) return false;
  const { matchLabels, matchExpressions } = mapOf(selector);
  return (
    Object.entries(mapOf(matchLabels)).every(([key, value]) => labels[key] === value) &&
    listOf(matchExpressions)
      .map(mapOf)
      .every(({ key, operator, values }) => {
        const value = labels[String(key)];
        const has = value !== undefined;
        if (operator === 'In') return has && listOf(values).includes(value);
        if (operator === 'NotIn') return !has || !listOf(values).includes(value);
        return operator === 'Exists' ? has : !has;
      })
  );
}

/** What a Service selects; undefined where it names no labels, which finds nobody. */
export function serviceSelector(spec: unknown): Selector | undefined {
  const labels = mapOf(mapOf(spec).selector);
  return Object.keys(labels).length > 0 ? { matchLabels: labels } : undefined;
}
