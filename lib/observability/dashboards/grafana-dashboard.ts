import {
  AnnotationQueryBuilder,
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  Dashboard as GrafanaDashboard,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  RowBuilder,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { Dashboard, DashboardEvent, laidOut, Variable } from './dashboard';
import { DATA_SOURCE, grafanaPanel, RunbookUrl, runbookLink } from './grafana-panel';

/** Every dashboard of the library has it, and links to all others that have it. */
export const TAG = 'gpu-inference';

/** A dashboard as Grafana stores it. */
export function grafanaDashboard(dashboard: Dashboard, runbookUrl: RunbookUrl): GrafanaDashboard {
  const { uid, title, description, variables, events = [], rows } = dashboard;
  const made = new DashboardBuilder(title)
    .uid(uid)
    .description(description)
    .tags([TAG])
    .timezone('browser')
    // What is changed in Grafana is lost when the object is applied again.
    .readonly()
    .tooltip(DashboardCursorSync.Crosshair)
    .time({ from: 'now-6h', to: 'now' })
    .refresh('1m')
    .variables([
      new DatasourceVariableBuilder('datasource').label('Data source').type('prometheus'),
      ...variables.map(choice),
    ])
    .annotations(events.map(event))
    .links([
      new DashboardLinkBuilder('GPU inference')
        .type(DashboardLinkType.Dashboards)
        .tags([TAG])
        .asDropdown(true)
        .includeVars(true)
        .keepTime(true),
      runbookLink('Runbooks', runbookUrl('README')),
    ]);
  for (const { row, at, panels } of laidOut(rows)) {
    made.withRow(new RowBuilder(row.title).id(row.id).gridPos(at));
    for (const { panel, at: position } of panels) made.withPanel(grafanaPanel(panel, position, runbookUrl));
  }
  return made.build();
}

function choice({ name, label, series, values, many = false }: Variable): QueryVariableBuilder {
  const query = `label_values(${series}, ${values})`;
  const made = new QueryVariableBuilder(name)
    .label(label)
    .datasource(DATA_SOURCE)
    .definition(query)
    .query({ qryType: 1, query, refId: 'PrometheusVariableQueryEditor-VariableQuery' })
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.AlphabeticalAsc);
  return many
    ? made
        .multi(true)
        .includeAll(true)
        .current({ text: ['All'], value: ['$__all'] })
    : made;
}

function event({ name, expr, text, colour }: DashboardEvent): AnnotationQueryBuilder {
  return new AnnotationQueryBuilder()
    .name(name)
    .datasource(DATA_SOURCE)
    .enable(true)
    .iconColor(colour)
    .expr(expr)
    .titleFormat(name)
    .textFormat(text)
    .step('60s');
}
