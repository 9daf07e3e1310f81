import { Findings, Problem } from '../problem/problem';
import { identify, listOf, Manifest, mapOf, show } from './manifest-identity';
import { at, podSpecPaths } from './pod-spec-path';

/**
 * Containers that get a GPU, or claim a device, without saying how much CPU and memory they need: the scheduler would put them anywhere.
 * What a patch took from an object of ours is a mistake; a workload that somebody wrote that way is a risk.
 *
 * @param ours true when a construct of this library made the object
 */
export function gpuRequests(manifest: Manifest, ours: boolean): Findings {
  const problems = gpuRequestProblems(manifest);
  return ours ? { errors: problems, warnings: [] } : { errors: [], warnings: problems };
}

function gpuRequestProblems(manifest: Manifest): Problem[] {
  const containers = podSpecPaths(manifest).flatMap((path) => listOf(mapOf(at(manifest, path)).containers));
  const problems = containers.flatMap((value): Problem[] => {
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
        message: `The container ${String(container.name)} of ${show(identify(manifest))} requests ${gpu}, but no ${missing.join(' and no ')}.`,
        remedy: 'State what it needs beside the GPU.',
      },
    ];
  });
  // Leaders and workers of a group are often alike.
  return [...new Map(problems.map((problem) => [problem.message, problem])).values()];
}
