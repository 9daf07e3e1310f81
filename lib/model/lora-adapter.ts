import { ModelArtifact } from './model-artifact';

/** A LoRA adapter: a small change to a base model that clients ask for by a name of its own. */
export interface LoraAdapter {
  /** Name under which clients ask for it. */
  readonly name: string;
  /** Where its files come from, pinned. */
  readonly artifact: ModelArtifact;
  /** Rank of its matrices, as adapter_config.json says (`r`). Memory grows with it; a wrong one fails at load. */
  readonly rank: number;
}

/** Several adapters on one base model. */
export interface LoraAdapters {
  readonly adapters: readonly LoraAdapter[];
  /**
   * Adapters that one batch may mix. Each has a slot of the largest rank on the GPU, used or not.
   * @default - all of `adapters`
   */
  readonly maxLoras?: number;
}
