import { ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openMetrics, SAMPLE_HOURS, SAMPLE_START } from './sample-platform';

/** One answer of Prometheus: labels, and values by the second. */
export interface Answer {
  readonly metric: Readonly<Record<string, string>>;
  readonly values: readonly (readonly [number, string])[];
}

export const hasPrometheus = () =>
  ['prometheus', 'promtool'].every((tool) => spawnSync(tool, ['--version'], { stdio: 'ignore' }).status === 0);

/** A real Prometheus on loopback that holds the sample platform, and scrapes nothing. */
export class SamplePrometheus {
  static async start(): Promise<SamplePrometheus> {
    const folder = mkdtempSync(join(tmpdir(), 'sample-prometheus-'));
    const [samples, config, data] = ['samples.txt', 'prometheus.yml', 'data'].map((name) => join(folder, name));
    writeFileSync(samples!, openMetrics());
    writeFileSync(config!, 'global: {}\n');
    const made = spawnSync('promtool', ['tsdb', 'create-blocks-from', 'openmetrics', samples!, data!]);
    if (made.status !== 0) throw new Error(String(made.stderr));
    const port = await freePort();
    const server = spawn(
      'prometheus',
      [
        `--config.file=${config}`,
        `--storage.tsdb.path=${data}`,
        '--storage.tsdb.retention.time=100y',
        `--web.listen-address=127.0.0.1:${port}`,
      ],
      { stdio: 'ignore' },
    );
    const running = new SamplePrometheus(folder, port, server);
    for (let tries = 0; tries < 100; tries++) {
      if (await running.isReady()) return running;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    running.stop();
    throw new Error('Prometheus did not become ready');
  }

  private constructor(
    private readonly folder: string,
    private readonly port: number,
    private readonly server: ChildProcess,
  ) {}

  /** What Grafana would draw of the six hours. */
  async curves(query: string, stepSeconds = 120): Promise<readonly Answer[]> {
    const end = SAMPLE_START + SAMPLE_HOURS * 3600;
    const parameters = { query, start: String(SAMPLE_START), end: String(end), step: String(stepSeconds) };
    const response = await fetch(
      `http://127.0.0.1:${this.port}/api/v1/query_range?${new URLSearchParams(parameters).toString()}`,
    );
    const answer = (await response.json()) as { error?: string; data?: { result: Answer[] } };
    if (!answer.data) throw new Error(`${answer.error}: ${query}`);
    return answer.data.result;
  }

  stop(): void {
    this.server.kill('SIGKILL');
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async isReady(): Promise<boolean> {
    try {
      return (await fetch(`http://127.0.0.1:${this.port}/-/ready`)).ok;
    } catch {
      return false;
    }
  }
}

/** A port that nobody had a moment ago. */
const freePort = () =>
  new Promise<number>((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
