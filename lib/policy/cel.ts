/** A string in CEL. What it cannot hold as it is, it escapes as JSON does. */
export function celString(value: string): string {
  return `'${JSON.stringify(value).slice(1, -1).replace(/\\"/g, '"').replace(/'/g, "\\'")}'`;
}

/** A list in CEL, of expressions. */
export function celList(expressions: readonly string[]): string {
  return `[${expressions.join(', ')}]`;
}

/** A list of strings in CEL. */
export function celStrings(values: readonly string[]): string {
  return celList(values.map(celString));
}
