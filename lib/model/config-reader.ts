import { Problem } from '../problem/problem';

/** A Hugging Face `config.json`, parsed. */
export type HuggingFaceConfig = Readonly<Record<string, unknown>>;

const MAY_BE_ZERO: ReadonlySet<string> = new Set([
  'first_k_dense_replace',
  'n_shared_experts',
  'shared_expert_intermediate_size',
  'max_window_layers',
]);

/** Reads fields, remembers each problem once, and goes on with 1 so that all problems are found. */
export class ConfigReader {
  constructor(
    private readonly fields: HuggingFaceConfig,
    private readonly whole: HuggingFaceConfig,
    private readonly defaults: Readonly<Record<string, number>>,
    private readonly problems: Problem[],
    private readonly prefix = '',
  ) {}

  raw(name: string): unknown {
    return Object.prototype.hasOwnProperty.call(this.fields, name) ? this.fields[name] : undefined;
  }

  /** A field beside `text_config`, where a model has one. */
  top(name: string): unknown {
    return this.raw(name) ?? this.whole[name];
  }

  count(...names: [string, ...string[]]): number {
    const found = this.optionalCount(...names);
    if (found !== undefined) return found;
    if (!names.some((name) => this.isOdd(name))) {
      this.problem(`${this.prefix}${names.join(' or ')} is missing.`, 'Add it as the architecture has it.');
    }
    return 1;
  }

  optionalCount(...names: [string, ...string[]]): number | undefined {
    for (const name of names) {
      const value = this.raw(name) ?? this.defaults[name];
      if (value === undefined || value === null) continue;
      const least = MAY_BE_ZERO.has(name) ? 0 : 1;
      const most = name === 'num_hidden_layers' ? 10_000 : Number.MAX_SAFE_INTEGER;
      if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value;
      this.problem(
        `${this.prefix}${name} is ${describe(value)}.`,
        most === Number.MAX_SAFE_INTEGER
          ? `Use a whole number of ${least} or more.`
          : `Use a whole number from ${least} to ${most}.`,
      );
    }
    return undefined;
  }

  optionalFlag(name: string): boolean | undefined {
    const value = this.top(name);
    return typeof value === 'boolean' ? value : undefined;
  }

  flag(name: string): boolean {
    return this.optionalFlag(name) ?? false;
  }

  layers(): number {
    return this.count('num_hidden_layers');
  }

  kvHeads(): number {
    return this.optionalCount('num_key_value_heads') ?? this.count('num_attention_heads');
  }

  headDim(): number {
    return this.optionalCount('head_dim') ?? Math.floor(this.count('hidden_size') / this.count('num_attention_heads'));
  }

  nested(name: string, fields: unknown): ConfigReader {
    return new ConfigReader(isObject(fields) ? fields : {}, {}, {}, this.problems, `${name}.`);
  }

  problem(message: string, remedy: string): void {
    if (!this.problems.some((known) => known.message === message)) {
      this.problems.push({ check: 'model-config', message, remedy });
    }
  }

  private isOdd(name: string): boolean {
    const value = this.raw(name);
    return value !== undefined && value !== null;
  }
}

export const isObject = (value: unknown): value is HuggingFaceConfig =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A value as a message shows it. */
export function describe(value: unknown): string {
  if (value === undefined) return 'missing';
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
