import { Model } from '../model/model';

/** What decides how large a request may be that is not too long for the model. */
export interface RequestBodyRequest {
  readonly model?: Pick<Model, 'task' | 'maxModelLen' | 'vision'>;
  /** Longest prompt and answer together, in tokens. @default - the model's own */
  readonly maxModelLen?: number;
}

/**
 * Bytes of JSON for one token: four characters, as of English (OpenAI's rule of thumb, and other languages have fewer), each
 * escaped as `\uXXXX`, as many clients do. An upper bound for ordinary text, not for a text of blanks.
 */
const BYTES_PER_TOKEN = 4 * 6;
/** Names of fields, tools, and what a chat template does not count, in MiB. */
const FRAME_MIB = 1;
/** A photograph of 12 megapixels as JPEG, in base64, in MiB. */
const IMAGE_MIB = Math.ceil((8 * 4) / 3);
/** Images of one request that are counted at most: others should come as addresses. */
const MOST_IMAGES = 8;
/** Texts of one request of a model that makes vectors or scores: what clients send in a batch. */
const TEXTS = 256;
/** Where neither the model nor a limit is known: a context of a million tokens, in MiB. */
const UNKNOWN_MIB = 32;

/** The largest body of a request that the model can answer, in MiB; above nginx's 1 MiB for anything but short contexts. */
export function largestRequestMib({ model, maxModelLen = model?.maxModelLen }: RequestBodyRequest): number {
  if (maxModelLen === undefined || !Number.isFinite(maxModelLen) || maxModelLen < 1) return UNKNOWN_MIB;
  const texts = (model?.task ?? 'generation') === 'generation' ? 1 : TEXTS;
  const text = Math.ceil((texts * maxModelLen * BYTES_PER_TOKEN) / 2 ** 20);
  return FRAME_MIB + text + imagesOf(model, maxModelLen) * IMAGE_MIB;
}

function imagesOf(model: RequestBodyRequest['model'], maxModelLen: number): number {
  if (!model?.vision) return 0;
  const { tokensPerImage = 0 } = model.vision;
  return tokensPerImage > 0
    ? Math.max(1, Math.min(MOST_IMAGES, Math.floor(maxModelLen / tokensPerImage)))
    : MOST_IMAGES;
}
