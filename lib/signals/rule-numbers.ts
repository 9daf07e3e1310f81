/**
 * A number as people write it: 0.001, where arithmetic left 0.0009999999999999432 and JavaScript writes a small one as 1e-7.
 * Twelve digits are more than any threshold means.
 */
export function decimal(value: number): string {
  const rounded = Number(value.toPrecision(12));
  const text = String(rounded);
  if (!text.includes('e')) return text;
  return rounded.toFixed(20).replace(/\.?0+$/, '');
}

/** A part of the whole as percent: 99.9 for 0.999. */
export const percent = (part: number) => `${decimal(part * 100)}%`;

const UNITS = [
  ['d', 86_400],
  ['h', 3600],
  ['m', 60],
] as const;

/** A duration as Prometheus writes it, in the largest unit that it is a whole number of: `5m`, `1h`, `30d`. */
export function promDuration(seconds: number): string {
  const [unit, size] = UNITS.find(([, each]) => seconds % each === 0) ?? ['s', 1];
  return `${decimal(seconds / size)}${unit}`;
}
