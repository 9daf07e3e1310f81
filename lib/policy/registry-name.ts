import { Problem } from '../problem/problem';

/** A host with a dot or localhost, and perhaps a port and folders. */
const REGISTRY = /^(?:localhost|[a-z0-9][a-z0-9-]*(?:\.[a-z0-9-]+)+)(?::\d+)?(?:\/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*\/?$/;

/** Problems of what should be a registry or a folder of one. */
export function registryProblems(registry: string): Problem[] {
  if (REGISTRY.test(registry)) return [];
  return [
    {
      check: 'admission-policy',
      message: `${JSON.stringify(registry)} is no registry and no folder of one.`,
      remedy:
        'Begin with the host, such as registry.example.com/team or docker.io/vllm, without tag and without a wildcard.',
    },
  ];
}

/** The registry without the slash at its end. */
export const registryPrefix = (registry: string) => registry.replace(/\/+$/, '');
