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
    if (String(stdout).includes('"leaderworkersets"')) return prepare();
    missing.push('the LeaderWorkerSet controller');
  }
  const error = new Error(
    `The cluster tests need a cluster with Flux and LeaderWorkerSet (docs/testing.md); missing: ${missing.join(', ')}.`,
  );
  error.stack = error.message;
  throw error;
}

/** A definition of KEDA, whose operator ends two minutes after its start where kinds of its own are not defined. */
const eventSource = (kind: string, scope: 'Namespaced' | 'Cluster') => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `${kind.toLowerCase()}s.eventing.keda.sh` },
  spec: {
    group: 'eventing.keda.sh',
    scope,
    names: { kind, listKind: `${kind}List`, plural: `${kind.toLowerCase()}s`, singular: kind.toLowerCase() },
    versions: [
      {
        name: 'v1alpha1',
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    ],
  },
});

function prepare(): void {
  const items = [eventSource('CloudEventSource', 'Namespaced'), eventSource('ClusterCloudEventSource', 'Cluster')];
  const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
  const { status, stderr } = spawnSync('kubectl', ['apply', '--server-side', '--validate=false', '-f', '-'], { input });
  if (status !== 0) throw new Error(String(stderr).trim());
}
