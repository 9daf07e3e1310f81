import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import {
  BigValueColorMode,
  BigValueGraphMode,
  GraphThresholdsStyleConfigBuilder,
  GraphThresholdsStyleMode,
  LegendDisplayMode,
  LegendPlacement,
  ReduceDataOptionsBuilder,
  SortOrder,
  StackingConfigBuilder,
  StackingMode,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import {
  DashboardLinkBuilder,
  DashboardLinkType,
  DynamicConfigValue,
  FieldColorBuilder,
  FieldColorModeId,
  MappingType,
  Panel as GrafanaPanel,
  SpecialValueMatch,
  ThresholdsConfigBuilder,
  ThresholdsMode,
  ValueMapping,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { DataqueryBuilder, PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus';
import * as stat from '@grafana/grafana-foundation-sdk/stat';
import * as table from '@grafana/grafana-foundation-sdk/table';
import * as timeseries from '@grafana/grafana-foundation-sdk/timeseries';
import { Colour, GridPosition, NO_SERIES, Panel, Query, Thresholds } from './dashboard';

/** The variable with which a reader chooses where the series are. */
export const DATA_SOURCE = { type: 'prometheus', uid: '$datasource' } as const;

/** Page of an alert in docs/runbooks, by the alert's name. */
export type RunbookUrl = (alert: string) => string;

/** A panel as Grafana stores it. */
export function grafanaPanel(panel: Panel, at: GridPosition, runbookUrl: RunbookUrl): Builder<GrafanaPanel> {
  const made = { timeseries: curves, stat: number, table: rows }[panel.kind](panel, runbookUrl);
  const meaning = panel.thresholds ? ` ${panel.thresholds.meaning}` : '';
  return made
    .id(panel.id)
    .title(panel.title)
    .description(panel.description + meaning)
    .datasource(DATA_SOURCE)
    .gridPos(at)
    .unit(panel.unit)
    .noValue(panel.noValue ?? NO_SERIES)
    .links((panel.alerts ?? []).map((alert) => runbookLink(`Runbook: ${alert}`, runbookUrl(alert))));
}

function curves(panel: Panel): timeseries.PanelBuilder {
  const made = new timeseries.PanelBuilder()
    .axisSoftMin(0)
    .lineWidth(2)
    .fillOpacity(fillOf(panel))
    .showPoints(VisibilityMode.Never)
    .legend(
      new VizLegendOptionsBuilder()
        .displayMode(LegendDisplayMode.List)
        .placement(LegendPlacement.Bottom)
        .showLegend(true)
        .calcs(['lastNotNull']),
    )
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending))
    .targets(panel.queries.map((query, at) => target(query, at)));
  if (panel.stacked) made.stacking(new StackingConfigBuilder().mode(StackingMode.Normal).group('A'));
  if (panel.max !== undefined) made.max(panel.max);
  if (panel.thresholds) {
    made
      .thresholds(steps(panel.thresholds))
      .thresholdsStyle(new GraphThresholdsStyleConfigBuilder().mode(GraphThresholdsStyleMode.Dashed));
  }
  for (const [at, query] of panel.queries.entries()) {
    const look = lookOf(query);
    if (look.length > 0) made.overrideByQuery(refId(at), look);
  }
  return made;
}

/** Many curves in one panel, as a query with labels in its legend may have, would fill it up. */
const fillOf = ({ stacked, queries }: Panel) =>
  stacked ? 30 : queries.some(({ legend }) => legend.includes('{{')) ? 0 : 6;

function number(panel: Panel): stat.PanelBuilder {
  const made = new stat.PanelBuilder()
    .graphMode(BigValueGraphMode.Area)
    .colorMode(BigValueColorMode.Value)
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(['lastNotNull']).values(false))
    .mappings([NO_TRAFFIC])
    .targets(panel.queries.map((query, at) => target(query, at)));
  if (panel.thresholds) made.thresholds(steps(panel.thresholds));
  return made;
}

/** What is now, one line a series: the labels that the query leaves are the columns. */
function rows(panel: Panel, runbookUrl: RunbookUrl): table.PanelBuilder {
  return new table.PanelBuilder()
    .targets(panel.queries.map((query, at) => target(query, at).instant().format(PromQueryFormat.Table)))
    .withTransformation({ id: 'organize', options: { excludeByName: { Time: true, Value: true } } })
    .overrideByName('alertname', [
      {
        id: 'links',
        value: [{ title: 'Runbook', url: runbookUrl('${__value.text}'), targetBlank: true }],
      },
    ]);
}

function target({ expr, legend }: Query, at: number): DataqueryBuilder {
  return new DataqueryBuilder().datasource(DATA_SOURCE).refId(refId(at)).expr(expr).legendFormat(legend);
}

/** A to Z, then AA. */
export function refId(at: number): string {
  return `${at < 26 ? '' : refId(Math.floor(at / 26) - 1)}${String.fromCharCode(65 + (at % 26))}`;
}

/** Nothing by nothing is what a ratio is without traffic. */
const NO_TRAFFIC: ValueMapping = {
  type: MappingType.SpecialValue,
  options: { match: SpecialValueMatch.NullAndNan, result: { text: 'No traffic', index: 0 } },
};

function lookOf({ objective, colour }: Query): DynamicConfigValue[] {
  const shown = objective ? 'red' : colour;
  return [
    ...(shown
      ? [{ id: 'color', value: new FieldColorBuilder().mode(FieldColorModeId.Fixed).fixedColor(shown).build() }]
      : []),
    ...(objective
      ? [
          { id: 'custom.lineStyle', value: { fill: 'dash', dash: [8, 6] } },
          { id: 'custom.lineWidth', value: 1 },
          { id: 'custom.fillOpacity', value: 0 },
        ]
      : []),
  ];
}

function steps({ base = 'green', steps: above }: Thresholds): ThresholdsConfigBuilder {
  const first: { value: number | null; color: Colour } = { value: null, color: base };
  return new ThresholdsConfigBuilder()
    .mode(ThresholdsMode.Absolute)
    .steps([first, ...above.map(({ from, colour }) => ({ value: from, color: colour }))]);
}

/** A link to a page outside of Grafana. */
export function runbookLink(title: string, url: string): DashboardLinkBuilder {
  return new DashboardLinkBuilder(title).type(DashboardLinkType.Link).icon('doc').url(url).targetBlank(true);
}
