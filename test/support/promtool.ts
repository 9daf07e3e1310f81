import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, delimiter, join } from 'node:path';
import { stringify } from 'yaml';
import { RuleGroup } from '../../lib/observability/rule';

/** A promtool on this machine: Prometheus' own judge of rules. */
export interface Promtool {
  readonly path: string;
  readonly version: string;
}

/** Those that PROMTOOLS lists (as PATH does), or PROMTOOL names, or the one that is installed. */
export function promtools(): Promtool[] {
  const { PROMTOOLS, PROMTOOL } = process.env;
  const named = (PROMTOOLS ?? PROMTOOL ?? '').split(delimiter).filter((path) => path !== '');
  const paths = named.length > 0 ? named : ['promtool'];
  return paths.flatMap((path) => {
    const { status, stdout, stderr } = spawnSync(path, ['--version'], { encoding: 'utf8' });
    if (status !== 0 && named.length > 0) throw new Error(`${path} is no promtool.`);
    // Some write it to one, some to the other; one that was built by hand knows none.
    const version = /version ([\d.]+)/.exec(`${stdout}${stderr}`)?.[1] ?? basename(path);
    return status === 0 ? [{ path, version }] : [];
  });
}

/** Tests for each promtool that is there; skipped where there is none, as report-skipped.ts says once. */
export function describePromtools(name: string, body: (tool: Promtool) => void): void {
  const tools = promtools();
  const none: Promtool = { path: '', version: 'is not installed' };
  (tools.length > 0 ? describe.each(tools) : describe.skip.each([none]))(name, body);
}

/** Samples of series, as promtool's own notation writes them. */
export interface RuleTest {
  readonly name: string;
  /** Time from sample to sample. */
  readonly interval: string;
  readonly series: Readonly<Record<string, string>>;
  /** Alerts that fire at a time, as `name severity`, sorted. */
  readonly firing?: Readonly<Record<string, readonly string[]>>;
  /** Answers of queries at a time: by labels, or a number. Nothing at all is an empty object. */
  readonly answers?: readonly {
    readonly query: string;
    readonly at: string;
    readonly is: number | Readonly<Record<string, number>>;
  }[];
}

const FIRING = 'count by (alertname, severity) (ALERTS{alertstate="firing"} and on () vector(1)) ^ 0';

/** What promtool has against rules, with all it looks at; empty when nothing. */
export function checkRules(tool: Promtool, groups: readonly RuleGroup[]): string {
  return run(tool, { 'rules.yml': { groups } }, ['check', 'rules', '--lint=all', '--lint-fatal', 'rules.yml']);
}

/** What promtool finds different from what is expected; empty when nothing. */
export function testRules(tool: Promtool, groups: readonly RuleGroup[], tests: readonly RuleTest[]): string {
  const file = {
    rule_files: ['rules.yml'],
    // It asks all groups at one interval, whatever theirs is.
    evaluation_interval: groups[0]?.interval ?? '30s',
    group_eval_order: groups.map(({ name }) => name),
    tests: tests.map(({ name, interval, series, firing = {}, answers = [] }) => ({
      name,
      interval,
      input_series: Object.entries(series).map(([key, values]) => ({ series: key, values })),
      promql_expr_test: [
        ...Object.entries(firing).map(([at, alerts]) => ({
          expr: FIRING,
          eval_time: at,
          exp_samples: alerts.map((alert) => {
            const [alertname, severity] = alert.split(' ');
            return { labels: `{alertname="${alertname}", severity="${severity}"}`, value: 1 };
          }),
        })),
        ...answers.map(({ query, at, is }) => ({
          expr: query,
          eval_time: at,
          exp_samples: Object.entries(typeof is === 'number' ? { '{}': is } : is).map(([labels, value]) => ({
            labels,
            value,
          })),
        })),
      ],
    })),
  };
  return run(tool, { 'rules.yml': { groups }, 'test.yml': file }, ['test', 'rules', 'test.yml']);
}

function run({ path }: Promtool, files: Readonly<Record<string, unknown>>, args: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'rules-'));
  try {
    for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), stringify(content));
    const { status, stdout, stderr } = spawnSync(path, args, { cwd: folder, encoding: 'utf8' });
    return status === 0 ? '' : `${stdout}${stderr}`;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
