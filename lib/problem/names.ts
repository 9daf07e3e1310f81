import { Problem } from './problem';

/** Characters that end up in a message; anything longer is cut so that a message stays readable. */
export const shown = (value: string) => JSON.stringify(value.length > 80 ? `${value.slice(0, 77)}...` : value);

/**
 * Problems of a name that must be an RFC 1123 label: lower-case letters, digits and `-`, at most `maxLength` characters.
 *
 * @param what what the name names, such as `service name`
 * @param maxLength 63 unless Kubernetes appends something to the name (a StatefulSet's pods, a revision hash)
 */
export function dnsLabelProblems(what: string, value: string, maxLength = 63): Problem[] {
  const problems: Problem[] = [];
  if (!/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(value)) {
    problems.push({
      check: 'names',
      message: `${what} ${shown(value)} is not an RFC 1123 label.`,
      remedy: 'Use lower-case letters, digits and "-" only, beginning and ending with a letter or digit.',
    });
  }
  if (value.length > maxLength) {
    problems.push({
      check: 'names',
      message: `${what} ${shown(value)} has ${value.length} characters; at most ${maxLength} fit.`,
      remedy: `Shorten it by ${value.length - maxLength}.`,
    });
  }
  return problems;
}

/** Problems of a name that must be an RFC 1123 subdomain: labels joined by dots, at most 253 characters. */
export function dnsSubdomainProblems(what: string, value: string): Problem[] {
  if (value.length <= 253 && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/.test(value)) return [];
  return [
    {
      check: 'names',
      message: `${what} ${shown(value)} is not an RFC 1123 subdomain (${value.length} characters).`,
      remedy: 'Use lower-case letters, digits, "-" and "." only, at most 253 characters.',
    },
  ];
}

/** Problems of label keys and values, or of anything that follows their syntax (taints, selectors). */
export function labelProblems(what: string, labels: Readonly<Record<string, string>>): Problem[] {
  return Object.entries(labels).flatMap(([key, value]) => {
    const problems: Problem[] = [];
    const [name = '', prefix] = key.split('/').reverse();
    const prefixValid = prefix === undefined || dnsSubdomainProblems('prefix', prefix).length === 0;
    if (!prefixValid || key.split('/').length > 2 || !/^[A-Za-z0-9]([-\w.]{0,61}[A-Za-z0-9])?$/.test(name)) {
      problems.push({
        check: 'names',
        message: `${what} key ${shown(key)} is not a label key.`,
        remedy: 'Use "name" or "dns.prefix/name", with a name of at most 63 letters, digits, "-", "_" or ".".',
      });
    }
    if (typeof value !== 'string' || !/^([A-Za-z0-9]([-\w.]{0,61}[A-Za-z0-9])?)?$/.test(value)) {
      problems.push({
        check: 'names',
        message: `${what} ${shown(key)} has the value ${typeof value === 'string' ? shown(value) : String(value)}, which is not a label value.`,
        remedy: 'Use a string of at most 63 letters, digits, "-", "_" or ".".',
      });
    }
    return problems;
  });
}

/** Problems of an environment variable's name: what Kubernetes and every shell can read. */
export function environmentNameProblems(name: string): Problem[] {
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) return [];
  return [
    {
      check: 'names',
      message: `${shown(name)} is not an environment variable's name.`,
      remedy: 'Use letters, digits and "_", not beginning with a digit.',
    },
  ];
}
