import { MemoryLayout } from './memory-layout';
import { grouped } from './rounding';
import { Scorecard } from './scorecard';
import { SCORECARD_STYLE } from './scorecard-style';
import { ScorecardPool } from './scorecard-pool';
import { layoutOf, ScorecardMemory, ScorecardService, ScorecardTrack } from './scorecard-service';
import { duration, gib, money, monthly, pathOf, sequencesText, scalingText, some } from './scorecard-words';

/** The card as a page: self-contained, without scripts, without network. */
export function scorecardHtml(card: Scorecard): string {
  const { services, pools, quotas, warnings, waivers, exceptions } = card;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Scorecard</title>
<style>${SCORECARD_STYLE}</style>
</head>
<body>
<main>
<h1>Scorecard</h1>
${totals(card)}
${costPicture(card)}
<section>
<h2>GPU memory</h2>
${LEGEND}
${services.map(serviceCard).join('\n')}
</section>
<section>
<h2>Node pools</h2>
${table(
  ['pool', 'machine', 'nodes', 'GPUs', 'a node an hour', 'price of'],
  'llrrrl',
  pools.map((pool) => [
    pool.key,
    poolText(pool),
    `${grouped(pool.nodes)} of ${grouped(pool.maxNodes)}`,
    `${grouped(pool.gpus)} of ${grouped(pool.maxNodes * pool.gpusPerNode)}`,
    pool.price ? `${pool.price.perHour.toFixed(2)} ${card.total.cost.currency}` : 'not known',
    pool.price ? `${pool.price.region}, ${pool.price.date}` : '',
  ]),
)}
</section>
${
  quotas.length === 0
    ? ''
    : `<section>
<h2>Quotas</h2>
${table(
  ['namespace', 'resource', 'declared', 'at peak', 'quota'],
  'llrrr',
  quotas.map((quota) => [
    quota.namespace,
    quota.resourceName,
    grouped(quota.declaredGpus),
    grouped(quota.declaredGpusAtPeak),
    grouped(quota.gpus),
  ]),
)}
</section>
`
}${findings(
    'Warnings',
    warnings.map(({ path, check, text }) => ({ path, check, text })),
  )}${findings(
    'Waivers',
    waivers.map(({ path, check, text, reason }) => ({ path, check, text: `${text}\nWaived: ${reason}` })),
  )}${findings(
    'Exceptions for linters',
    exceptions.map(({ rule, linters, reason, paths }) => ({
      path: rule,
      check: linters.join(', '),
      text: `${reason}: ${paths.join(', ')}`,
    })),
  )}</main>
</body>
</html>
`;
}

function totals({ total, warnings, waivers }: Scorecard): string {
  const peak = total.gpusAtPeak > total.gpus ? `${grouped(total.gpusAtPeak)} at the peak of releases` : '';
  const { cost } = total;
  const unknown = cost.perMonth === undefined && cost.knownPerMonth !== undefined;
  const tiles: readonly (readonly [string, string, string])[] = [
    ['services', grouped(total.services), some(total.replicas, 'replica')],
    ['GPUs', grouped(total.gpus), peak],
    ['GPU nodes', grouped(total.nodes), ''],
    [
      'cost a month',
      unknown ? `${grouped(cost.knownPerMonth ?? 0)} ${cost.currency}` : money(cost, 'perMonth'),
      unknown
        ? 'and nodes without a price'
        : cost.perMonthOnSpot === undefined
          ? `${money(cost, 'perHour')} an hour`
          : `${grouped(cost.perMonthOnSpot)} on spot`,
    ],
    ['warnings', grouped(warnings.length), waivers.length === 0 ? '' : `${some(waivers.length, 'waiver')}`],
  ];
  return `<dl class="tiles">${tiles
    .map(
      ([name, value, note]) => `<div><dt>${name}</dt><dd>${escaped(value)}<small>${escaped(note)}</small></dd></div>`,
    )
    .join('')}</dl>`;
}

/** One bar for each service, the dearest first; below them what is paid for and fills no pod. */
function costPicture({ services, total }: Scorecard): string {
  const priced = services
    .filter(({ cost }) => cost.perMonth !== undefined)
    .sort((one, other) => other.cost.perMonth! - one.cost.perMonth! || (pathOf(one) < pathOf(other) ? -1 : 1));
  const used = priced.reduce((sum, { cost }) => sum + cost.perMonth!, 0);
  const rest = (total.cost.perMonth ?? total.cost.knownPerMonth ?? used) - used;
  const rows = [
    ...priced.map((service) => ({ name: pathOf(service), amount: service.cost.perMonth!, kind: 'cost' })),
    // Rounding of each service moves the sum by less than one for each.
    ...(rest > priced.length ? [{ name: 'paid for, not used by a pod', amount: rest, kind: 'idle' }] : []),
  ];
  const unpriced = services.length - priced.length;
  const note = unpriced === 0 ? '' : `<p class="note">${some(unpriced, 'service')} without a known price.</p>`;
  if (rows.length === 0) return note && `<section>\n<h2>Cost a month</h2>\n${note}\n</section>`;
  const most = Math.max(...rows.map(({ amount }) => amount), 1);
  return `<section>
<h2>Cost a month</h2>
<div class="costs">
${rows
  .map(
    ({ name, amount, kind }) =>
      `<div><span>${escaped(name)}</span><span class="track"><i class="${kind}" style="width:${percent(amount / most)}"></i></span><b>${grouped(amount)} ${escaped(total.cost.currency)}</b></div>`,
  )
  .join('\n')}
</div>
${note}</section>`;
}

const LEGEND = `<p class="legend"><span><i class="weights"></i>weights</span><span><i class="runtime"></i>runtime</span><span><i class="activations"></i>activations</span><span><i class="kvCache"></i>KV cache</span><span><i class="unused"></i>kept free</span><span>GiB of one GPU</span></p>`;

function serviceCard(service: ScorecardService): string {
  const { release } = service;
  const about = [
    service.model ?? 'model not known',
    ...(service.task ? [service.task] : []),
    ...(service.adapters ? [`adapters ${service.adapters.join(', ')}`] : []),
    ...(service.objectives ?? []),
    ...(service.scaling ? [scalingText(service.scaling)] : []),
  ];
  return `<article>
<header><h3>${escaped(pathOf(service))}</h3><p>${escaped(about.join(' · '))}</p>
<p class="figures">${some(service.gpus, 'GPU')} · ${some(service.nodes, 'node')} · ${monthly(service.cost)}</p></header>
${service.tracks.map(trackRow).join('\n')}
${
  release
    ? `<ol class="steps" aria-label="steps of the release">${release.steps
        .map(
          (step) =>
            `<li${step.name === release.current ? ' class="now" aria-current="step"' : ''}>${escaped(step.name)}<small>${some(step.gpus, 'GPU')}</small></li>`,
        )
        .join('')}</ol>\n${stepDetails(release)}`
    : ''
}</article>`;
}

/** What to watch at each step, and how to go back from it; folded, since the steps above say where the release stands. */
function stepDetails({ steps }: NonNullable<ScorecardService['release']>): string {
  const told = steps.filter(({ watch, back }) => watch.length > 0 || back !== undefined);
  if (told.length === 0) return '';
  const rows = told.map(({ name, watch, back }) => [name, watch.join(', '), back ?? '']);
  return `<details><summary>what to watch, and the way back</summary>\n${table(['step', 'watch', 'back'], 'lll', rows)}\n</details>\n`;
}

function trackRow(track: ScorecardTrack): string {
  const { startup } = track;
  const head = `<p class="run"><b>${track.track}</b> ${escaped(`${track.runtime} ${track.version}`)} · ${some(track.replicas, 'replica')} of ${some(track.gpusPerReplica, 'GPU')}${track.podsPerReplica === undefined ? '' : ` in ${some(track.podsPerReplica, 'pod')}`} · starts in ${duration(startup.coldSeconds)} cold, ${duration(startup.warmSeconds)} warm</p>`;
  return `${head}\n${track.memory.map(memoryRow).join('\n')}`;
}

function memoryRow(memory: ScorecardMemory): string {
  const layout = layoutOf(memory);
  const verdict = memory.verdict === 'fits' ? '' : ` <em>${memory.verdict === 'tight' ? 'tight' : 'does not fit'}</em>`;
  return `<div class="memory"><p>${escaped(memory.device)}, ${gib(memory.totalGib)}${verdict}</p>
${bar(memory, layout)}
<p>${memory.encoder ? 'a batch of' : 'room for'} ${sequencesText(memory)}</p></div>`;
}

/** Numbers are in the bar where there is room for them; all of them are in its label. */
function bar(memory: ScorecardMemory, layout: MemoryLayout): string {
  const sum = Math.max(
    layout.parts.reduce((total, part) => total + part.gib, 0),
    0.01,
  );
  const shown = layout.parts.filter((part) => part.gib > 0);
  const label = `Memory of ${memory.device}: ${shown.map((part) => `${part.label} ${gib(part.gib)}`).join(', ')}${
    layout.missingGib > 0 ? `, missing ${gib(layout.missingGib)}` : ''
  }`;
  const parts = shown.map(({ name, gib: size }) => {
    const part = size / sum;
    return `<i class="${name}" style="width:${percent(part)}">${part >= 0.07 ? size.toFixed(1) : ''}</i>`;
  });
  return `<div class="bar" role="img" aria-label="${escaped(label)}" title="${escaped(label)}">${parts.join('')}</div>`;
}

const percent = (part: number) => `${(100 * part).toFixed(2)}%`;

function poolText({ machineTypes, platform, gpusPerNode, gpu, migProfile, sharedBy, spot }: ScorecardPool): string {
  const device = `${gpusPerNode} x ${gpu}${migProfile ? ` ${migProfile}` : ''}${sharedBy ? ' shared' : ''}`;
  return `${machineTypes.join(' or ') || platform}, ${device}${spot ? ', spot' : ''}`;
}

function table(titles: readonly string[], aligns: string, rows: readonly (readonly string[])[]): string {
  const row = (tag: 'td' | 'th', cells: readonly string[]) =>
    `<tr>${cells.map((cell, at) => `<${tag}${aligns[at] === 'r' ? ' class="n"' : ''}>${escaped(cell)}</${tag}>`).join('')}</tr>`;
  return `<table>\n<thead>${row('th', titles)}</thead>\n<tbody>\n${rows.map((cells) => row('td', cells)).join('\n')}\n</tbody>\n</table>`;
}

function findings(
  title: string,
  all: readonly { readonly path: string; readonly check: string; readonly text: string }[],
): string {
  if (all.length === 0) return '';
  const items = all.map(
    ({ path, check, text }) =>
      `<li><code>${escaped(path || '(app)')}</code> <b>${escaped(check)}</b><br>${text.split('\n').map(escaped).join('<br>')}</li>`,
  );
  return `<section>\n<h2>${title}</h2>\n<ul class="findings">\n${items.join('\n')}\n</ul>\n</section>\n`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character]!);
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
