import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { JsonPatch, Size } from 'cdk8s';
import { ModelCache, NimRuntime } from '../../lib';
import { runRehearse } from '../../lib/operations/rehearse/rehearse';
import { Platform } from '../checks/platform';
import { apply, attempt, kubectl } from './cluster';
import { folder } from './synthesized';

/** Five states of a release take a minute, and on a busy machine more; one that is cut off leaves its namespace to the next. */
jest.setTimeout(240_000);

const IMAGE = 'nvcr.io/nim/meta/llama3-8b-instruct';
const candidate = new NimRuntime({ image: `${IMAGE}:1.1.0` });

/** The small platform on machines of its own, so that the nodes of other tests do not help it out. */
function platform(change: (platform: Platform) => void = () => {}): string {
  const outdir = folder();
  const made = new Platform(outdir);
  made.pool.name = 'rehearsed';
  change(made);
  made.finish().synth();
  return outdir;
}

const inCanary =
  (step: 'prepared' | '20%' | 'promote') =>
  ({ service }: Platform) => {
    service.canary = { runtime: candidate, step };
  };

/** The same with one edit of what was written, as a person makes it who edits YAML. */
function editedByHand(file: string, place: string, replacement: string): string {
  const outdir = platform();
  const path = join(outdir, file);
  const text = readFileSync(path, 'utf8');
  expect(text).toContain(place);
  writeFileSync(path, text.replace(place, replacement));
  return outdir;
}

/** Runs it without its progress lines, folders called as their order is. */
async function rehearse(folders: readonly string[], ...options: readonly string[]) {
  const silent = jest.spyOn(process.stderr, 'write').mockImplementation(() => true);
  try {
    const [first, ...steps] = folders;
    const { stdout, stderr, exitCode } = await runRehearse([
      first!,
      ...steps.flatMap((step) => ['--steps', step]),
      '--settle',
      '4',
      ...options,
    ]);
    const text = folders.reduce((all, name, at) => all.replaceAll(name, `commit ${at + 1}`), stdout);
    return { text, stderr, exitCode };
  } finally {
    silent.mockRestore();
  }
}

/** The lines of promises that were broken, each with what stands below it. */
const broken = (text: string) =>
  text
    .split(/\n(?= {2}(?:ok|BROKEN) |\n)/)
    .filter((line) => line.startsWith('  BROKEN'))
    .map((line) => line.trim().replace(/\s+/g, ' '));

test('a small platform: every promise comes true, and nothing stays behind', async () => {
  const { text, exitCode } = await rehearse([platform()]);
  expect(text).toMatch(/All \d+ promises of the plan came true\./);
  expect(text).toMatch(/ok +nim\/llama3-8b stable +1 pod on rehearsed +1 pod on rehearsed/);
  expect(exitCode).toBe(0);
  const left = await kubectl('get', 'nodes,namespaces', '-o', 'name');
  expect(left).not.toMatch(/rehears|namespace\/nim/);
});

test('a release and its way back: who comes, who goes, and always somebody who serves', async () => {
  const released = ({ service }: Platform) => {
    service.runtime = candidate;
  };
  const { text, exitCode } = await rehearse([
    platform(inCanary('prepared')),
    platform(inCanary('20%')),
    platform(inCanary('promote')),
    platform(released),
    platform(),
  ]);
  const told = text.split('\n').filter((line) => /^commit|^ {2}nim\/|on the way|came true/.test(line));
  expect(told.map((line) => line.trim().replace(/\s+/g, ' '))).toEqual([
    expect.stringMatching(/^commit 1: \d+ objects applied$/),
    expect.stringMatching(/^commit 2: /),
    'nim/llama3-8b: came llama3-8b-canary-0',
    'ok nim/llama3-8b at most 2 GPUs on the way 2',
    'ok nim/llama3-8b at least 1 ready on the way 1',
    expect.stringMatching(/^commit 3: /),
    'nim/llama3-8b: replaced llama3-8b-0',
    'ok nim/llama3-8b at most 2 GPUs on the way 2',
    'ok nim/llama3-8b at least 1 ready on the way 1',
    expect.stringMatching(/^commit 4: /),
    'nim/llama3-8b: went llama3-8b-canary-0',
    'ok nim/llama3-8b at most 2 GPUs on the way 2',
    'ok nim/llama3-8b at least 1 ready on the way 1',
    // Back without a canary: one pod is replaced, and nobody promised more.
    expect.stringMatching(/^commit 5: /),
    'nim/llama3-8b: replaced llama3-8b-0',
    'ok nim/llama3-8b at most 1 GPU on the way 1',
    'ok nim/llama3-8b at least 0 ready on the way 0',
    expect.stringMatching(/^All \d+ promises of the plan came true\.$/),
  ]);
  expect(exitCode).toBe(0);
});

test('a pool that moves to a larger machine and back: each pod is as large as its machine lets it be', async () => {
  const on = (machineType: Platform['pool']['machineType']) =>
    platform(({ pool }) => {
      pool.machineType = machineType;
    });
  const { text, exitCode } = await rehearse([on('g2-standard-4'), on('g2-standard-8'), on('g2-standard-4')]);
  const moved = text.split('\n').filter((line) => line.startsWith('  nim/'));
  expect(moved).toEqual(Array(2).fill('  nim/llama3-8b: replaced llama3-8b-0'));
  expect(broken(text)).toEqual([]);
  expect(exitCode).toBe(0);
});

test('a canary that goes and comes again, on disks of a class that the cluster does not have', async () => {
  const onDisks = (step: 'prepared' | '20%') =>
    platform((made) => {
      made.service.cache = ModelCache.perReplica(Size.gibibytes(50), { storageClass: 'of-another-cloud' });
      inCanary(step)(made);
    });
  const { text, exitCode } = await rehearse([onDisks('20%'), onDisks('prepared'), onDisks('20%')]);
  const moved = text.split('\n').filter((line) => line.startsWith('  nim/'));
  expect(moved).toEqual(['  nim/llama3-8b: went llama3-8b-canary-0', '  nim/llama3-8b: came llama3-8b-canary-0']);
  expect(broken(text)).toEqual([]);
  expect(exitCode).toBe(0);
});

describe('one thing broken at a time: which promise', () => {
  const workload = (made: Platform) => made.llama.stable.workload;

  test.each<[string, () => string, readonly string[], readonly RegExp[]]>([
    [
      'one machine for a stable pod and its canary',
      () => platform(inCanary('20%')),
      ['--nodes', 'rehearsed=1'],
      [
        /^BROKEN nim\/llama3-8b (stable|canary) 1 pod on rehearsed see below none; llama3-8b(-canary)?-0 pending: .*Insufficient nvidia\.com\/gpu/,
        /^BROKEN pool rehearsed 2 GPUs in use 1$/,
      ],
    ],
    [
      'no toleration',
      () =>
        platform((made) => {
          made.accepted['gpu-toleration'] = 'the cluster is to say it';
          workload(made).addJsonPatch(JsonPatch.remove('/spec/template/spec/tolerations'));
        }),
      [],
      [
        /^BROKEN nim\/llama3-8b stable 1 pod on rehearsed see below none; llama3-8b-0 pending: .*untolerated taint/,
        /^BROKEN pool rehearsed 1 GPU in use 0$/,
      ],
    ],
    [
      'a quota that is one GPU short',
      () => editedByHand('10-namespaces/nim.yaml', 'requests.nvidia.com/gpu: "2"', 'requests.nvidia.com/gpu: "0"'),
      [],
      [
        /^BROKEN nim\/llama3-8b stable 1 pod on rehearsed see below none; the server says: forbidden: exceeded quota: .*requests\.nvidia\.com\/gpu=1/,
        /^BROKEN pool rehearsed 1 GPU in use 0$/,
        /^BROKEN quota of nim 1 of 2 GPUs 0 of 0$/,
      ],
    ],
    [
      'a pod that wants more than its Pod Security level',
      () =>
        platform((made) => {
          made.accepted['pod-security'] = 'the cluster is to say it';
          workload(made).addJsonPatch(
            JsonPatch.remove('/spec/template/spec/containers/0/securityContext/allowPrivilegeEscalation'),
          );
        }),
      [],
      [
        /^BROKEN nim\/llama3-8b stable 1 pod on rehearsed see below none; the server says: forbidden: violates PodSecurity "restricted:v[\d.]+": allowPrivilegeEscalation/,
        /^BROKEN pool rehearsed 1 GPU in use 0$/,
        /^BROKEN quota of nim 1 of 2 GPUs 0 of 2$/,
      ],
    ],
  ])('%s', async (_, made, options, lines) => {
    const { text, exitCode } = await rehearse([made()], ...options);
    expect(broken(text)).toEqual(lines.map((line) => expect.stringMatching(line)));
    expect(exitCode).toBe(1);
  });

  test('a field that nobody knows ends it, in the words of the server', async () => {
    const made = editedByHand('30-services/nim/llama3-8b.yaml', '  policyTypes:', '  ingres: []\n  policyTypes:');
    const { text, exitCode } = await rehearse([made]);
    expect(text).toMatch(
      /^commit 1: the server refused NetworkPolicy nim\/\S+\n[^]*\.spec\.ingres: field not declared/,
    );
    expect(text).toContain('The rest was not applied.');
    expect(exitCode).toBe(1);
  });
});

test('a cluster with a single real node is refused, and nothing is made', async () => {
  const name = 'a-real-machine';
  await apply({ apiVersion: 'v1', kind: 'Node', metadata: { name }, spec: { unschedulable: true } });
  try {
    const status = { status: { nodeInfo: { ...NODE_INFO, kubeletVersion: 'v1.36.1' } } };
    await attempt('kubectl', [
      'patch',
      'node',
      name,
      '--subresource=status',
      '--type=merge',
      '-p',
      JSON.stringify(status),
    ]);
    const { text, stderr, exitCode } = await rehearse([platform()]);
    expect(stderr).toContain(`This cluster has a real node (${name})`);
    expect([text, exitCode]).toEqual(['', 2]);
    expect(await kubectl('get', 'nodes,namespaces', '-o', 'name')).not.toMatch(/rehears|namespace\/nim/);
  } finally {
    await kubectl('delete', 'node', name);
  }
});

/** What a kubelet says of its machine, as the API wants all of it. */
const NODE_INFO = {
  architecture: 'amd64',
  bootID: '1',
  containerRuntimeVersion: 'containerd://2.1',
  kernelVersion: '6.1',
  kubeProxyVersion: '',
  machineID: '1',
  operatingSystem: 'linux',
  osImage: 'a',
  systemUUID: '1',
};
