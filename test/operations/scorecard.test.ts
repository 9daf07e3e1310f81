import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Chart, Size } from 'cdk8s';
import { k8s } from 'cdk8s-plus-30';
import fc from 'fast-check';
import { InferenceApp, InferenceAppProps } from '../../lib/gitops/inference-app';
import { GpuNodePool } from '../../lib/hardware/gpu-node-pool';
import { ModelCache } from '../../lib/model/model-cache';
import { memoryBar, MemoryLayout } from '../../lib/operations/memory-layout';
import { grouped } from '../../lib/operations/rounding';
import { Scorecard, scorecard, ScorecardOptions } from '../../lib/operations/scorecard';
import { scorecardHtml } from '../../lib/operations/scorecard-html';
import { scorecardMarkdown } from '../../lib/operations/scorecard-markdown';
import { duration } from '../../lib/operations/scorecard-words';
import { VllmRuntime } from '../../lib/runtime/vllm/vllm';
import { GpuInferenceLeaderWorkerSet } from '../../lib/workload/gpu-inference-leader-worker-set';
import { GpuInferenceStatefulSet, GpuInferenceStatefulSetProps } from '../../lib/workload/gpu-inference-stateful-set';
import { CONTRACT, GROUP_CONTRACT } from '../support/services';
import '../support/plain-text';
import { TOKENS } from '../support/tokens';
import { samplePlatform } from './sample-platform';

/** The card of the sample; what validations find is on it, as in a synthesis. */
function card(options?: ScorecardOptions): Scorecard {
  const app = samplePlatform(new App());
  for (const { node } of app.node.findAll()) expect(node.validate()).toEqual([]);
  return scorecard(app, options);
}

/** A card of StatefulSets of the reference contract, with what differs. */
function cardOf(
  services: Readonly<Record<string, Partial<GpuInferenceStatefulSetProps>>>,
  options?: ScorecardOptions,
): Scorecard {
  const app = new App();
  const chart = new Chart(app, 'nim', { namespace: 'nim' });
  for (const [id, changes] of Object.entries(services))
    new GpuInferenceStatefulSet(chart, id, { ...CONTRACT, ...changes });
  return scorecard(app, options);
}

const service = (of: Scorecard, name: string) => of.services.find((each) => each.name === name)!;

describe('the card', () => {
  test('totals', () => {
    expect(card().total).toMatchInlineSnapshot(`
     {
       cost: {
         currency: USD,
         knownPerMonth: 37560,
       },
       gpus: 10,
       gpusAtPeak: 11,
       nodes: 8,
       replicas: 9,
       services: 4,
     }
    `);
  });

  test('a service under release: both tracks, and the GPUs of each step', () => {
    const { tracks, release, ...llama } = service(card(), 'llama3-8b');
    expect(llama).toMatchInlineSnapshot(`
     {
       cost: {
         currency: USD,
         perHour: 3.5342,
         perMonth: 2580,
       },
       gpus: 5,
       gpusAtPeak: 6,
       model: meta-llama/Meta-Llama-3-8B-Instruct,
       name: llama3-8b,
       namespace: chat,
       nodes: 5,
       replicas: 5,
       resourceName: nvidia.com/gpu,
     }
    `);
    expect(tracks.map(({ track, replicas, placed, pod }) => ({ track, replicas, placed, pod }))).toMatchInlineSnapshot(`
     [
       {
         placed: {
           l4: 3,
         },
         pod: {
           cpuMillis: 3100,
           ephemeralStorageMib: 8192,
           gpus: 1,
           memoryMib: 11264,
         },
         replicas: 3,
         track: stable,
       },
       {
         placed: {
           l4: 2,
         },
         pod: {
           cpuMillis: 3100,
           ephemeralStorageMib: 8192,
           gpus: 1,
           memoryMib: 11264,
         },
         replicas: 2,
         track: canary,
       },
     ]
    `);
    expect(release?.current).toBe('20%');
    expect(release?.steps.map(({ name, gpus }) => `${name}: ${gpus}`)).toEqual([
      'prepared: 3',
      'smoke: 4',
      '5%: 4',
      '20%: 5',
      '50%: 6',
      '100%: 6',
      'promote: 6',
    ]);
  });

  test('memory and start of a model over two GPUs', () => {
    const [stable] = service(card(), 'llama33-70b').tracks;
    expect(stable?.startup).toMatchInlineSnapshot(`
     {
       coldSeconds: 2239,
       imagePullSeconds: 300,
       nodeSeconds: 300,
       probeSeconds: 4478,
       rolloutSeconds: 5078,
       warmSeconds: 785,
     }
    `);
    expect(stable?.memory).toMatchInlineSnapshot(`
     [
       {
         activationsGib: 4.77,
         device: each of 2 H100-80GB,
         engine: vLLM 0.8.5 (V1),
         keptFreeGib: 7.91,
         kvCacheGib: 31.96,
         kvTokens: 209456,
         maxModelLen: 32768,
         missingGib: 0,
         promisedSequences: 4,
         runtimeGib: 0.6,
         sequences: 6,
         totalGib: 79.11,
         verdict: fits,
         weightFormat: fp8,
         weightsGib: 33.86,
       },
     ]
    `);
  });

  test('copies of two machines: all their GPUs, on as many nodes as they have pods', () => {
    const app = new App();
    const chart = new Chart(app, 'nim', { namespace: 'nim' });
    new GpuInferenceLeaderWorkerSet(chart, 'llama', GROUP_CONTRACT);
    const [service] = scorecard(app).services;
    const { replicas, gpus, nodes, tracks } = service!;
    expect({ replicas, gpus, nodes }).toEqual({ replicas: 2, gpus: 32, nodes: 4 });
    expect(tracks[0]).toMatchObject({ gpusPerReplica: 16, podsPerReplica: 2, placed: { h100: 4 } });
    expect(scorecardMarkdown(scorecard(app))).toContain('| pods a replica | 2 |');
    expect(scorecardHtml(scorecard(app))).toContain('2 replicas of 16 GPUs in 2 pods');
  });

  test('a pool with its node as the scheduler sees it', () => {
    expect(card().pools.find(({ key }) => key === 'slices')).toMatchInlineSnapshot(`
     {
       gpu: A100-80GB,
       gpus: 1,
       gpusPerNode: 2,
       key: slices,
       machineTypes: [
         Standard_NC24ads_A100_v4,
       ],
       maxNodes: 1,
       migProfile: 3g.40gb,
       minNodes: 0,
       name: slices,
       node: {
         allocatable: {
           cpuMillis: 23660,
           gpus: 2,
           memoryMib: 218424,
         },
         capacity: {
           cpuMillis: 24000,
           gpus: 2,
           memoryMib: 225280,
         },
         daemonSets: {
           cpuMillis: 450,
           memoryMib: 600,
         },
         labels: {
           kubernetes.azure.com/accelerator: nvidia,
           kubernetes.azure.com/agentpool: slices,
           node.kubernetes.io/instance-type: Standard_NC24ads_A100_v4,
         },
         taints: [
           {
             effect: NoSchedule,
             key: sku,
             value: gpu,
           },
         ],
       },
       nodes: 1,
       platform: aks,
       price: {
         date: 2026-06-18,
         perHour: 3.673,
         region: eastus,
       },
       resourceName: nvidia.com/gpu,
       spot: false,
       zones: [],
     }
    `);
  });

  test('quota, warnings and waivers', () => {
    const { quotas, warnings, waivers } = card();
    expect(quotas).toEqual([
      { namespace: 'chat', resourceName: 'nvidia.com/gpu', gpus: 8, declaredGpus: 7, declaredGpusAtPeak: 8 },
    ]);
    expect(waivers).toMatchInlineSnapshot(`
     [
       {
         check: image-pinning,
         path: chat/llama33-70b/stable,
         reason: The registry proxy pins tags.,
         text: The container nim runs nvcr.io/nim/meta/llama-3.3-70b-instruct:1.8.0. A tag can be moved; a pod that restarts would run what nobody reviewed.,
       },
     ]
    `);
    expect(warnings.map(({ path, check }) => `${path}: ${check}`)).toMatchInlineSnapshot(`
     [
       chat/llama3-8b/stable: image-pinning,
       chat/llama3-8b/stable: single-zone,
       chat/llama3-8b/canary: image-pinning,
       chat/llama3-8b/release/route: open-endpoint,
       search/qwen3-8b/stable: image-pinning,
       search/mistral-7b/stable: node-fit,
       search/mistral-7b/stable: image-pinning,
       : cost,
     ]
    `);
  });

  test('exceptions for linters: one a reason, with all that have it', () => {
    const { exceptions } = cardOf({ llama: {}, other: { replicas: 2 } });
    expect(exceptions.map(({ rule, paths }) => `${rule}: ${paths.join(', ')}`)).toMatchInlineSnapshot(`
     [
       cpu-limit: nim/llama, nim/other,
       host-anti-affinity: nim/other,
       image-pull-policy: nim/llama, nim/other,
       low-user-id: nim/llama, nim/other,
       read-only-root-filesystem: nim/llama, nim/other,
       secret-in-environment: nim/llama, nim/other,
     ]
    `);
  });

  test('is JSON, and the same again', () => {
    const text = JSON.stringify(card());
    expect(JSON.parse(text)).toEqual(card());
    expect(JSON.stringify(card())).toBe(text);
    expect(text).not.toContain('null');
  });

  test('does not depend on the order of declaration', () => {
    const pool = GpuNodePool.gke({ name: 'other', machineType: 'g2-standard-8', maxNodes: 2 });
    const one = cardOf({ a: {}, b: { nodePool: pool } });
    const other = cardOf({ b: { nodePool: pool }, a: {} });
    expect({ ...one, warnings: [] }).toEqual({ ...other, warnings: [] });
  });
});

describe('pools', () => {
  const l4 = (maxNodes: number) => GpuNodePool.gke({ name: 'gpupool', machineType: 'g2-standard-24', maxNodes });

  test('that are alike are one, and services share its nodes', () => {
    const { pools, total, services } = cardOf({ a: { nodePool: l4(2) }, b: { nodePool: l4(2) } });
    expect(pools.map(({ key, nodes, gpus }) => ({ key, nodes, gpus }))).toEqual([
      { key: 'gpupool', nodes: 1, gpus: 2 },
    ]);
    expect(total.nodes).toBe(1);
    // Each pays for the half that it fills.
    expect(services.map(({ cost }) => cost.perHour)).toEqual([1.0004, 1.0004]);
    expect(total.cost.perHour).toBe(2.0008);
  });

  test('of one name that differ are two', () => {
    const { pools } = cardOf({ a: { nodePool: l4(2) }, b: { nodePool: l4(3) } });
    expect(pools.map(({ key, maxNodes, nodes }) => ({ key, maxNodes, nodes }))).toEqual([
      { key: 'gpupool', maxNodes: 2, nodes: 1 },
      { key: 'gpupool#2', maxNodes: 3, nodes: 1 },
    ]);
  });

  test('the first choice is filled before the second', () => {
    const spill = GpuNodePool.gke({ name: 'spill', machineType: 'g2-standard-8', maxNodes: 4 });
    const { services, pools } = cardOf({ a: { nodePool: [CONTRACT.nodePool, spill], replicas: 3 } });
    expect(services[0]?.tracks[0]?.placed).toEqual({ gpupool: 2, spill: 1 });
    expect(pools.map(({ nodes }) => nodes)).toEqual([2, 1]);
  });

  test('are filled together where services reach each other over a second choice', () => {
    const pairs = GpuNodePool.gke({ name: 'pairs', machineType: 'g2-standard-24', maxNodes: 4 });
    const { total, pools } = cardOf({
      a: { nodePool: [CONTRACT.nodePool, pairs], replicas: 3 },
      b: { nodePool: pairs },
    });
    expect(pools.map(({ key, nodes, gpus }) => ({ key, nodes, gpus }))).toEqual([
      { key: 'gpupool', nodes: 2, gpus: 2 },
      { key: 'pairs', nodes: 1, gpus: 2 },
    ]);
    expect(total.nodes).toBe(3);
  });

  test('too small for what is declared: counted as if they were not', () => {
    const { total, services } = cardOf({ a: { replicas: 5 } });
    expect(total).toMatchObject({ gpus: 5, nodes: 5 });
    expect(services[0]?.tracks[0]?.placed).toEqual({ gpupool: 5 });
  });
});

describe('money', () => {
  test('a price that nobody knows makes the sum unknown, and says so', () => {
    const { total, warnings } = card();
    expect(total.cost.perMonth).toBeUndefined();
    expect(total.cost.knownPerMonth).toBe(37560);
    expect(warnings.at(-1)).toEqual({
      path: '',
      check: 'cost',
      text: 'The nodes of the pool rack have no price: they are of no machine type that a cloud sells.\nCount what they cost per hour among the fixed costs.',
    });
  });

  test('by a price list, with a commitment and what the cluster costs idle', () => {
    const priceList = {
      machines: { 'g2-standard-4': 0.6 },
      region: 'europe-west4',
      date: '2026-09-01',
      currency: 'EUR',
      committedDiscountPercent: 50,
    };
    const fixed = [{ item: 'cluster fee', pricePerHour: 0.1, region: 'europe-west4', date: '2026-09-01' }];
    const { total, pools } = cardOf({ a: { replicas: 2 } }, { priceList, fixed, committedNodes: { gpupool: 1 } });
    // One node at half the price, one at the whole, and the fee.
    expect(total.cost).toEqual({ currency: 'EUR', perHour: 1, perMonth: 730, perMonthCommitted: 511 });
    expect(pools[0]?.price).toEqual({ perHour: 0.6, region: 'europe-west4', date: '2026-09-01' });
  });
});

// One needs most of a node's memory and the others most of its disk: 1/1 + 6/5 of a node, which are 2 all the same.
test('the nodes that are paid for are the nodes that the card tells', () => {
  const nodePool = GpuNodePool.gke({ name: 'l4', machineType: 'g2-standard-96', maxNodes: 3 });
  const { total, pools } = cardOf({
    large: { nodePool, resources: { memory: Size.gibibytes(200) } },
    small: { nodePool, replicas: 6 },
  });
  expect([total.nodes, pools[0]!.nodes]).toEqual([2, 2]);
  expect(total.cost.perHour).toBeCloseTo(2 * pools[0]!.price!.perHour, 3);
});

test('nodes without any price cost nothing known, not 0', () => {
  const nodePool = GpuNodePool.onPrem({ name: 'rack', gpu: 'L40S', gpusPerNode: 2, maxNodes: 2 });
  expect(cardOf({ llama: { nodePool } }).total.cost).toEqual({ currency: 'USD' });
});

describe('text', () => {
  test('Markdown', () => {
    expect(scorecardMarkdown(cardOf({ llama: { waivers: { 'image-pinning': 'A lab.' } } }))).toMatchInlineSnapshot(`
     # Scorecard

     |  |  |
     | :-- | --: |
     | services | 1 |
     | replicas | 1 |
     | GPUs | 1 |
     | GPUs at the largest step of every release | 1 |
     | GPU nodes | 1 |
     | cost an hour | 0.71 USD |
     | cost a month | 516 USD |
     | the same on spot | 290 USD |
     | warnings | 0 |
     | waivers | 1 |

     ## Services

     | service | GPUs | nodes | sequences | cold start | cost a month |
     | :-- | --: | --: | --: | --: | --: |
     | nim/llama | 1 | 1 | 2 | 12 min 10 s | 516 USD |

     ## Node pools

     | pool | machine | nodes | at most | GPUs | at most | a node an hour |
     | :-- | :-- | --: | --: | --: | --: | --: |
     | gpupool | g2-standard-4, 1 x L4 | 1 | 2 | 1 | 2 | 0.71 (us-central1, 2026-08-03) |

     ## nim/llama

     |  |  |
     | :-- | --: |
     | model | meta-llama/Meta-Llama-3-8B-Instruct |
     | replicas | 1 |
     | GPUs | 1 |
     | nodes, if it had them alone | 1 |
     | cost an hour, its part of the nodes | 0.71 USD |
     | cost a month, its part of the nodes | 516 USD |

     ### Stable: nim 1.0.0

     |  |  |
     | :-- | --: |
     | image | nvcr.io/nim/meta/llama3-8b-instruct:1.0.0 |
     | replicas | 1 |
     | GPUs a replica | 1 |
     | pools | gpupool |
     | cpu a pod | 3,100m |
     | memory a pod | 11,264 MiB |
     | cold start | 12 min 10 s |
     | warm start | 6 min 48 s |
     | new node and probe margin included | 34 min 20 s |

     \`\`\`text
     an L4: 22.03 GiB, vLLM 0.5.5 (V0)
     ██████████████████████████████████▓▓▒▒▒░░░░░░·····
     █ weights       14.96 GiB
     ▓ runtime        0.90 GiB
     ▒ activations    1.22 GiB
     ░ KV cache       2.74 GiB
     · kept free      2.20 GiB
     weights      bf16
     KV cache     22,464 tokens
     sequences    2 of 8,192 tokens
     verdict      fits
     \`\`\`

     ## Waivers

     - nim/llama: image-pinning\\
       The container nim runs nvcr.io/nim/meta/llama3-8b-instruct:1.0.0. A tag can be moved; a pod that restarts would run what nobody reviewed.\\
       Waived: A lab.

     ## Exceptions for linters

     - cpu-limit: kube-linter unset-cpu-requirements, Checkov CKV_K8S_11, Polaris cpuLimitsMissing\\
       a limit throttles the threads that feed the GPU while CPU is idle; the request guarantees the share\\
       nim/llama
     - image-pull-policy: kube-score container-image-pull-policy, Checkov CKV_K8S_15, Polaris pullPolicyNotAlways\\
       an image of many GB that is on the node must not wait for its registry when a pod restarts\\
       nim/llama
     - low-user-id: kube-score container-security-context-user-group-id, Checkov CKV_K8S_40\\
       the files of the image belong to the user that its publisher chose\\
       nim/llama
     - read-only-root-filesystem: kube-linter no-read-only-root-fs, kube-score container-security-context-readonlyrootfilesystem, Checkov CKV_K8S_22, Polaris notReadOnlyRootFilesystem\\
       NIM writes outside its cache and /tmp; no published version is known to run on a read-only root\\
       nim/llama
     - secret-in-environment: kube-linter read-secret-from-env-var, Checkov CKV_K8S_35\\
       the server reads this key from its environment only\\
       nim/llama
    `);
  });

  test('GPUs that hold equally many sequences are one number', () => {
    const rack = GpuNodePool.onPrem({ name: 'rack', gpu: 'L4', gpusPerNode: 1, maxNodes: 1 });
    const a10 = GpuNodePool.onPrem({ name: 'a10', gpu: 'A10', gpusPerNode: 1, maxNodes: 1 });
    const row = (...nodePool: GpuNodePool[]) =>
      /^\| nim\/llama \|.*$/m.exec(scorecardMarkdown(cardOf({ llama: { nodePool } })))![0].split(' | ')[3];
    expect([row(rack), row(a10), row(rack, a10)]).toEqual(['2', '2', '2']);
  });

  test('a change of GPUs and money changes only its own lines', () => {
    const lines = (replicas: number) =>
      new Set(scorecardMarkdown(cardOf({ llama: { replicas }, other: {} })).split('\n'));
    const [one, two] = [lines(1), lines(2)];
    expect([...two].filter((line) => !one.has(line)).join('\n')).toMatchInlineSnapshot(`
     | replicas | 3 |
     | GPUs | 3 |
     | GPUs at the largest step of every release | 3 |
     | GPU nodes | 3 |
     | cost an hour | 2.12 USD |
     | cost a month | 1,548 USD |
     | the same on spot | 870 USD |
     | nim/llama | 2 | 2 | 2 | 12 min 10 s | 1,032 USD |
     | gpupool | g2-standard-4, 1 x L4 | 3 | 2 | 3 | 2 | 0.71 (us-central1, 2026-08-03) |
     | nodes, if it had them alone | 2 |
     | cost an hour, its part of the nodes | 1.41 USD |
     | cost a month, its part of the nodes | 1,032 USD |
     - host-anti-affinity: kube-linter no-anti-affinity, kube-score statefulset-has-host-podantiaffinity\\
       topology spread constraints do it, and let two pods share a node of several GPUs\\
       nim/llama
    `);
  });

  test('HTML needs nothing from elsewhere, and its bars have words', () => {
    const html = scorecardHtml(card());
    expect(html).not.toMatch(/<script|<link|<img|src=|href=|url\(|@import|https?:/);
    expect(html.match(/class="bar" role="img" aria-label="[^"]*"/g)).toHaveLength(5);
    expect(html).toContain(
      'aria-label="Memory of an L4: weights 14.96 GiB, runtime 0.90 GiB, activations 1.22 GiB, KV cache 2.74 GiB, kept free 2.20 GiB"',
    );
    expect(html).toContain('prefers-color-scheme: dark');
    expect(html).toContain('aria-current="step"');
    expect(html).toContain(
      '<tr><td>smoke</td><td>canary pods ready, smoke Job complete, InferenceColdStartSlow</td><td>prepared: Its pods go; nobody else notices.</td></tr>',
    );
  });

  test('names are text, never markup', () => {
    const evil = '<b onclick="x">|`*_[a](b)\\';
    const odd = {
      ...card(),
      services: [{ ...card().services[0]!, model: evil }],
      warnings: [{ path: 'a', check: 'b', text: evil }],
    };
    expect(scorecardHtml(odd)).not.toContain('<b onclick');
    expect(scorecardMarkdown(odd)).toContain('| model | \\<b onclick="x"\\>\\|\\`\\*\\_\\[a\\](b)\\\\ |');
  });

  test.each([
    [0, '0 s'],
    [45, '45 s'],
    [60, '1 min'],
    [730, '12 min 10 s'],
    [3600, '1 h'],
    [3720, '1 h 2 min'],
  ])('%d seconds are %s', (seconds, text) => {
    expect(duration(seconds)).toBe(text);
  });

  test.each([
    [999, 0, '999'],
    [1000, 0, '1,000'],
    [1234567, 0, '1,234,567'],
    [1234.5, 2, '1,234.50'],
    [0.70683, 4, '0.7068'],
    [1234.56789, 4, '1,234.5679'],
  ])('%d with %d digits is %s', (value, digits, text) => {
    expect(grouped(value, digits)).toBe(text);
  });
});

test('a bar is as wide as it was asked to be, and shows every part that is there', () => {
  const gib = fc.oneof(fc.constant(0), fc.double({ min: 1e-6, max: 300, noNaN: true }));
  fc.assert(
    fc.property(fc.tuple(gib, gib, gib, gib, gib), fc.integer({ min: 5, max: 80 }), (sizes, width) => {
      const names = ['weights', 'runtime', 'activations', 'kvCache', 'unused'] as const;
      const parts = sizes.map((size, at) => ({ name: names[at]!, label: '', gib: size }));
      const layout: MemoryLayout = { totalGib: 1, missingGib: 0, parts };
      const bar = memoryBar(layout, width);
      expect([...bar]).toHaveLength(width);
      expect(new Set(bar).size).toBe(Math.max(1, sizes.filter((size) => size > 0).length));
    }),
  );
});

describe('InferenceApp', () => {
  let outdir: string;
  beforeEach(() => {
    outdir = mkdtempSync(join(tmpdir(), 'scorecard-'));
    jest.spyOn(process.stderr, 'write').mockReturnValue(true);
  });
  afterEach(() => {
    rmSync(outdir, { recursive: true });
    jest.restoreAllMocks();
  });

  const appWith = (props: InferenceAppProps = {}) => samplePlatform(new InferenceApp({ outdir, ...props }));
  const cards = () => readdirSync(outdir).filter((name) => /scorecard/i.test(name));
  const read = (name: string) => readFileSync(join(outdir, name), 'utf8');
  const failure = (app: InferenceApp): string => {
    try {
      app.synth();
    } catch (error) {
      return (error as Error).message;
    }
    throw new Error('synthesized');
  };

  test('writes the card beside the manifests, marked as its own', () => {
    appWith().synth();
    expect(cards()).toEqual(['SCORECARD.md', 'scorecard.html', 'scorecard.json5']);
    expect(read('SCORECARD.md')).toBe(
      `<!-- Synthesized by cdk8s-gpu-inference. Edits are overwritten: change the code instead. -->\n${scorecardMarkdown(card())}`,
    );
    expect(read('scorecard.html')).toMatch(/^<!-- Synthesized by .* -->\n<!doctype html>\n/);
    expect(JSON.parse(read('scorecard.json5'))).toEqual({
      '//': 'Synthesized by cdk8s-gpu-inference. Edits are overwritten: change the code instead.',
      ...card(),
    });
  });

  test('writes none when told so, and removes those of before, also with carriage returns', () => {
    appWith().synth();
    for (const name of cards()) writeFileSync(join(outdir, name), read(name).replace(/\n/g, '\r\n'));
    appWith({ scorecard: false }).synth();
    expect(cards()).toEqual([]);
  });

  test('writes none where there is nothing to tell', () => {
    const app = new InferenceApp({ outdir });
    new k8s.KubeNamespace(new Chart(app, 'cluster'), 'nim', { metadata: { name: 'nim' } });
    app.synth();
    expect(cards()).toEqual([]);
  });

  test('takes its options', () => {
    appWith({ scorecard: { fixed: [{ item: 'rack', pricePerHour: 2, region: 'home', date: '2026-01-01' }] } }).synth();
    expect((JSON.parse(read('scorecard.json5')) as Scorecard).total.cost.knownPerMonth).toBe(37560 + 1460);
  });

  test('refuses options that cannot be, and writes nothing', () => {
    expect(failure(appWith({ scorecard: { utilization: 2 } }))).toBe(
      '1 problem, nothing written:\n\n(app): cost\n  The utilization is 2.\n  Use a part of all hours from 0 to 1, such as 0.5.',
    );
    expect(readdirSync(outdir)).toEqual([]);
  });

  test('refuses a token that stands nowhere but on the card', () => {
    const app = new InferenceApp({ outdir });
    const waivers = { 'artifact-pinning': `asked of ${TOKENS.NVIDIA}` };
    const runtime = new VllmRuntime({ image: 'vllm/vllm-openai:v0.18.1' });
    const chart = new Chart(app, 'nim', { namespace: 'nim' });
    new GpuInferenceStatefulSet(chart, 'llama', { ...CONTRACT, runtime, credentials: undefined, waivers });
    expect(failure(app)).toBe(`1 problem, nothing written:

(app): literal-secret
  /waivers/0/reason of Scorecard looks like a token of NVIDIA. It would be in the history of the repository for good.
  Put it into a Secret by ExternalSecret, and refer to it: EnvValue.fromSecretValue(…).`);
    expect(readdirSync(outdir)).toEqual([]);
  });

  test.each(['SCORECARD.md', 'scorecard.html', 'scorecard.json5'])(
    'does not overwrite a %s of somebody else',
    (name) => {
      writeFileSync(join(outdir, name), '{ "by": "hand" }\n');
      expect(failure(appWith())).toBe(`1 problem, nothing written:

(app): file-layout
  ${join(outdir, name)} is there and was not synthesized: its first line is not ours.
  Move it, or set scorecard to false.`);
      expect(readdirSync(outdir)).toEqual([name]);
    },
  );

  test('does not remove what is not its own', () => {
    mkdirSync(join(outdir, 'notes'));
    writeFileSync(join(outdir, 'notes', 'README.md'), '# Notes\n');
    writeFileSync(join(outdir, 'package.json'), '{\n  "name": "x"\n}\n');
    appWith().synth();
    expect(readdirSync(join(outdir, 'notes'))).toEqual(['README.md']);
    expect(readdirSync(outdir)).toContain('package.json');
  });

  test('a layout cannot take its place', () => {
    expect(failure(appWith({ layout: () => 'scorecard.json5/all.yaml' }))).toContain(
      'The layout writes both scorecard.json5/all.yaml and scorecard.json5, which not every file system keeps apart.',
    );
  });
});

test('a model that nobody described has no memory on the card', () => {
  const { tracks, model } = service(
    cardOf({ own: { model: undefined, servedModelName: 'own', cache: ModelCache.perReplica(Size.gibibytes(50)) } }),
    'own',
  );
  expect(model).toBeUndefined();
  expect(tracks[0]?.memory).toEqual([]);
});
