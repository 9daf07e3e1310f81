import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as ts from 'typescript';

const ROOT = join(__dirname, '..');
const DOCS = join(ROOT, 'docs');

/** What the text around a page's code speaks of without showing it. */
const GIVEN: Readonly<Record<string, string>> = {
  'capacity.md': `
    const gpupool = GpuNodePool.gke({ name: 'gpupool', machineType: 'g2-standard-4', maxNodes: 2 });`,
  'cost.md': `const gpupool = GpuNodePool.gke({ name: 'gpupool', machineType: 'g2-standard-4', maxNodes: 2 });`,
  'authentication.md': `
    const nim = new TenantNamespace(new App(), 'nim');
    const l4 = GpuNodePool.gke({ name: 'l4', machineType: 'g2-standard-4', maxNodes: 2 });
    const contract = { runtime: new VllmRuntime({ image: 'vllm/vllm-openai:v0.11.0' }), nodePool: l4 };`,
  'artifacts.md': `
    const nim = new TenantNamespace(new App(), 'nim');
    const l4 = GpuNodePool.gke({ name: 'l4', machineType: 'g2-standard-4', maxNodes: 2 });
    const vllm = new VllmRuntime({ image: 'vllm/vllm-openai:v0.11.0' });`,
  'scaling.md': `
    const app = new App();
    const chat = new TenantNamespace(app, 'chat');
    const l4 = GpuNodePool.gke({ name: 'l4', machineType: 'g2-standard-4', maxNodes: 8 });
    const contract = { runtime: new VllmRuntime({ image: 'vllm/vllm-openai:v0.18.1' }), nodePool: l4 };`,
  'slo.md': `
    const nim = new TenantNamespace(new App(), 'nim');
    const l4 = GpuNodePool.gke({ name: 'gpupool', machineType: 'g2-standard-4', maxNodes: 2, zones: ['us-central1-a'] });
    const monitoring = Monitoring.prometheusOperator();
    const contract = { runtime: new VllmRuntime({ image: 'vllm/vllm-openai:v0.18.1' }), nodePool: l4 };`,
  'observability.md': `
    const nim = new TenantNamespace(new App(), 'nim');
    const l4 = GpuNodePool.gke({ name: 'l4', machineType: 'g2-standard-4', maxNodes: 2 });
    const contract = { runtime: new VllmRuntime({ image: 'vllm/vllm-openai:v0.18.1' }), nodePool: l4 };`,
  'workloads.md': `const nim = new TenantNamespace(new App(), 'nim');`,
  'sharing.md': `const search = new TenantNamespace(new App(), 'search');`,
  'policy.md': `
    const app = new App();
    const l4 = GpuNodePool.gke({ name: 'gpupool', machineType: 'g2-standard-4', maxNodes: 2 });`,
  'dashboards.md': `const app = new App();`,
  'gpu-alerts.md': `
    const app = new App();
    const l4 = GpuNodePool.gke({ name: 'gpupool', machineType: 'g2-standard-4', maxNodes: 2 });`,
  'release.md': `
    const chat = new TenantNamespace(new App(), 'chat');
    const l4 = GpuNodePool.gke({ name: 'l4', machineType: 'g2-standard-4', maxNodes: 8 });
    const edge = new GatewayReference({ name: 'edge', namespace: 'gateways' });
    const contract = { runtime: new VllmRuntime({ image: 'vllm/vllm-openai:v0.18.1' }), nodePool: l4 };`,
  'traffic.md': `
    const app = new App();
    const platform = new Chart(app, 'platform', { namespace: 'gateways' });
    const chat = new TenantNamespace(app, 'chat');
    const l4 = GpuNodePool.gke({ name: 'l4', machineType: 'g2-standard-4', maxNodes: 2 });
    const contract = { runtime: new VllmRuntime({ image: 'vllm/vllm-openai:v0.11.0' }), nodePool: l4 };
    const global = new GatewayReference({ name: 'global', namespace: 'gateways', implementation: 'envoy-gateway' });`,
  'network.md': `const chart = new Chart(new App(), 'nim', { namespace: 'nim' });`,
};

/** Names that a page may use without an import, by the module that exports them. */
const EXPORTS: Readonly<Record<string, ReadonlySet<string>>> = {
  cdk8s: new Set(['App', 'Chart', 'Duration', 'Size']),
  'cdk8s-plus-30': new Set(['Cpu', 'k8s']),
  'cdk8s-gpu-inference': new Set(
    [...readFileSync(join(ROOT, 'lib', 'index.ts'), 'utf8').matchAll(/^export (?:type )?\{([^}]*)\}/gm)].flatMap(
      ([, names]) => names!.match(/\b(?!type\b)\w+/g)!,
    ),
  ),
};

/** All code of a page in its order, as one module: a later block may use what an earlier one declares. */
function program(page: string): string | undefined {
  const blocks = [...readFileSync(join(DOCS, page), 'utf8').matchAll(/^```ts\n([^]*?)^```$/gm)].map(([, code]) => code);
  if (blocks.length === 0) return undefined;
  const code = [GIVEN[page] ?? '', ...blocks].join('\n');
  const used = new Set(code.replace(/\/\/.*$/gm, '').match(/\b[A-Za-z]\w*/g));
  const imports = Object.entries(EXPORTS).map(
    ([module, names]) => `import { ${[...names].filter((name) => used.has(name)).join(', ')} } from '${module}';`,
  );
  return [...imports, code].join('\n');
}

const pages = readdirSync(DOCS)
  .filter((file) => file.endsWith('.md'))
  .flatMap((page) => {
    const code = program(page);
    return code === undefined ? [] : [{ page, code }];
  });

describe('the code on the pages of docs', () => {
  let folder: string;
  const { CDK8S_OUTDIR } = process.env;
  beforeAll(() => {
    // Beside the tests, where jest transforms it and finds modules.
    folder = mkdtempSync(join(__dirname, 'docs-'));
    for (const { page, code } of pages) writeFileSync(join(folder, `${page}.ts`), code);
    // Not to dist: an app without objects would empty it.
    process.env.CDK8S_OUTDIR = join(folder, 'dist');
  });
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
    if (CDK8S_OUTDIR === undefined) delete process.env.CDK8S_OUTDIR;
    else process.env.CDK8S_OUTDIR = CDK8S_OUTDIR;
  });

  test('is there', () => {
    expect(pages.map(({ page }) => page)).toEqual(expect.arrayContaining(['network.md', 'node-pools.md']));
  });

  test('has the types that it should have', () => {
    const { config } = ts.readConfigFile(join(ROOT, 'tsconfig.json'), ts.sys.readFile) as { config: object };
    const { options } = ts.parseJsonConfigFileContent(config, ts.sys, ROOT);
    const files = pages.map(({ page }) => join(folder, `${page}.ts`));
    const checked = ts.createProgram(files, { ...options, noEmit: true, noUnusedLocals: false });
    const mistakes = files.flatMap((file) => {
      const source = checked.getSourceFile(file);
      return [...checked.getSyntacticDiagnostics(source), ...checked.getSemanticDiagnostics(source)].map(
        ({ file: where, start, messageText }) =>
          `${where?.text.slice(start, start! + 40)}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`,
      );
    });
    expect(mistakes).toEqual([]);
  }, 60_000);

  test.each(pages)('of $page runs', async ({ page }) => {
    await expect(import(join(folder, `${page}.ts`))).resolves.toBeDefined();
  });
});
