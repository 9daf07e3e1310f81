import { WeightFormat } from '../../model/model';
import { Problem } from '../../problem/problem';
import { GpuTraits } from '../engine-memory-profile';
import { chooseFormats, FormatChoice } from '../format-choice';
import { ServingRequest } from '../serving-runtime';

interface QuantizationMethod {
  /** How the weights lie on the GPU; what the memory plan counts. @default - as the checkpoint says */
  readonly format?: WeightFormat;
  /** Compute capability below which its kernels do not run, where that is more than the format takes. */
  readonly lowest?: number;
}

/**
 * Methods of quantization, with the GPUs that their kernels take.
 * Source: vLLM's pages on supported hardware of 0.6.4 to 0.15 (Marlin from Ampere on, W8A8 fp8 from Ada on); ModelOpt's fp8
 * and experts_int8 from memory, unverified. What the format itself takes is checked for every server alike.
 */
export const VLLM_QUANTIZATIONS = {
  awq: { format: 'int4' },
  awq_marlin: { format: 'int4', lowest: 8.0 },
  gptq: { format: 'int4' },
  gptq_marlin: { format: 'int4', lowest: 8.0 },
  fp8: { format: 'fp8' },
  'compressed-tensors': {},
  bitsandbytes: { format: 'nf4' },
  modelopt: { format: 'fp8', lowest: 8.9 },
  modelopt_fp4: { format: 'nvfp4' },
  mxfp4: { format: 'mxfp4' },
  experts_int8: { format: 'int8', lowest: 8.0 },
  moe_wna16: { format: 'int4' },
  torchao: {},
  quark: {},
} as const satisfies Readonly<Record<string, QuantizationMethod>>;

/** Methods of quantization that the server is told by name. A checkpoint that is quantized already needs none. */
export type VllmQuantization = keyof typeof VLLM_QUANTIZATIONS;

/** Formats of the KV cache. `fp8` is `fp8_e4m3`. */
export type VllmKvCacheDtype = 'auto' | 'fp8' | 'fp8_e4m3' | 'fp8_e5m2';

/** What of the settings chooses number formats. */
export interface FormatSettings {
  readonly quantization?: VllmQuantization;
  readonly dtype?: string;
  readonly kvCacheDtype?: VllmKvCacheDtype;
}

/** Two names of one format. */
const SAME_DTYPE: Readonly<Record<string, string>> = { float16: 'half', float: 'float32' };

/** What the server is told of number formats: what the service states, or the settings choose. */
export function chooseVllmFormats(request: ServingRequest, settings: FormatSettings): FormatChoice {
  const { quantization, dtype, kvCacheDtype } = settings;
  const method: QuantizationMethod = quantization === undefined ? {} : VLLM_QUANTIZATIONS[quantization];
  const choice = chooseFormats(request, {
    server: 'vLLM',
    quantization: { setting: 'quantization', value: quantization, format: method.format },
    dtype: dtype === undefined ? undefined : (SAME_DTYPE[dtype] ?? dtype),
    kvCacheDtype,
    onLoad: { fp8: 'fp8', nf4: 'bitsandbytes' },
    dtypes: { fp16: 'half', bf16: 'bfloat16', fp32: 'float32' },
    fp8KvCache: 'fp8',
  });
  return { ...choice, problems: [...choice.problems, ...kernelProblems(request.gpus, quantization)] };
}

function kernelProblems(gpus: readonly GpuTraits[], quantization: VllmQuantization | undefined): Problem[] {
  const { lowest }: QuantizationMethod = quantization === undefined ? {} : VLLM_QUANTIZATIONS[quantization];
  const without = gpus.filter(({ computeCapability }) => computeCapability < (lowest ?? 0));
  return without.map(({ id, computeCapability }) => ({
    check: 'gpu-precision',
    message: `quantization ${quantization} does not run on ${id}, whose compute capability is ${computeCapability.toFixed(1)}; its kernels take ${lowest!.toFixed(1)}.`,
    remedy: `Leave quantization out, so that vLLM chooses kernels by GPU, or use a GPU with compute capability ${lowest!.toFixed(1)}.`,
  }));
}
