import { Problem } from '../problem/problem';
import { Labels, selects } from './label-selector';
import { mapOf } from './manifest-identity';
import { portion } from './portion';

/** An object as this check needs it. */
interface Located {
  /** How messages name it, such as `StatefulSet nim/llama`. */
  readonly shown: string;
  readonly namespace: string;
  readonly constructPath: string;
}

interface Budget extends Located {
  readonly minAvailable: unknown;
  readonly maxUnavailable: unknown;
  readonly selector: unknown;
}

interface Workload extends Located {
  readonly labels: Labels;
  /** Undefined when a scaler decides. */
  readonly replicas: number | undefined;
}

/** Where the numbers come from: the pods that a budget selects, of all workloads of the app. */
interface Protected {
  readonly workloads: readonly Workload[];
  /** Undefined when a scaler decides about some of them. */
  readonly pods: number | undefined;
}

/**
 * Disruption budgets that let no pod go, ever: a node with such a pod cannot be drained.
 *
 * Linear: workloads are found by their labels, and a selector that many budgets share is resolved once.
 */
export class DisruptionBudgets {
  private readonly budgets: Budget[] = [];
  private readonly byNamespace = new Map<string, Workload[]>();
  private readonly byLabel = new Map<string, Workload[]>();

  addBudget(at: Located, spec: Readonly<Record<string, unknown>>): void {
    const { minAvailable, maxUnavailable, selector } = spec;
    if (minAvailable === undefined && maxUnavailable === undefined) return;
    this.budgets.push({ ...at, minAvailable, maxUnavailable, selector });
  }

  /** @param labels those of the pods */
  addWorkload(at: Located, labels: Labels, replicas: unknown): void {
    const workload = { ...at, labels, replicas: typeof replicas === 'number' ? replicas : undefined };
    append(this.byNamespace, at.namespace, workload);
    for (const [key, value] of Object.entries(labels)) append(this.byLabel, labelKey(at, key, value), workload);
  }

  /** Told at the workload that cannot move, so that its service can waive it; at the budget when that selects none. */
  problems(): (Problem & { readonly constructPath: string })[] {
    const resolved = new Map<string, Protected>();
    return this.budgets.flatMap((budget) => {
      const key = `${budget.namespace} ${JSON.stringify(budget.selector)}`;
      const found = resolved.get(key) ?? this.selectedBy(budget);
      resolved.set(key, found);
      const message = blocks(budget, found);
      if (message === undefined) return [];
      return [
        {
          constructPath: found.workloads[0]?.constructPath ?? budget.constructPath,
          check: 'pdb-blocks-drain',
          message: `${message} No pod may ever be evicted, so a drain of its node never ends.`,
          remedy: 'Use maxUnavailable: 1 instead, which lets one pod go at a time.',
        },
      ];
    });
  }

  private selectedBy({ namespace, selector }: Budget): Protected {
    const lists = Object.entries(mapOf(mapOf(selector).matchLabels)).map(
      ([key, value]) => this.byLabel.get(labelKey({ namespace }, key, value)) ?? [],
    );
    const shortest = lists.sort((a, b) => a.length - b.length)[0] ?? this.byNamespace.get(namespace) ?? [];
    const workloads = shortest.filter(({ labels }) => selects(selector, labels));
    const replicas = workloads.map((workload) => workload.replicas);
    const known = workloads.length > 0 && replicas.every((each) => each !== undefined);
    return { workloads, pods: known ? replicas.reduce<number>((sum, each) => sum + (each ?? 0), 0) : undefined };
  }
}

/** What is wrong with a budget, or undefined. Percentages are rounded up, as the disruption controller does. */
function blocks({ shown, minAvailable, maxUnavailable }: Budget, { workloads, pods }: Protected): string | undefined {
  const all = named(workloads);
  const whose = workloads.length === 0 ? '' : pods === undefined ? ` for ${all}` : ` for the ${count(pods)} of ${all}`;
  if (portion(maxUnavailable, 100) === 0) return `${shown} says maxUnavailable ${quoted(maxUnavailable)}${whose}.`;
  if (minAvailable === '100%') return `${shown} says minAvailable "100%"${whose}.`;
  if (pods === undefined || pods === 0) return undefined;
  const kept = portion(minAvailable, pods);
  if (kept === undefined || kept < pods) return undefined;
  return `${shown} says minAvailable ${quoted(minAvailable)}, and ${all} ${workloads.length === 1 ? 'has' : 'have'} ${count(pods)}.`;
}

/** So many that a reader looks at each, and so few that many budgets over many workloads take no time. */
function named(workloads: readonly Workload[]): string {
  const first = workloads.slice(0, 3).map(({ shown }) => shown);
  return `${first.join(', ')}${workloads.length > 3 ? ` and ${workloads.length - 3} more` : ''}`;
}

const labelKey = ({ namespace }: Pick<Located, 'namespace'>, key: string, value: unknown) =>
  `${namespace} ${key}=${String(value)}`;
const quoted = (value: unknown) => JSON.stringify(value);
const count = (pods: number) => `${pods} pod${pods === 1 ? '' : 's'}`;

function append<T>(map: Map<string, T[]>, key: string, value: T): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
