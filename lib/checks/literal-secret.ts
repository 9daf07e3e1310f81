import { k8s } from 'cdk8s-plus-30';
import { Findings, Problem } from '../problem/problem';
import { DeclaredWorkload } from './declared-workload';
import { Manifest } from './manifest-identity';
import { couldBeSecret, looksRandom, promisesSecret, tokenIssuer } from './secret-text';

/** Is a secret written where only a reference should be? */
export function literalSecret({ pod, podAnnotations, plan }: DeclaredWorkload): Findings {
  const containers = [...(pod.initContainers ?? []), ...pod.containers];
  const errors = [
    ...containers.flatMap((container) => [
      ...(container.env ?? []).flatMap(({ name, value }: k8s.EnvVar) =>
        variableProblems(name, value, ` in the container ${container.name}`),
      ),
      ...wordProblems([...(container.command ?? []), ...(container.args ?? [])], `container ${container.name}`),
    ]),
    ...Object.entries(podAnnotations).flatMap(([key, value]) => textProblems(`The annotation ${key}`, value)),
    ...(plan.contract.files ?? []).flatMap(({ path, content }) => textProblems(`The file ${path}`, content)),
  ];
  return { errors, warnings: [] };
}

/**
 * The same of any manifest, whoever made it: tokens in every text, and in ConfigMaps and containers also what a name
 * promises to be a secret.
 *
 * @param judged true for the workload of a service, whose containers and annotations are judged already
 */
export function literalSecretsIn(manifest: Manifest, judged: boolean): Problem[] {
  const { kind } = manifest;
  // Its values are told as a whole, by the check secret-data.
  if (kind === 'Secret') return [];
  const problems: Problem[] = [];
  const path: (string | number)[] = [];
  const walk = (value: unknown): void => {
    const [at, above] = [path.at(-1), path.at(-2)];
    if (typeof value === 'string') {
      const where = `/${path.join('/')} of ${String(kind)}`;
      if (kind === 'ConfigMap' && path[0] === 'data')
        problems.push(...valueProblems(String(at), value, ' in the ConfigMap'));
      else problems.push(...(path.includes('annotations') ? textProblems : tokenProblems)(where, value));
    } else if (Array.isArray(value)) {
      if (at === 'args' || at === 'command') {
        if (!judged) problems.push(...wordProblems(value.map(String), `${String(kind)} at /${path.join('/')}`));
      } else value.forEach((each, index) => step(index, each));
    } else if (typeof value === 'object' && value !== null) {
      const { name, value: literal } = value as Readonly<Record<string, unknown>>;
      if (above === 'env' && typeof name === 'string' && typeof literal === 'string') {
        if (!judged) problems.push(...variableProblems(name, literal, ` of ${String(kind)} at /${path.join('/')}`));
      } else if (!(judged && at === 'annotations' && above === 'metadata' && path[1] === 'template')) {
        for (const [key, each] of Object.entries(value)) {
          problems.push(...tokenProblems(`A key at /${path.join('/')} of ${String(kind)}`, key));
          step(key, each);
        }
      }
    }
  };
  const step = (key: string | number, value: unknown) => {
    path.push(key);
    walk(value);
    path.pop();
  };
  walk(manifest);
  return problems;
}

/** A named value: a variable, or an entry of a ConfigMap. */
function valueProblems(name: string, value: string | undefined, where: string): Problem[] {
  if (value === undefined || value === '') return [];
  const found = textProblems(`The value of ${name}${where}`, value);
  if (found.length > 0) return found;
  if (promisesSecret(name) && couldBeSecret(value)) return [problem(`${name}${where} has a literal value.`)];
  return [];
}

/** A variable, whose name may be the key that somebody pasted. */
const variableProblems = (name: string, value: string | undefined, where: string): Problem[] => {
  const named = tokenProblems(`The name of a variable${where}`, name);
  return named.length > 0 ? named : valueProblems(name, value, where);
};

/** Words of a command line, `--api-key=…` and `--api-key …` among them. */
function wordProblems(words: readonly string[], where: string): Problem[] {
  return words.flatMap((word, at) => {
    const [, flag, value] = /^(-[^=\s]+)(?:=(.*))?$/s.exec(word) ?? [];
    const found = textProblems(`An argument of the ${where}`, value ?? word);
    if (found.length > 0) return found;
    const secret = value ?? words[at + 1] ?? '';
    return flag !== undefined && promisesSecret(flag) && couldBeSecret(secret)
      ? [problem(`The argument ${flag} of the ${where} has a literal value.`)]
      : [];
  });
}

/** A text that people write by hand: no certificate and no checksum of a tool stands there. */
function textProblems(what: string, text: string): Problem[] {
  const found = tokenProblems(what, text);
  return found.length === 0 && looksRandom(text) ? [problem(`${what} looks like a random key.`)] : found;
}

function tokenProblems(what: string, text: string): Problem[] {
  const issuer = tokenIssuer(text);
  if (issuer === undefined) return [];
  return [problem(`${what} looks like ${/^an? /.test(issuer) ? issuer : `a token of ${issuer}`}.`)];
}

const problem = (message: string): Problem => ({
  check: 'literal-secret',
  message: `${message} It would be in the history of the repository for good.`,
  remedy: 'Put it into a Secret by ExternalSecret, and refer to it: EnvValue.fromSecretValue(…).',
});
