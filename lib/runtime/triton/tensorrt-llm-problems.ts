import { wholeNumberProblems } from '../../problem/numbers';
import { Problem } from '../../problem/problem';
import { batchingProblems, pathProblems, shareProblems } from './setting-problems';
import { TENSORRT_LLM_SETTINGS, TensorRtLlmModel } from './tensorrt-llm-settings';
import { called } from './triton-model';

const problem = (message: string, remedy: string): Problem => ({ check: 'runtime-setting', message, remedy });

/** Settings of an engine that contradict each other, or what it was built with. */
export function tensorRtLlmProblems(model: TensorRtLlmModel): Problem[] {
  const { name, engine = {} } = model;
  const settings = Object.entries(TENSORRT_LLM_SETTINGS).flatMap(([setting, { kind }]): Problem[] => {
    const value = model[setting as keyof typeof TENSORRT_LLM_SETTINGS];
    const what = `${setting} of ${called(name)}`;
    if (kind === 'share') return shareProblems(what, value as number | undefined);
    if (kind === 'count') return wholeNumberProblems(what, value as number | undefined, 0);
    return kind === 'path' ? pathProblems(what, value as string | undefined) : [];
  });
  return [
    ...settings,
    ...pathProblems(`engineDir of ${called(name)}`, model.engineDir),
    ...Object.entries(engine).flatMap(([fact, value]) =>
      wholeNumberProblems(`engine.${fact} of ${called(name)}`, value, 1),
    ),
    ...batchingProblems(name, model.maxBatchSize, model.dynamicBatching),
    ...(model.maxBatchSize === 0
      ? [problem(`maxBatchSize of ${called(name)} is 0, and the backend takes batches only.`, 'Use 1 or more.')]
      : []),
    ...((model.maxBeamWidth ?? 1) > (engine.maxBeamWidth ?? 1)
      ? [
          problem(
            `maxBeamWidth of ${called(name)} is ${model.maxBeamWidth}; the engine was built for ${engine.maxBeamWidth ?? 1}.`,
            'Lower it, or build the engine with a larger --max_beam_width and state engine.maxBeamWidth.',
          ),
        ]
      : []),
    ...(model.enableChunkedContext && model.batchingStrategy === 'V1'
      ? [
          problem(
            `${called(name)} cuts prompts in chunks, which needs in-flight batching.`,
            "Remove batchingStrategy: 'V1'.",
          ),
        ]
      : []),
    ...(model.guidedDecodingBackend !== undefined && model.xgrammarTokenizerInfoPath === undefined
      ? [
          problem(
            `${called(name)} guides answers with xgrammar and knows nothing of the tokenizer.`,
            'State xgrammarTokenizerInfoPath: the JSON file that generate_xgrammar_tokenizer_info.py writes.',
          ),
        ]
      : []),
  ];
}
