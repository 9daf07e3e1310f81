/**
 * Asks cyclonus, an independent interpreter of NetworkPolicy, what our policies allow.
 * Runs when CYCLONUS holds the path of its binary: `go install github.com/mattfenwick/cyclonus/cmd/cyclonus@v0.5.6`.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Chart, Testing } from 'cdk8s';
import { Dns } from '../../lib/network/dns';
import { ModelDownload } from '../../lib/network/model-download';
import { NetworkPeer } from '../../lib/network/network-peer';
import { NimNetworkPolicy, NimNetworkPolicyProps } from '../../lib/network/nim-network-policy';

const binary = process.env.CYCLONUS;
const judged = binary ? describe : describe.skip;
const reason = binary ? '' : ' (skipped: CYCLONUS does not hold the path of a cyclonus binary)';

/** One end of a connection as cyclonus wants it. */
interface End {
  readonly IP: string;
  readonly Internal?: {
    readonly Namespace: string;
    readonly NamespaceLabels: Record<string, string>;
    readonly PodLabels: Record<string, string>;
  };
}

const pod = (
  Namespace: string,
  IP: string,
  PodLabels: Record<string, string>,
  more: Record<string, string> = {},
): End => ({
  IP,
  Internal: { Namespace, NamespaceLabels: { 'kubernetes.io/metadata.name': Namespace, ...more }, PodLabels },
});

const model = pod('nim', '10.4.0.10', { 'app.kubernetes.io/instance': 'llama', track: 'stable' });
const canary = pod('nim', '10.4.0.11', { 'app.kubernetes.io/instance': 'llama', track: 'canary' });
const neighbour = pod('nim', '10.4.0.12', { 'app.kubernetes.io/instance': 'other' });
const gateway = pod('envoy-gateway-system', '10.4.1.1', { app: 'envoy' });
const prometheus = pod('monitoring', '10.4.2.1', { 'app.kubernetes.io/name': 'prometheus' });
const grafana = pod('monitoring', '10.4.2.2', { 'app.kubernetes.io/name': 'grafana' });
const stranger = pod('web', '10.4.3.1', { app: 'shop' }, { name: 'nim' });
const kubeDns = pod('kube-system', '10.4.4.1', { 'k8s-app': 'kube-dns' });
const nodeLocalPod = pod('kube-system', '10.4.4.2', { 'k8s-app': 'node-local-dns' });
const address = (IP: string): End => ({ IP });
const internet = address('151.101.1.1');
const metadataServer = address('169.254.169.254');
const gkeMetadataServer = address('169.254.169.252');
const nodeLocal = address('169.254.20.10');
const privateRegistry = address('10.8.0.5');

type Row = readonly [
  what: string,
  from: End,
  to: End,
  port: number,
  protocol: 'TCP' | 'UDP',
  expected: 'allowed' | 'denied',
];

function policiesOf(props: Partial<NimNetworkPolicyProps>): unknown[] {
  const chart = new Chart(new App(), 'test', { namespace: 'nim' });
  new NimNetworkPolicy(chart, 'llama', {
    podLabels: { 'app.kubernetes.io/instance': 'llama' },
    gateways: [NetworkPeer.namespace('envoy-gateway-system')],
    monitoring: [NetworkPeer.podsInNamespace('monitoring', { 'app.kubernetes.io/name': 'prometheus' })],
    metricsPort: 8002,
    ...props,
  });
  return (Testing.synth(chart) as { kind: string }[]).filter(({ kind }) => kind === 'NetworkPolicy');
}

/** What cyclonus says of each row, in the same words as the row's own expectation. */
function verdicts(policies: readonly unknown[], rows: readonly Row[]): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'cyclonus-'));
  try {
    const [policyPath, trafficPath] = [join(folder, 'policies.yaml'), join(folder, 'traffic.json')];
    const list = { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicyList', items: policies };
    writeFileSync(policyPath, JSON.stringify(list));
    writeFileSync(
      trafficPath,
      JSON.stringify(
        rows.map(([, Source, Destination, ResolvedPort, Protocol]) => ({
          Source,
          Destination,
          ResolvedPort,
          Protocol,
        })),
      ),
    );
    const args = ['analyze', '--mode', 'query-traffic', '--policy-path', policyPath, '--traffic-path', trafficPath];
    const output = execFileSync(binary!, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
    const answers = [...output.matchAll(/IS ALLOWED\?\s*\|\s*(TRUE|FALSE)/g)].map(([, answer]) => answer);
    expect(answers).toHaveLength(rows.length);
    return rows.map(([what], index) => `${what}: ${answers[index] === 'TRUE' ? 'allowed' : 'denied'}`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const expected = (rows: readonly Row[]) => rows.map(([what, , , , , answer]) => `${what}: ${answer}`);

judged(`cyclonus on our policies${reason}`, () => {
  test('behind a gateway, with the default download', () => {
    const rows: Row[] = [
      ['the gateway sends requests', gateway, model, 8000, 'TCP', 'allowed'],
      ['the gateway reaches the canary too', gateway, canary, 8000, 'TCP', 'allowed'],
      ['the gateway reads metrics', gateway, model, 8002, 'TCP', 'denied'],
      ['the gateway on another protocol', gateway, model, 8000, 'UDP', 'denied'],
      ['Prometheus reads metrics', prometheus, model, 8002, 'TCP', 'allowed'],
      ['Prometheus sends requests', prometheus, model, 8000, 'TCP', 'denied'],
      ['Grafana, of the same namespace, reads metrics', grafana, model, 8002, 'TCP', 'denied'],
      ['a stranger whose namespace is labelled name: nim', stranger, model, 8000, 'TCP', 'denied'],
      ['a neighbour in the same namespace', neighbour, model, 8000, 'TCP', 'denied'],
      ['the internet sends requests', internet, model, 8000, 'TCP', 'denied'],
      ['look-ups over UDP', model, kubeDns, 53, 'UDP', 'allowed'],
      ['look-ups over TCP', model, kubeDns, 53, 'TCP', 'allowed'],
      ['look-ups at the cache of the node', model, nodeLocal, 53, 'UDP', 'allowed'],
      ["look-ups at the cache's pod", model, nodeLocalPod, 53, 'UDP', 'allowed'],
      ["the DNS server's metrics", model, kubeDns, 9153, 'TCP', 'denied'],
      ['look-ups at a public server', model, address('8.8.8.8'), 53, 'UDP', 'denied'],
      ['a download over HTTPS', model, internet, 443, 'TCP', 'allowed'],
      ['a download over HTTP', model, internet, 80, 'TCP', 'denied'],
      ['the metadata server', model, metadataServer, 80, 'TCP', 'denied'],
      ['the metadata server over HTTPS', model, metadataServer, 443, 'TCP', 'denied'],
      ["GKE's metadata server", model, gkeMetadataServer, 988, 'TCP', 'denied'],
      ['a pod of another namespace over HTTPS', model, stranger, 443, 'TCP', 'denied'],
      ['a private registry', model, privateRegistry, 443, 'TCP', 'denied'],
      ['another pod of the model', model, canary, 29500, 'TCP', 'denied'],
      ["a neighbour's egress is not ours", neighbour, internet, 80, 'TCP', 'allowed'],
    ];
    expect(verdicts(policiesOf({}), rows)).toEqual(expected(rows));
  });

  test('air-gapped', () => {
    const rows: Row[] = [
      ['the gateway sends requests', gateway, model, 8000, 'TCP', 'allowed'],
      ['look-ups', model, kubeDns, 53, 'UDP', 'denied'],
      ['a download', model, internet, 443, 'TCP', 'denied'],
      ['another pod', model, stranger, 443, 'TCP', 'denied'],
    ];
    expect(verdicts(policiesOf({ download: ModelDownload.none() }), rows)).toEqual(expected(rows));
  });

  test('nobody may call', () => {
    const rows: Row[] = [
      ['the gateway', gateway, model, 8000, 'TCP', 'denied'],
      ['a neighbour', neighbour, model, 8000, 'TCP', 'denied'],
      ['Prometheus', prometheus, model, 8002, 'TCP', 'denied'],
    ];
    const nobody = policiesOf({ gateways: [], monitoring: [], clients: [] });
    expect(verdicts(nobody, rows)).toEqual(expected(rows));
  });

  test('Workload Identity on GKE', () => {
    const rows: Row[] = [
      ['the metadata server on Calico', model, gkeMetadataServer, 988, 'TCP', 'allowed'],
      ['the metadata server on Dataplane V2', model, metadataServer, 80, 'TCP', 'allowed'],
      ['its other ports', model, metadataServer, 443, 'TCP', 'denied'],
    ];
    expect(verdicts(policiesOf({ workloadIdentity: 'gke' }), rows)).toEqual(expected(rows));
  });

  test('Cloud DNS shares its address with the metadata server, which stays closed', () => {
    const rows: Row[] = [
      ['look-ups', model, metadataServer, 53, 'UDP', 'allowed'],
      ['the metadata server', model, metadataServer, 80, 'TCP', 'denied'],
      ['kube-dns', model, kubeDns, 53, 'UDP', 'denied'],
    ];
    expect(verdicts(policiesOf({ dns: [Dns.cloudDns()] }), rows)).toEqual(expected(rows));
  });

  test('several nodes', () => {
    const rows: Row[] = [
      ['pods of the group, any port', model, canary, 29500, 'TCP', 'allowed'],
      ['pods of the group, the other way', canary, model, 41234, 'TCP', 'allowed'],
      ['a neighbour', neighbour, model, 29500, 'TCP', 'denied'],
      ['to a neighbour', model, neighbour, 29500, 'TCP', 'denied'],
    ];
    expect(verdicts(policiesOf({ multiNode: true }), rows)).toEqual(expected(rows));
  });

  test('a private registry', () => {
    const rows: Row[] = [
      ['the registry', model, privateRegistry, 443, 'TCP', 'allowed'],
      ['an address beside it', model, address('10.8.0.6'), 443, 'TCP', 'denied'],
      ['the internet', model, internet, 443, 'TCP', 'denied'],
      ['look-ups', model, kubeDns, 53, 'UDP', 'allowed'],
    ];
    const download = ModelDownload.privateEndpoints(['10.8.0.5/32']);
    expect(verdicts(policiesOf({ download }), rows)).toEqual(expected(rows));
  });

  test.each(['gke-fqdn', 'cilium'] as const)(
    'hosts by name (%s): without the second object nothing is open',
    (enforcedBy) => {
      const rows: Row[] = [
        ['the gateway sends requests', gateway, model, 8000, 'TCP', 'allowed'],
        ['the internet', model, internet, 443, 'TCP', 'denied'],
        // Cilium's own policy holds the rule for DNS.
        ['look-ups', model, kubeDns, 53, 'UDP', enforcedBy === 'cilium' ? 'denied' : 'allowed'],
      ];
      const download = ModelDownload.hosts(['api.ngc.nvidia.com'], { enforcedBy });
      expect(verdicts(policiesOf({ download }), rows)).toEqual(expected(rows));
    },
  );
});

judged(`cyclonus on a policy that is often copied${reason}`, () => {
  const copied = {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: 'nim', namespace: 'nim' },
    spec: {
      podSelector: {},
      policyTypes: ['Ingress', 'Egress'],
      ingress: [{ from: [{ namespaceSelector: { matchLabels: { name: 'nim' } } }] }],
      egress: [{ to: [{ namespaceSelector: {} }], ports: [{ protocol: 'TCP', port: 443 }] }],
    },
  };

  test('it cuts DNS, the download, the gateway and Prometheus, and opens other pods to the model and the model to strangers', () => {
    const rows: Row[] = [
      ['look-ups', model, kubeDns, 53, 'UDP', 'denied'],
      ['look-ups at the cache of the node', model, nodeLocal, 53, 'UDP', 'denied'],
      ['a download', model, internet, 443, 'TCP', 'denied'],
      ['the gateway sends requests', gateway, model, 8000, 'TCP', 'denied'],
      ['Prometheus reads metrics', prometheus, model, 8000, 'TCP', 'denied'],
      ['its own namespace, which has no label name', neighbour, model, 8000, 'TCP', 'denied'],
      ['every pod of the cluster over HTTPS', model, stranger, 443, 'TCP', 'allowed'],
      ['a stranger who labels a namespace name: nim', stranger, model, 8000, 'TCP', 'allowed'],
    ];
    expect(verdicts([copied], rows)).toEqual(expected(rows));
  });
});
