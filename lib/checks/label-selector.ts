/** Labels as a manifest has them. */
export type Labels = Readonly<Record<string, unknown>>;

/** A selector of labels as a manifest writes it. */
export interface Selector {
  readonly matchLabels?: Labels;
  readonly matchExpressions?: readonly { key: string; operator: string; values?: readonly unknown[] }[];
}

/** Whether labels are selected; an empty selector selects all. */
export function selects({ matchLabels = {}, matchExpressions = [] }: Selector, labels: Labels): boolean {
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every(({ key, operator, values = [] }) => {
      const has = labels[key] !== undefined;
      if (operator === 'In') return has && values.includes(labels[key]);
      if (operator === 'NotIn') return !has || !values.includes(labels[key]);
      return operator === 'Exists' ? has : !has;
    })
  );
}
