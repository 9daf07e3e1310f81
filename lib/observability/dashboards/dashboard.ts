import type { GpuAlertName } from '../gpu-alerts';
import type { PlatformAlertName } from '../platform-alerts';
import type { ServiceAlertName } from '../service-alerts';

/**
 * A dashboard as data: what it asks and what its answers mean, without Grafana's words for how it looks. Grafana's variables
 * are written `$name`, since Flux would replace what stands in braces.
 */
export interface Dashboard {
  /** Its address in Grafana, at most 40 characters. Changing it breaks every link. */
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  /** Beside the one for the data source. */
  readonly variables: readonly Variable[];
  /** What is marked in every panel over time. @default - nothing */
  readonly events?: readonly DashboardEvent[];
  readonly rows: readonly Row[];
}

/** A choice above the panels: the values that a label has. */
export interface Variable {
  readonly name: string;
  readonly label: string;
  /** Series whose label is read, such as `up{namespace="$namespace"}`. */
  readonly series: string;
  readonly values: string;
  /** True to choose several, or all. @default false */
  readonly many?: boolean;
}

/** Moments that a query finds. */
export interface DashboardEvent {
  readonly name: string;
  readonly expr: string;
  /** With labels in braces, such as `{{alertname}}`. */
  readonly text: string;
  readonly colour: Colour;
}

export type Colour = 'green' | 'orange' | 'red' | 'blue' | 'purple' | 'text';

/** Panels side by side, as high as each other, on as many lines as they need. */
export interface Row {
  readonly id: number;
  readonly title: string;
  /** Of its panels, in units of the grid (about 38 pixels). */
  readonly height: number;
  readonly panels: readonly Panel[];
}

/** Units by Grafana's ids, and those that are only written behind the number. */
export type Unit =
  | 'short'
  | 'percentunit'
  | 'percent'
  | 's'
  | 'reqps'
  | 'celsius'
  | 'watt'
  | 'hertz'
  | 'mbytes'
  | 'currencyUSD'
  | `suffix: ${string}`;

export interface Panel {
  /** Its address within the dashboard: links name it, so it stays when the panel moves. */
  readonly id: number;
  /** Curves over time, one number, or a table of what is now. */
  readonly kind: 'timeseries' | 'stat' | 'table';
  readonly title: string;
  /** The question that it answers, and how to read the answer. */
  readonly description: string;
  readonly unit: Unit;
  /** Of the 24 columns of the grid. */
  readonly width: number;
  readonly queries: readonly [Query, ...Query[]];
  /** @default - one colour */
  readonly thresholds?: Thresholds;
  /** The end of the axis, where the quantity has one. @default - the highest value */
  readonly max?: number;
  /** Curves on top of each other. @default false */
  readonly stacked?: boolean;
  /** What stands there when no series answers. @default NO_SERIES */
  readonly noValue?: string;
  /** Alerts that watch the same: the panel links to their pages. @default - none */
  readonly alerts?: readonly (ServiceAlertName | GpuAlertName | PlatformAlertName)[];
}

export interface Query {
  readonly expr: string;
  /** With labels in braces, such as `{{track}}`. */
  readonly legend: string;
  /** A promise to measure the others by: dashed, in red. @default false */
  readonly objective?: boolean;
  readonly colour?: Colour;
}

/** Colours by value, ascending. */
export interface Thresholds {
  /** Colour below the first step. @default 'green' */
  readonly base?: Colour;
  readonly steps: readonly { readonly from: number; readonly colour: Colour }[];
  /** What the colours mean and why they change there; the panel's description ends with it. */
  readonly meaning: string;
}

/** A record that a server cannot feed is not there, and neither is one that nobody scrapes. */
export const NO_SERIES = 'Not told by this server, not scraped, or no traffic';

/** Where a panel stands in the grid. */
export interface GridPosition {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

const COLUMNS = 24;

/** Rows with their panels, from the top: each row has a headline, and a panel that does not fit begins a new line. */
export function laidOut(rows: readonly Row[]): {
  readonly row: Row;
  readonly at: GridPosition;
  readonly panels: readonly { readonly panel: Panel; readonly at: GridPosition }[];
}[] {
  let y = 0;
  return rows.map((row) => {
    const at = { x: 0, y: y++, w: COLUMNS, h: 1 };
    let x = 0;
    const panels = row.panels.map((panel) => {
      if (x + panel.width > COLUMNS) [x, y] = [0, y + row.height];
      const position = { x, y, w: panel.width, h: row.height };
      x += panel.width;
      return { panel, at: position };
    });
    y += row.height;
    return { row, at, panels };
  });
}
