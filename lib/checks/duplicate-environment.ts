import { Findings } from '../problem/problem';
import { containersOf, DeclaredWorkload } from './declared-workload';

/** Has a container two values for one variable? */
export function duplicateEnvironment(workload: DeclaredWorkload): Findings {
  const errors = containersOf(workload).flatMap((container) => {
    const names = (container.env ?? []).map(({ name }) => name);
    const twice = new Set(names.filter((name, index) => names.indexOf(name) !== index));
    return [...twice].map((name) => ({
      check: 'duplicate-environment',
      message: `The container ${container.name} has the environment variable ${name} twice; the last one wins silently.`,
      remedy: 'Keep one. What the runtime sets itself is changed by its settings, or by a prop of the service.',
    }));
  });
  return { errors, warnings: [] };
}
