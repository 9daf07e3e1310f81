import { Findings, Problem } from '../problem/problem';

type Json = Readonly<Record<string, unknown>>;

const mapOf = (value: unknown): Json => (typeof value === 'object' && value !== null ? (value as Json) : {});

/**
 * Containers that get a GPU, or claim a device, without saying how much CPU and memory they need: the scheduler would put them anywhere.
 * What a patch took from an object of ours is a mistake; a workload that somebody wrote that way is a risk.
 *
 * @param ours true when a construct of this library made the object
 */
export function gpuRequests(manifest: Json, ours: boolean): Findings {
  const problems = gpuRequestProblems(manifest);
  return ours ? { errors: problems, warnings: [] } : { errors: [], warnings: problems };
}

function gpuRequestProblems(manifest: Json): Problem[] {
  const { name, namespace } = mapOf(manifest.metadata);
  const shown = `${String(manifest.kind)} ${namespace === undefined ? '' : `${String(namespace)}/`}${String(name)}`;
  const spec = mapOf(manifest.spec);
  const pod = manifest.kind === 'Pod' ? spec : mapOf(mapOf(spec.template).spec);
  if (!Array.isArray(pod.containers)) return [];
  return (pod.containers as unknown[]).flatMap((value): Problem[] => {
    const container = mapOf(value);
    const { requests, limits, claims } = mapOf(container.resources);
    // A limit alone is the request too.
    const asked = { ...mapOf(limits), ...mapOf(requests) };
    const claimed =
      Array.isArray(claims) && claims.length > 0 ? `the claim ${String(mapOf(claims[0]).name)}` : undefined;
    const gpu = Object.keys(asked).find((name) => name.startsWith('nvidia.com/')) ?? claimed;
    const missing = ['cpu', 'memory'].filter((name) => asked[name] === undefined);
    if (gpu === undefined || missing.length === 0) return [];
    return [
      {
        check: 'gpu-requests',
        message: `The container ${String(container.name)} of ${shown} requests ${gpu}, but no ${missing.join(' and no ')}.`,
        remedy: 'State what it needs beside the GPU.',
      },
    ];
  });
}
