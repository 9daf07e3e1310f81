import { Problem } from '../../problem/problem';
import { ServingRequest } from '../serving-runtime';
import { isTensorRtLlm, isVllm, TritonModel } from './triton-model';
import { TritonSettings } from './triton-settings';

const setting = (message: string, remedy: string): Problem => ({ check: 'runtime-setting', message, remedy });

/** What a reader should know before they choose this. */
export function requestWarnings(
  { modelControlMode }: TritonSettings,
  models: readonly TritonModel[] | undefined,
  { maxModelLen }: ServingRequest,
): Problem[] {
  const language = (models ?? []).filter((model) => isTensorRtLlm(model) || isVllm(model));
  const loads = models
    ? `${models.length} model${models.length === 1 ? '' : 's'}`
    : 'a repository that nobody described';
  const engines = (models ?? []).filter(isTensorRtLlm);
  return [
    ...(language.length === 1
      ? []
      : [
          {
            check: 'gpu-memory-fit',
            message: `Triton loads ${loads}; what ${models?.length === 1 ? 'it takes' : 'they take'} of the GPU is not judged, because the plan knows one language model.`,
            remedy: 'Measure it with nvidia-smi under load, and choose the GPU by that.',
          },
        ]),
    ...(modelControlMode === 'explicit'
      ? [
          setting(
            'In explicit mode anybody who reaches port 8000 or 8001 in the cluster can load and unload models.',
            "Use modelControlMode: 'none', or allow only whom you trust in the network policy.",
          ),
        ]
      : []),
    ...(maxModelLen !== undefined && language.length === 0
      ? [
          setting(
            `maxModelLen is ${maxModelLen}, and no backend of this Triton is told of it.`,
            'Remove it, or limit the length in the model.',
          ),
        ]
      : []),
    ...engines.flatMap(({ name, engine = {}, enableChunkedContext }) => {
      if (maxModelLen === undefined) return [];
      const tokens = engine.maxNumTokens ?? 8192;
      return [
        ...(engine.maxSeqLen === undefined
          ? [
              setting(
                `maxModelLen is ${maxModelLen}, and ${name} does not say for how much its engine was built; a smaller engine refuses longer requests.`,
                `State engine: { maxSeqLen: … } of ${name}, its --max_seq_len.`,
              ),
            ]
          : []),
        ...(maxModelLen > tokens && !enableChunkedContext
          ? [
              setting(
                `maxModelLen is ${maxModelLen}, and ${name} computes ${tokens} tokens in one step without cutting prompts; longer prompts are refused.`,
                'Set enableChunkedContext, or build the engine with a larger --max_num_tokens and state engine.maxNumTokens.',
              ),
            ]
          : []),
      ];
    }),
  ];
}
