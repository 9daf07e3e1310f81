import { Problem } from '../problem/problem';

/** The minor version of `1.34`, `v1.34` or `1.34.2`; undefined for what is no version of Kubernetes 1. */
export function kubernetesMinor(version: string): number | undefined {
  const [, minor] = /^v?1\.(\d{1,3})(?:\.\d+)?(?:[-+].*)?$/.exec(version) ?? [];
  return minor === undefined ? undefined : Number(minor);
}

/** Problems of a version that nobody can read. */
export function kubernetesVersionProblems(version: string | undefined): Problem[] {
  if (version === undefined || kubernetesMinor(version) !== undefined) return [];
  return [
    {
      check: 'node-pool',
      message: `kubernetesVersion is ${JSON.stringify(version)}.`,
      remedy: "Write it as kubectl does, such as '1.34'.",
    },
  ];
}
