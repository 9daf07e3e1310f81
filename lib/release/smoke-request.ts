/** A request that a candidate must answer well before it is given any of a client. */
export interface SmokeRequest {
  /** Path of the endpoint. */
  readonly path: string;
  /**
   * Body as JSON. The text `"MODEL"`, wherever it is a whole value, stands for the name under which the server serves, as its
   * `/v1/models` tells it.
   */
  readonly body: object;
  /** Extended regular expression (POSIX, `grep -E`) that the answer must contain, such as `"finish_reason"`. */
  readonly expect: string;
}

/**
 * A small request for each endpoint of OpenAI's interface, and what a well-formed answer to it has. The first that a server
 * offers to clients is asked. Field names: OpenAI API reference, "Create chat completion", "Create embeddings".
 */
const REQUESTS: readonly SmokeRequest[] = [
  {
    path: '/v1/chat/completions',
    body: { model: 'MODEL', messages: [{ role: 'user', content: 'Say yes.' }], max_tokens: 8 },
    expect: '"finish_reason": *"(stop|length)"',
  },
  {
    path: '/v1/completions',
    body: { model: 'MODEL', prompt: 'Yes,', max_tokens: 8 },
    expect: '"finish_reason": *"(stop|length)"',
  },
  {
    path: '/v1/embeddings',
    // NIM's retriever asks whether a text is a question or an answer; others ignore it.
    body: { model: 'MODEL', input: ['yes'], input_type: 'query' },
    expect: '"embedding": *\\[ *-?[0-9]',
  },
];

/** What a server with these paths for clients is asked; undefined where nothing is known to ask. */
export const smokeRequestFor = (clientPaths: readonly string[]): SmokeRequest | undefined =>
  REQUESTS.find(({ path }) => clientPaths.includes(path));

/** Where the name of the model is asked for. */
export const MODELS_PATH = '/v1/models';

/**
 * Waits until the server tells its model, asks it once, and looks at the answer. POSIX sh with the wget, timeout, grep and date of
 * busybox; all values arrive by environment variables: `BASE` (where), `REQUEST_PATH`, `BODY`, `EXPECT`, `KEY` (empty: none is
 * asked for), `KEY_HEADER` (with its colon), `HOST` and `TRACK` (empty: not by way of a gateway), `WAIT_SECONDS`, `ANSWER_SECONDS`.
 * Its arguments are passed on to wget: further headers.
 */
export function smokeScript(): string {
  return [
    'set -eu',
    `set -- "$@" --header 'Content-Type: application/json'`,
    'if [ -n "$KEY" ]; then set -- "$@" --header "$KEY_HEADER $KEY"; fi',
    'if [ -n "$HOST" ]; then set -- "$@" --header "Host: $HOST" --header "x-model-track: $TRACK"; fi',
    'end=$(($(date +%s) + WAIT_SECONDS))',
    `first='s/.*"id": *"\\([^"]*\\)".*/\\1/p'`,
    'while :; do',
    `  models=$(timeout 10 wget -q -O - "$@" "$BASE${MODELS_PATH}" || true)`,
    `  model=$(printf '%s' "$models" | grep -o '"id": *"[^"]*"' | head -n 1 | sed -n "$first")`,
    '  if [ -n "$model" ]; then break; fi',
    '  if [ "$(date +%s)" -ge "$end" ]; then',
    '    echo "The candidate tells no model after $WAIT_SECONDS s." >&2',
    '    exit 1',
    '  fi',
    '  sleep 5',
    'done',
    'echo "It serves $model."',
    `body=$(printf '%s' "$BODY" | sed "s|\\"MODEL\\"|\\"$model\\"|g")`,
    'answer=$(timeout "$ANSWER_SECONDS" wget -q -O - "$@" --post-data "$body" "$BASE$REQUEST_PATH")',
    `printf '%s' "$answer" | tr -d '\\n' | grep -qE "$EXPECT" || {`,
    '  echo "The answer has no $EXPECT." >&2',
    '  exit 1',
    '}',
    'echo "The answer is well-formed."',
    '',
  ].join('\n');
}
