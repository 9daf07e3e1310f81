import { nearestNames } from '../problem/nearest-names';
import { InvalidInputError, refuse } from '../problem/problem';
import { CatalogModelId, findModel, MODELS } from './catalog';
import { Model } from './model';
import { modelProblems } from './model-problems';

/**
 * The model behind a reference: an id of the catalog, or a model of your own as it is.
 *
 * @throws InvalidInputError when the catalog has no model with this id, and names the three ids that look most like it; and
 * when a model of your own has numbers that no model has.
 */
export function resolveModel(ref: CatalogModelId | Model): Model {
  if (typeof ref !== 'string') {
    refuse(`model ${ref.id}`, modelProblems(ref));
    return ref;
  }
  const model = findModel(ref as string);
  if (model !== undefined) return model;
  throw new InvalidInputError(`model ${ref}`, [
    {
      check: 'model-known',
      message: `The catalog has no model ${JSON.stringify(ref)}; it has ${MODELS.length} models.`,
      remedy: `Did you mean ${likelyModels(ref).join(', ')}? A model of your own is an object of the type Model, or modelFromConfig(id, config).`,
    },
  ]);
}

/** Ids that have every word of what was written, as people shorten them (`llama-3-8b`); then those that look most like it. */
export function likelyModels(written: string): string[] {
  const words = (text: string) => text.toLowerCase().split(/[^a-z0-9.]+/);
  const wanted = words(written);
  const ids = MODELS.map(({ id }) => id);
  const same = ids.filter((id) => wanted.every((word) => words(id).includes(word)));
  return [...new Set([...nearestNames(written, same, 3), ...nearestNames(written, ids, 3)])].slice(0, 3);
}
