import { ModelSourceKind } from '../model/model-source';

/**
 * How each source is fetched into the working folder. A part that is there already is not fetched again.
 *
 * rclone skips files that are complete. `hf` resumes; `huggingface-cli` is its name before 0.34 (huggingface_hub 2.4.0, `hf
 * download --help`). `ngc` makes a folder of its own, and begins anew.
 */
const FETCH: Readonly<Record<ModelSourceKind, readonly string[]>> = {
  s3: ['rclone copy "$SOURCE" . --transfers 4 --verbose --stats 30s --stats-one-line'],
  gcs: ['rclone copy "$SOURCE" . --transfers 4 --verbose --stats 30s --stats-one-line'],
  'azure-blob': ['rclone copy "$SOURCE" . --transfers 4 --verbose --stats 30s --stats-one-line'],
  https: [
    `printf '%s\\n' "$FILES" | while read -r url name; do`,
    '  if [ -f "$name" ]; then continue; fi',
    '  rclone copyurl "$url" ".part-$name"',
    '  mv ".part-$name" "$name"',
    'done',
  ],
  'hugging-face': [
    'export HF_HOME="$partial/.cache/home"',
    'set -- download "$REPOSITORY" --revision "$REVISION" --local-dir .',
    'if [ -n "$EXCLUDE" ]; then set -- "$@" --exclude "$EXCLUDE"; fi',
    'if command -v hf > /dev/null; then hf "$@"; else huggingface-cli "$@"; fi',
    'rm -rf .cache',
  ],
  ngc: [
    'rm -rf .ngc',
    'mkdir .ngc',
    'ngc registry model download-version "$MODEL" --dest .ngc',
    'cp -R .ngc/*/. .',
    'rm -rf .ngc',
  ],
};

/**
 * Downloads one artifact into the cache and verifies it, once. POSIX sh; all values arrive by environment variables:
 * `CACHE`, `ARTIFACT` (its folder), `SHA256` (empty: not verified), `KEEP` (folders that stay; empty: all stay), and what the
 * source reads.
 *
 * The folder appears under its name only when it is complete and verified, by one rename, with a marker inside. Pods that
 * share the cache wait for each other by a lock, which the kernel opens when its holder dies. What a broken download left
 * is used by the next; what has a wrong checksum is removed.
 */
export function downloadScript(kind: ModelSourceKind): string {
  return lines(
    'set -eu',
    'umask 002',
    'folder="$CACHE/artifacts"',
    'target="$folder/$ARTIFACT"',
    'partial="$folder/.partial-$ARTIFACT"',
    'mkdir -p "$folder"',
    'exec 9> "$folder/.lock-$ARTIFACT"',
    'flock 9',
    'if [ -f "$target/.verified" ]; then',
    '  echo "$ARTIFACT is in the cache already."',
    '  exit 0',
    'fi',
    'if [ -n "$KEEP" ]; then',
    '  for other in "$folder"/* "$folder"/.partial-*; do',
    '    name="$(basename "$other")"',
    '    case " $KEEP " in',
    '      *" $name "* | *" $(echo "$name" | cut -c10-) "*) ;;',
    '      *) rm -rf "$other" ;;',
    '    esac',
    '  done',
    'fi',
    'rm -rf "$target"',
    'mkdir -p "$partial"',
    'cd "$partial"',
    ...FETCH[kind],
    `files="$(find . -type f | wc -l)"`,
    'if [ "$files" -eq 0 ]; then',
    '  echo "The source of $ARTIFACT holds no files." >&2',
    '  exit 1',
    'fi',
    'if [ "$files" -eq 1 ]; then',
    `  digest="$(find . -type f -exec cat {} + | sha256sum | cut -d ' ' -f 1)"`,
    'else',
    `  digest="$(find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -d ' ' -f 1)"`,
    'fi',
    'if [ -n "$SHA256" ] && [ "$digest" != "$SHA256" ]; then',
    '  cd "$folder"',
    '  rm -rf "$partial"',
    '  echo "$ARTIFACT has the SHA-256 $digest, not $SHA256." >&2',
    '  exit 1',
    'fi',
    'echo "$digest" > .verified',
    'cd "$folder"',
    'mv "$partial" "$target"',
    'echo "$ARTIFACT has the SHA-256 $digest."',
  );
}

/** Waits until a Job has put the artifact into the cache: `CACHE`, `ARTIFACT`, `TIMEOUT_SECONDS`. */
export function waitScript(): string {
  return lines(
    'set -eu',
    'waited=0',
    'until [ -f "$CACHE/artifacts/$ARTIFACT/.verified" ]; do',
    '  if [ "$waited" -ge "$TIMEOUT_SECONDS" ]; then',
    '    echo "$ARTIFACT is not in the cache after $waited s. Is the Job that fills it there, and done?" >&2',
    '    exit 1',
    '  fi',
    '  sleep 10',
    '  waited="$(expr "$waited" + 10)"',
    'done',
    'echo "$ARTIFACT is in the cache."',
  );
}

const lines = (...all: readonly string[]) => `${all.join('\n')}\n`;
