/**
 * What planning costs: of the time in which services are constructed and synthesized, the part that goes into plans,
 * checks and the scorecard, and what it adds to all the rest. One process, one run, ratios; ends with 1 when plans, checks and
 * capacity add more than a tenth. `npm run bench:planning [services]`
 */
import { mkdtempSync, rmSync } from 'fs';
import { tmpdir } from 'os';
import { join } from 'path';
import { Size } from 'cdk8s';
import {
  GatewayReference,
  GpuNodePool,
  InferenceApp,
  InferenceService,
  ModelCache,
  ModelCredentials,
  NimRuntime,
  planCapacity,
  scorecard,
  scorecardHtml,
  scorecardMarkdown,
  TenantNamespace,
} from '../lib';
import { capacityRequest } from '../lib/checks/capacity';
import { Declarations } from '../lib/checks/declarations';
import { checkWorkload } from '../lib/checks/workload-checks';
import { planInference } from '../lib/plan/inference-plan';

const SERVICES = Number(process.argv[2] ?? 1000);
const ROUNDS = 5;

const nim = (version: string) => new NimRuntime({ image: `nvcr.io/nim/meta/llama3-8b-instruct:${version}` as string });
const edge = new GatewayReference({ name: 'edge', namespace: 'envoy-gateway-system' });

function platform(outdir: string): InferenceApp {
  const app = new InferenceApp({ outdir });
  const shared = GpuNodePool.gke({ name: 'gpupool', machineType: 'g2-standard-4', maxNodes: 2 * SERVICES });
  for (let at = 0; at < SERVICES; at++) {
    new InferenceService(new TenantNamespace(app, `team-${at}`, { gpus: 2 }), `llama-${at}`, {
      model: 'meta-llama/Meta-Llama-3-8B-Instruct',
      runtime: nim('1.0.0'),
      canary: { runtime: nim('1.1.0'), step: 'prepared' },
      nodePool: shared,
      maxModelLen: 8192,
      cache: ModelCache.perReplica(Size.gibibytes(50)),
      credentials: ModelCredentials.ngc({ secretStore: 'platform', key: 'nim/ngc-api-key' }),
      route: { gateway: edge, hostname: `llama-${at}.example.com` },
      waivers: { 'image-pinning': 'a benchmark', 'open-endpoint': 'a benchmark' },
    });
  }
  return app;
}

/** Of the processor: what else runs on the machine does not count. */
const milliseconds = (work: () => void): number => {
  const started = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(started);
  return (user + system) / 1000;
};

const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;

const outdir = mkdtempSync(join(tmpdir(), 'planning-'));
const rounds = Array.from({ length: ROUNDS + 1 }, () => {
  let app!: InferenceApp;
  const construct = milliseconds(() => (app = platform(outdir)));
  const synth = milliseconds(() => app.synth());
  const declared = Declarations.of(app);
  const plans = milliseconds(() => declared.workloads.forEach(({ request }) => planInference(request)));
  const checks = milliseconds(() => declared.workloads.forEach((workload) => checkWorkload(workload)));
  const capacity = milliseconds(() => planCapacity(capacityRequest(declared)));
  const card = milliseconds(() => {
    const told = scorecard(app);
    scorecardMarkdown(told);
    scorecardHtml(told);
    JSON.stringify(told);
  });
  return { whole: construct + synth, plans, checks, capacity, card };
}).slice(1); // the first round warms up
rmSync(outdir, { recursive: true });

const whole = median(rounds.map((round) => round.whole));
const row = (name: string, value: number) =>
  console.log(
    `${name.padEnd(34)} ${value.toFixed(0).padStart(6)} ms ${((100 * value) / whole).toFixed(1).padStart(6)} %`,
  );
console.log(`${SERVICES} services with a release each, median of ${ROUNDS} rounds`);
row('construction and synthesis', whole);
row('  plans', median(rounds.map(({ plans }) => plans)));
row('  checks', median(rounds.map(({ checks }) => checks)));
row('  capacity of all together', median(rounds.map(({ capacity }) => capacity)));
row('  scorecard and its three texts', median(rounds.map(({ card }) => card)));

/** What the work of a round adds to the time that it would take without, as a median. */
const added = (work: (round: (typeof rounds)[number]) => number) =>
  median(rounds.map((round) => work(round) / (round.whole - work(round))));
const planning = added(({ plans, checks, capacity }) => plans + checks + capacity);
const withCard = added(({ plans, checks, capacity, card }) => plans + checks + capacity + card);
const share = (value: number) => `${(100 * value).toFixed(1)} %`;
console.log(`planning adds ${share(planning)}, with the scorecard ${share(withCard)}; allowed is a tenth for planning`);
if (!(planning <= 0.1)) process.exitCode = 1;
