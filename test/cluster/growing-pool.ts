import { Manifest } from '../support/yaml-of';
import { apply, kubectl, LiveObject, until } from './cluster';

/** GPUs of all containers of a pod. */
export const gpusOf = ({ spec }: LiveObject) =>
  (spec.containers as { resources: { limits?: Record<string, string> } }[]).reduce(
    (sum, { resources }) => sum + Number(resources.limits?.['nvidia.com/gpu'] ?? 0),
    0,
  );

/**
 * As an autoscaler brings nodes: one after the other, each filled before the next is there. With several empty ones at
 * once the scheduler spreads what is small, and no whole machine is left for what is large (docs/capacity.md).
 */
export async function bring(node: object, everyPod: () => Promise<Iterable<LiveObject>>): Promise<void> {
  await apply(node);
  const { name, labels } = (node as Manifest).metadata;
  const pool = labels!['cloud.google.com/gke-nodepool']!;
  const { status } = node as { status: { allocatable: Record<string, string> } };
  const wants = ({ spec }: LiveObject) =>
    spec.nodeName === undefined && JSON.stringify(spec.affinity).includes(`"${pool}"`);
  await until(
    `nobody waits who finds room on ${name}`,
    async () => {
      const pods = [...(await everyPod())];
      const taken = pods.filter(({ spec }) => spec.nodeName === name).reduce((sum, pod) => sum + gpusOf(pod), 0);
      const free = Number(status.allocatable['nvidia.com/gpu']) - taken;
      return !pods.some((pod) => wants(pod) && gpusOf(pod) <= free);
    },
    () => kubectl('get', 'pods,events', '-A', '-o', 'wide'),
  );
}
