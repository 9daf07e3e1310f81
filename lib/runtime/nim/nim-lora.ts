import { Problem } from '../../problem/problem';
import { EnvironmentValue } from '../environment';
import { ServingRequest } from '../serving-runtime';

/** How a NIM for LLMs is told of the adapters that it is asked to serve, and what stands in the way. */
export interface NimLora {
  readonly env: Readonly<Record<string, EnvironmentValue>>;
  readonly args: readonly string[];
  readonly problems: readonly Problem[];
}

/** Ranks that vLLM takes; an adapter of another rank is held in the next larger slot. */
const RANKS = [8, 16, 32, 64, 128, 256, 320, 512];

/** Flags of the engine that say the same. */
const FLAGS = ['--max-loras', '--max-lora-rank', '--max-cpu-loras', '--enable-lora'];

const NONE: NimLora = { env: {}, args: [], problems: [] };

/**
 * The adapters of a request as a NIM reads them: a folder with a folder for each, in which lie adapter_config.json and the
 * weights. 1.x takes their number and rank by variables, 2.x by the flags of vLLM.
 *
 * Sources: NVIDIA NIM for LLMs, parameter-efficient fine-tuning of 1.x and "Fine-Tuning with LoRA" of 2.0.6; the name of
 * the rank's variable from NVIDIA's own mapping of 1.x variables to vLLM.
 */
export function nimLora(
  series: '1.x' | '2.x',
  { lora }: ServingRequest,
  settings: Readonly<Record<string, unknown>>,
  flags: ReadonlyMap<string, unknown>,
): NimLora {
  if (!lora) return NONE;
  const rank = RANKS.find((each) => each >= lora.maxRank) ?? lora.maxRank;
  const problems: Problem[] = [
    ...(settings.peftSource === undefined
      ? []
      : [
          {
            check: 'runtime-setting',
            message: `peftSource is ${JSON.stringify(settings.peftSource)}, but the service states its adapters, which are in ${lora.folder}.`,
            remedy: 'Remove peftSource, or the adapters of the service.',
          },
        ]),
    ...FLAGS.filter((flag) => flags.has(flag)).map((flag) => ({
      check: 'runtime-setting',
      message: `engineArgs has ${flag}, which would win over the adapters of the service, and the plan would be wrong.`,
      remedy: 'State the adapters of the service alone.',
    })),
  ];
  const source = { NIM_PEFT_SOURCE: lora.folder };
  if (series === '2.x') {
    return { env: source, args: ['--max-loras', `${lora.maxLoras}`, '--max-lora-rank', `${rank}`], problems };
  }
  return {
    env: {
      ...source,
      NIM_MAX_GPU_LORAS: lora.maxLoras,
      NIM_MAX_CPU_LORAS: Math.max(lora.maxLoras, lora.adapters.length),
      NIM_MAX_LORA_RANK: rank,
    },
    args: [],
    problems,
  };
}
