import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { GpuNodePool } from '../../lib';
import { Rehearsal } from '../../lib/operations/rehearse/rehearsal';
import { runRehearse } from '../../lib/operations/rehearse/rehearse';
import { Verdict } from '../../lib/operations/rehearse/verdicts';
import { Scorecard } from '../../lib/operations/scorecard';
import { apply, kubectl } from './cluster';
import { nodeOf } from './nodes';
import { folder, synthesizedMain } from './synthesized';

const SOURCES = join(__dirname, '..', '..', 'examples');
const EXAMPLES = readdirSync(SOURCES)
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.replace(/\.ts$/, ''))
  .sort();

/** Examples that place pods and plan nothing, with the machine that those pods ask for. */
const MACHINES: Readonly<Record<string, GpuNodePool>> = {
  'gpu-node-affinity': GpuNodePool.gke({ name: 'l4', machineType: 'g2-standard-8', maxNodes: 1 }),
};

/** What an example synthesizes with namespaces of its own, so that all of them stand in one cluster side by side. */
function synthesizedAlone(example: string): string {
  const source = readFileSync(join(SOURCES, `${example}.ts`), 'utf8');
  const own = source.replace(/(new TenantNamespace\(app, |\bnamespace: )'([^']+)'/g, `$1'${example}-$2'`);
  const silent = jest.spyOn(process.stderr, 'write').mockImplementation(() => true);
  try {
    return synthesizedMain(own);
  } finally {
    silent.mockRestore();
  }
}

const filesOf = (path: string) =>
  readdirSync(path, { recursive: true, encoding: 'utf8', withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(path.length + 1));

/** One folder with everything that the examples wrote, and one plan. Pools of one name are namesakes, as within an app. */
function together(folders: readonly (readonly [string, string])[]): string {
  const all = folder();
  const cards: Scorecard[] = [];
  const known = new Map<string, number>();
  for (const [example, path] of folders) {
    for (const file of filesOf(path).filter((name) => name.endsWith('.yaml'))) {
      const [stage, ...rest] = file.split('/');
      const target = join(all, stage!, example, ...rest);
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(target, readFileSync(join(path, file)));
    }
    if (!filesOf(path).includes('scorecard.json5')) continue;
    const card = JSON.parse(readFileSync(join(path, 'scorecard.json5'), 'utf8')) as Scorecard;
    const keys = new Map<string, string>();
    for (const { key, name } of card.pools) {
      const number = (known.get(name) ?? 0) + 1;
      known.set(name, number);
      keys.set(key, number === 1 ? name : `${name}#${number}`);
    }
    cards.push({
      ...card,
      pools: card.pools.map((pool) => ({ ...pool, key: keys.get(pool.key)! })),
      services: card.services.map((service) => ({
        ...service,
        tracks: service.tracks.map((track) => ({ ...track, pools: track.pools.map((key) => keys.get(key)!) })),
      })),
    });
  }
  const card = {
    ...cards[0],
    pools: cards.flatMap(({ pools }) => pools),
    services: cards.flatMap(({ services }) => services),
    quotas: cards.flatMap(({ quotas }) => quotas),
  };
  writeFileSync(join(all, 'scorecard.json5'), JSON.stringify(card));
  return all;
}

let exitCode: number;
let rehearsal: Rehearsal;
const withPods: string[] = [];
beforeAll(async () => {
  const folders = EXAMPLES.map((example) => [example, synthesizedAlone(example)] as const);
  for (const [example, path] of folders) {
    const texts = filesOf(path).map((file) => readFileSync(join(path, file), 'utf8'));
    if (texts.some((text) => /^kind: (StatefulSet|Deployment|LeaderWorkerSet|Rollout|Job)$/m.test(text))) {
      withPods.push(example);
    }
  }
  const machines = Object.entries(MACHINES).map(([example, pool]) => nodeOf(pool, `${example}-1`));
  await apply(...machines);
  const progress = jest.spyOn(process.stderr, 'write').mockImplementation(() => true);
  try {
    const { stdout, stderr, exitCode: code } = await runRehearse([together(folders), '--settle', '4', '--json']);
    if (stdout === '') throw new Error(stderr);
    rehearsal = JSON.parse(stdout) as Rehearsal;
    exitCode = code;
  } finally {
    progress.mockRestore();
    await kubectl('delete', 'node', ...Object.keys(MACHINES).map((example) => `${example}-1`));
  }
}, 240_000);

const told = ({ subject, planned: promised, seen }: Verdict) => `${subject}: ${promised}; ${seen}`;

test('every example is taken by the server', () => {
  expect(rehearsal.steps.map(({ refused }) => refused)).toEqual([undefined]);
});

test.each(EXAMPLES)('%s: its pods run as planned', (example) => {
  const verdicts = rehearsal.steps[0]!.verdicts.filter(({ subject }) => new RegExp(`(^|of )${example}-`).test(subject));
  expect(verdicts.filter(({ kept }) => !kept).map(told)).toEqual([]);
  expect(verdicts.length > 0).toBe(withPods.includes(example));
});

test('every promise of every plan came true: machines and quotas too', () => {
  const broken = rehearsal.steps[0]!.verdicts.filter(({ kept }) => !kept);
  expect(broken.map(told)).toEqual([]);
  expect(exitCode).toBe(0);
});
