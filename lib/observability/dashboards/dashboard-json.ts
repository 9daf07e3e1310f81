/** Keys in the order in which a reader asks. What is not named here comes after, in alphabetical order. */
const READ_FIRST = ['uid', 'id', 'refId', 'type', 'name', 'title', 'description', 'label', 'expr', 'legendFormat'];
/** And what is long, last. */
const READ_LAST = ['options', 'fieldConfig', 'targets', 'templating', 'annotations', 'panels'];

const rank = (key: string) => {
  const first = READ_FIRST.indexOf(key);
  return first >= 0 ? first - READ_FIRST.length : READ_LAST.indexOf(key) + 1;
};

/** Longest line of an object that is not broken into lines. */
const LINE = 118;

/**
 * A dashboard as JSON that a reviewer can read: the same order on every machine, small objects on one line, nothing empty.
 * `${` is written with an escape, so that Flux finds no variable of its own in it; Grafana reads it as it was.
 */
export function dashboardJson(model: object): string {
  // As JSON first, which has neither what is undefined nor functions.
  return `${written(filled(JSON.parse(JSON.stringify(model))), '')}\n`.replaceAll('${', '\\u0024{');
}

/** What Grafana's library adds unasked: links and events hidden in a menu, and the settings of another kind of variable. */
const UNASKED = new Set(['auto', 'auto_count', 'auto_min']);
const HIDDEN_IN_A_MENU = 'inControlsMenu';

/** Without what is empty. Null stays: in Grafana's steps of colours it means "from the beginning". */
function filled(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(filled);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value)
    .map(([key, each]) => [key, filled(each)] as const)
    .filter(([key, each]) => !UNASKED.has(key) && !isEmpty(each))
    .sort(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : 1));
  return Object.fromEntries(entries);
}

const isEmpty = (value: unknown) =>
  value === '' ||
  value === HIDDEN_IN_A_MENU ||
  (typeof value === 'object' && value !== null && Object.keys(value).length === 0);

function written(value: unknown, indent: string): string {
  const flat = JSON.stringify(value);
  if (typeof value !== 'object' || value === null) return flat;
  const inner = `${indent}  `;
  const [open, close] = Array.isArray(value) ? ['[', ']'] : ['{', '}'];
  const parts = (at: string) =>
    Object.entries(value).map(([key, each]) =>
      Array.isArray(value) ? written(each, at) : `${JSON.stringify(key)}: ${written(each, at)}`,
    );
  const line = Array.isArray(value) ? `[${parts(inner).join(', ')}]` : `{ ${parts(inner).join(', ')} }`;
  if (!line.includes('\n') && indent.length + line.length <= LINE) return line;
  return `${open}\n${parts(inner)
    .map((part) => `${inner}${part}`)
    .join(',\n')}\n${indent}${close}`;
}
