import { App, Chart, Duration } from 'cdk8s';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { GpuNodePool } from '../../lib/hardware/gpu-node-pool';
import { DashboardDelivery } from '../../lib/observability/dashboard-delivery';
import { Dashboard, laidOut } from '../../lib/observability/dashboards/dashboard';
import { dashboardJson } from '../../lib/observability/dashboards/dashboard-json';
import { refId } from '../../lib/observability/dashboards/grafana-panel';
import { DASHBOARDS, InferenceDashboards } from '../../lib/observability/dashboards/inference-dashboards';
import { GPU_RESOURCES, OBJECTS } from '../../lib/observability/dashboards/selections';
import { DCGM_FIELD_NAMES } from '../../lib/observability/dcgm-fields';
import { GPU_RECORDS } from '../../lib/observability/gpu-records';
import { KUBE_METRICS, kubeLabel } from '../../lib/observability/kube-metrics';
import { InferenceSlo } from '../../lib/observability/inference-slo';
import { Monitoring } from '../../lib/observability/monitoring';
import { errorRatioRecord, SLO_RECORDS } from '../../lib/observability/slo-records';
import { primaryName } from '../../lib/release/flagger-canary';
import { HistogramSignal } from '../../lib/runtime/server-signals';
import { InferenceService } from '../../lib/service/inference-service';
import { GAUGE_RECORDS, quantileRecord, RATE_RECORDS, RECORDED_QUANTILES } from '../../lib/signals/records';
import { KubernetesObject, schemaError, upstreamModule } from '../conformance/upstream';
import { DRAWN, MONITORING, ONE_SERVICE, picturesOf, queriesOf, TEXTS, withChoices } from '../support/dashboards';
import { monitored } from '../support/monitored';
import { metricsOf, promqlProblems, selectorsOf } from '../support/promql';
import { CONTRACT, nim } from '../support/services';
import { inventoryOf, manifestsOf, yamlOf } from '../support/yaml-of';

const DOCS = join(__dirname, '..', '..', 'docs');

const HISTOGRAMS: readonly HistogramSignal[] = [
  'timeToFirstToken',
  'interTokenLatency',
  'timePerOutputToken',
  'endToEndLatency',
  'queueTime',
];

/** Every name that a dashboard may read: the records of the library, and the two tables of what others export. */
const KNOWN: readonly string[] = [
  ...Object.values(GAUGE_RECORDS),
  ...Object.values(RATE_RECORDS),
  ...HISTOGRAMS.flatMap((signal) =>
    (Object.keys(RECORDED_QUANTILES) as (keyof typeof RECORDED_QUANTILES)[]).map((name) =>
      quantileRecord(signal, name),
    ),
  ),
  ...Object.values(SLO_RECORDS),
  ...['5m', '1h'].map(errorRatioRecord),
  ...Object.values(GPU_RECORDS),
  ...Object.values(KUBE_METRICS).map(({ metric }) => metric),
  ...DCGM_FIELD_NAMES,
];

/** Queries of the dashboards that read something else. */
const strangers = (known: readonly string[]) =>
  DRAWN.flatMap((dashboard) =>
    queriesOf(dashboard).flatMap(({ place, expr }) =>
      metricsOf(expr)
        .filter((metric) => !known.includes(metric))
        .map((metric) => `${dashboard.uid} ${place}: ${metric}`),
    ),
  );

const boardsOf = (delivery: DashboardDelivery | false) =>
  new InferenceDashboards(new App(), 'dashboards', {
    monitoring: Monitoring.prometheusOperator({ dashboards: delivery }),
  });

describe.each(DRAWN.map((dashboard, at) => [dashboard.uid, dashboard, TEXTS[at]!, DASHBOARDS[at]!] as const))(
  '%s',
  (uid, board, text, { rows, variables }) => {
    const panels = board.panels.filter(({ type }) => type !== 'row');

    test('has an address that Grafana takes, a title, a schema version, and links to the others', () => {
      expect(uid).toMatch(/^[a-z0-9-]{1,40}$/);
      expect(board.title).toMatch(/^GPU inference \/ \w+$/);
      expect(board.description).toMatch(/\.$/);
      expect(board.schemaVersion).toBe(42);
      expect(board.tags).toEqual(['gpu-inference']);
      expect(board.links.map(({ type }) => type)).toEqual(['dashboards', 'link']);
      expect(board.templating.list[0]).toMatchObject({ type: 'datasource', name: 'datasource', query: 'prometheus' });
    });

    test('has panels and rows with ids of their own, and queries with letters of their own', () => {
      const ids = board.panels.map(({ id }) => id);
      expect(ids.every((id) => Number.isInteger(id) && id > 0)).toBe(true);
      expect(new Set(ids).size).toBe(ids.length);
      for (const { targets = [] } of panels)
        expect(targets.map((each) => each.refId)).toEqual(targets.map((_, at) => refId(at)));
    });

    test('has panels that stay in the grid and lie on no other', () => {
      const taken = new Map<string, string>();
      for (const { title, gridPos } of board.panels) {
        expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
        for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
          for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
            const other = taken.get(`${x}/${y}`);
            expect(other && `${title} lies on ${other}`).toBeUndefined();
            taken.set(`${x}/${y}`, title);
          }
        }
      }
    });

    test.each(panels.map((panel) => [panel.title, panel] as const))(
      '"%s" asks a question, with a unit and a word for no answer',
      (title, { description, fieldConfig, targets = [] }) => {
        expect(title).toMatch(/^[A-Z]/);
        expect(description).toMatch(/\?|\.$/);
        expect(description!.length).toBeGreaterThan(20);
        const { unit, noValue, thresholds } = fieldConfig!.defaults;
        expect(unit).toBeTruthy();
        expect(noValue).toBeTruthy();
        expect(targets.length).toBeGreaterThan(0);
        // Colours without a reason are decoration.
        const colours = (thresholds?.steps ?? []).map(({ color }) => color).filter((colour) => colour !== 'green');
        for (const colour of colours) expect(description!.toLowerCase()).toContain(colour);
      },
    );

    test.each(queriesOf(board).map(({ place, expr }) => [place, expr] as const))(
      'the query of %s is PromQL of the right types, and reads something',
      (_, expr) => {
        expect(expr).not.toMatch(/\$(?!\d)[A-Za-z_]/);
        expect(promqlProblems(expr)).toEqual([]);
        expect(selectorsOf(expr).length).toBeGreaterThan(0);
      },
    );

    if (variables.length > 0) {
      test('reads no record of a service that nobody chose', () => {
        const { namespace, service } = ONE_SERVICE;
        const chosen = `{namespace="${namespace}", inference_service="${service}"`;
        const records = queriesOf(board)
          .flatMap(({ expr }) => selectorsOf(expr))
          .filter((selector) => /^(inference|slo):/.test(selector));
        expect(records.filter((selector) => !selector.includes(chosen))).toEqual([]);
      });
    }

    test('is text without "${", nothing empty, no null at the end of a line, and far below 1 MiB', () => {
      expect(text).not.toMatch(/\$\{|: null$|: \[\]|: \{\}|: ""/m);
      expect(text).not.toContain('undefined');
      expect(Buffer.byteLength(text)).toBeLessThan((1024 * 1024) / 4);
      expect(text.endsWith('}\n')).toBe(true);
    });

    test('leads to a page of each alert that watches the same', () => {
      const pages = rows.flatMap((row) =>
        row.panels.map(({ title, alerts = [] }) => ({
          title,
          links: alerts.map((alert) => [`Runbook: ${alert}`, MONITORING.runbookUrl(alert)]),
        })),
      );
      expect(pages.some(({ links }) => links.length > 0)).toBe(true);
      expect(
        panels.map(({ title, links = [] }) => ({ title, links: links.map((link) => [link.title, link.url]) })),
      ).toEqual(pages);
    });
  },
);

test('every metric is a record of the library, or in the tables of what DCGM and Kubernetes tell', () => {
  expect(strangers(KNOWN)).toEqual([]);
});

test.each([RATE_RECORDS.errors, quantileRecord('interTokenLatency', 'p95'), 'DCGM_FI_DEV_FB_USED', 'up'])(
  'a dashboard that reads %s is found when that is gone',
  (gone) => expect(strangers(KNOWN.filter((name) => name !== gone)).join('\n')).toContain(gone),
);

test('panels find everything that keeps pods of a service by its name, and no other service', () => {
  const chart = new Chart(new App(), 'nim', { namespace: 'nim' });
  const contract = { ...CONTRACT, name: 'llama' };
  const prefill = { router: { image: 'vllm/vllm-router:v0.1.15' } };
  const twins = new InferenceService(chart, 'twins', { ...contract, canary: { runtime: nim('1.0.3'), step: 'smoke' } });
  const roles = new InferenceService(chart, 'roles', { ...contract, prefill });
  const keepers = [
    ...[twins.stable, twins.canary!, roles.stable, roles.prefill!].map(({ serviceName }) => serviceName),
    roles.router!.deploymentName,
    primaryName('llama'),
  ];
  expect(keepers).toEqual(['llama', 'llama-canary', 'llama-decode', 'llama-prefill', 'llama-router', 'llama-primary']);
  const [, names] = /^=~"(.*)"$/.exec(OBJECTS)!;
  const found = new RegExp(`^(?:${names!.replace('$service', 'llama')})$`);
  expect(keepers.filter((name) => !found.test(name))).toEqual([]);
  expect(['llama-large', 'llama-2', 'llama-large-canary', 'my-llama'].filter((name) => found.test(name))).toEqual([]);
});

test.each([
  [{}, 'nvidia_com_gpu'],
  [{ sharing: { replicas: 4 } }, 'nvidia_com_gpu'],
  [{ sharing: { replicas: 4, renamed: true } }, 'nvidia_com_gpu_shared'],
  [{ mig: { profile: '1g.10gb', strategy: 'mixed' } }, 'nvidia_com_mig_1g_10gb'],
] as const)('panels count the GPUs of a pool with %j', (more, resource) => {
  const pool = GpuNodePool.onPrem({ name: 'rack', gpu: 'A100-80GB', gpusPerNode: 2, maxNodes: 1, ...more });
  expect(kubeLabel(pool.resourceName)).toBe(resource);
  const [, names] = /=~"(.*)"/.exec(GPU_RESOURCES)!;
  expect(resource).toMatch(new RegExp(`^(?:${names})$`));
});

test('every signal that a server can tell is on some dashboard', () => {
  const read = new Set(DRAWN.flatMap((board) => queriesOf(board).flatMap(({ expr }) => metricsOf(expr))));
  const signals = [...Object.values(GAUGE_RECORDS), ...Object.values(RATE_RECORDS)];
  expect(signals.filter((record) => !read.has(record))).toEqual([]);
  expect(HISTOGRAMS.filter((signal) => !read.has(quantileRecord(signal, 'p95')))).toEqual([]);
});

test('a promise is drawn as a dashed red line over the latency', () => {
  const panel = DRAWN[0]!.panels.find(({ title }) => title === 'Time to first token')!;
  expect(panel.targets!.map(({ legendFormat }) => legendFormat)).toEqual([
    'p50 {{track}} {{role}}',
    'p95 {{track}} {{role}}',
    'p99 {{track}} {{role}}',
    'objective {{percentile}}',
  ]);
  expect(panel.fieldConfig!.overrides).toEqual([
    {
      matcher: { id: 'byFrameRefID', options: 'D' },
      properties: [
        { id: 'color', value: { mode: 'fixed', fixedColor: 'red' } },
        { id: 'custom.lineStyle', value: { fill: 'dash', dash: [8, 6] } },
        { id: 'custom.lineWidth', value: 1 },
        { id: 'custom.fillOpacity', value: 0 },
      ],
    },
  ]);
});

test('tracks have the same colours wherever they are compared', () => {
  const canary = DRAWN.find(({ uid }) => uid === 'gpu-inference-canary')!;
  const colours = canary.panels
    .filter(({ type }) => type === 'timeseries')
    .map(({ fieldConfig }) =>
      fieldConfig!
        .overrides!.map(({ properties }) => (properties[0]!.value as { fixedColor: string }).fixedColor)
        .join(),
    );
  expect(new Set(colours)).toEqual(new Set(['blue,orange']));
});

test('every record of promises and signals that is read is one that the rules of a service write', () => {
  const chart = new Chart(new App(), 'nim', { namespace: 'nim' });
  const service = monitored();
  const objectives = { availability: 0.999, timeToFirstToken: { p95: Duration.seconds(2.5) } };
  const { groups } = new InferenceSlo(chart, 'slo', { service, monitoring: MONITORING, objectives });
  const written = new Set(groups.flatMap(({ rules }) => rules.map((rule) => ('record' in rule ? rule.record : ''))));
  const read = DRAWN.flatMap((board) => queriesOf(board).flatMap(({ expr }) => metricsOf(expr)));
  const ofPromises = [...Object.values(SLO_RECORDS), errorRatioRecord('5m'), errorRatioRecord('1h')];
  expect(ofPromises.filter((record) => !written.has(record))).toEqual([]);
  expect(read.filter((record) => record.startsWith('slo:') && !written.has(record))).toEqual([]);
});

test.each(DASHBOARDS.flatMap(({ rows }) => rows.flatMap(({ panels }) => panels.flatMap(({ alerts = [] }) => alerts))))(
  'the page of %s is there',
  (alert) => expect(existsSync(join(DOCS, 'runbooks', `${alert}.md`))).toBe(true),
);

test('the pictures in docs/ are of these dashboards; else: npx ts-node docs/dashboard-pictures.ts', () => {
  expect(readFileSync(join(DOCS, 'images', 'dashboards.txt'), 'utf8').trim()).toBe(picturesOf());
});

describe('the way to Grafana', () => {
  test('is a ConfigMap each, which the sidecar finds by its label', () => {
    const boards = boardsOf(DashboardDelivery.configMap({ folder: 'GPU inference' }));
    expect(inventoryOf(boards)).toBe(DASHBOARDS.map(({ uid }) => `ConfigMap ${uid}`).join('\n'));
    expect(yamlOf(boards, 'ConfigMap', 'gpu-inference-fleet', 'metadata')).toBe(`metadata:
  name: gpu-inference-fleet
  namespace: monitoring
  labels:
    app.kubernetes.io/component: monitoring
    app.kubernetes.io/instance: gpu-inference-fleet
    app.kubernetes.io/name: inference-dashboards
    grafana_dashboard: "1"
  annotations:
    grafana_folder: GPU inference
`);
    const data = manifestsOf(boards).map((object) => object.data as Record<string, string>);
    expect(data.flatMap((each) => Object.keys(each))).toEqual(DASHBOARDS.map(({ uid }) => `${uid}.json`));
    expect(data.flatMap((each) => Object.values(each))).toEqual(TEXTS);
  });

  test('is a GrafanaDashboard each for the operator, wherever its Grafana is', () => {
    const boards = boardsOf(
      DashboardDelivery.grafanaOperator({ instances: { dashboards: 'grafana' }, folder: 'GPUs' }),
    );
    const [first, ...others] = manifestsOf(boards);
    expect(upstreamModule(first as KubernetesObject)).toContain('grafana-operator');
    expect([first!, ...others].flatMap((board) => schemaError(board as KubernetesObject) ?? [])).toEqual([]);
    expect(others).toHaveLength(DASHBOARDS.length - 1);
    expect(first).toMatchObject({
      apiVersion: 'grafana.integreatly.org/v1beta1',
      kind: 'GrafanaDashboard',
      metadata: { name: 'gpu-inference-service', namespace: 'monitoring' },
      spec: {
        allowCrossNamespaceImport: true,
        folder: 'GPUs',
        instanceSelector: { matchLabels: { dashboards: 'grafana' } },
        json: TEXTS[0],
      },
    });
  });

  test('is none where the platform wants none', () => expect(manifestsOf(boardsOf(false))).toEqual([]));

  test('leads to the runbooks of the platform', () => {
    const monitoring = Monitoring.prometheusOperator({ runbooks: 'https://wiki.example.com/runbooks' });
    const boards = new InferenceDashboards(new App(), 'dashboards', { monitoring });
    const [service] = manifestsOf(boards).flatMap((each) => Object.values(each.data as Record<string, string>));
    expect(service).toContain('"https://wiki.example.com/runbooks/InferenceDown.md"');
    // Grafana reads the escape as "$".
    expect(service).toContain('"https://wiki.example.com/runbooks/\\u0024{__value.text}.md"');
  });
});

describe('the grid', () => {
  const panel = (id: number, width: number): Dashboard['rows'][number]['panels'][number] => ({
    id,
    kind: 'stat',
    title: 'A',
    description: 'Why?',
    unit: 's',
    width,
    queries: [{ expr: 'up', legend: '' }],
  });

  test('fills lines from the left, and begins a new one for what does not fit', () => {
    const [first, second] = laidOut([
      { id: 10, title: 'First', height: 5, panels: [panel(1, 12), panel(2, 8), panel(3, 8)] },
      { id: 20, title: 'Second', height: 4, panels: [panel(4, 24)] },
    ]);
    expect([first!.at, ...first!.panels.map(({ at }) => at)]).toEqual([
      { x: 0, y: 0, w: 24, h: 1 },
      { x: 0, y: 1, w: 12, h: 5 },
      { x: 12, y: 1, w: 8, h: 5 },
      { x: 0, y: 6, w: 8, h: 5 },
    ]);
    expect([second!.at, second!.panels[0]!.at]).toEqual([
      { x: 0, y: 11, w: 24, h: 1 },
      { x: 0, y: 12, w: 24, h: 4 },
    ]);
  });

  test.each`
    at     | letters
    ${0}   | ${'A'}
    ${25}  | ${'Z'}
    ${26}  | ${'AA'}
    ${701} | ${'ZZ'}
  `('query $at is $letters', ({ at, letters }) => expect(refId(at)).toBe(letters));
});

describe('the text', () => {
  test('has the keys in the order in which a reader asks, small objects on one line, and nothing empty', () => {
    const model = { panels: [{ z: 1, id: 2, list: [], text: '', deep: { empty: {} } }], title: 'T', run: () => 1 };
    expect(dashboardJson(model)).toBe(`{ "title": "T", "panels": [{ "id": 2, "z": 1 }] }\n`);
  });

  test('is the same object for whoever reads JSON', () => {
    const model = { a: ['${b}', null, 1.5, { c: 'x'.repeat(120), d: [true, false] }] };
    expect(dashboardJson(model)).not.toContain('${');
    expect(JSON.parse(dashboardJson(model))).toEqual(model);
  });
});

test('choices replace variables and nothing else', () => {
  expect(withChoices('label_replace(a{b="$namespace", c=~"$service|"}, "x", "$1", "y", "(.+)$")')).toBe(
    'label_replace(a{b="nim", c=~"llama3-8b|"}, "x", "$1", "y", "(.+)$")',
  );
});

test('a library without dashboards does not load the one of Grafana, which takes longer than all of it', () => {
  jest.isolateModules(() => {
    jest.doMock('@grafana/grafana-foundation-sdk/dashboard', () => {
      throw new Error('it is loaded');
    });
    const path = '../../lib/observability/dashboards/inference-dashboards';
    const { InferenceDashboards: Lazy } = jest.requireActual<{ InferenceDashboards: typeof InferenceDashboards }>(path);
    expect(
      () => new Lazy(new App(), 'none', { monitoring: Monitoring.prometheusOperator({ dashboards: false }) }),
    ).not.toThrow();
    expect(() => new Lazy(new App(), 'some', { monitoring: MONITORING })).toThrow('it is loaded');
  });
});
