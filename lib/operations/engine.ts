import { Problem } from '../problem/problem';
import { nearestNames } from '../problem/nearest-names';
import { EngineMemoryProfile, GpuTraits, vllmMemoryProfile } from '../runtime/engine-memory-profile';
import { NimRuntime } from '../runtime/nim/nim';
import { sglangMemoryProfile } from '../runtime/sglang/sglang-memory';

/** An inference engine in one version, as a person names it on a command line. */
export interface Engine {
  /** As written, such as `vllm@0.33.0`. */
  readonly name: string;
  /** How it divides the memory of a GPU. */
  profileFor(gpu: GpuTraits): EngineMemoryProfile;
}

/** The newest vLLM whose defaults were read. */
export const DEFAULT_ENGINE = 'vllm@0.33.0';

const ENGINES: Readonly<
  Record<string, { readonly version: RegExp; readonly profile: (version: string) => Engine['profileFor'] }>
> = {
  vllm: {
    version: /^v?\d+\.\d+(\.\d+)?([.-]?\w+)?$/,
    profile: (version) => (gpu) => vllmMemoryProfile(version, gpu),
  },
  sglang: {
    version: /^v?\d+\.\d+(\.\d+)?([.-]?\w+)?$/,
    profile: (version) => (gpu) => sglangMemoryProfile(version, gpu),
  },
  nim: {
    version: /^[12]\.\d+(\.\d+)?$/,
    profile: (version) => {
      // Only the version matters for memory; the repository is a placeholder.
      const runtime = new NimRuntime({ image: 'nvcr.io/nim/nvidia/any' as string, version });
      return (gpu) => runtime.memoryProfile(gpu);
    },
  },
};

/** The engine of that name, such as `vllm@0.33.0` or `nim@1.8.0`; undefined after telling what is wrong with it. */
export function resolveEngine(
  name: string,
  gpuMemoryUtilization: number | undefined,
  problems: Pick<Problem, 'message' | 'remedy'>[],
): Engine | undefined {
  const [kind = '', version] = name.split('@');
  const engine = Object.hasOwn(ENGINES, kind.toLowerCase()) ? ENGINES[kind.toLowerCase()] : undefined;
  if (!engine) {
    problems.push({
      message: `--engine: nobody described the memory of ${JSON.stringify(kind)}.`,
      remedy: `Use ${nearestNames(kind, Object.keys(ENGINES), 2).join('@VERSION or ')}@VERSION, such as ${DEFAULT_ENGINE}.`,
    });
    return undefined;
  }
  if (version === undefined || !engine.version.test(version)) {
    problems.push({
      message: `--engine: ${JSON.stringify(name)} names no version of ${kind.toLowerCase()}.`,
      remedy:
        kind.toLowerCase() === 'nim'
          ? 'Use nim@VERSION with a version 1.x or 2.x, such as nim@1.8.0.'
          : `Use ${DEFAULT_ENGINE}, for instance.`,
    });
    return undefined;
  }
  const profile = engine.profile(version);
  return {
    name,
    profileFor: (gpu) => ({
      ...profile(gpu),
      ...(gpuMemoryUtilization !== undefined && { utilization: gpuMemoryUtilization }),
    }),
  };
}
