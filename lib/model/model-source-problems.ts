import { dnsSubdomainProblems, shown } from '../problem/names';
import { Problem } from '../problem/problem';

/** A source that cannot be. */
export const sourceProblem = (message: string, remedy: string): Problem => ({
  check: 'artifact-source',
  message,
  remedy,
});

/** The last part of a path. */
export const lastPart = (path: string) => path.split('/').filter(Boolean).at(-1) ?? '';

const parsed = (url: string): URL | undefined => (URL.canParse(url) ? new URL(url) : undefined);

/** The host of a URL; empty for what is none. */
export const hostOf = (url: string) => parsed(url)?.hostname ?? '';

/** The TCP port of a URL, stated or by its scheme. */
export const portOf = (url: string) => {
  const { port, protocol } = parsed(url) ?? { port: '', protocol: 'https:' };
  return port === '' ? (protocol === 'http:' ? 80 : 443) : Number(port);
};

/** @param alsoHttp a store inside the cluster may have no certificate */
export function urlProblems(url: string, alsoHttp?: 'http'): Problem[] {
  const parts = parsed(url);
  if (parts === undefined || /\s/.test(url)) {
    return [sourceProblem(`${shown(url)} is no URL.`, 'Write https://host/path.')];
  }
  return [
    ...(parts.protocol === 'https:' || (alsoHttp && parts.protocol === 'http:')
      ? []
      : [sourceProblem(`${shown(url)} is no HTTPS URL.`, 'Write https://host/path.')]),
    ...(parts.username !== '' || parts.password !== ''
      ? [
          sourceProblem(
            `The URL for ${parts.hostname} holds a user or a password, which would be in Git for good.`,
            'Remove it, and use DownloadCredentials.secret(…).',
          ),
        ]
      : []),
  ];
}

export function repositoryProblems(repository: string): Problem[] {
  return /^[\w.-]+\/[\w.-]+$/.test(repository)
    ? []
    : [
        sourceProblem(
          `${shown(repository)} is no repository of Hugging Face.`,
          'Write owner/name; the revision is a prop of its own.',
        ),
      ];
}

export function globProblems(what: string, value: string | undefined): Problem[] {
  return value === undefined || (value !== '' && !/[\n\r]/.test(value) && !value.startsWith('-'))
    ? []
    : [sourceProblem(`${what} is ${shown(value)}.`, 'Write one glob, such as original/*.')];
}

export function bucketProblems(bucket: string): Problem[] {
  return dnsSubdomainProblems('bucket or container', bucket.replace(/_/g, '-'));
}

export function keyProblems(key: string): Problem[] {
  const parts = key.replace(/\/$/, '').split('/');
  return parts.every((part) => part !== '' && part !== '.' && part !== '..') && !/[\n\r]/.test(key)
    ? []
    : [
        sourceProblem(
          `The key ${shown(key)} names no folder and no object.`,
          'Write one such as llama3-8b/2026-03-01, without a slash before it.',
        ),
      ];
}
