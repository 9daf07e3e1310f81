import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { InferenceApp, SynthesizedObject } from '../../lib';

export const ROOT = join(__dirname, '../..');

/** Names of all examples, without `.ts`. */
export const EXAMPLES = readdirSync(join(ROOT, 'examples'))
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.replace(/\.ts$/, ''))
  .sort();

/** What a program wrote, and the objects that it wrote them from. */
export interface SynthesizedProgram {
  readonly objects: readonly SynthesizedObject[];
  /** Content by path below the output directory, sorted. */
  readonly files: Readonly<Record<string, string>>;
  /** What it printed on standard error. */
  readonly warnings: string;
}

/** Runs a program that makes an InferenceApp and calls `synth()`, such as main.ts, with modules of its own. */
export function synthesizeProgram(path: string): SynthesizedProgram {
  const outdir = mkdtempSync(join(tmpdir(), 'synthesized-'));
  const before = process.env.CDK8S_OUTDIR;
  process.env.CDK8S_OUTDIR = outdir;
  const printed: string[] = [];
  const stderr = jest.spyOn(process.stderr, 'write').mockImplementation((text) => printed.push(String(text)) > 0);
  try {
    const objects: SynthesizedObject[] = [];
    jest.isolateModules(() => {
      const own = jest.requireActual<typeof import('../../lib')>('cdk8s-gpu-inference');
      const synth = own.InferenceApp.prototype.synth;
      own.InferenceApp.prototype.synth = function (this: InferenceApp) {
        objects.push(...this.manifests());
        synth.call(this);
      };
      jest.requireActual(path);
    });
    const files = readdirSync(outdir, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.yaml'))
      .sort()
      .map((file) => [file.split('\\').join('/'), readFileSync(join(outdir, file), 'utf8')]);
    return { objects, files: Object.fromEntries(files) as Record<string, string>, warnings: printed.join('') };
  } finally {
    stderr.mockRestore();
    if (before === undefined) delete process.env.CDK8S_OUTDIR;
    else process.env.CDK8S_OUTDIR = before;
    rmSync(outdir, { recursive: true });
  }
}
