import { shown } from '../problem/names';
import { wholeNumberProblems } from '../problem/numbers';
import { Problem, refuse } from '../problem/problem';
import { ModelArtifact } from './model-artifact';

/** A LoRA adapter: a small change to a base model that clients ask for by a name of its own. */
export interface LoraAdapter {
  /**
   * Name under which clients ask for it, and of its folder: letters, digits, `-`, `_` and `.`, at most 40. Tenants that share
   * a base model each begin theirs with a name of their own, such as `tenant-a.sql`.
   */
  readonly name: string;
  /** Where its files come from, pinned: a folder with adapter_config.json and the weights. Its own path is not used. */
  readonly artifact: ModelArtifact;
  /** Rank of its matrices, as adapter_config.json says (`r`). Memory grows with it; a wrong one fails at load. */
  readonly rank: number;
}

/** Several adapters on one base model. */
export interface LoraAdaptersProps {
  readonly adapters: readonly LoraAdapter[];
  /**
   * Adapters that one batch may mix. Each has a slot of the largest rank on the GPU, used or not.
   * @default - all of `adapters`
   */
  readonly maxLoras?: number;
}

/** Folder of the pod that holds a folder for each adapter. */
export const ADAPTERS_FOLDER = '/adapters';

/**
 * LoRA adapters on one base model: one set of weights on the GPU, and a name for each tenant or task.
 */
export class LoraAdapters {
  /** Each with its files in a folder of its own below `folder`, unless they are baked into the image. */
  readonly adapters: readonly LoraAdapter[];
  readonly folder = ADAPTERS_FOLDER;
  /** The largest rank of them. */
  readonly maxRank: number;
  readonly maxLoras: number;

  /** @throws InvalidInputError for two of a name, names that are no folder, ranks that cannot be, or none at all */
  constructor(props: LoraAdaptersProps) {
    const { adapters, maxLoras } = props;
    refuse('LoraAdapters', [
      ...(adapters.length === 0 ? [problem('No adapter is given.', 'Give one, or leave lora out.')] : []),
      ...adapters.flatMap(adapterProblems),
      ...twice(adapters.map(({ name }) => name.toLowerCase().replace(/[^a-z0-9]+/g, '-'))).map((name) =>
        problem(
          `Two adapters are called ${shown(name)}, or differ only in what a container's name cannot tell.`,
          'Clients ask by the name: give each one of its own.',
        ),
      ),
      ...wholeNumberProblems('maxLoras', maxLoras, 1),
    ]);
    this.adapters = adapters.map((adapter) => ({
      ...adapter,
      artifact: adapter.artifact.at(`${ADAPTERS_FOLDER}/${adapter.name}`),
    }));
    this.maxRank = Math.max(...adapters.map(({ rank }) => rank));
    this.maxLoras = maxLoras ?? adapters.length;
  }

  /** What cannot be beside a base model of these names. */
  besides(baseNames: readonly string[]): Problem[] {
    return this.adapters
      .filter(({ name }) => baseNames.includes(name))
      .map(({ name }) =>
        problem(
          `The adapter ${name} has the name of the base model, so clients could not ask for one of them.`,
          'Rename the adapter.',
        ),
      );
  }
}

const problem = (message: string, remedy: string): Problem => ({ check: 'lora-adapters', message, remedy });

const twice = (names: readonly string[]) => [...new Set(names.filter((name, at) => names.indexOf(name) !== at))];

function adapterProblems({ name, artifact, rank }: LoraAdapter): Problem[] {
  return [
    ...(/^[A-Za-z0-9]([\w.-]{0,38}[A-Za-z0-9])?$/.test(name)
      ? []
      : [
          problem(
            `${shown(name)} is no name of an adapter.`,
            'Use at most 40 letters, digits, "-", "_" and ".", beginning and ending with a letter or digit.',
          ),
        ]),
    ...wholeNumberProblems(`rank of the adapter ${shown(name)}`, rank, 1),
    ...(artifact.isLocal
      ? []
      : [
          problem(
            `The server would have to download the adapter ${shown(name)} itself, which it cannot at a revision.`,
            'Use ModelArtifact.download(ModelSource.huggingFace({ … })).',
          ),
        ]),
  ];
}
