import { DrawnDashboard, DrawnPanel } from '../test/support/dashboards';
import { SAMPLE_HOURS, SAMPLE_START } from '../test/support/sample-platform';
import { Answer } from '../test/support/sample-prometheus';
import { shown } from './grafana-units';

/** What Prometheus answered to the queries of a panel, in their order; and to those of events, by their names. */
export interface Answers {
  readonly panels: ReadonlyMap<number, readonly (readonly Answer[])[]>;
  readonly events: ReadonlyMap<string, readonly Answer[]>;
}

const WIDTH = 1360;
const MARGIN = 16;
const GAP = 8;
const HEADER = 64;
/** Of one unit of Grafana's grid. */
const ROW = 34;
const COLUMN = (WIDTH - 2 * MARGIN + GAP) / 24;

const COLOURS: Readonly<Record<string, string>> = {
  green: '#73bf69',
  orange: '#ff9830',
  red: '#f2495c',
  blue: '#5794f2',
  purple: '#b877d9',
  text: '#ccccdc',
};
const PALETTE = ['#73bf69', '#f2cc0c', '#8ab8ff', '#ff780a', '#b877d9', '#5794f2', '#96d98d', '#ffa6b0', '#705da0'];
const QUIET = '#8e8e99';
const LINE = '#2c3235';

interface Box {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

interface Curve {
  readonly name: string;
  readonly colour: string;
  readonly dashed: boolean;
  readonly points: readonly (readonly [number, number])[];
}

/** A dashboard as one picture, drawn from the JSON that Grafana imports and from what Prometheus answered. */
export function drawDashboard(dashboard: DrawnDashboard, answers: Answers, choices: readonly string[]): string {
  const bottom = Math.max(...dashboard.panels.map(({ gridPos }) => gridPos.y + gridPos.h));
  const height = HEADER + bottom * ROW + MARGIN;
  const chips = choices.map((choice, at) => chip(choice, WIDTH - MARGIN - 330 - (choices.length - at) * 190)).join('');
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" font-family="Inter, 'DejaVu Sans', Helvetica, Arial, sans-serif">`,
    `<rect width="100%" height="100%" fill="#111217"/>`,
    text(dashboard.title, MARGIN, 30, 19, '#e8e8f0', 600),
    text(dashboard.description, MARGIN, 50, 12, QUIET),
    chips,
    text('2026-10-14 06:00 to 12:00, sample data', WIDTH - MARGIN, 30, 12.5, COLOURS.text!, 400, 'end'),
    ...dashboard.panels.map((panel) => drawPanel(panel, answers)),
    '</svg>\n',
  ].join('\n');
}

const chip = (choice: string, x: number) =>
  `<rect x="${x}" y="14" width="182" height="24" rx="3" fill="#181b1f" stroke="${LINE}"/>${text(choice, x + 9, 30, 12, COLOURS.text!)}`;

function drawPanel(panel: DrawnPanel, answers: Answers): string {
  const { x, y, w, h } = panel.gridPos;
  const box: Box = { x: MARGIN + x * COLUMN, y: HEADER + y * ROW, w: w * COLUMN - GAP, h: h * ROW - GAP };
  if (panel.type === 'row') return text(`▾ ${panel.title}`, box.x, box.y + 20, 14, '#e8e8f0', 600);
  const results = answers.panels.get(panel.id)!;
  const inner: Box = { x: box.x + 10, y: box.y + 30, w: box.w - 20, h: box.h - 38 };
  const body = results.every((answer) => answer.length === 0)
    ? text(panel.fieldConfig!.defaults.noValue!, box.x + box.w / 2, box.y + box.h / 2 + 10, 12, QUIET, 400, 'middle')
    : panel.type === 'timeseries'
      ? drawCurves(panel, curvesOf(panel, results), inner, answers)
      : panel.type === 'stat'
        ? drawNumber(panel, results, inner)
        : drawTable(results, inner);
  return [
    `<rect x="${box.x}" y="${box.y}" width="${box.w}" height="${box.h}" rx="3" fill="#181b1f" stroke="${LINE}"/>`,
    text(panel.title, box.x + 10, box.y + 20, 13, '#d8d9e0', 500),
    body,
  ].join('');
}

function curvesOf(panel: DrawnPanel, results: readonly (readonly Answer[])[]): Curve[] {
  let free = 0;
  return results.flatMap((answer, at) => {
    const { refId, legendFormat } = panel.targets![at]!;
    const look = panel.fieldConfig!.overrides?.find(({ matcher }) => matcher.options === refId)?.properties ?? [];
    const fixed = look.find(({ id }) => id === 'color')?.value as { fixedColor: string } | undefined;
    return answer.map(({ metric, values }) => ({
      name: legendFormat.replace(/\{\{(\w+)\}\}/g, (_, label: string) => metric[label] ?? '').trim(),
      colour: fixed ? COLOURS[fixed.fixedColor]! : PALETTE[free++ % PALETTE.length]!,
      dashed: look.some(({ id }) => id === 'custom.lineStyle'),
      points: values.map(([second, value]) => [second, Number(value)] as const),
    }));
  });
}

const SECONDS = SAMPLE_HOURS * 3600;

function drawCurves(panel: DrawnPanel, given: readonly Curve[], box: Box, answers: Answers): string {
  const { unit, max, thresholds, custom } = panel.fieldConfig!.defaults;
  const stacked = custom?.stacking?.mode === 'normal';
  const curves = stacked ? stack(given) : given;
  const rows = legendRows(given, unit, box.w);
  const axis = 64;
  const plot: Box = { x: box.x + axis, y: box.y, w: box.w - axis - 4, h: box.h - 18 - rows.length * 16 };
  const values = curves.flatMap(({ points }) => points.map(([, value]) => value));
  const low = Math.min(0, ...values);
  const high = max ?? Math.max(...values) * 1.04;
  const ticks = ticksOf(low, high, plot.h, stepUnit(unit, high));
  const [bottom, top] = [ticks[0]!, Math.max(ticks.at(-1)!, max ?? 0)];
  const xOf = (second: number) => plot.x + ((second - SAMPLE_START) / SECONDS) * plot.w;
  const yOf = (value: number) => plot.y + plot.h - ((value - bottom) / (top - bottom || 1)) * plot.h;
  const grid = ticks.map(
    (tick) =>
      `<line x1="${plot.x}" x2="${plot.x + plot.w}" y1="${round(yOf(tick))}" y2="${round(yOf(tick))}" stroke="#24282c"/>` +
      text(shown(tick, unit), plot.x - 6, yOf(tick) + 4, 10.5, QUIET, 400, 'end'),
  );
  const hours = Array.from({ length: SAMPLE_HOURS + 1 }, (_, hour) =>
    text(
      `${String(6 + hour).padStart(2, '0')}:00`,
      xOf(SAMPLE_START + hour * 3600),
      plot.y + plot.h + 14,
      10.5,
      QUIET,
      400,
      hour === 0 ? 'start' : hour === SAMPLE_HOURS ? 'end' : 'middle',
    ),
  );
  const limits = (thresholds?.steps ?? [])
    .filter(({ value }) => value !== null && value > bottom && value <= top)
    .map(({ value, color }) => dashedLine(plot, yOf(value!), COLOURS[color]!));
  const lines = curves.map((curve, at) => {
    const under = stacked && at > 0 ? curves[at - 1] : undefined;
    return drawCurve(curve, under, (custom?.fillOpacity ?? 0) / 100, xOf, yOf, bottom);
  });
  const legend = rows.flatMap((row, at) => drawLegend(row, box, plot.y + plot.h + 32 + at * 16));
  return [...grid, ...hours, ...drawEvents(answers, plot, xOf), ...limits, ...lines, ...legend].join('');
}

function drawCurve(
  { colour, dashed, points }: Curve,
  under: Curve | undefined,
  fill: number,
  xOf: (second: number) => number,
  yOf: (value: number) => number,
  bottom: number,
): string {
  return runsOf(points)
    .map((run) => {
      const path = run.map(([second, value]) => `${round(xOf(second))},${round(yOf(value))}`).join(' ');
      const line = `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="${dashed ? 1.2 : 1.6}"${dashed ? ' stroke-dasharray="8 5"' : ''} stroke-linejoin="round"/>`;
      if (dashed || fill === 0) return line;
      const floor = new Map(under?.points ?? []);
      const back = [...run]
        .reverse()
        .map(([second]) => `${round(xOf(second))},${round(yOf(floor.get(second) ?? Math.max(0, bottom)))}`);
      return `<polygon points="${path} ${back.join(' ')}" fill="${colour}" opacity="${fill}"/>${line}`;
    })
    .join('');
}

/** Events as Grafana marks them: a line where one begins, a veil while it lasts. */
function drawEvents({ events }: Answers, plot: Box, xOf: (second: number) => number): string[] {
  return [...events].flatMap(([name, found]) => {
    const colour = name === 'Alert' ? COLOURS.red! : COLOURS.blue!;
    return found.flatMap(({ values }) =>
      runsOf(values.map(([second]) => [second, 1] as const)).map((run) => {
        const [from, to] = [xOf(run[0]![0]), xOf(run.at(-1)![0])];
        return (
          `<rect x="${round(from)}" y="${plot.y}" width="${round(to - from)}" height="${plot.h}" fill="${colour}" opacity="0.07"/>` +
          `<line x1="${round(from)}" x2="${round(from)}" y1="${plot.y}" y2="${plot.y + plot.h}" stroke="${colour}" stroke-dasharray="3 3" opacity="0.8"/>`
        );
      }),
    );
  });
}

/** Points without a gap between them. */
function runsOf(points: readonly (readonly [number, number])[]): (readonly [number, number])[][] {
  const runs: (readonly [number, number])[][] = [];
  for (const point of points) {
    const last = runs.at(-1);
    if (last && point[0] - last.at(-1)![0] <= 240) last.push(point);
    else runs.push([point]);
  }
  return runs;
}

function stack(curves: readonly Curve[]): Curve[] {
  const sum = new Map<number, number>();
  return curves.map((curve) => ({
    ...curve,
    points: curve.points.map(([second, value]) => {
      sum.set(second, (sum.get(second) ?? 0) + value);
      return [second, sum.get(second)!] as const;
    }),
  }));
}

/** What people count in: GiB for MiB, and minutes for many seconds. */
const stepUnit = (unit: string | undefined, high: number) =>
  unit === 'mbytes' ? 1024 : unit === 's' && high > 90 ? 60 : 1;

/** Round numbers from the bottom to the top, as many as there is room for. */
function ticksOf(low: number, high: number, height: number, one: number): number[] {
  const wanted = (high - low || 1) / one / Math.max(2, Math.floor(height / 34));
  const power = 10 ** Math.floor(Math.log10(wanted));
  const step = one * [1, 2, 2.5, 5, 10].map((each) => each * power).find((each) => each >= wanted)!;
  const first = Math.floor(low / step);
  return Array.from({ length: Math.ceil(high / step) - first + 1 }, (_, at) =>
    Number(((first + at) * step).toPrecision(12)),
  );
}

interface LegendEntry {
  readonly label: string;
  readonly colour: string;
  readonly width: number;
}

/** At most three lines of them; Grafana scrolls. */
function legendRows(curves: readonly Curve[], unit: string | undefined, width: number): LegendEntry[][] {
  const rows: LegendEntry[][] = [[]];
  let x = 0;
  for (const { name, colour, points } of curves) {
    const label = `${name}  ${shown(points.at(-1)![1], unit)}`;
    const entry = { label, colour, width: 26 + label.length * 6 };
    if (x + entry.width > width && x > 0) {
      if (rows.length === 3) break;
      rows.push([]);
      x = 0;
    }
    rows.at(-1)!.push(entry);
    x += entry.width;
  }
  return rows;
}

function drawLegend(row: readonly LegendEntry[], box: Box, y: number): string[] {
  let x = box.x;
  return row.map(({ label, colour, width }) => {
    const drawn = `<rect x="${x}" y="${y - 6}" width="12" height="3" rx="1.5" fill="${colour}"/>${text(label, x + 17, y, 11, '#b7b8c3')}`;
    x += width;
    return drawn;
  });
}

const dashedLine = ({ x, w }: Box, y: number, colour: string) =>
  `<line x1="${x}" x2="${x + w}" y1="${round(y)}" y2="${round(y)}" stroke="${colour}" stroke-dasharray="6 4" opacity="0.75"/>`;

function drawNumber(panel: DrawnPanel, results: readonly (readonly Answer[])[], box: Box): string {
  const { unit, thresholds } = panel.fieldConfig!.defaults;
  const points = results[0]![0]!.values.map(([second, value]) => [second, Number(value)] as const);
  const value = points.at(-1)![1];
  const step = [...(thresholds?.steps ?? [])].reverse().find((each) => each.value === null || value >= each.value);
  const colour = COLOURS[step?.color ?? 'green']!;
  const [low, high] = [Math.min(...points.map(([, each]) => each)), Math.max(...points.map(([, each]) => each))];
  const area: Box = { x: box.x - 9, y: box.y + box.h * 0.55, w: box.w + 18, h: box.h * 0.45 + 7 };
  const path = points.map(([second, each]) => {
    const y = area.y + area.h - 4 - ((each - low) / (high - low || 1)) * (area.h - 8) * (high === low ? 0.4 : 1);
    return `${round(area.x + ((second - SAMPLE_START) / SECONDS) * area.w)},${round(y)}`;
  });
  const ends = [points[0]![0], points.at(-1)![0]].map((second) =>
    round(area.x + ((second - SAMPLE_START) / SECONDS) * area.w),
  );
  return (
    `<polygon points="${ends[0]},${area.y + area.h} ${path.join(' ')} ${ends[1]},${area.y + area.h}" fill="${colour}" opacity="0.14"/>` +
    `<polyline points="${path.join(' ')}" fill="none" stroke="${colour}" stroke-width="1.2" opacity="0.6"/>` +
    text(shown(value, unit), box.x + box.w / 2, box.y + box.h * 0.5 + 4, 30, colour, 600, 'middle')
  );
}

/** What is there at the end, one line a series. */
function drawTable(results: readonly (readonly Answer[])[], box: Box): string {
  const end = SAMPLE_START + SECONDS;
  const rows = results.flat().filter(({ values }) => values.at(-1)![0] >= end - 300);
  const columns = [...new Set(rows.flatMap(({ metric }) => Object.keys(metric)))];
  const room = Math.floor(box.h / 22) - 1;
  const longest = columns.map((column) =>
    Math.max(column.length, ...rows.map(({ metric }) => (metric[column] ?? '').length)),
  );
  const scale = box.w / longest.reduce((sum, each) => sum + each + 3, 0);
  const xs = longest.map((_, at) => box.x + scale * longest.slice(0, at).reduce((sum, each) => sum + each + 3, 0));
  const line = (cells: readonly string[], at: number, colour: string) =>
    cells
      .map((cell, column) =>
        text(
          cell,
          xs[column]!,
          box.y + 14 + at * 22,
          11.5,
          columns[column] === 'alertname' && at > 0 ? '#6e9fff' : colour,
        ),
      )
      .join('');
  return [
    line(columns, 0, QUIET),
    ...rows.slice(0, room).map(({ metric }, at) => {
      const rule = box.y + at * 22 + 20;
      return `<line x1="${box.x}" x2="${box.x + box.w}" y1="${rule}" y2="${rule}" stroke="${LINE}"/>${line(
        columns.map((column) => metric[column] ?? ''),
        at + 1,
        COLOURS.text!,
      )}`;
    }),
  ].join('');
}

const round = (value: number) => Number(value.toFixed(1));

function text(
  words: string,
  x: number,
  y: number,
  size: number,
  colour: string,
  weight = 400,
  anchor: 'start' | 'middle' | 'end' = 'start',
): string {
  const escaped = words.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
  return `<text x="${round(x)}" y="${round(y)}" font-size="${size}" fill="${colour}" font-weight="${weight}" text-anchor="${anchor}" xml:space="preserve">${escaped}</text>`;
}
