import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ModuleKind, ScriptTarget, transpile } from 'typescript';
import * as library from '../../lib';

const folders: string[] = [];
process.on('exit', () => folders.forEach((path) => rmSync(path, { recursive: true, force: true })));

/** An empty folder for what one test synthesizes; it goes with the process. */
export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'synthesized-'));
  folders.push(path);
  return path;
}

/** Synthesizes what `build` declares, and returns the folder with the YAML. Throws when the library refuses it. */
export function synthesized(build: (app: library.InferenceApp) => void): string {
  const outdir = folder();
  const app = new library.InferenceApp({ outdir });
  build(app);
  app.synth();
  return outdir;
}

/** Runs a main.ts of this text as it stands, and returns the folder with the YAML. */
export function synthesizedMain(text: string): string {
  const code = transpile(text, { target: ScriptTarget.ES2022, module: ModuleKind.CommonJS });
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- what main.ts asks for
  const load = (name: string): unknown => (name === './lib' ? library : require(name));
  const before = process.env.CDK8S_OUTDIR;
  const outdir = folder();
  process.env.CDK8S_OUTDIR = outdir;
  try {
    new Function('require', 'exports', code)(load, {});
  } finally {
    if (before === undefined) delete process.env.CDK8S_OUTDIR;
    else process.env.CDK8S_OUTDIR = before;
  }
  return outdir;
}
