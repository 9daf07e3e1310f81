import { k8s } from 'cdk8s-plus-30';
import { Findings, Problem } from '../problem/problem';
import { DeclaredWorkload } from './declared-workload';

/** Prefixes by which issuers mark their tokens, so that scanners find them. */
const TOKEN =
  /(nvapi-[\w-]{20,}|\bhf_[A-Za-z0-9]{20,}|\bsk-[A-Za-z0-9_-]{20,}|\bgh[opsu]_[A-Za-z0-9]{30,}|\bgithub_pat_\w{20,}|\bglpat-[\w-]{20,}|\bxox[abprs]-[\w-]{10,}|\bA(?:KI|SI)A[A-Z0-9]{16}\b|\bAIza[\w-]{35}|-----BEGIN [A-Z ]*PRIVATE KEY-----|\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.)/;

/** Names that promise a secret. What only tells where one is (a path, a file, a name, a URL) does not. */
const SECRET_NAME = /(^|_)(api_?key|secret|token|password|passwd|private_?key|credentials?)$/i;

/** Is a secret written where only a reference should be? */
export function literalSecret({ pod, podAnnotations }: DeclaredWorkload): Findings {
  const containers = [...(pod.initContainers ?? []), ...pod.containers];
  const errors = [
    ...containers.flatMap((container) => [
      ...(container.env ?? []).flatMap((variable) => variableProblems(container, variable)),
      ...[...(container.command ?? []), ...(container.args ?? [])].flatMap((word) =>
        TOKEN.test(word) ? [problem(`An argument of the container ${container.name} looks like a token.`)] : [],
      ),
    ]),
    ...Object.entries(podAnnotations).flatMap(([key, value]) =>
      TOKEN.test(value) ? [problem(`The annotation ${key} looks like a token.`)] : [],
    ),
  ];
  return { errors, warnings: [] };
}

function variableProblems(container: k8s.Container, { name, value }: k8s.EnvVar): Problem[] {
  if (value === undefined || value === '') return [];
  if (TOKEN.test(value))
    return [problem(`The value of ${name} in the container ${container.name} looks like a token.`)];
  // Frameworks want some value where no key is checked; a word like EMPTY or none is no secret.
  if (SECRET_NAME.test(name) && value.length >= 8 && !/^[a-z]+$/i.test(value)) {
    return [problem(`${name} in the container ${container.name} has a literal value.`)];
  }
  return [];
}

const problem = (message: string): Problem => ({
  check: 'literal-secret',
  message: `${message} It would be in the history of the repository for good.`,
  remedy: 'Put it into a Secret by ExternalSecret, and refer to it: EnvValue.fromSecretValue(…).',
});
