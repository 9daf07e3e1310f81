/** Rounded as far as the figure means something, so that it does not flicker from one synthesis to the next. */
export function rounded(value: number, digits: number): number {
  const factor = 10 ** digits;
  // Adding 0 turns a negative zero into zero.
  return Math.round(value * factor) / factor + 0;
}

/** GiB, to the hundredth: the plan is not better than that. */
export const roundedGib = (value: number) => rounded(value, 2);

/** Thousands with commas, as people read them, whatever the locale of the machine. */
export function grouped(value: number, digits = 0): string {
  const text = value.toFixed(digits);
  const end = digits === 0 ? text.length : text.length - digits - 1;
  let whole = text.slice(0, end);
  for (let at = end - 3; at > (value < 0 ? 1 : 0); at -= 3) whole = `${whole.slice(0, at)},${whole.slice(at)}`;
  return whole + text.slice(end);
}
