import { readFileSync } from 'fs';
import { join } from 'path';
import { GpuMemoryPlan, planGpuMemory } from '../../lib/plan/gpu-memory-plan';
import { vllmMemoryProfile } from '../../lib/runtime/engine-memory-profile';
import { Measurement, MEASUREMENTS } from './measurements';

const planOf = (row: Measurement): GpuMemoryPlan =>
  planGpuMemory({ ...row, profile: vllmMemoryProfile(row.version, row.gpu, row.options) });

/** What vLLM logs as activation: since 0.21 with its estimate of CUDA graphs. */
const loggedActivation = (plan: GpuMemoryPlan) => plan.activation + (plan.cudaGraphsOutside ? 0 : plan.cudaGraphs);

const percent = (predicted: number, published: number) => (predicted / published - 1) * 100;

/** Without the sign of a rounded zero. */
const signed = (value: number) => value.toFixed(1).replace(/^-0\.0$/, '0.0');

const pair = (predicted: number, published: number | undefined, digits = 2) =>
  `${predicted.toFixed(digits)} / ${published?.toFixed(digits) ?? '-'}`;

/** The table that the test run prints and docs/memory.md holds: predicted / published, GiB per GPU. */
function table(): string[] {
  const head = [
    'start',
    'weights',
    'error',
    'activation',
    'non-torch',
    'KV cache',
    'error',
    'bytes a token',
    'verdict',
  ];
  const rows = MEASUREMENTS.map((row) => {
    const plan = planOf(row);
    const { weights, activation, nonTorch, kvCache, kvBytesPerToken } = row.published;
    return [
      row.id,
      pair(plan.weights, weights),
      weights ? `${signed(percent(plan.weights, weights))} %` : '',
      pair(loggedActivation(plan), activation),
      pair(plan.nonTorch, nonTorch),
      pair(plan.kvCache, kvCache),
      kvCache ? `${signed(plan.kvCache - kvCache)} GiB` : '',
      pair(plan.kvBytesPerToken, kvBytesPerToken, 0),
      `${plan.startVerdict} / ${row.outcome}`,
    ];
  });
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
}

/** Bytes per token follow from the architecture alone; layers without attention are the exception. */
const WITH_BYTES_PER_TOKEN = MEASUREMENTS.flatMap((row) =>
  row.published.kvBytesPerToken ? [{ ...row, logged: row.published.kvBytesPerToken }] : [],
);
const WITH_WEIGHTS = MEASUREMENTS.flatMap((row) =>
  row.published.weights ? [{ ...row, logged: row.published.weights }] : [],
);
const WITH_KV_CACHE = MEASUREMENTS.flatMap((row) =>
  row.published.kvCache ? [{ ...row, logged: row.published.kvCache }] : [],
);

describe('the memory plan against published start-up logs', () => {
  beforeAll(() => {
    const errors = WITH_KV_CACHE.map((row) => Math.abs(planOf(row).kvCache - row.logged)).sort((a, b) => a - b);
    process.stdout.write(
      [
        'Predicted / published memory of vLLM starts, GiB per GPU',
        ...table(),
        `KV cache: median error ${errors[Math.floor(errors.length / 2)]?.toFixed(2)} GiB over ${errors.length} starts`,
        '',
      ].join('\n'),
    );
  });

  test.each(WITH_BYTES_PER_TOKEN)('$id: bytes per token within 1.2 %', (row) => {
    expect(Math.abs(percent(planOf(row).kvBytesPerToken, row.logged))).toBeLessThan(1.2);
  });

  test.each(WITH_WEIGHTS)('$id: weights within 3 %', (row) => {
    expect(Math.abs(percent(planOf(row).weights, row.logged))).toBeLessThan(3);
  });

  test.each(WITH_KV_CACHE)('$id: KV cache within the margin or 0.5 GiB, or a stated cause', (row) => {
    const plan = planOf(row);
    const missed = Math.abs(plan.kvCache - row.logged) > Math.max(plan.margin.gib, 0.5);
    expect({ missed, stated: row.cause !== undefined }).not.toEqual({ missed: true, stated: false });
  });

  test.each(MEASUREMENTS.filter((row) => row.outcome === 'refused'))('$id: a refused start is refused', (row) => {
    expect(planOf(row).startVerdict).toBe('does-not-fit');
  });

  test.each(MEASUREMENTS.filter((row) => row.outcome === 'started'))('$id: a start that worked is accepted', (row) => {
    expect(planOf(row).startVerdict).not.toBe('does-not-fit');
  });

  test('half of the starts are predicted within 0.5 GiB of KV cache', () => {
    const close = WITH_KV_CACHE.filter((row) => Math.abs(planOf(row).kvCache - row.logged) <= 0.5);
    expect(close.length / WITH_KV_CACHE.length).toBeGreaterThanOrEqual(0.5);
  });

  test('the table in docs/memory.md is this one', () => {
    const squeeze = (line: string) => line.replace(/-{3,}/g, '---').replace(/ +/g, ' ').trim();
    const documented = readFileSync(join(__dirname, '../../docs/memory.md'), 'utf8').split('\n').map(squeeze);
    const lines = table().map(squeeze);
    expect(documented.filter((line) => lines.includes(line))).toEqual(lines);
  });
});
