/** How an issuer marks its tokens, so that scanners find them. */
interface TokenMark {
  readonly issuer: string;
  readonly pattern: RegExp;
}

/**
 * @source the issuers' own documentation, and the rules of gitleaks 8, which look for the same prefixes
 */
const MARKS: readonly TokenMark[] = [
  { issuer: 'NVIDIA', pattern: /nvapi-[\w-]{20,}/ },
  { issuer: 'Hugging Face', pattern: /\b(?:hf|api_org)_[A-Za-z0-9]{20,}/ },
  { issuer: 'OpenAI or Anthropic', pattern: /\bsk-[A-Za-z0-9_-]{20,}/ },
  { issuer: 'GitHub', pattern: /\b(?:gh[oprsu]_[A-Za-z0-9]{30,}|github_pat_\w{20,})/ },
  { issuer: 'GitLab', pattern: /\bgl(?:pat|dt|rt|ptt|cbt)-[\w-]{20,}/ },
  { issuer: 'Slack', pattern: /\bxox[abeoprs]-[\w-]{10,}|hooks\.slack\.com\/services\/T\w+\/B\w+\/\w+/ },
  { issuer: 'AWS', pattern: /\bA(?:KI|SI)A[A-Z0-9]{16}\b/ },
  { issuer: 'Google', pattern: /\bAIza[\w-]{35}|\bya29\.[\w-]{20,}|\bGOCSPX-[\w-]{20,}/ },
  { issuer: 'Azure', pattern: /\b(?:AccountKey|SharedAccessKey)=[A-Za-z0-9+/]{40,}|[?&]sig=[A-Za-z0-9%+/]{40,}/ },
  { issuer: 'Vault', pattern: /\bhv[bsr]\.[\w-]{20,}/ },
  { issuer: 'npm', pattern: /\bnpm_[A-Za-z0-9]{36}\b/ },
  { issuer: 'PyPI', pattern: /\bpypi-[\w-]{50,}/ },
  { issuer: 'Docker Hub', pattern: /\bdckr_pat_[\w-]{20,}/ },
  { issuer: 'Stripe', pattern: /\b[rs]k_(?:live|test)_[A-Za-z0-9]{20,}/ },
  { issuer: 'Databricks', pattern: /\bdapi[0-9a-f]{32}\b/ },
  { issuer: 'SendGrid', pattern: /\bSG\.[\w-]{16,}\.[\w-]{16,}/ },
  { issuer: 'age', pattern: /\bAGE-SECRET-KEY-1[A-Z0-9]{20,}/ },
  { issuer: 'a private key', pattern: /-----BEGIN [A-Z ]*PRIVATE KEY(?: BLOCK)?-----/ },
  { issuer: 'a JSON web token', pattern: /\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\./ },
  { issuer: 'a bearer token', pattern: /\b[Bb]earer +(?=[\w.~+/-]*\d)[\w.~+/-]{12,}/ },
  { issuer: 'a URL with a password', pattern: /\b[A-Za-z][A-Za-z0-9+.-]*:\/\/[^\s/:@$]+:[^\s/:@$]{3,}@/ },
];

/** All of them at once: nearly every text of a manifest has none. */
const ANY = new RegExp(MARKS.map(({ pattern }) => pattern.source).join('|'));
const SHORTEST = 15;

/** Whose token a text holds, by its mark; undefined when it holds none. */
export function tokenIssuer(text: string): string | undefined {
  if (text.length < SHORTEST || !ANY.test(text)) return undefined;
  return MARKS.find(({ pattern }) => pattern.test(text))?.issuer;
}

/**
 * Whether a name promises a secret, in any spelling: `NGC_API_KEY`, `api-key`, `apiKey`. What only tells where one is (a
 * path, a file, a name, a URL) does not.
 */
export function promisesSecret(name: string): boolean {
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/[^A-Za-z0-9]+/g, '_')
    .toLowerCase();
  return /(^|_)(api_?key|(access|account|secret|private|signing|encryption|master|ssh|openai)_?key|secret|token|pass|passwd|password|passphrase|pwd|basic_?auth|authorization|credentials?)$/.test(
    words,
  );
}

/**
 * Whether a value could be the secret that its name promises. Frameworks want some value where no key is checked, so a word
 * like EMPTY or none is no secret; nor is a reference, a path, or a special token of a model.
 */
export function couldBeSecret(value: string): boolean {
  return value.length >= 8 && !/^[a-z]+$/i.test(value) && !/[<>\s]|^\/|^\$\(\w+\)$|^https?:/.test(value);
}

/**
 * Whether a value is one long word of letters and digits in no order: keys that their issuer does not mark look like this.
 * Hashes and digests have one case; names of models and classes have separators, or hardly a digit.
 */
export function looksRandom(value: string): boolean {
  if (!/^[A-Za-z0-9+/_=-]{20,}$/.test(value) || value.startsWith('/')) return false;
  const count = (run: string, kind: RegExp) => run.match(kind)?.length ?? 0;
  return value
    .split(/[^A-Za-z0-9]/)
    .some(
      (run) =>
        run.length >= 20 &&
        count(run, /\d/g) >= 2 &&
        count(run, /[A-Z]/g) >= 3 &&
        count(run, /[a-z]/g) >= 3 &&
        bitsPerCharacter(run) >= 3.5,
    );
}

/** Shannon's entropy: 0 for one letter again and again, 5.95 for letters and digits drawn at random. */
function bitsPerCharacter(text: string): number {
  const counts = new Map<string, number>();
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
  return [...counts.values()].reduce((bits, times) => {
    const share = times / text.length;
    return bits - share * Math.log2(share);
  }, 0);
}
