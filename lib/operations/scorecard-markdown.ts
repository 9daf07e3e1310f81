import { BAR_CHARACTERS, memoryBar } from './memory-layout';
import { grouped } from './rounding';
import { Scorecard } from './scorecard';
import { ScorecardPool } from './scorecard-pool';
import { layoutOf, ScorecardMemory, ScorecardService, ScorecardTrack } from './scorecard-service';
import { duration, gib, money, pathOf, sequencesText, scalingText, some, weightsText } from './scorecard-words';

const BAR_WIDTH = 50;

/**
 * The card for reviewers: short lines, a fact a line where it would change alone, so that the diff of a pull request shows
 * what changed in GPUs and money.
 */
export function scorecardMarkdown(card: Scorecard): string {
  const { total, pools, quotas, services, warnings, waivers, exceptions } = card;
  const sections: readonly (readonly string[])[] = [
    ['# Scorecard'],
    facts([
      ['services', grouped(total.services)],
      ['replicas', grouped(total.replicas)],
      ['GPUs', grouped(total.gpus)],
      ['GPUs at the largest step of every release', grouped(total.gpusAtPeak)],
      ['GPU nodes', grouped(total.nodes)],
      ['cost an hour', money(total.cost, 'perHour')],
      ['cost a month', money(total.cost, 'perMonth')],
      ...amount('cost a month, of nodes with a price', total.cost.knownPerMonth, total.cost.currency),
      ...amount('the same on spot', total.cost.perMonthOnSpot, total.cost.currency),
      ...amount('the same committed', total.cost.perMonthCommitted, total.cost.currency),
      ['warnings', grouped(warnings.length)],
      ['waivers', grouped(waivers.length)],
    ]),
    ['## Services'],
    table(
      ['service', 'GPUs', 'nodes', 'sequences', 'cold start', 'cost a month'],
      'lrrrrr',
      services.map((service) => [
        pathOf(service),
        grouped(service.gpus),
        grouped(service.nodes),
        [...new Set(service.tracks[0]!.memory.map(({ sequences }) => grouped(sequences)))].join(' or ') || 'not known',
        duration(service.tracks[0]!.startup.coldSeconds),
        money(service.cost, 'perMonth'),
      ]),
    ),
    ['## Node pools'],
    table(['pool', 'machine', 'nodes', 'at most', 'GPUs', 'at most', 'a node an hour'], 'llrrrrr', pools.map(poolRow)),
    ...(quotas.length === 0
      ? []
      : [
          ['## Quotas'],
          table(
            ['namespace', 'resource', 'declared', 'at peak', 'quota'],
            'llrrr',
            quotas.map((quota) => [
              quota.namespace,
              quota.resourceName,
              grouped(quota.declaredGpus),
              grouped(quota.declaredGpusAtPeak),
              grouped(quota.gpus),
            ]),
          ),
        ]),
    ...services.flatMap(serviceSections),
    ...findings(
      'Warnings',
      warnings.map(({ path, check, text }) => ({ path, check, lines: text.split('\n') })),
    ),
    ...findings(
      'Waivers',
      waivers.map(({ path, check, text, reason }) => ({
        path,
        check,
        lines: [...text.split('\n'), `Waived: ${reason}`],
      })),
    ),
    ...findings(
      'Exceptions for linters',
      exceptions.map(({ rule, linters, reason, paths }) => ({
        path: rule,
        check: linters.join(', '),
        lines: [reason, ...paths],
      })),
    ),
  ];
  return `${sections.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

const amount = (name: string, value: number | undefined, currency: string): [string, string][] =>
  value === undefined ? [] : [[name, money({ currency, perMonth: value }, 'perMonth')]];

function poolRow(pool: ScorecardPool): string[] {
  return [
    pool.key,
    `${pool.machineTypes.join(' or ') || pool.platform}, ${deviceOf(pool)}${pool.spot ? ', spot' : ''}`,
    grouped(pool.nodes),
    grouped(pool.maxNodes),
    grouped(pool.gpus),
    grouped(pool.maxNodes * pool.gpusPerNode),
    pool.price ? `${pool.price.perHour.toFixed(2)} (${pool.price.region}, ${pool.price.date})` : 'not known',
  ];
}

/** `4 x L4`, `8 x A100-80GB 1g.10gb`, `4 x L4 shared`. */
function deviceOf({ gpusPerNode, gpu, migProfile, sharedBy }: ScorecardPool): string {
  return `${gpusPerNode} x ${gpu}${migProfile ? ` ${migProfile}` : ''}${sharedBy ? ' shared' : ''}`;
}

function serviceSections(service: ScorecardService): string[][] {
  const { release } = service;
  return [
    [`## ${escaped(pathOf(service))}`],
    facts([
      ['model', service.model ?? 'not known'],
      ...(service.task ? [['task', service.task] as [string, string]] : []),
      ...(service.adapters ?? []).map((name): [string, string] => ['adapter', name]),
      ...(service.objectives ?? []).map((objective): [string, string] => ['objective', objective]),
      ['replicas', grouped(service.replicas)],
      ...(service.scaling ? [['scaled', scalingText(service.scaling)] as [string, string]] : []),
      ['GPUs', grouped(service.gpus)],
      ...(service.scaling
        ? [['GPUs at the most replicas', grouped(service.scaling.gpusAtMaximum)] as [string, string]]
        : []),
      ...(service.gpusAtPeak > service.gpus
        ? [['GPUs at the largest step of its release', grouped(service.gpusAtPeak)] as [string, string]]
        : []),
      ['nodes, if it had them alone', grouped(service.nodes)],
      ['cost an hour, its part of the nodes', money(service.cost, 'perHour')],
      ['cost a month, its part of the nodes', money(service.cost, 'perMonth')],
    ]),
    ...service.tracks.flatMap(trackSections),
    ...(release
      ? [
          [`### Release: ${release.strategy}`],
          table(
            ['step', 'stable', 'canary', 'requests', 'GPUs', '', 'watch', 'back'],
            'lrrrrlll',
            release.steps.map((step) => [
              step.name,
              grouped(step.stableReplicas),
              grouped(step.canaryReplicas),
              `${step.canaryWeight} %`,
              grouped(step.gpus),
              step.name === release.current ? 'now' : '',
              step.watch.join(', '),
              step.back ?? '',
            ]),
          ),
        ]
      : []),
  ];
}

function trackSections(track: ScorecardTrack): string[][] {
  const { startup, pod } = track;
  return [
    [`### ${track.track === 'stable' ? 'Stable' : 'Canary'}: ${escaped(`${track.runtime} ${track.version}`)}`],
    facts([
      ['image', track.image],
      ['replicas', grouped(track.replicas)],
      ['GPUs a replica', grouped(track.gpusPerReplica)],
      ...(track.podsPerReplica === undefined ? [] : [['pods a replica', grouped(track.podsPerReplica)] as const]),
      ['pools', track.pools.join(', ')],
      ['cpu a pod', `${grouped(pod.cpuMillis)}m`],
      ['memory a pod', `${grouped(pod.memoryMib)} MiB`],
      ['cold start', duration(startup.coldSeconds)],
      ['warm start', duration(startup.warmSeconds)],
      ['new node and probe margin included', duration(startup.rolloutSeconds)],
    ]),
    ...track.memory.map(memoryBlock),
  ];
}

function memoryBlock(memory: ScorecardMemory): string[] {
  const layout = layoutOf(memory);
  const missing = layout.missingGib > 0 ? [`  missing      ${gib(layout.missingGib)}`] : [];
  return [
    '```text',
    `${memory.device}: ${gib(memory.totalGib)}, ${memory.engine}`,
    memoryBar(layout, BAR_WIDTH),
    ...layout.parts.map(
      ({ name, label, gib: size }) => `${BAR_CHARACTERS[name]} ${label.padEnd(12)} ${gib(size).padStart(10)}`,
    ),
    ...missing,
    `weights      ${weightsText(memory)}`,
    ...(memory.encoder ? [] : [`KV cache     ${some(memory.kvTokens, 'token')}`]),
    `${memory.encoder ? 'a batch      ' : 'sequences    '}${sequencesText(memory)}`,
    `verdict      ${memory.verdict}`,
    '```',
  ];
}

interface Finding {
  readonly path: string;
  readonly check: string;
  readonly lines: readonly string[];
}

function findings(title: string, all: readonly Finding[]): string[][] {
  if (all.length === 0) return [];
  return [
    [`## ${title}`],
    all.flatMap(({ path, check, lines }) => [
      `- ${escaped(path || '(app)')}: ${escaped(check)}\\`,
      ...lines.map((line, at) => `  ${escaped(line)}${at + 1 < lines.length ? '\\' : ''}`),
    ]),
  ];
}

function facts(rows: readonly (readonly [string, string])[]): string[] {
  return table(['', ''], 'lr', rows);
}

/** Cells are not padded: a longer value in one row must not change the others. */
function table(titles: readonly string[], aligns: string, rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => escaped(cell)).join(' | ')} |`;
  return [
    line(titles),
    `| ${[...aligns].map((align) => (align === 'r' ? '--:' : ':--')).join(' | ')} |`,
    ...rows.map(line),
  ];
}

/** Text that Markdown shows as it is. Most cells are plain, and an app has tens of thousands. */
function escaped(text: string): string {
  if (!/[\\`*<>|[\]_\n]/.test(text)) return text;
  return text
    .replace(/[\\`*<>|[\]]/g, '\\$&')
    .replace(/(?<!\w)_|_(?!\w)/g, '\\_')
    .replace(/\s*\n\s*/g, ' ');
}
