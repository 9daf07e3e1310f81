import { Problem } from '../../problem/problem';
import { ServingRequest } from '../serving-runtime';

/** Where a NIM is told to find other weights than those of its image. */
export interface NimWeights {
  /** As NIM writes it: a folder, or `hf://org/model:revision`. Undefined for the weights that the image names. */
  readonly address?: string;
  readonly env: Readonly<Record<string, string>>;
  readonly problems: readonly Problem[];
}

/**
 * 2.x serves a folder or a repository that NIM_MODEL_PATH names ("Air-Gap Deployment" and "Model-Free NIM" in NVIDIA's guide to
 * 2.0). 1.x calls it NIM_MODEL_NAME: on a multi-LLM image, or with a folder that create-model-store made; unverified.
 *
 * @param stated where the user's own settings say that the weights are
 */
export function nimWeights(
  series: '1.x' | '2.x',
  { weights }: Pick<ServingRequest, 'weights'>,
  stated: string | undefined,
): NimWeights {
  const address =
    weights.kind === 'local' ? weights.path : weights.repository && repository(weights.repository, weights.revision);
  if (address === undefined) return { env: {}, problems: [] };
  return {
    address,
    env: { [series === '2.x' ? 'NIM_MODEL_PATH' : 'NIM_MODEL_NAME']: address },
    problems: [
      ...(stated !== undefined && stated !== address
        ? [
            {
              check: 'runtime-setting',
              message: `The artifact puts the weights at ${address}, and a setting of the runtime says ${stated}.`,
              remedy: 'Remove the setting: the artifact says it.',
            },
          ]
        : []),
      ...(series === '1.x' && weights.kind === 'server-downloads' && weights.revision !== undefined
        ? [
            {
              check: 'runtime-setting',
              message: `NIM 1.x takes no revision of ${weights.repository}; it would serve what is there on the day.`,
              remedy: 'Have it downloaded before: ModelArtifact.download(ModelSource.huggingFace({ … })).',
            },
          ]
        : []),
    ],
  };
}

const repository = (name: string, revision: string | undefined) =>
  `hf://${name}${revision === undefined ? '' : `:${revision}`}`;
