import { readFileSync } from 'node:fs';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ModuleKind, ScriptTarget, transpile } from 'typescript';
import { Declarations } from '../../lib/checks/declarations';
import { InferenceApp } from '../../lib/gitops/inference-app';
import { GpuNodePool } from '../../lib/hardware/gpu-node-pool';
import * as library from '../../lib';
import { Manifest } from './yaml-of';

const ROOT = join(__dirname, '..', '..');

/** The text of main.ts, which a release edits. */
export const MAIN = readFileSync(join(ROOT, 'main.ts'), 'utf8');

/** An edit of a text that must find its place exactly once. */
export function edited(text: string, place: RegExp, replacement: string): string {
  const found = text.match(new RegExp(place, 'g'))?.length ?? 0;
  if (found !== 1) throw new Error(`${place} is found ${found} times in main.ts`);
  return text.replace(place, replacement);
}

/** The objects that a main.ts of this text writes; its app writes nothing. */
export const manifestsOfMain = (text: string): Manifest[] =>
  declaredBy(text, (app) => app.manifests().map(({ manifest }) => manifest as Manifest));

/** The pools that its services run on. */
export const poolsOfMain = (text: string): GpuNodePool[] =>
  declaredBy(text, (app) => [...new Set(Declarations.of(app).workloads.flatMap(({ request }) => request.nodePools))]);

function declaredBy<T>(text: string, read: (app: InferenceApp) => readonly T[]): T[] {
  const outdir = mkdtempSync(join(tmpdir(), 'reference-platform-'));
  const apps: InferenceApp[] = [];
  class RecordedApp extends InferenceApp {
    constructor() {
      super({ outdir });
      apps.push(this);
    }
    override synth(): void {}
  }
  try {
    const code = transpile(text, { target: ScriptTarget.ES2022, module: ModuleKind.CommonJS });
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- main.ts is run as it stands
    const load = (name: string) => (name === './lib' ? { ...library, InferenceApp: RecordedApp } : require(name));
    new Function('require', 'exports', code)(load, {});
    return apps.flatMap(read);
  } finally {
    rmSync(outdir, { recursive: true });
  }
}
