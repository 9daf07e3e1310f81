import { parseArgs } from 'node:util';
import { findGpu, GPUS } from '../hardware/gpu-catalog';
import { Gpu } from '../hardware/gpu';
import { Machine } from '../hardware/machine';
import { GCE_N1_MACHINE_TYPES, machinesOf, n1WithT4 } from '../hardware/machine-catalog';
import { findModel, MODELS } from '../model/catalog';
import { modelFromConfig } from '../model/from-config';
import { Model, WeightFormat } from '../model/model';
import { likelyModels } from '../model/resolve-model';
import { KvCacheFormat } from '../model/model';
import { LoraSlots } from '../plan/weight-bytes';
import { nearestNames } from '../problem/nearest-names';
import { InvalidInputError, Problem } from '../problem/problem';
import { DEFAULT_ENGINE, Engine, resolveEngine } from './engine';

/** What `fit` is asked. */
export interface FitQuestion {
  readonly model: Model;
  readonly engine: Engine;
  /** Those to judge: one when it was named, else all that can be asked. */
  readonly gpus: readonly Gpu[];
  /** True when one GPU was named, by itself or by its machine. */
  readonly named: boolean;
  /** The machine that was named. */
  readonly machine?: Machine;
  readonly maxModelLen: number;
  readonly concurrency?: number;
  readonly weightFormat?: WeightFormat;
  readonly kvCacheFormat?: KvCacheFormat;
  readonly tensorParallelSize: number;
  readonly pipelineParallelSize: number;
  readonly dataParallelSize: number;
  readonly lora?: LoraSlots;
  readonly migProfile?: string;
  readonly gpuShare?: number;
  readonly clouds: readonly Machine['cloud'][];
  readonly json: boolean;
}

/** A mistake in the arguments: what is wrong, and what to write instead. */
export type Mistake = Pick<Problem, 'message' | 'remedy'>;

/** Reads a file as text. */
export type ReadFile = (path: string) => string;

interface Option {
  /** What stands for the value in the help; undefined for a switch. */
  readonly value?: string;
  readonly help: string;
}

/** All options of `fit`, in the order of the help. */
export const FIT_OPTIONS = {
  model: { value: 'ID', help: `a model of the catalog, by its Hugging Face id` },
  config: { value: 'FILE', help: 'instead of --model: the config.json of a Hugging Face repository' },
  gpu: { value: 'ID', help: 'the GPU, such as L4 or H100-80GB (default: judge all of the catalog)' },
  machine: { value: 'TYPE', help: 'instead of --gpu: a machine type, such as g2-standard-4' },
  'max-model-len': { value: 'TOKENS', help: 'prompt and answer together (default: what the model was made for)' },
  concurrency: { value: 'N', help: 'sequences of that length that must run at once (default: no promise)' },
  'weight-format': { value: 'FORMAT', help: 'format of the weights (default: as published)' },
  'kv-cache-format': { value: 'FORMAT', help: 'format of the KV cache (default: 16 bit)' },
  'tensor-parallel-size': { value: 'N', help: 'GPUs that every layer is split over (default: 1)' },
  'pipeline-parallel-size': { value: 'N', help: 'stages that the layers are split over (default: 1)' },
  'data-parallel-size': {
    value: 'N',
    help: 'copies of the attention layers; experts are dealt out over all (default: 1)',
  },
  'max-loras': { value: 'N', help: 'LoRA adapters that one batch may mix (default: none)' },
  'max-lora-rank': { value: 'N', help: 'the largest rank of them (default: 16, with --max-loras)' },
  mig: { value: 'PROFILE', help: 'a MIG slice, such as 1g.10gb (default: the whole GPU)' },
  'gpu-share': { value: 'PART', help: 'part of a time-sliced GPU, such as 0.5 (default: 1)' },
  'gpu-memory-utilization': { value: 'PART', help: 'what the engine may use (default: its own)' },
  engine: { value: 'NAME', help: `vllm@, sglang@ or nim@VERSION (default: ${DEFAULT_ENGINE})` },
  cloud: { value: 'NAME', help: 'show machines of gcp, aws or azure only (default: all)' },
  json: { help: 'print JSON' },
  help: { help: 'print this' },
  version: { help: 'print the version' },
} as const satisfies Readonly<Record<string, Option>>;

type OptionName = keyof typeof FIT_OPTIONS;
const OPTION_NAMES = Object.keys(FIT_OPTIONS) as OptionName[];
const takesValue = (name: OptionName) => 'value' in FIT_OPTIONS[name];

const WEIGHT_FORMATS = ['fp32', 'bf16', 'fp16', 'fp8', 'int8', 'int4', 'nf4', 'mxfp4', 'nvfp4'] as const;
const KV_CACHE_FORMATS = ['fp32', 'bf16', 'fp16', 'fp8', 'nvfp4'] as const;
const CLOUDS = ['gcp', 'aws', 'azure'] as const;

const WEIGHT_FORMAT_NAMES: readonly WeightFormat[] = WEIGHT_FORMATS satisfies readonly WeightFormat[];
const KV_CACHE_FORMAT_NAMES: readonly KvCacheFormat[] = KV_CACHE_FORMATS satisfies readonly KvCacheFormat[];

const quoted = (value: string) => JSON.stringify(value.length > 80 ? `${value.slice(0, 77)}...` : value);

/** True when these arguments ask for a text instead of a judgement. */
export function wants(argv: readonly string[], option: 'help' | 'version'): boolean {
  return argv.includes(`--${option}`) || (option === 'help' && argv.includes('-h'));
}

/** The question behind the arguments, or every mistake in them. */
export function parseFitArguments(
  argv: readonly string[],
  readFile: ReadFile,
): { readonly question: FitQuestion } | { readonly mistakes: readonly Mistake[] } {
  const mistakes: Mistake[] = [];
  const values = readOptions(argv, mistakes);
  const model = readModel(values, mistakes, readFile);
  const utilization = part(values, 'gpu-memory-utilization', mistakes);
  const engine = resolveEngine(values.engine ?? DEFAULT_ENGINE, utilization, mistakes);
  const tensorParallelSize = wholeNumber(values, 'tensor-parallel-size', mistakes) ?? 1;
  const pipelineParallelSize = wholeNumber(values, 'pipeline-parallel-size', mistakes) ?? 1;
  const dataParallelSize = wholeNumber(values, 'data-parallel-size', mistakes) ?? 1;
  const gpuCount = tensorParallelSize * pipelineParallelSize * dataParallelSize;
  const lora = loraSlots(values, mistakes);
  const hardware = readHardware(values, gpuCount, mistakes);
  const gpus = withMigProfile(hardware.gpus, hardware.named, values.mig, mistakes);
  const gpuShare = part(values, 'gpu-share', mistakes);
  if (values.mig !== undefined && gpuShare !== undefined && gpuShare < 1) {
    mistakes.push({
      message: '--mig and --gpu-share are both given; a slice is not shared.',
      remedy: 'Leave one of them out.',
    });
  }
  const maxModelLen = wholeNumber(values, 'max-model-len', mistakes);
  const concurrency = wholeNumber(values, 'concurrency', mistakes);
  const weightFormat = oneOf(values, 'weight-format', WEIGHT_FORMAT_NAMES, mistakes);
  const kvCacheFormat = oneOf(values, 'kv-cache-format', KV_CACHE_FORMAT_NAMES, mistakes);
  const cloud = oneOf(values, 'cloud', CLOUDS, mistakes);
  if (mistakes.length > 0 || !model || !engine) return { mistakes };
  return {
    question: {
      model,
      engine,
      gpus,
      named: hardware.named,
      ...(hardware.machine && { machine: hardware.machine }),
      maxModelLen: maxModelLen ?? model.maxModelLen,
      ...(concurrency !== undefined && { concurrency }),
      ...(weightFormat !== undefined && { weightFormat }),
      ...(kvCacheFormat !== undefined && { kvCacheFormat }),
      tensorParallelSize,
      pipelineParallelSize,
      dataParallelSize,
      lora,
      ...(values.mig !== undefined && { migProfile: values.mig }),
      ...(gpuShare !== undefined && { gpuShare }),
      clouds: cloud ? [cloud] : CLOUDS,
      json: 'json' in values,
    },
  };
}

type Values = Partial<Record<OptionName, string>>;

/** Options and their values as they were written; a switch has the value ''. */
function readOptions(argv: readonly string[], mistakes: Mistake[]): Values {
  const values: Values = {};
  const { tokens } = parseArgs({
    args: withInlineValues(argv),
    strict: false,
    allowPositionals: true,
    tokens: true,
    options: Object.fromEntries(OPTION_NAMES.map((name) => [name, { type: 'string' as const }])),
  });
  for (const [at, token] of tokens.entries()) {
    if (token.kind === 'positional') {
      const before = tokens[at - 1];
      // The value of an option that does not exist is no second mistake.
      if (before?.kind === 'option' && before.value === undefined) continue;
      mistakes.push({
        message: `${quoted(token.value)} stands alone.`,
        remedy: 'Put the option that it is the value of before it, such as --model.',
      });
    }
    if (token.kind !== 'option') continue;
    const name = OPTION_NAMES.find((known) => known === token.name);
    if (!name) {
      const near = nearestNames(token.name, OPTION_NAMES, 3).map((known) => `--${known}`);
      mistakes.push({ message: `There is no option ${token.rawName}.`, remedy: `Did you mean ${near.join(', ')}?` });
    } else if (name in values) {
      mistakes.push({ message: `--${name} is given more than once.`, remedy: 'Give it once.' });
    } else if (takesValue(name) && !token.value) {
      mistakes.push({ message: `--${name} has no value.`, remedy: `Write --${name} ${valueName(name)}.` });
      values[name] = undefined;
    } else if (!takesValue(name) && token.value) {
      mistakes.push({ message: `--${name} takes no value.`, remedy: `Write --${name} alone.` });
    } else {
      values[name] = token.value ?? '';
    }
  }
  return values;
}

const valueName = (name: OptionName) => (FIT_OPTIONS[name] as Option).value ?? '';

/**
 * Each value behind an equals sign. Otherwise `--gpu --model X` would read `--model` as the GPU; a negative number, on
 * the other hand, is a value (and a mistake of its own).
 */
function withInlineValues(argv: readonly string[]): string[] {
  const args: string[] = [];
  for (let at = 0; at < argv.length; at++) {
    const name = OPTION_NAMES.find((known) => `--${known}` === argv[at]);
    const next = argv[at + 1];
    if (name && takesValue(name) && next !== undefined && (!next.startsWith('-') || /^-[\d.]/.test(next))) {
      args.push(`${argv[at]}=${next}`);
      at++;
    } else {
      args.push(name ? `${argv[at]}=` : argv[at]!);
    }
  }
  return args;
}

function loraSlots(values: Values, mistakes: Mistake[]): LoraSlots | undefined {
  const maxAdapters = wholeNumber(values, 'max-loras', mistakes);
  const maxRank = wholeNumber(values, 'max-lora-rank', mistakes);
  if (maxRank !== undefined && maxAdapters === undefined && values['max-loras'] === undefined) {
    mistakes.push({
      message: '--max-lora-rank says how large adapters are, and nothing says that there are any.',
      remedy: 'Add --max-loras, or remove it.',
    });
  }
  return maxAdapters === undefined ? undefined : { maxAdapters, maxRank: maxRank ?? 16 };
}

function wholeNumber(values: Values, name: OptionName, mistakes: Mistake[]): number | undefined {
  const text = values[name];
  if (text === undefined) return undefined;
  const value = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value > 0) return value;
  mistakes.push({ message: `--${name} is ${quoted(text)}.`, remedy: 'Use a whole number of 1 or more.' });
  return undefined;
}

function part(values: Values, name: OptionName, mistakes: Mistake[]): number | undefined {
  const text = values[name];
  if (text === undefined) return undefined;
  const value = Number(text);
  if (/^\d*\.?\d+$/.test(text) && value > 0 && value <= 1) return value;
  mistakes.push({ message: `--${name} is ${quoted(text)}.`, remedy: 'Use a number above 0 and at most 1.' });
  return undefined;
}

function oneOf<T extends string>(
  values: Values,
  name: OptionName,
  known: readonly T[],
  mistakes: Mistake[],
): T | undefined {
  const text = values[name];
  if (text === undefined) return undefined;
  const found = known.find((candidate) => candidate === text);
  if (found === undefined) {
    mistakes.push({ message: `--${name} is ${quoted(text)}.`, remedy: `Use one of ${known.join(', ')}.` });
  }
  return found;
}

function readModel(values: Values, mistakes: Mistake[], readFile: ReadFile): Model | undefined {
  const { model, config } = values;
  if (model !== undefined && config !== undefined) {
    mistakes.push({ message: '--model and --config are both given.', remedy: 'Leave one of them out.' });
  }
  if (!('model' in values) && !('config' in values)) {
    mistakes.push({
      message: 'Nothing says which model.',
      remedy: `Give --model with one of ${MODELS.length} ids, such as ${MODELS[3].id}, or --config with a config.json.`,
    });
  }
  if (model !== undefined) {
    const found = findModel(model);
    if (!found) {
      mistakes.push({
        message: `--model: the catalog has no ${quoted(model)}; it has ${MODELS.length} models.`,
        remedy: `Did you mean ${likelyModels(model).join(', ')}? For any other model, give its config.json with --config.`,
      });
    }
    return found;
  }
  try {
    return config === undefined ? undefined : modelFromFile(config, readFile);
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    mistakes.push(...error.problems.map(({ message, remedy }) => ({ message: `--config: ${message}`, remedy })));
    return undefined;
  }
}

function modelFromFile(path: string, readFile: ReadFile): Model {
  const refusal = (message: string, remedy: string) =>
    new InvalidInputError(path, [{ check: 'model-config', message, remedy }]);
  let text: string;
  try {
    text = readFile(path);
  } catch (error) {
    const reason =
      (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no such file' : (error as Error).message;
    throw refusal(`${quoted(path)} cannot be read: ${reason}.`, 'Give the path of a config.json.');
  }
  let config: Record<string, unknown>;
  try {
    config = JSON.parse(text) as Record<string, unknown>;
  } catch {
    throw refusal(`${quoted(path)} is no JSON.`, 'Give the config.json of a Hugging Face repository.');
  }
  const name = config?._name_or_path;
  return modelFromConfig(typeof name === 'string' && name.trim() !== '' ? name : path, config);
}

interface Hardware {
  readonly gpus: readonly Gpu[];
  readonly named: boolean;
  readonly machine?: Machine;
}

function readHardware(values: Values, gpuCount: number, mistakes: Mistake[]): Hardware {
  const { gpu, machine } = values;
  if (gpu !== undefined && machine !== undefined) {
    mistakes.push({ message: '--gpu and --machine are both given.', remedy: 'Leave one of them out.' });
    return { gpus: [], named: true };
  }
  if (machine !== undefined) {
    const found = findAnyMachine(machine, gpuCount);
    if (!found) {
      const near = nearestNames(machine, machineTypes(), 3).join(', ');
      mistakes.push({ message: `--machine: the catalog has no ${quoted(machine)}.`, remedy: `Did you mean ${near}?` });
      return { gpus: [], named: true };
    }
    if (found.gpus < gpuCount) {
      mistakes.push({
        message: `--machine: ${machine} has ${found.gpus} GPU${found.gpus === 1 ? '' : 's'}; the model is split over ${gpuCount}.`,
        remedy: 'Lower --tensor-parallel-size or --pipeline-parallel-size, or name a machine with more GPUs.',
      });
    }
    return { gpus: [findGpu(found.gpu)].filter((one) => one !== undefined), named: true, machine: found };
  }
  if (gpu === undefined) return { gpus: 'gpu' in values || 'machine' in values ? [] : GPUS, named: false };
  const found = findGpu(gpu) ?? GPUS.find(({ id }) => id.toLowerCase() === gpu.toLowerCase());
  if (!found) {
    const near = nearestNames(
      gpu,
      GPUS.map(({ id }) => id),
      3,
    ).join(', ');
    mistakes.push({ message: `--gpu: the catalog has no ${quoted(gpu)}.`, remedy: `Did you mean ${near}?` });
  }
  return { gpus: found ? [found] : [], named: true };
}

const machineTypes = () => [
  ...CLOUDS.flatMap((cloud) => machinesOf(cloud).map(({ type }) => type)),
  ...GCE_N1_MACHINE_TYPES,
];

/** An N1 gets as many T4s as the model needs. */
function findAnyMachine(type: string, gpuCount: number): Machine | undefined {
  const t4s = ([1, 2, 4] as const).find((count) => count >= gpuCount) ?? 4;
  return CLOUDS.flatMap((cloud) => machinesOf(cloud)).find((machine) => machine.type === type) ?? n1WithT4(type, t4s);
}

/** Those GPUs that have the profile; profiles are named by their memory, so few do. */
function withMigProfile(
  gpus: readonly Gpu[],
  named: boolean,
  profile: string | undefined,
  mistakes: Mistake[],
): readonly Gpu[] {
  if (profile === undefined || gpus.length === 0) return gpus;
  const having = gpus.filter(({ mig }) => mig.some(({ name }) => name === profile));
  if (having.length > 0) return having;
  const names = [...new Set(gpus.flatMap(({ mig }) => mig.map(({ name }) => name)))];
  mistakes.push({
    message: `--mig: ${named ? gpus[0]!.id : 'no GPU of the catalog'} has ${named ? 'no' : 'a'} profile ${quoted(profile)}.`,
    remedy:
      names.length === 0
        ? 'Use the whole GPU; it cannot be partitioned.'
        : `Did you mean ${nearestNames(profile, names, 3).join(', ')}?`,
  });
  return [];
}
