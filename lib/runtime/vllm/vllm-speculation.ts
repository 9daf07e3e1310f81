import { CatalogModelId } from '../../model/catalog';
import { Model } from '../../model/model';
import { resolveModel } from '../../model/resolve-model';
import { wholeNumberProblems } from '../../problem/numbers';
import { attempt, Problem } from '../../problem/problem';
import { FlagValue } from '../command-line-flags';
import { isSince, VersionNumbers } from '../server-version';
import { ServerContract, ServingRequest } from '../serving-runtime';

/** Guess tokens by repeating what stands in the prompt; no second model. */
export interface NgramSpeculation {
  readonly method: 'ngram';
  /** Tokens that are guessed at once. Wrong guesses cost time. */
  readonly numSpeculativeTokens: number;
  /** The longest run of tokens to look for in the prompt. */
  readonly promptLookupMax: number;
  /** The shortest run. @default - vLLM's own, promptLookupMax */
  readonly promptLookupMin?: number;
}

/** Guess tokens with a small model of the same vocabulary. Its weights and KV cache are planned on the same GPUs. */
export interface DraftModelSpeculation {
  readonly method: 'draft_model';
  /** The small model, for the plan. */
  readonly model: CatalogModelId | Model;
  /** Repository of Hugging Face, or a folder of the pod. @default - the model's id */
  readonly repository?: string;
  readonly numSpeculativeTokens: number;
  /** Commit of its repository. @default - the newest at every first start */
  readonly revision?: string;
  /** GPUs that the draft is split over: 1, or as many as the model. @default - as many as the model */
  readonly tensorParallelSize?: number;
}

/** Guess tokens with a head that was trained for the model. Its memory is not planned. */
export interface HeadSpeculation {
  readonly method: 'eagle' | 'eagle3' | 'medusa' | 'mlp_speculator';
  /** Repository of Hugging Face, or a folder of the pod. */
  readonly repository: string;
  readonly numSpeculativeTokens: number;
  /** Commit of the repository. @default - the newest at every first start */
  readonly revision?: string;
}

/** Guess tokens with the head that the checkpoint brings (multi-token prediction). From 0.8.5 on. */
export interface MtpSpeculation {
  readonly method: 'mtp';
  readonly numSpeculativeTokens: number;
}

/** Guessing several tokens ahead, and checking them in one step: the same text, sooner, while the GPU is not busy. */
export type VllmSpeculation = NgramSpeculation | DraftModelSpeculation | HeadSpeculation | MtpSpeculation;

const METHODS: readonly unknown[] = ['ngram', 'draft_model', 'eagle', 'eagle3', 'medusa', 'mlp_speculator', 'mtp'];

const problem = (message: string, remedy: string): Problem => ({ check: 'runtime-setting', message, remedy });

/** Problems of the setting by itself. */
export function speculationProblems(version: string, speculation: unknown): Problem[] {
  if (speculation === undefined) return [];
  const stated = (speculation ?? {}) as Partial<Readonly<Record<string, unknown>>>;
  if (!METHODS.includes(stated.method)) {
    const method = JSON.stringify(stated.method)?.slice(0, 80) ?? 'undefined';
    return [problem(`speculation has the method ${method}.`, `Use ${METHODS.join(', ')}.`)];
  }
  const { numSpeculativeTokens, promptLookupMax, promptLookupMin } = speculation as NgramSpeculation;
  const lookups = stated.method === 'ngram';
  return [
    ...wholeNumberProblems('speculation.numSpeculativeTokens', numSpeculativeTokens ?? NaN, 1),
    ...(lookups ? wholeNumberProblems('speculation.promptLookupMax', promptLookupMax ?? NaN, 1) : []),
    ...(lookups ? wholeNumberProblems('speculation.promptLookupMin', promptLookupMin, 1, promptLookupMax) : []),
    ...(stated.repository !== undefined && !/^[\w./-]+$/.test(String(stated.repository))
      ? [problem('speculation.repository is no repository and no folder.', 'Write owner/name, or an absolute path.')]
      : []),
    ...('model' in stated ? modelProblems(stated.model as Model) : []),
    ...versionProblems(version, speculation as VllmSpeculation),
  ];
}

function modelProblems(model: CatalogModelId | Model): Problem[] {
  const problems: Problem[] = [];
  attempt(problems, () => resolveModel(model));
  return problems;
}

/**
 * Draft models: the first engine had them, the second had none until 0.14 (vllm-project/vllm#24322); unverified. The flags of
 * 0.8.0 to 0.8.4 were not read.
 */
function versionProblems(version: string, speculation: VllmSpeculation): Problem[] {
  const { method } = speculation;
  const before = (...release: VersionNumbers) => !isSince(version, release);
  const missing = (what: string, exists: string) => [
    problem(`vLLM ${version} has no speculation ${what}; it exists ${exists}.`, 'Use another method or version.'),
  ];
  if (!before(0, 8, 0) && before(0, 8, 5)) return missing('whose flags are known', 'until 0.7 and from 0.8.5 on');
  if (method === 'mtp' && before(0, 8, 0)) return missing('by mtp', 'from 0.8.5 on');
  if (method === 'draft_model' && !before(0, 11, 0) && before(0, 14, 0)) {
    return missing('by draft_model', 'until 0.10 and from 0.14 on');
  }
  const pinned = 'revision' in speculation && speculation.revision !== undefined;
  return pinned && before(0, 8, 0) ? missing('with a revision', 'from 0.8.5 on') : [];
}

/** What of a request speculation does not go together with. */
export function speculationConflicts(
  version: string,
  speculation: VllmSpeculation | undefined,
  { model, parallelism, weights }: ServingRequest,
): Problem[] {
  if (speculation === undefined) return [];
  const second = secondModel(speculation);
  const draft = draftModel(speculation)?.model;
  const draftSize = 'tensorParallelSize' in speculation ? speculation.tensorParallelSize : undefined;
  return [
    ...(draft && model && draft.vocabularySize !== model.vocabularySize
      ? [
          problem(
            `The draft model ${draft.id} has ${draft.vocabularySize} tokens in its vocabulary, ${model.id} has ${model.vocabularySize}: a guess would mean something else.`,
            'Use a draft model of the same family, or speculation by ngram.',
          ),
        ]
      : []),
    // Where the weights are in the pod already, the server is offline, and its cache holds nothing else.
    ...(weights.kind === 'local' && second !== undefined && !second.startsWith('/')
      ? [
          problem(
            `Speculation by ${speculation.method} loads ${second} from Hugging Face, and the server is offline: its weights lie in ${weights.path}.`,
            'State a folder of the pod as speculation.repository, or use speculation by ngram.',
          ),
        ]
      : []),
    // vllm-project/vllm#14117, #49355, #57755: from 0.6 to 0.29 the server ends at its start.
    ...(parallelism.pipelineParallelSize > 1 && !isSince(version, [0, 30, 0])
      ? [
          problem(
            `vLLM ${version} cannot guess ahead over ${parallelism.pipelineParallelSize} pipeline stages (vllm-project/vllm#57755).`,
            'Remove speculation, or use tensor parallelism alone.',
          ),
        ]
      : []),
    ...(draftSize !== undefined && draftSize !== 1 && draftSize !== parallelism.tensorParallelSize
      ? [
          problem(
            `speculation.tensorParallelSize is ${draftSize}; a draft model is split over 1 GPU or over ${parallelism.tensorParallelSize}, as the model is.`,
            'Leave it out, or use 1.',
          ),
        ]
      : []),
  ];
}

/** Before 0.8 a flag for each number; since then one flag in JSON. */
export function speculationFlags(version: string, speculation: VllmSpeculation | undefined): Record<string, FlagValue> {
  if (speculation === undefined) return {};
  const { method, numSpeculativeTokens } = speculation;
  const model = secondModel(speculation);
  const lookup = method === 'ngram' ? speculation : undefined;
  const draftSize = method === 'draft_model' ? speculation.tensorParallelSize : undefined;
  if (!isSince(version, [0, 8, 0])) {
    return {
      '--speculative-model': lookup ? '[ngram]' : model,
      '--num-speculative-tokens': numSpeculativeTokens,
      '--ngram-prompt-lookup-max': lookup?.promptLookupMax,
      '--ngram-prompt-lookup-min': lookup?.promptLookupMin,
      '--speculative-draft-tensor-parallel-size': draftSize,
    };
  }
  return {
    '--speculative-config': JSON.stringify({
      // Only DeepSeek's heads were known by then, and under their own name.
      method: method === 'mtp' && !isSince(version, [0, 11, 0]) ? 'deepseek_mtp' : method,
      model,
      revision: 'revision' in speculation ? speculation.revision : undefined,
      num_speculative_tokens: numSpeculativeTokens,
      prompt_lookup_max: lookup?.promptLookupMax,
      prompt_lookup_min: lookup?.promptLookupMin,
      draft_tensor_parallel_size: draftSize,
    }),
  };
}

/** What is loaded beside the model; undefined when nothing is. */
function secondModel(speculation: VllmSpeculation): string | undefined {
  const repository = 'repository' in speculation ? speculation.repository : undefined;
  return repository ?? draftModel(speculation)?.model.id;
}

/** The small model on the same GPUs, for the memory plan. */
export function draftModel(speculation: VllmSpeculation | undefined): ServerContract['draftModel'] {
  return speculation?.method === 'draft_model' ? { model: resolveModel(speculation.model) } : undefined;
}
