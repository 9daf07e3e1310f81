import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer, Server } from 'node:https';
import { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { prometheusAdapterRules } from '../../lib';
import { LocalPrometheus } from '../support/prometheus';
import { apply, find, kubectl, until } from './cluster';
import { folder } from './synthesized';

const API = 'external.metrics.k8s.io';
const VERSION = 'v1beta1';
const NAME = `${VERSION}.${API}`;
const SERVICE = { name: 'prometheus-adapter', namespace: 'default' };

/**
 * As much of the Prometheus adapter as external metrics take, with the rules that the library documents: the API server hands
 * questions to it, and it hands them on to a real Prometheus. A cluster has one server of external metrics, so where KEDA's is
 * it steps aside, until `stop` puts it back.
 *
 * @source kubernetes-sigs/prometheus-adapter pkg/external-provider and docs/config.md
 */
export class PrometheusAdapter {
  private readonly server: Server;
  private former?: object;
  readonly asked = new Set<string>();

  constructor(private readonly prometheus: LocalPrometheus) {
    const keys = folder();
    const [key, cert] = [join(keys, 'tls.key'), join(keys, 'tls.crt')];
    const made = spawnSync('openssl', [
      ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', '-subj', '/CN=localhost'],
      ...['-addext', 'subjectAltName=DNS:localhost', '-keyout', key, '-out', cert],
    ]);
    if (made.status !== 0) throw new Error(String(made.stderr));
    this.server = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, ({ url = '' }, response) => {
      void this.answer(new URL(url, 'https://localhost')).then(({ status, body }) => {
        response.statusCode = status;
        response.setHeader('content-type', 'application/json');
        response.end(JSON.stringify(body));
      });
    });
  }

  async start(): Promise<void> {
    await new Promise<void>((listening) => this.server.listen(0, '127.0.0.1', listening));
    const { port } = this.server.address() as AddressInfo;
    const service = { kind: 'Service', apiVersion: 'v1', metadata: SERVICE };
    await apply({ ...service, spec: { type: 'ExternalName', externalName: 'localhost', ports: [{ port }] } });
    const spec = {
      ...{ group: API, version: VERSION, groupPriorityMinimum: 100, versionPriority: 100 },
      ...{ insecureSkipTLSVerify: true, service: { ...SERVICE, port } },
    };
    this.former = (await find('', 'apiservice', NAME))?.spec as object | undefined;
    if (this.former) await lead(spec);
    else await apply({ apiVersion: 'apiregistration.k8s.io/v1', kind: 'APIService', metadata: { name: NAME }, spec });
    await until('the API server asks the adapter', async () => this.asked.has(`/apis/${API}/${VERSION}`));
  }

  async stop(): Promise<void> {
    if (this.former) await lead(this.former);
    else await kubectl('delete', 'apiservice', NAME, '--ignore-not-found');
    await kubectl('delete', 'service', SERVICE.name, '-n', SERVICE.namespace, '--ignore-not-found');
    this.server.close();
    this.server.closeAllConnections();
  }

  private async answer({ pathname, searchParams }: URL): Promise<{ status: number; body: object }> {
    this.asked.add(pathname);
    if (pathname === `/apis/${API}/${VERSION}`) return { status: 200, body: NO_LIST };
    const [, namespace, metric] =
      new RegExp(`^/apis/${API}/${VERSION}/namespaces/([^/]+)/([^/]+)$`).exec(pathname) ?? [];
    if (namespace === undefined || metric === undefined) return status(404, `nothing is at ${pathname}`);
    try {
      return { status: 200, body: await this.values(namespace, metric, searchParams.get('labelSelector') ?? '') };
    } catch (error) {
      return status(500, String(error));
    }
  }

  /** What the rule of this name answers: the series that it finds, asked for the labels of the selector and the namespace. */
  private async values(namespace: string, metric: string, selector: string): Promise<object> {
    const rule = prometheusAdapterRules().find(({ name }) => name.as === metric);
    const series = rule && (await this.found(rule.seriesQuery, new RegExp(rule.name.matches)));
    if (rule === undefined || series === undefined) throw new Error(`no series is ${metric}`);
    const [namespaceLabel] = Object.keys(rule.resources.overrides);
    const matchers = [
      `${namespaceLabel}="${namespace}"`,
      ...selector
        .split(',')
        .filter((each) => each !== '')
        .map((each) => each.replace(/=(.*)/, '="$1"')),
    ];
    const query = rule.metricsQuery.replace('<<.Series>>', series).replace('<<.LabelMatchers>>', matchers.join(','));
    const samples = await this.prometheus.ask(query);
    return {
      kind: 'ExternalMetricValueList',
      apiVersion: `${API}/${VERSION}`,
      metadata: {},
      items: samples.map(({ metric: metricLabels, value: [time, value] }) => ({
        metricName: metric,
        metricLabels,
        timestamp: new Date(time * 1000).toISOString().replace(/\.\d+Z/, 'Z'),
        value: `${Math.floor(Number(value) * 1000)}m`,
      })),
    };
  }

  /** Name of the series that a rule finds, of the last minute; undefined while there is none. */
  private async found(seriesQuery: string, matches: RegExp): Promise<string | undefined> {
    const start = String(Date.now() / 1000 - 60);
    const found = (await this.prometheus.get('series', { 'match[]': seriesQuery, start })) as { __name__: string }[];
    return found.map(({ __name__ }) => __name__).find((name) => matches.test(name));
  }
}

/** The kinds of the API are the metrics, and nobody needs a list of them. */
const NO_LIST = { kind: 'APIResourceList', apiVersion: 'v1', groupVersion: `${API}/${VERSION}`, resources: [] };

/** Leads the API that there is somewhere else. */
const lead = (spec: object) => kubectl('patch', 'apiservice', NAME, '--type=merge', '-p', JSON.stringify({ spec }));

const status = (code: number, message: string) => ({
  status: code,
  body: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', code, message },
});
