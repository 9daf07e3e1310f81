import { ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { RuleGroup } from '../../lib/observability/rule';

export const hasPrometheus = () => spawnSync('prometheus', ['--version'], { stdio: 'ignore' }).status === 0;

/** What Prometheus reads at its start. */
export interface PrometheusSetup {
  readonly global?: object;
  readonly scrapeConfigs?: readonly object[];
  readonly groups?: readonly RuleGroup[];
}

/** One series of an answer, with its value now. */
export interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [number, string];
}

/** A real Prometheus on loopback. It has its address before it runs, and keeps it and what it holds when it runs again. */
export class LocalPrometheus {
  static async prepare(): Promise<LocalPrometheus> {
    return new LocalPrometheus(mkdtempSync(join(tmpdir(), 'prometheus-')), await freePort());
  }

  private server?: ChildProcess;

  private constructor(
    readonly folder: string,
    private readonly port: number,
  ) {}

  get address(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Where it keeps its samples. */
  get data(): string {
    return join(this.folder, 'data');
  }

  configure({ global = {}, scrapeConfigs = [], groups = [] }: PrometheusSetup): void {
    const config = { global, rule_files: ['rules.yml'], scrape_configs: scrapeConfigs };
    writeFileSync(join(this.folder, 'rules.yml'), stringify({ groups }));
    writeFileSync(join(this.folder, 'prometheus.yml'), stringify(config));
  }

  /** Starts it, and returns when it answers. */
  async run(...flags: readonly string[]): Promise<void> {
    const own = [`--config.file=${this.folder}/prometheus.yml`, `--storage.tsdb.path=${this.data}`];
    const listen = `--web.listen-address=127.0.0.1:${this.port}`;
    const server = spawn('prometheus', [...own, listen, ...flags], { stdio: ['ignore', 'ignore', 'pipe'] });
    const words: string[] = [];
    server.stderr.on('data', (text) => words.push(String(text)));
    this.server = server;
    for (let tries = 0; tries < 200; tries++) {
      if (await this.isReady()) return;
      if (server.exitCode !== null) break;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    this.stop();
    throw new Error(`Prometheus did not become ready: ${words.slice(-3).join('')}`);
  }

  /** Asks its API; throws its own words when it does not like what was asked. */
  async get(path: string, parameters: Readonly<Record<string, string>>): Promise<unknown> {
    const response = await fetch(`${this.address}/api/v1/${path}?${new URLSearchParams(parameters).toString()}`);
    const answer = (await response.json()) as { error?: string; data?: unknown };
    if (answer.data === undefined) throw new Error(`${answer.error}: ${JSON.stringify(parameters)}`);
    return answer.data;
  }

  /** What a query answers now. */
  async ask(query: string): Promise<readonly Sample[]> {
    return ((await this.get('query', { query })) as { result: readonly Sample[] }).result;
  }

  /** Ends it. What it held stays. */
  stop(): void {
    this.server?.kill('SIGKILL');
    this.server = undefined;
  }

  /** Ends it for good. */
  forget(): void {
    this.stop();
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 3 });
  }

  private async isReady(): Promise<boolean> {
    try {
      return (await fetch(`${this.address}/-/ready`)).ok;
    } catch {
      return false;
    }
  }
}

/** A port that nobody had a moment ago. */
export const freePort = () =>
  new Promise<number>((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
