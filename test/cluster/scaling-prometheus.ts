import { readdirSync, readFileSync } from 'node:fs';
import { createServer, Server } from 'node:http';
import { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { LiveObject } from '../../lib/operations/rehearse/kubectl';
import { answers, PodHistory, serves } from '../../lib/operations/rehearse/pod-history';
import { hasPrometheus, LocalPrometheus } from '../support/prometheus';
import { scrapeJobs } from '../support/scraped';
import { Manifest } from '../support/yaml-of';
import { describeWith } from './further-controllers';
import { Load, NO_LOAD, ToldServer } from './scaling-servers';

/** A group of tests in which scalers ask a real Prometheus: in the run that has KEDA, where there is one. */
export const describeScaling = (() => {
  const wanted = describeWith('keda');
  if (wanted !== describe || hasPrometheus()) return wanted;
  process.stderr.write('Skipped: scaling by a real Prometheus; there is none (Debian: apt-get install prometheus).\n');
  return describe.skip;
})();

const serviceOf = ({ metadata }: LiveObject) => metadata.labels!['app.kubernetes.io/instance']!;

const DISCOVERY = '/targets';

interface Container {
  readonly name: string;
  readonly ports?: readonly { readonly name?: string; readonly containerPort: number }[];
}

/**
 * A pod as Prometheus' own discovery tells of it: a target for each port of each container.
 *
 * @source prometheus/prometheus discovery/kubernetes/pod.go
 */
function discovered({ metadata, spec, status }: LiveObject): object[] {
  if (status?.podIP === undefined) return [];
  const labels = Object.entries(metadata.labels ?? {}).flatMap(([key, value]) => {
    const name = key.replace(/\W/g, '_');
    return [
      [`__meta_kubernetes_pod_label_${name}`, value],
      [`__meta_kubernetes_pod_labelpresent_${name}`, 'true'],
    ];
  });
  const pod = {
    ...(Object.fromEntries(labels) as Record<string, string>),
    __meta_kubernetes_namespace: metadata.namespace!,
    __meta_kubernetes_pod_name: metadata.name,
    __meta_kubernetes_pod_phase: status.phase as string,
  };
  return [...((spec.initContainers ?? []) as Container[]), ...(spec.containers as Container[])].flatMap((container) =>
    (container.ports ?? []).map(({ name = '', containerPort }) => ({
      targets: [`${status.podIP}:${containerPort}`],
      labels: {
        ...pod,
        __meta_kubernetes_pod_container_name: container.name,
        __meta_kubernetes_pod_container_port_name: name,
        __meta_kubernetes_pod_container_port_number: String(containerPort),
      },
    })),
  );
}

/**
 * The servers in the pods of a namespace. No container runs there, so one HTTP server answers for all of them: a pod that serves as
 * the server that it runs, at the port and the path of that server; any other pod not at all.
 */
export class ServersInPods {
  /** False when nothing gets through to the pods. */
  reachable = true;
  private readonly loads = new Map<string, Load & { readonly lateSince?: number }>();
  private readonly http: Server;

  constructor(
    private readonly history: PodHistory,
    private readonly namespace: string,
    private readonly servers: Readonly<Record<string, ToldServer>>,
  ) {
    this.http = createServer(({ url = '' }, response) => {
      if (url === DISCOVERY) {
        response.setHeader('content-type', 'application/json');
        response.end(JSON.stringify(this.pods.flatMap(discovered)));
        return;
      }
      const page = this.reachable ? this.page(url) : undefined;
      response.statusCode = page === undefined ? 503 : 200;
      response.setHeader('content-type', 'text/plain; version=0.0.4');
      response.end(page);
    });
  }

  /** What the requests of a service are like from now on; late ones come one each second. */
  load(service: string, load: Partial<Load>): void {
    this.loads.set(service, { ...NO_LOAD, ...load, ...(load.late && { lateSince: Date.now() }) });
  }

  async listen(): Promise<void> {
    await new Promise<void>((listening) => this.http.listen(0, '127.0.0.1', listening));
  }

  /** Where Prometheus is told of the pods. Debian's knows no Kubernetes. */
  get discovery(): object {
    return { url: `http://${this.address}${DISCOVERY}`, refresh_interval: '1s' };
  }

  /** Leads a scrape of a pod here. */
  get relabelings(): readonly object[] {
    const pod = ['__meta_kubernetes_pod_name', '__meta_kubernetes_pod_container_port_number', '__metrics_path__'];
    return [
      { source_labels: pod, separator: '/', target_label: '__metrics_path__', replacement: '/$1' },
      { target_label: '__address__', replacement: this.address },
    ];
  }

  private get pods(): LiveObject[] {
    return [...this.history.pods.values()].filter(({ metadata }) => metadata.namespace === this.namespace);
  }

  private get address(): string {
    return `127.0.0.1:${(this.http.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.http.close();
    this.http.closeAllConnections();
  }

  /** Of `/llama-0/8000//metrics`. */
  private page(url: string): string | undefined {
    const [, name, port, path] = /^\/([^/]+)\/(\d+)\/(\/.*)$/.exec(url) ?? [];
    const pod = this.pods.find(({ metadata }) => metadata.name === name);
    if (pod === undefined || !serves(pod)) return undefined;
    const service = serviceOf(pod);
    const server = this.servers[service];
    if (server === undefined || server.port !== Number(port) || server.path !== path) return undefined;
    const load = this.loads.get(service) ?? NO_LOAD;
    const { lateSince } = this.loads.get(service) ?? {};
    // Of a group the leader alone tells.
    const pods = this.pods.filter((each) => serviceOf(each) === service && answers(each) && serves(each));
    const names = pods.map(({ metadata }) => metadata.name).sort();
    const share = (requests: number) =>
      Math.floor(requests / names.length) + (names.indexOf(name!) < requests % names.length ? 1 : 0);
    return server.page({
      waiting: share(load.waiting),
      running: share(load.running),
      kvCache: load.kvCache,
      late: lateSince === undefined ? 0 : Math.floor((Date.now() - lateSince) / 1000),
    });
  }
}

/** Every object in a folder of YAML. */
const objectsIn = (folder: string): Manifest[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.yaml'))
    .flatMap((file) => parseAllDocuments(readFileSync(join(folder, file), 'utf8')))
    .map((document) => document.toJS() as Manifest);

/**
 * Sets a Prometheus up as the operator would for the monitors and rules in a folder: it finds the pods of the cluster, and
 * records. Only the times are shorter, and the pods are answered for.
 */
export function setUp(prometheus: LocalPrometheus, folder: string, servers: ServersInPods): void {
  const objects = objectsIn(folder);
  const jobs = objects.filter(({ kind }) => kind === 'PodMonitor').flatMap(scrapeJobs);
  prometheus.configure({
    global: { evaluation_interval: '1s' },
    scrapeConfigs: jobs.map((job) => ({
      ...job,
      scrape_interval: '1s',
      scrape_timeout: '1s',
      kubernetes_sd_configs: undefined,
      http_sd_configs: [servers.discovery],
      relabel_configs: [...job.relabel_configs, ...servers.relabelings],
    })),
    groups: objects
      .filter(({ kind }) => kind === 'PrometheusRule')
      .flatMap(({ spec }) => spec.groups as { name: string; interval?: string; rules: [] }[])
      // As often as everything here.
      .map(({ interval: _, ...group }) => group),
  });
}
