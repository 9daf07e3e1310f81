import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LocalPrometheus } from './prometheus';
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
    const prometheus = await LocalPrometheus.prepare();
    const samples = join(prometheus.folder, 'samples.txt');
    writeFileSync(samples, openMetrics());
    const made = spawnSync('promtool', ['tsdb', 'create-blocks-from', 'openmetrics', samples, prometheus.data]);
    if (made.status !== 0) throw new Error(String(made.stderr));
    prometheus.configure({});
    await prometheus.run('--storage.tsdb.retention.time=100y');
    return new SamplePrometheus(prometheus);
  }

  private constructor(private readonly prometheus: LocalPrometheus) {}

  /** What Grafana would draw of the six hours. */
  async curves(query: string, stepSeconds = 120): Promise<readonly Answer[]> {
    const end = SAMPLE_START + SAMPLE_HOURS * 3600;
    const parameters = { query, start: String(SAMPLE_START), end: String(end), step: String(stepSeconds) };
    return ((await this.prometheus.get('query_range', parameters)) as { result: Answer[] }).result;
  }

  stop(): void {
    this.prometheus.forget();
  }
}
