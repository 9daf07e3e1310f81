import { spawnSync } from 'node:child_process';

/** What the platform's own operators bring, and the reference platform writes into. */
const NAMESPACES = ['gpu-operator', 'monitoring'];

/** Says what is missing before the first test waits for it. */
export default function needsACluster(): void {
  const missing = [
    ...(process.env.KUBECONFIG ? [] : ['KUBECONFIG']),
    ...['kubectl', 'flux-apply'].filter((command) => spawnSync('which', [command]).status !== 0),
  ];
  if (missing.length === 0) {
    const { status, stderr } = spawnSync('kubectl', ['get', '--raw', '/readyz', '--request-timeout=10s']);
    if (status !== 0) missing.push(`an API server that answers (${String(stderr).trim().split('\n').at(-1)})`);
  }
  if (missing.length === 0) {
    // Its webhooks tell that it runs; its CRD alone would make groups without a pod.
    const { stdout } = spawnSync('kubectl', ['get', 'mutatingwebhookconfigurations', '-o', 'json']);
    if (String(stdout).includes('"leaderworkersets"')) return addNamespaces();
    missing.push('the LeaderWorkerSet controller');
  }
  const error = new Error(
    `The cluster tests need a cluster with Flux and LeaderWorkerSet (docs/testing.md); missing: ${missing.join(', ')}.`,
  );
  error.stack = error.message;
  throw error;
}

function addNamespaces(): void {
  const items = NAMESPACES.map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }));
  const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
  const { status, stderr } = spawnSync('kubectl', ['apply', '--server-side', '-f', '-'], { input });
  if (status !== 0) throw new Error(String(stderr).trim());
}
