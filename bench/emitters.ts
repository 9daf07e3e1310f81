import { Yaml } from 'cdk8s';
import { dump, load } from 'js-yaml';
import { parse } from 'yaml';
import { toYaml } from '../lib/gitops/yaml';
import { InferenceApp } from '../lib/gitops/inference-app';
import { adversarialStrings } from './adversarial-strings';
import { addService } from './services';

/** What an emitter costs and what it loses. */
export interface EmitterResult {
  readonly emitter: string;
  /** Time for 10,000 documents, in ms. */
  readonly ms: number;
  /** Of the adversarial strings, how many some reader gives back as another value. */
  readonly changed: number;
  /** The first few of them, as JSON. */
  readonly examples: readonly string[];
}

const EMITTERS: Readonly<Record<string, (document: object) => string>> = {
  'yaml (as cdk8s calls it)': (document) => Yaml.stringify(document),
  'js-yaml': (document) => dump(document, { noRefs: true, lineWidth: -1 }),
  own: toYaml,
};

const READERS: readonly ((text: string) => unknown)[] = [
  (text) => parse(text, { version: '1.1' }),
  (text) => parse(text, { version: '1.2' }),
  (text) => load(text),
];

/** Measures all emitters on the objects of 1,000 services, in turns; the median of five turns. */
export function compareEmitters(): EmitterResult[] {
  const app = new InferenceApp({ outdir: 'unused' });
  for (let number = 0; number < 1000; number++) addService(app, number);
  const documents = app.manifests().map(({ manifest }) => manifest);

  const turns = Array.from({ length: 5 }, () => Object.values(EMITTERS).map((emit) => time(emit, documents)));
  return Object.entries(EMITTERS).map(([emitter, emit], index) => {
    const changed = adversarialStrings().filter((text) => !survives(text, emit));
    const times = turns.map((turn) => turn[index]!).sort((a, b) => a - b);
    return {
      emitter,
      ms: times[2]!,
      changed: changed.length,
      examples: changed.filter((_, i) => i % Math.ceil(changed.length / 6) === 0).map(printable),
    };
  });
}

function printable(text: string): string {
  return JSON.stringify(text).replace(/[^ -~]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function time(emit: (document: object) => string, documents: readonly object[]): number {
  const start = performance.now();
  let characters = 0;
  for (const document of documents) characters += emit(document).length;
  if (characters === 0) throw new Error('nothing emitted');
  return performance.now() - start;
}

function survives(text: string, emit: (document: object) => string): boolean {
  try {
    const written = emit({ value: text, list: [text] });
    return READERS.every((read) => holds(read(written), text));
  } catch {
    return false;
  }
}

function holds(document: unknown, text: string): boolean {
  const { value, list } = (document ?? {}) as { value?: unknown; list?: unknown[] };
  return value === text && list?.length === 1 && list[0] === text;
}
