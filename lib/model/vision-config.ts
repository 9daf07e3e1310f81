import { ConfigReader, describe } from './config-reader';
import { VisionEncoder } from './model';

/** Parameters of one kind of image encoder and of what carries its output into the text model. */
type Tower = (vision: ConfigReader, text: ConfigReader, wholeType: unknown) => number;

/** By the `model_type` of `vision_config`. */
const TOWERS: Readonly<Record<string, Tower>> = {
  siglip_vision_model: siglip,
  pixtral,
  qwen2_5_vl: qwen,
};

/** What of a model reads images, from the `vision_config` of its `config.json`. */
export function visionOf(text: ConfigReader, config: unknown, wholeType: unknown): VisionEncoder {
  const vision = text.nested('vision_config', config);
  const type = vision.raw('model_type');
  const tower =
    typeof type === 'string' && Object.prototype.hasOwnProperty.call(TOWERS, type) ? TOWERS[type] : undefined;
  if (tower) return { parameters: tower(vision, text, wholeType) };
  vision.problem(
    `vision_config.model_type is ${describe(type)}; known are ${Object.keys(TOWERS).join(', ')}.`,
    'Write the model as an object of the type Model.',
  );
  return { parameters: 0 };
}

/** Four square matrices of attention, with biases or without. */
const attention = (hidden: number, biases: boolean) => 4 * (hidden * hidden + (biases ? hidden : 0));

/** The SigLIP tower and the projection into the text model, as Gemma 3 has them. */
function siglip(c: ConfigReader, text: ConfigReader): number {
  const hidden = c.count('hidden_size');
  const size = c.count('intermediate_size');
  const patch = c.count('patch_size');
  const patches = Math.floor(c.count('image_size') / patch) ** 2;
  const layer = attention(hidden, true) + 2 * hidden * size + size + hidden + 4 * hidden;
  return (
    c.layers() * layer +
    (3 * patch * patch + 1) * hidden +
    patches * hidden +
    2 * hidden +
    hidden * text.count('hidden_size') +
    hidden
  );
}

/** The tower of Pixtral; Mistral 3 merges patches before the projection, Pixtral's own has biases instead. */
function pixtral(c: ConfigReader, text: ConfigReader, wholeType: unknown): number {
  const hidden = c.count('hidden_size');
  const layer = attention(hidden, false) + 3 * hidden * c.count('intermediate_size') + 2 * hidden;
  const into = text.count('hidden_size');
  const projection = hidden * into + into * into;
  const between = wholeType === 'mistral3' ? 4 * hidden * hidden + hidden : 2 * into;
  return c.layers() * layer + (3 * c.count('patch_size') ** 2 + 1) * hidden + between + projection;
}

/** The tower of Qwen2.5-VL: gated layers with biases, patches of two frames, and a merger of four patches. */
function qwen(c: ConfigReader, text: ConfigReader): number {
  const hidden = c.count('hidden_size');
  const size = c.count('intermediate_size');
  const patch = c.optionalCount('patch_size', 'spatial_patch_size') ?? 14;
  const merged = hidden * (c.optionalCount('spatial_merge_size') ?? 2) ** 2;
  const into = c.optionalCount('out_hidden_size') ?? text.count('hidden_size');
  const layer = attention(hidden, true) + 3 * hidden * size + 2 * size + hidden + 2 * hidden;
  return (
    c.count('depth', 'num_hidden_layers') * layer +
    3 * 2 * patch * patch * hidden +
    hidden +
    (merged + 1) * merged +
    (merged + 1) * into
  );
}
