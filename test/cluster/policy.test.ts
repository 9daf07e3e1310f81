import { App } from 'cdk8s';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import {
  ImageSignaturePolicy,
  InferencePolicy,
  InferencePolicyProps,
  Signer,
  SourceVerification,
  VerifiedSource,
} from '../../lib';
import { BAD, Change, cpuSpec, GOOD, gpuSpec, KINDS, manifestWith, template } from '../policy/manifests';
import { L4 } from '../support/pools';
import { Manifest, manifestsOf } from '../support/yaml-of';
import { apply, attempt, kubectl, until } from './cluster';

const DIST = join(__dirname, '..', '..', 'dist');

function policyOf(props: Partial<InferencePolicyProps> = {}): Manifest[] {
  const app = new App({ outdir: 'unused' });
  return manifestsOf(
    new InferencePolicy(app, 'inference-policy', {
      pools: [L4],
      registries: ['nvcr.io/nim', 'registry.example.com/team'],
      mode: 'deny',
      ...props,
    }),
  );
}

/** Admission alone: nothing is made, but the API server's clock runs. */
async function admitted(object: Manifest): Promise<string> {
  const { ok, stderr } = await attempt('kubectl', ['create', '--dry-run=server', '-f', '-'], JSON.stringify(object));
  return ok ? '' : stderr;
}

/** What strict validation says against an object. */
async function taken(object: Manifest): Promise<string> {
  const flags = ['--server-side', '--dry-run=server', '--validate=strict', '-f', '-'];
  return (await attempt('kubectl', ['apply', ...flags], JSON.stringify(object))).stderr;
}

const namespace = (name: string, labels: Record<string, string> = {}) => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name, labels },
});

const day = (fromNow: number) => new Date(Date.now() + fromNow * 86_400_000).toISOString().slice(0, 10);

const privileged = (where?: string) => KINDS.Deployment!(template({ ...gpuSpec(), hostIPC: true }), where);

beforeAll(async () => {
  await apply(
    namespace('policy'),
    namespace('exempt', { 'inference-policy/exempt-until': day(30) }),
    namespace('expired', { 'inference-policy/exempt-until': day(0) }),
    namespace('for-ever', { 'inference-policy/exempt-until': '9999-12-31' }),
    ...policyOf(),
  );
  await until('the policy is in force', async () => (await admitted(privileged('policy'))) !== '');
});

afterAll(async () => {
  await kubectl('delete', 'validatingadmissionpolicy,validatingadmissionpolicybinding', '--all');
  await kubectl(
    'delete',
    'namespace',
    'policy',
    'exempt',
    'expired',
    'for-ever',
    'chat',
    'nim',
    'search',
    '--ignore-not-found',
    '--wait',
  );
});

test('the API server finds no fault with the types of the policy', async () => {
  const status = async () => {
    const text = await kubectl('get', 'validatingadmissionpolicy', 'inference-policy-deny', '-o', 'json');
    return (JSON.parse(text) as { status?: { typeChecking?: { expressionWarnings?: object[] } } }).status?.typeChecking;
  };
  expect((await until('types are checked', status)).expressionWarnings).toBeUndefined();
});

const told = (stderr: string) => [...stderr.matchAll(/(?:denied request: |; )([a-z-]+): /g)].map(([, rule]) => rule);

test.each(BAD)('$rule refuses: $title', async (change: Change) => {
  expect(told(await admitted(manifestWith(change, 'Pod', 'policy')))).toEqual([change.rule]);
});

test.each(GOOD)('$rule admits: $title', async (change: Change) => {
  expect(await admitted(manifestWith(change, 'Deployment', 'policy'))).toBe('');
});

test.each(Object.keys(KINDS))('in a %s', async (kind) => {
  expect(await admitted(KINDS[kind]!(template(gpuSpec()), 'policy'))).toBe('');
  const bad = template({ ...gpuSpec(), automountServiceAccountToken: true });
  expect(told(await admitted(KINDS[kind]!(bad, 'policy')))).toEqual(
    kind === 'LeaderWorkerSet' ? ['service-account-token', 'service-account-token'] : ['service-account-token'],
  );
});

test('a big pod stays within what CEL may cost', async () => {
  const [container] = gpuSpec().containers;
  const containers = Array.from({ length: 60 }, (_, index) => ({
    ...container,
    name: `c${index}`,
    ports: Array.from({ length: 20 }, (_, port) => ({ containerPort: 1000 + port, name: `p${port}`, hostPort: 0 })),
  }));
  const tolerations = Array.from({ length: 60 }, (_, index) => ({ key: `key-${index}`, operator: 'Exists' }));
  const spec = { ...gpuSpec(), containers, tolerations };
  const stderr = await admitted(KINDS.Pod!(template(spec), 'policy'));
  expect([...new Set(told(stderr))]).toEqual(['gpu-count', 'gpu-toleration']);
});

describe('a namespace that is exempt', () => {
  test.each([
    ['exempt', true],
    ['expired', false],
    ['for-ever', false],
  ])('%s: %s, by the clock of the API server', async (where, exempt) => {
    expect((await admitted(privileged(where))) === '').toBe(exempt);
  });

  test('also for changes, until it ends', async () => {
    await apply(privileged('exempt'));
    const other = KINDS.Deployment!(template({ ...gpuSpec(), hostPID: true }), 'exempt');
    await apply(other);
    await kubectl('label', 'namespace', 'exempt', `inference-policy/exempt-until=${day(0)}`, '--overwrite');
    await until('the exemption has ended', async () => (await admitted(privileged('exempt'))) !== '');
    // What is there can be scaled and deleted, but not changed for the worse.
    await kubectl('scale', 'deployment', 'by-hand', '-n', 'exempt', '--replicas=0');
    await kubectl('label', 'deployment', 'by-hand', '-n', 'exempt', 'seen=yes');
    await expect(apply(privileged('exempt'))).rejects.toThrow('host-namespaces');
    await kubectl('delete', 'deployment', 'by-hand', '-n', 'exempt');
  });
});

test('the modes: warned, and told the rest', async () => {
  await apply(...policyOf({ mode: 'warn', rules: { 'host-namespaces': 'audit' } }));
  await kubectl('delete', 'validatingadmissionpolicybinding', 'inference-policy-deny');
  const bad = template({ ...cpuSpec(), hostIPC: true, tolerations: [{ operator: 'Exists' }] });
  const warned = await until('the policy warns', async () => {
    const object = JSON.stringify(KINDS.Pod!(bad, 'policy'));
    const { ok, stderr } = await attempt('kubectl', ['create', '--dry-run=server', '-f', '-'], object);
    return ok && stderr.startsWith('Warning') && stderr;
  });
  expect(warned).toMatchInlineSnapshot(
    `Warning: Validation failed for ValidatingAdmissionPolicy 'inference-policy-warn' with binding 'inference-policy-warn': gpu-nodes-reserved: the pod asks for no GPU but tolerates the taints of GPU nodes. Remove the toleration`,
  );
});

test("Kyverno's own definition takes the policy of signatures", async () => {
  const signers = [Signer.keyless({ issuer: 'https://issuer.example.com', subject: 'release@example.com' })];
  const registries = ['registry.example.com/team'];
  const attestations = ['cyclonedx', 'slsaprovenance1'] as const;
  const app = new App({ outdir: 'unused' });
  const [policy] = manifestsOf(new ImageSignaturePolicy(app, 'signed', { registries, signers, attestations }));
  expect(await taken(policy!)).toBe('');
});

test.each([
  ['oci://ghcr.io/acme/platform', SourceVerification.keyless({ issuer: 'https://a.example.com', subject: 'b@c.io' })],
  ['oci://ghcr.io/acme/platform', SourceVerification.cosignKey('cosign-pub')],
  ['https://github.com/acme/platform', SourceVerification.commits('release-keys')],
])("Flux's own definitions take a source at %s", async (url, verify) => {
  const source = new VerifiedSource(new App({ outdir: 'unused' }), 'platform', { url, verify, namespace: 'policy' });
  for (const object of manifestsOf(source)) expect(await taken(object)).toBe('');
});

test('dist/ keeps its own policy, even where it is enforced', async () => {
  const folders = readdirSync(DIST)
    .filter((name) => /^\d/.test(name))
    .sort();
  const applied = async (name: string) =>
    (await attempt('kubectl', ['apply', '--server-side', '-R', '-f', join(DIST, name)])).stderr;
  const [cluster, ...others] = folders;
  expect(await applied(cluster!)).toBe('');
  const binding = readFileSync(
    join(DIST, cluster!, 'validatingadmissionpolicybinding.admissionregistration.k8s.io.yaml'),
    'utf8',
  );
  const { spec, ...rest } = parse(binding) as Manifest;
  await apply({ ...rest, spec: { ...spec, validationActions: ['Deny'] } });
  await until('the policy is in force', async () => (await admitted(privileged('policy'))) !== '');
  for (const folder of others) expect(await applied(folder)).toBe('');
});
