import { Problem } from '../problem/problem';

/** What is wrong with a list of port numbers. An empty list is a problem, since it would mean every port. */
export function portProblems(what: string, ports: readonly number[]): Problem[] {
  if (ports.length === 0) {
    return [
      {
        check: 'network-port',
        message: `${what} names no port, which would mean every port.`,
        remedy: 'Name at least one port.',
      },
    ];
  }
  return ports
    .filter((port) => !Number.isInteger(port) || port < 1 || port > 65535)
    .map((port) => ({
      check: 'network-port',
      message: `${what} names the port ${port}.`,
      remedy: 'Use a whole number from 1 to 65535.',
    }));
}
