import { Problem } from '../../problem/problem';
import { samplingRatio } from '../open-telemetry';
import { isSince } from '../server-version';
import { ServingRequest } from '../serving-runtime';
import { Telemetry } from '../telemetry';
import { TgiSettings } from './tgi-settings';

/** What the server cannot do of a request; where it says so itself, it ends at its start. */
export function tgiRequestProblems(settings: TgiSettings, request: ServingRequest): Problem[] {
  const { model, weights, parallelism, maxModelLen, gpuMemoryShare } = request;
  const { pipelineParallelSize, dataParallelSize, expertParallel, nodes, tensorParallelSize } = parallelism;
  const { maxInputTokens, maxBatchTotalTokens, quantize } = settings;
  const problem = (check: string, message: string, remedy: string): Problem => ({ check, message, remedy });
  return [
    ...(weights.kind === 'server-downloads' && (weights.repository ?? model?.id) === undefined
      ? [
          problem(
            'model-known',
            'Nobody says which weights TGI is to serve: its image has none of its own.',
            'State model, or where the weights come from.',
          ),
        ]
      : []),
    ...(nodes > 1 || pipelineParallelSize > 1 || dataParallelSize > 1 || expertParallel
      ? [
          problem(
            'gpu-parallelism',
            'TGI splits a model over the GPUs of one pod by tensor parallelism, and in no other way.',
            'Use tensorParallelSize and replicas; or VllmRuntime or SglangRuntime.',
          ),
        ]
      : []),
    ...(quantize === 'exl2' && tensorParallelSize > 1
      ? [
          problem(
            'gpu-parallelism',
            `TGI does not split weights in exl2; tensorParallelSize is ${tensorParallelSize}.`,
            'Use tensorParallelSize 1 or another quantize.',
          ),
        ]
      : []),
    ...(model?.task !== undefined && model.task !== 'generation'
      ? [
          problem(
            'model-task',
            `TGI generates text; ${model.id} is made for ${model.task}.`,
            'Use VllmRuntime, SglangRuntime or an embedding NIM.',
          ),
        ]
      : []),
    ...(gpuMemoryShare < 1
      ? [
          problem(
            'gpu-memory-fit',
            'TGI counts what others hold on a shared GPU as its own, so the second server has no memory left.',
            'Use MIG slices or whole GPUs.',
          ),
        ]
      : []),
    ...(maxModelLen !== undefined && maxInputTokens !== undefined && maxInputTokens >= maxModelLen
      ? [
          problem(
            'runtime-setting',
            `maxInputTokens is ${maxInputTokens} and maxModelLen ${maxModelLen}: TGI ends at its start, because no answer has room.`,
            `Use maxInputTokens ${maxModelLen - 1} or less.`,
          ),
        ]
      : []),
    ...(maxModelLen !== undefined && maxBatchTotalTokens !== undefined && maxBatchTotalTokens < maxModelLen
      ? [
          problem(
            'runtime-setting',
            `maxBatchTotalTokens is ${maxBatchTotalTokens}, below maxModelLen ${maxModelLen}: TGI ends at its start.`,
            `Use maxBatchTotalTokens ${maxModelLen} or more, or leave it out.`,
          ),
        ]
      : []),
  ];
}

/** What a reader should know before they choose this server. */
export const tgiWarnings = ({ servedModelName, telemetry }: ServingRequest): Problem[] => [
  ARCHIVED,
  ...samplingWarnings(telemetry),
  ...(servedModelName === undefined
    ? []
    : [
        {
          check: 'runtime-setting',
          message: `TGI answers to every name, ${JSON.stringify(servedModelName)} included, and calls itself by its own.`,
          remedy: 'Remove servedModelName, unless a client reads the name of the model from an answer.',
        },
      ]),
];

/** Its router samples always (router/src/logging.rs, Sampler::AlwaysOn). */
function samplingWarnings(telemetry: Telemetry | undefined): Problem[] {
  if (!telemetry?.tracing || samplingRatio(telemetry.tracing) === 1) return [];
  return [
    {
      check: 'telemetry',
      message: `TGI traces every request, whatever tracing.samplingRatio says (${samplingRatio(telemetry.tracing)}).`,
      remedy: 'Sample in the collector, or set tracing: false for this service.',
    },
  ];
}

const ARCHIVED: Problem = {
  check: 'runtime-archived',
  message:
    'Text Generation Inference is archived since March 2026: nobody mends it, or adds models and GPUs to it. Its metrics have no time to first token and no use of the KV cache.',
  remedy: 'Use VllmRuntime or SglangRuntime: the service stays as it is, and both answer on the same paths of the API.',
};

/** Releases whose contract nobody read, and images that cannot run as the user that they are to run as. */
export function tgiReleaseProblems(version: string, runsAsNonRoot: boolean | undefined): Problem[] {
  if (!/^[23]\./.test(version)) {
    return [
      {
        check: 'runtime-version',
        message: `TGI ${version} is neither 2.x nor 3.x, whose settings are known.`,
        remedy: 'Use 3.0.1; 3.3.7 is the last one.',
      },
    ];
  }
  if ((runsAsNonRoot ?? !isSince(version, [3, 1, 0])) === true) return [];
  return [
    {
      check: 'runtime-user',
      message: `The public image of TGI ${version} starts as root only: its Python lies in the home of root (huggingface/text-generation-inference#3082), and pods here run as a plain user.`,
      remedy:
        'Use :3.0.1, VllmRuntime or SglangRuntime; or an image of your own with Python elsewhere, and runsAsNonRoot: true.',
    },
  ];
}

/** Settings that exclude each other, whatever is served. */
export function tgiContradictions({ quantize, dtype, maxInputTokens, maxBatchPrefillTokens }: TgiSettings): Problem[] {
  const problem = (message: string, remedy: string): Problem => ({ check: 'runtime-setting', message, remedy });
  return [
    ...(quantize !== undefined && dtype !== undefined
      ? [problem('TGI takes either quantize or dtype, and both are stated.', 'Remove dtype.')]
      : []),
    ...(maxInputTokens !== undefined && maxBatchPrefillTokens !== undefined && maxBatchPrefillTokens < maxInputTokens
      ? [
          problem(
            `maxBatchPrefillTokens is ${maxBatchPrefillTokens}, below maxInputTokens ${maxInputTokens}: the longest prompt fits no step.`,
            `Use maxBatchPrefillTokens ${maxInputTokens} or more.`,
          ),
        ]
      : []),
  ];
}
