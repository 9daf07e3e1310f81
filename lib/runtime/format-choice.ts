import { KvCacheFormat, WeightFormat } from '../model/model';
import { Problem } from '../problem/problem';
import { ServingRequest } from './serving-runtime';

/** What the settings of a server say of number formats, and the words in which it takes them. */
export interface FormatWords {
  /** The server in words, such as `SGLang`. */
  readonly server: string;
  /** The setting that names a method of quantization, and its value. */
  readonly quantization: { readonly setting: string; readonly value?: string; readonly format?: WeightFormat };
  readonly dtype?: string;
  readonly kvCacheDtype?: string;
  /** Methods that make a format of 16-bit weights while they are loaded. */
  readonly onLoad: Partial<Readonly<Record<WeightFormat, string>>>;
  /** Words for formats that are no quantization. */
  readonly dtypes: Partial<Readonly<Record<WeightFormat, string>>>;
  /** Word for a KV cache in 8 bit. */
  readonly fp8KvCache: string;
}

/** What the server is told, and what the plan has to count with. */
export interface FormatChoice {
  readonly quantization?: string;
  readonly dtype?: string;
  readonly kvCacheDtype?: string;
  readonly weightFormat?: WeightFormat;
  readonly kvCacheFormat?: KvCacheFormat;
  readonly problems: readonly Problem[];
}

const PLAIN: readonly WeightFormat[] = ['fp16', 'bf16', 'fp32'];

/** Compute capability from which a GPU computes in bf16. */
const BF16_FROM = 8;

/** Chooses the words so that the server does what the service states; says so where the two exclude each other. */
export function chooseFormats(request: ServingRequest, words: FormatWords): FormatChoice {
  const weights = chooseWeights(request, words);
  const kvCache = chooseKvCache(request, words);
  return { ...weights, ...kvCache, problems: [...weights.problems, ...kvCache.problems] };
}

function chooseWeights(
  { model, weights, weightFormat: stated, gpus }: ServingRequest,
  words: FormatWords,
): FormatChoice {
  const { setting, value, format } = words.quantization;
  const [dtyped] = Object.entries(words.dtypes).find(([, word]) => word === words.dtype) ?? [];
  const chosen = format ?? (value === undefined && words.dtype !== undefined ? (dtyped as WeightFormat) : undefined);
  const told = { quantization: value, dtype: words.dtype };
  if (chosen !== undefined) {
    const agree = stated === undefined || stated === chosen;
    return { ...told, weightFormat: chosen, problems: agree ? [] : [contradiction(stated, chosen, words)] };
  }
  const repository = weights.repository ?? (weights.kind === 'server-downloads' ? model?.id : undefined);
  const own = repository === model?.id;
  const native = own ? model?.nativeFormat : undefined;
  if (
    value === undefined &&
    stated !== undefined &&
    native !== undefined &&
    stated !== native &&
    !PLAIN.includes(stated)
  ) {
    const method = PLAIN.includes(native) ? words.onLoad[stated] : undefined;
    return {
      ...told,
      quantization: method,
      weightFormat: stated,
      problems: method === undefined ? [noSuchWeights(model!.id, native, stated, setting, words.server)] : [],
    };
  }
  if (stated !== undefined && PLAIN.includes(stated) && stated !== model?.nativeFormat) {
    return { ...told, dtype: words.dtype ?? words.dtypes[stated], weightFormat: stated, problems: [] };
  }
  const half =
    stated === undefined &&
    model?.nativeFormat === 'bf16' &&
    value === undefined &&
    gpus.some(({ computeCapability }) => computeCapability < BF16_FROM);
  return half ? { ...told, dtype: words.dtypes.fp16, weightFormat: 'fp16', problems: [] } : { ...told, problems: [] };
}

function chooseKvCache({ kvCacheFormat: stated }: ServingRequest, words: FormatWords): FormatChoice {
  const { kvCacheDtype, server } = words;
  const chosen = kvCacheDtype !== undefined && kvCacheDtype !== 'auto' ? 'fp8' : undefined;
  const plain = stated === undefined || stated === 'bf16' || stated === 'fp16';
  if (chosen === 'fp8' && stated !== undefined && stated !== 'fp8') {
    const message = `kvCacheFormat is ${stated}, but kvCacheDtype ${kvCacheDtype} keeps it in fp8.`;
    return { kvCacheDtype, kvCacheFormat: 'fp8', problems: [problem(message, 'State one of them.')] };
  }
  if (!plain && stated !== 'fp8') {
    return {
      problems: [problem(`${server} keeps no KV cache in ${stated}.`, 'Use kvCacheFormat fp8, or leave it out.')],
    };
  }
  return stated === 'fp8'
    ? { kvCacheDtype: chosen ? kvCacheDtype : words.fp8KvCache, kvCacheFormat: 'fp8', problems: [] }
    : { kvCacheDtype, kvCacheFormat: chosen, problems: [] };
}

const problem = (message: string, remedy: string): Problem => ({ check: 'runtime-setting', message, remedy });

function contradiction(stated: WeightFormat, chosen: WeightFormat, { quantization, dtype }: FormatWords): Problem {
  const by = quantization.value === undefined ? `dtype ${dtype}` : `${quantization.setting} ${quantization.value}`;
  return problem(`weightFormat is ${stated}, but ${by} gives weights in ${chosen}.`, 'State one of them.');
}

const noSuchWeights = (id: string, native: WeightFormat, stated: WeightFormat, setting: string, server: string) =>
  problem(
    `${id} is published in ${native}, and ${server} does not make ${stated} of it while it loads.`,
    `State the repository of a checkpoint in ${stated}, or ${setting}.`,
  );
