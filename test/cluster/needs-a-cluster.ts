import { spawnSync } from 'node:child_process';

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
    if (String(stdout).includes('"leaderworkersets"')) return;
    missing.push('the LeaderWorkerSet controller');
  }
  const error = new Error(
    `The cluster tests need a cluster with Flux and LeaderWorkerSet (docs/testing.md); missing: ${missing.join(', ')}.`,
  );
  error.stack = error.message;
  throw error;
}
