import { apply, kubectl, list, LiveObject, until } from './cluster';

/** Label of nodes that a test makes by the hundred; its value is the test's. */
export const OF_TEST = 'simulated/of-test';

/**
 * Keeps the cluster's DaemonSets off the nodes of tests, so that what a test puts there is all that there is. Pods that run
 * stay as they are. Returns how to undo it.
 */
export async function withoutDaemonSets(): Promise<() => Promise<void>> {
  const { items } = JSON.parse(await kubectl('get', 'daemonsets', '-A', '-o', 'json')) as {
    items: (LiveObject & { metadata: { namespace: string } })[];
  };
  const patch = (updateStrategy: unknown, affinity: unknown) =>
    JSON.stringify({ spec: { updateStrategy, template: { spec: { affinity } } } });
  const elsewhere = {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [{ matchExpressions: [{ key: OF_TEST, operator: 'DoesNotExist' }] }],
      },
    },
  };
  const change = (text: (of: (typeof items)[number]) => string) =>
    Promise.all(
      items.map((set) =>
        kubectl('patch', 'daemonset', set.metadata.name, '-n', set.metadata.namespace, '--type=merge', '-p', text(set)),
      ),
    );
  await change(() => patch({ type: 'OnDelete', rollingUpdate: null }, elsewhere));
  return async () => {
    await change(({ spec }) => patch(spec.updateStrategy, spec.template.spec.affinity ?? null));
  };
}

/** Kubectls at once; one alone creates some 100 objects in a second. */
const LANES = 4;

/** Creates groups of objects, each group in its order. */
export async function applyGroups(groups: readonly (readonly object[])[]): Promise<void> {
  const lanes = Array.from({ length: LANES }, (_, lane) => groups.filter((_group, at) => at % LANES === lane).flat());
  await Promise.all(lanes.filter((lane) => lane.length > 0).map((lane) => apply(...lane)));
}

/** A namespace in which pods can be created at once. */
export async function namespace(name: string): Promise<void> {
  await apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  await until('the namespace has its ServiceAccount', async () => (await list(name, 'serviceaccounts')).length > 0);
}

/** Waits until as many nodes with that value of the label take pods. */
export async function nodesReady(ofTest: string, nodes: number): Promise<void> {
  const path = '{range .items[*]}{.status.conditions[?(@.type=="Ready")].status} {.spec.taints[*].key}{"\\n"}{end}';
  await until(
    `${nodes} nodes are ready`,
    async () => {
      const lines = (await kubectl('get', 'nodes', '-l', `${OF_TEST}=${ofTest}`, '-o', `jsonpath=${path}`)).split('\n');
      return lines.filter((line) => line.startsWith('True') && !line.includes('node.kubernetes.io/')).length === nodes;
    },
    undefined,
    60,
  );
}

/**
 * The scheduler's word on each pod of a namespace: the name of its node; undefined when it has none. Waits until the
 * scheduler has spoken of all of them, and has nothing to add.
 */
export async function schedulerVerdicts(ns: string, pods: number): Promise<Map<string, string | undefined>> {
  const path =
    '{range .items[*]}{.metadata.name},{.spec.nodeName},{.status.conditions[?(@.type=="PodScheduled")].reason}{"\\n"}{end}';
  let before = '';
  const lines = await until(
    `the scheduler has judged ${pods} pods`,
    async () => {
      const text = await kubectl('get', 'pods', '-n', ns, '-o', `jsonpath=${path}`);
      const rows = text.trim().split('\n');
      const judged = rows.filter((row) => /,[^,]+,|,Unschedulable$/.test(row)).length === pods;
      const settled = judged && text === before;
      before = text;
      if (!settled) await new Promise((next) => setTimeout(next, 1500));
      return settled && rows;
    },
    async () => before.slice(0, 500),
    75,
  );
  return new Map(
    lines.map((line) => {
      const [name, node] = line.split(',') as [string, string];
      return [name, node === '' ? undefined : node];
    }),
  );
}

/** Takes the pods and nodes of a test out of the cluster; its namespaces end by themselves. */
export async function forgetNodes(ofTest: string, ...namespaces: readonly string[]): Promise<void> {
  await kubectl('delete', 'namespace', ...namespaces, '--ignore-not-found', '--wait=false');
  // One by one, hundreds of them take minutes.
  await kubectl('delete', '--raw', `/api/v1/nodes?labelSelector=${encodeURIComponent(`${OF_TEST}=${ofTest}`)}`);
  await until('the nodes are gone', async () => {
    const nodes = await kubectl('get', 'nodes', '-l', `${OF_TEST}=${ofTest}`, '-o', 'name');
    return nodes.trim() === '';
  });
}

/** Numbers that look random and are the same in every run (mulberry32). */
export function numbers(seed: number): { below(limit: number): number; pick<T>(values: readonly T[]): T } {
  let state = seed;
  const below = (limit: number) => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), 1 | state);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return Math.floor((((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32) * limit);
  };
  return { below, pick: (values) => values[below(values.length)]! };
}
