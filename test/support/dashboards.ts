import { createHash } from 'node:crypto';
import { DASHBOARDS, dashboardText } from '../../lib/observability/dashboards/inference-dashboards';
import { Monitoring } from '../../lib/observability/monitoring';

/** A panel as Grafana reads it, as far as tests and pictures look into it. */
export interface DrawnPanel {
  readonly id: number;
  readonly type: 'row' | 'timeseries' | 'stat' | 'table';
  readonly title: string;
  readonly description?: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly links?: readonly { readonly title: string; readonly url: string }[];
  readonly targets?: readonly { readonly refId: string; readonly expr: string; readonly legendFormat: string }[];
  readonly fieldConfig?: {
    readonly defaults: {
      readonly unit?: string;
      readonly noValue?: string;
      readonly max?: number;
      readonly custom?: { readonly stacking?: { readonly mode: string }; readonly fillOpacity?: number };
      readonly thresholds?: { readonly steps: readonly { readonly color: string; readonly value: number | null }[] };
    };
    readonly overrides?: readonly {
      readonly matcher: { readonly id: string; readonly options: string };
      readonly properties: readonly { readonly id: string; readonly value: unknown }[];
    }[];
  };
}

export interface DrawnDashboard {
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly schemaVersion: number;
  readonly tags: readonly string[];
  readonly links: readonly { readonly title: string; readonly type: string }[];
  readonly templating: {
    readonly list: readonly {
      readonly name: string;
      readonly label: string;
      readonly type: string;
      readonly includeAll?: boolean;
      readonly query: string | { readonly query: string };
    }[];
  };
  readonly annotations?: { readonly list: readonly { readonly name: string; readonly expr: string }[] };
  readonly panels: readonly DrawnPanel[];
}

export const MONITORING = Monitoring.prometheusOperator();

/** Every dashboard as the text that Grafana imports. */
export const TEXTS: readonly string[] = DASHBOARDS.map((dashboard) => dashboardText(dashboard, MONITORING));

export const DRAWN = TEXTS.map((text) => JSON.parse(text) as DrawnDashboard);

/** What a reader chooses above the panels. */
export interface Choices {
  readonly namespace: string;
  readonly service: string;
}

export const ONE_SERVICE: Choices = { namespace: 'nim', service: 'llama3-8b' };
/** Where several may be chosen. */
export const ALL_SERVICES: Choices = { namespace: '.*', service: '.*' };

/** The choices of a dashboard that shows as much as it can: all services where it takes several. */
export const choicesOf = ({ templating }: DrawnDashboard): Choices =>
  templating.list.some(({ includeAll }) => includeAll) ? ALL_SERVICES : ONE_SERVICE;

/** A query with what a reader chose; anything else of Grafana's stays, and is no PromQL. */
export const withChoices = (query: string, choices = ONE_SERVICE) =>
  query.replace(/\$(namespace|service)\b/g, (_, name: keyof Choices) => choices[name]);

/** The selector in `label_values(selector, label)`. */
export const selectorOfVariable = (query: string) => /^label_values\((.*), \w+\)$/.exec(query)![1]!;

/** Every query of a dashboard, where it stands, and its variables replaced. */
export function queriesOf(
  { panels, annotations, templating }: DrawnDashboard,
  choices = ONE_SERVICE,
): { place: string; expr: string }[] {
  const chosen = (query: string) => withChoices(query, choices);
  return [
    ...panels.flatMap(({ title, targets = [] }) =>
      targets.map(({ refId, expr }) => ({ place: `${title} ${refId}`, expr: chosen(expr) })),
    ),
    ...(annotations?.list ?? []).map(({ name, expr }) => ({ place: name, expr: chosen(expr) })),
    ...templating.list.flatMap(({ name, query }) =>
      typeof query === 'string' ? [] : [{ place: `$${name}`, expr: chosen(selectorOfVariable(query.query)) }],
    ),
  ];
}

/** What the pictures in docs/ are of. Where runbooks are is not on them. */
export const picturesOf = () => createHash('sha256').update(JSON.stringify(DASHBOARDS)).digest('hex').slice(0, 16);
