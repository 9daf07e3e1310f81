import { IConstruct } from 'constructs';
import { WARNING } from '../../lib/checks/report';
import { InvalidInputError } from '../../lib/problem/problem';
import './plain-text';

/**
 * Everything that synthesis would refuse, with the construct's path, as a person reads it.
 *
 * @param checks only what these checks find; all when there are none
 */
export function refusalsOf(root: IConstruct, ...checks: readonly string[]): string {
  return root.node
    .findAll()
    .flatMap(({ node }) => node.validate().map((text) => ({ text, path: node.path })))
    .filter(({ text }) => checks.length === 0 || checks.includes(text.split('\n')[0]!))
    .map(({ path, text }) => `${path}: ${text}`)
    .join('\n');
}

/** Everything that synthesis would warn of. */
export function warningsOf(root: IConstruct): string {
  return root.node
    .findAll()
    .flatMap(({ node }) =>
      node.metadata.filter(({ type }) => type === WARNING).map(({ data }) => `${node.path}: ${String(data)}`),
    )
    .join('\n');
}

/** What a value says when it refuses its input. */
export function refusalOf(make: () => unknown): string {
  try {
    make();
  } catch (error) {
    if (error instanceof InvalidInputError) return error.message;
    throw error;
  }
  throw new Error('nothing was refused');
}
