import { deepStrictEqual } from 'assert';
import { execFileSync } from 'child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'fs';
import { cpus, tmpdir } from 'os';
import { join } from 'path';
import { parseAllDocuments } from 'yaml';
import { compareEmitters } from './emitters';
import { Measurement } from './measure';

/**
 * `npm run bench [-- --quick]`: stock App against InferenceApp on the same objects, one chart of ten objects a service.
 * Each measurement is a process of its own, and the two take turns, so that a busy machine slows both. Wall time of
 * `synth()` alone. `--quick` leaves out stock cdk8s at 4,000 services, which takes minutes.
 */
const SIZES = [
  { services: 1, runs: 7 },
  { services: 10, runs: 7 },
  { services: 100, runs: 5 },
  { services: 1000, runs: 5 },
  { services: 4000, runs: 3 },
] as const;

type Which = 'stock' | 'ours';

function main(quick: boolean): void {
  assertSameDocuments(10);
  console.log(`${cpus().length} cores, Node ${process.version}\n`);
  console.log('| services | stock ms | ours ms | ours / stock | stock peak MB | ours peak MB |');
  console.log('| --: | --: | --: | --: | --: | --: |');

  const ours = new Map<number, number>();
  for (const { services, runs } of SIZES) {
    // the largest once: it takes minutes and differs by hundreds of percent, not by five
    const stockRuns = services < 4000 ? runs : quick ? 0 : 1;
    const taken: Record<Which, Measurement[]> = { stock: [], ours: [] };
    for (let run = 0; run < runs; run++) {
      if (run < stockRuns) taken.stock.push(measure('stock', services));
      taken.ours.push(measure('ours', services));
    }
    const synth = median(taken.ours.map((run) => run.synth));
    if (synth !== undefined) ours.set(services, synth);
    const stock = median(taken.stock.map((run) => run.synth));
    const cells = [
      services.toLocaleString('en'),
      rounded(stock),
      rounded(synth),
      stock === undefined ? '-' : (synth! / stock).toFixed(2),
      rounded(median(taken.stock.map((run) => run.peakMb))),
      rounded(median(taken.ours.map((run) => run.peakMb))),
    ];
    console.log(`| ${cells.join(' | ')} |`);
  }
  console.log(
    `\nFrom 1,000 to 4,000 services ours takes ${(ours.get(4000)! / ours.get(1000)!).toFixed(2)} times as long.\n`,
  );

  console.log('| emitter | ms for 10,000 documents | strings that change | such as |');
  console.log('| --- | --: | --: | --- |');
  for (const { emitter, ms, changed, examples } of compareEmitters()) {
    console.log(`| ${emitter} | ${rounded(ms)} | ${changed} | ${examples.map((text) => `\`${text}\``).join(' ')} |`);
  }
}

function measure(which: Which, services: number): Measurement {
  return inTemporaryFolder((folder) => runChild(which, services, folder));
}

function runChild(which: Which, services: number, folder: string): Measurement {
  const script = join(__dirname, 'measure.ts');
  const argumentsOfNode = ['--require', 'ts-node/register', script, which, String(services), folder];
  return JSON.parse(execFileSync(process.execPath, argumentsOfNode, { encoding: 'utf8' })) as Measurement;
}

/** A comparison of different work would say nothing. */
function assertSameDocuments(services: number): void {
  const [stock, ours] = (['stock', 'ours'] as const).map((which) =>
    inTemporaryFolder((folder) => {
      runChild(which, services, folder);
      return documentsIn(folder);
    }),
  );
  deepStrictEqual(ours, stock);
}

function documentsIn(folder: string): Map<string, unknown> {
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.yaml'));
  const documents = paths
    .flatMap((path) => parseAllDocuments(readFileSync(join(folder, path), 'utf8')))
    .map((document) => document.toJSON() as { kind: string; metadata: { name: string; namespace: string } })
    .map((manifest): [string, unknown] => {
      const { name, namespace } = manifest.metadata;
      return [`${manifest.kind} ${namespace}/${name}`, manifest];
    });
  return new Map(documents.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function inTemporaryFolder<T>(work: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'synth-bench-'));
  try {
    return work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function median(numbers: readonly number[]): number | undefined {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];
}

function rounded(value: number | undefined): string {
  return value === undefined ? '-' : Math.round(value).toLocaleString('en');
}

main(process.argv.includes('--quick'));
