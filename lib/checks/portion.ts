/** The number of pods that a number or a percentage of them means; undefined when it is neither. */
export function portion(value: unknown, pods: number, round: (pods: number) => number = Math.ceil): number | undefined {
  if (typeof value === 'number') return value;
  const percent = /^(\d+)%$/.exec(String(value))?.[1];
  return percent === undefined ? undefined : round((Number(percent) * pods) / 100);
}
