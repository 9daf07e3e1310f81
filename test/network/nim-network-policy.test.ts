import { App, Chart, Testing, Yaml } from 'cdk8s';
import { Deployment, Pods, k8s } from 'cdk8s-plus-30';
import { Dns } from '../../lib/network/dns';
import { ModelDownload } from '../../lib/network/model-download';
import { NetworkPeer } from '../../lib/network/network-peer';
import { NimNetworkPolicy, NimNetworkPolicyProps } from '../../lib/network/nim-network-policy';

const podLabels = { 'app.kubernetes.io/instance': 'llama' };
const gateways = [NetworkPeer.namespace('envoy-gateway-system')];
const monitoring = [NetworkPeer.podsInNamespace('monitoring', { 'app.kubernetes.io/name': 'prometheus' })];

function yamlOf(props: NimNetworkPolicyProps): string {
  const chart = new Chart(new App(), 'nim');
  new NimNetworkPolicy(chart, 'llama', props);
  return Yaml.stringify(...Testing.synth(chart));
}

describe('what is written', () => {
  test('NIM on GKE behind a gateway, with Prometheus and Workload Identity', () => {
    expect(yamlOf({ podLabels, gateways, monitoring, workloadIdentity: 'gke' })).toMatchInlineSnapshot(`
     "apiVersion: networking.k8s.io/v1
     kind: NetworkPolicy
     metadata:
       name: llama
     spec:
       egress:
         - ports:
             - port: 53
               protocol: UDP
             - port: 53
               protocol: TCP
           to:
             - namespaceSelector:
                 matchLabels:
                   kubernetes.io/metadata.name: kube-system
               podSelector:
                 matchLabels:
                   k8s-app: kube-dns
             - ipBlock:
                 cidr: 169.254.20.10/32
             - namespaceSelector:
                 matchLabels:
                   kubernetes.io/metadata.name: kube-system
               podSelector:
                 matchLabels:
                   k8s-app: node-local-dns
         - ports:
             - port: 443
               protocol: TCP
           to:
             - ipBlock:
                 cidr: 0.0.0.0/0
                 except:
                   - 10.0.0.0/8
                   - 172.16.0.0/12
                   - 192.168.0.0/16
                   - 100.64.0.0/10
                   - 169.254.0.0/16
         - ports:
             - port: 988
               protocol: TCP
           to:
             - ipBlock:
                 cidr: 169.254.169.252/32
         - ports:
             - port: 80
               protocol: TCP
           to:
             - ipBlock:
                 cidr: 169.254.169.254/32
       ingress:
         - from:
             - namespaceSelector:
                 matchLabels:
                   kubernetes.io/metadata.name: envoy-gateway-system
           ports:
             - port: 8000
               protocol: TCP
         - from:
             - namespaceSelector:
                 matchLabels:
                   kubernetes.io/metadata.name: monitoring
               podSelector:
                 matchLabels:
                   app.kubernetes.io/name: prometheus
           ports:
             - port: 8000
               protocol: TCP
       podSelector:
         matchLabels:
           app.kubernetes.io/instance: llama
       policyTypes:
         - Ingress
         - Egress
     "
    `);
  });

  test('air-gapped: nothing may be reached, DNS neither', () => {
    expect(yamlOf({ podLabels, gateways, download: ModelDownload.none() })).toMatchInlineSnapshot(`
     "apiVersion: networking.k8s.io/v1
     kind: NetworkPolicy
     metadata:
       name: llama
     spec:
       ingress:
         - from:
             - namespaceSelector:
                 matchLabels:
                   kubernetes.io/metadata.name: envoy-gateway-system
           ports:
             - port: 8000
               protocol: TCP
       podSelector:
         matchLabels:
           app.kubernetes.io/instance: llama
       policyTypes:
         - Ingress
         - Egress
     "
    `);
  });

  test('hosts by name on GKE: DNS stays in the NetworkPolicy, the internet goes', () => {
    const download = ModelDownload.hosts(['api.ngc.nvidia.com', '*.hf.co'], { enforcedBy: 'gke-fqdn' });
    expect(yamlOf({ podLabels, gateways, download, dns: [Dns.cloudDns()] })).toMatchInlineSnapshot(`
     "apiVersion: networking.k8s.io/v1
     kind: NetworkPolicy
     metadata:
       name: llama
     spec:
       egress:
         - ports:
             - port: 53
               protocol: UDP
             - port: 53
               protocol: TCP
           to:
             - ipBlock:
                 cidr: 169.254.169.254/32
       ingress:
         - from:
             - namespaceSelector:
                 matchLabels:
                   kubernetes.io/metadata.name: envoy-gateway-system
           ports:
             - port: 8000
               protocol: TCP
       podSelector:
         matchLabels:
           app.kubernetes.io/instance: llama
       policyTypes:
         - Ingress
         - Egress
     ---
     apiVersion: networking.gke.io/v1alpha1
     kind: FQDNNetworkPolicy
     metadata:
       name: llama
     spec:
       podSelector:
         matchLabels:
           app.kubernetes.io/instance: llama
       egress:
         - matches:
             - name: api.ngc.nvidia.com
             - pattern: "*.hf.co"
           ports:
             - protocol: TCP
               port: 443
     "
    `);
  });

  test('hosts by name on Cilium: DNS moves to where the proxy sees it', () => {
    const download = ModelDownload.hosts(['api.ngc.nvidia.com', '*.hf.co'], { enforcedBy: 'cilium' });
    expect(yamlOf({ podLabels, gateways, download })).toMatchInlineSnapshot(`
     "apiVersion: networking.k8s.io/v1
     kind: NetworkPolicy
     metadata:
       name: llama
     spec:
       ingress:
         - from:
             - namespaceSelector:
                 matchLabels:
                   kubernetes.io/metadata.name: envoy-gateway-system
           ports:
             - port: 8000
               protocol: TCP
       podSelector:
         matchLabels:
           app.kubernetes.io/instance: llama
       policyTypes:
         - Ingress
         - Egress
     ---
     apiVersion: cilium.io/v2
     kind: CiliumNetworkPolicy
     metadata:
       name: llama
     spec:
       endpointSelector:
         matchLabels:
           app.kubernetes.io/instance: llama
       egress:
         - toEndpoints:
             - matchLabels:
                 k8s:io.kubernetes.pod.namespace: kube-system
                 k8s:k8s-app: kube-dns
             - matchLabels:
                 k8s:io.kubernetes.pod.namespace: kube-system
                 k8s:k8s-app: node-local-dns
           toPorts:
             - ports:
                 - port: "53"
                   protocol: ANY
               rules:
                 dns:
                   - matchPattern: "*"
         - toCIDRSet:
             - cidr: 169.254.20.10/32
           toPorts:
             - ports:
                 - port: "53"
                   protocol: ANY
               rules:
                 dns:
                   - matchPattern: "*"
         - toFQDNs:
             - matchName: api.ngc.nvidia.com
             - matchPattern: "*.hf.co"
           toPorts:
             - ports:
                 - port: "443"
                   protocol: TCP
     "
    `);
  });

  test('several nodes: the pods of one group talk on every port', () => {
    const download = ModelDownload.privateEndpoints(['10.8.0.5/32']);
    expect(yamlOf({ podLabels, gateways, download, multiNode: true, dns: [Dns.kubeDns()] })).toMatchInlineSnapshot(`
     "apiVersion: networking.k8s.io/v1
     kind: NetworkPolicy
     metadata:
       name: llama
     spec:
       egress:
         - ports:
             - port: 53
               protocol: UDP
             - port: 53
               protocol: TCP
           to:
             - namespaceSelector:
                 matchLabels:
                   kubernetes.io/metadata.name: kube-system
               podSelector:
                 matchLabels:
                   k8s-app: kube-dns
         - ports:
             - port: 443
               protocol: TCP
           to:
             - ipBlock:
                 cidr: 10.8.0.5/32
         - to:
             - podSelector:
                 matchLabels:
                   app.kubernetes.io/instance: llama
       ingress:
         - from:
             - namespaceSelector:
                 matchLabels:
                   kubernetes.io/metadata.name: envoy-gateway-system
           ports:
             - port: 8000
               protocol: TCP
         - from:
             - podSelector:
                 matchLabels:
                   app.kubernetes.io/instance: llama
       podSelector:
         matchLabels:
           app.kubernetes.io/instance: llama
       policyTypes:
         - Ingress
         - Egress
     "
    `);
  });

  test('a Triton of another team: its labels, its ports, its collector', () => {
    expect(
      yamlOf({
        name: 'triton',
        selector: { matchExpressions: [{ key: 'app', operator: 'In', values: ['triton', 'triton-canary'] }] },
        ports: [8000, 8001],
        metricsPort: 8002,
        clients: [NetworkPeer.pods({ app: 'chat' })],
        monitoring,
        download: ModelDownload.none(),
        dns: [Dns.custom(NetworkPeer.namespace('openshift-dns'), 5353)],
        extraEgress: [{ to: [NetworkPeer.namespace('tracing')], ports: [4317] }],
      }),
    ).toMatchInlineSnapshot(`
     "apiVersion: networking.k8s.io/v1
     kind: NetworkPolicy
     metadata:
       name: triton
     spec:
       egress:
         - ports:
             - port: 5353
               protocol: UDP
             - port: 5353
               protocol: TCP
           to:
             - namespaceSelector:
                 matchLabels:
                   kubernetes.io/metadata.name: openshift-dns
         - ports:
             - port: 4317
               protocol: TCP
           to:
             - namespaceSelector:
                 matchLabels:
                   kubernetes.io/metadata.name: tracing
       ingress:
         - from:
             - podSelector:
                 matchLabels:
                   app: chat
           ports:
             - port: 8000
               protocol: TCP
             - port: 8001
               protocol: TCP
         - from:
             - namespaceSelector:
                 matchLabels:
                   kubernetes.io/metadata.name: monitoring
               podSelector:
                 matchLabels:
                   app.kubernetes.io/name: prometheus
           ports:
             - port: 8002
               protocol: TCP
       podSelector:
         matchExpressions:
           - key: app
             operator: In
             values:
               - triton
               - triton-canary
       policyTypes:
         - Ingress
         - Egress
     "
    `);
  });
});

test('every prop matters: without it, something else is written', () => {
  const all: Required<Omit<NimNetworkPolicyProps, 'selector'>> = {
    name: 'policy',
    labels: { 'app.kubernetes.io/instance': 'llama' },
    podLabels,
    ports: [8080],
    metricsPort: 9090,
    gateways,
    clients: [NetworkPeer.pods({ app: 'chat' })],
    monitoring,
    dns: [Dns.cloudDns()],
    download: ModelDownload.internet({ except: ['10.0.0.0/8'], ports: [80, 443] }),
    workloadIdentity: 'gke',
    multiNode: true,
    extraEgress: [{ to: [NetworkPeer.namespace('tracing')], ports: [4317], protocol: 'UDP' }],
  };
  for (const prop of Object.keys(all).filter((key) => key !== 'podLabels')) {
    expect(yamlOf({ ...all, [prop]: undefined })).not.toBe(yamlOf(all));
  }
});

describe('whose pods', () => {
  const spec = (make: (chart: Chart) => NimNetworkPolicyProps['selector']) => {
    const chart = new Chart(new App(), 'test', { disableResourceNameHashes: true });
    const policy = new NimNetworkPolicy(chart, 'policy', { selector: make(chart), gateways });
    return policy.policy.toJson() as k8s.KubeNetworkPolicyProps;
  };

  test('a workload of cdk8s-plus, in its namespace', () => {
    const policy = spec(
      (chart) => new Deployment(chart, 'web', { metadata: { namespace: 'tools' }, containers: [{ image: 'a' }] }),
    );
    expect(policy.metadata?.namespace).toBe('tools');
    expect(Object.keys(policy.spec?.podSelector.matchLabels ?? {})).toEqual(['cdk8s.io/metadata.addr']);
  });

  test('a selection of cdk8s-plus', () => {
    expect(spec((chart) => Pods.select(chart, 'web', { labels: { app: 'web' } })).spec?.podSelector).toEqual({
      matchLabels: { app: 'web' },
    });
  });

  test('the main object answers to ApiObject.of', () => {
    const chart = new Chart(new App(), 'test');
    const policy = new NimNetworkPolicy(chart, 'policy', { podLabels, clients: [] });
    expect(policy.node.defaultChild).toBe(policy.policy);
  });
});

describe('what is refused', () => {
  const problemsOf = (props: NimNetworkPolicyProps): string[] => {
    const chart = new Chart(new App(), 'nim');
    return new NimNetworkPolicy(chart, 'llama', props).node.validate();
  };

  test('a server that nobody may call', () => {
    expect(problemsOf({ podLabels })).toEqual([
      'network-nobody-may-call\n' +
        '  Neither gateways nor clients are named, so nobody may send requests to port 8000.\n' +
        '  Name the gateway or the clients, or write clients: [] when nobody is meant to.',
    ]);
    expect(problemsOf({ podLabels, gateways: [], monitoring })).toHaveLength(1);
    expect(problemsOf({ podLabels, clients: [] })).toEqual([]);
    expect(yamlOf({ podLabels, clients: [], download: ModelDownload.none() })).not.toMatch(/ingress|egress/);
  });

  test.each<[string, Partial<NimNetworkPolicyProps>, string]>([
    [
      'a selector of everybody',
      { podLabels: {} },
      'network-selector\n  The selector is empty, which would put every pod of the namespace under this policy.\n  Name the labels of the pods.',
    ],
    [
      'no selector',
      { podLabels: undefined },
      'network-selector\n  Neither podLabels nor selector is given.\n  Say with one of them which pods the policy is about.',
    ],
    [
      'two selectors',
      { selector: { matchLabels: podLabels } },
      'network-selector\n  Both podLabels and selector are given.\n  Say with one of them which pods the policy is about.',
    ],
    [
      'a selector with an operator that is none',
      { podLabels: undefined, selector: { matchExpressions: [{ key: 'app', operator: 'Equals', values: ['x'] }] } },
      'network-selector\n  The selector\'s expression for "app" has the operator "Equals" and 1 values.\n  Use In or NotIn with values, or Exists or DoesNotExist without.',
    ],
    [
      'no port',
      { ports: [] },
      'network-port\n  ports names no port, which would mean every port.\n  Name at least one port.',
    ],
    [
      'a metrics port that is none',
      { metricsPort: 0 },
      'network-port\n  metricsPort names the port 0.\n  Use a whole number from 1 to 65535.',
    ],
    [
      'egress to everybody',
      { extraEgress: [{ to: [], ports: [443] }] },
      'network-peer\n  A rule of extraEgress names no peer, which would mean everybody.\n  Name at least one peer.',
    ],
    [
      'a download by name without DNS',
      { dns: [] },
      'network-dns\n  The pods may download by host name, but dns is [], so no name resolves.\n  Name the DNS servers, or leave dns out for kube-dns and NodeLocal DNSCache.',
    ],
    [
      'a name that is none',
      { name: 'Llama' },
      'names\n  policy name "Llama" is not an RFC 1123 subdomain (5 characters).\n  Use lower-case letters, digits, "-" and "." only, at most 253 characters.',
    ],
  ])('%s', (_, props, expected) => {
    expect(problemsOf({ podLabels, gateways, ...props })).toEqual([expected]);
  });

  test('pods of several namespaces', () => {
    const chart = new Chart(new App(), 'test');
    const selector = Pods.all(chart, 'all', { namespaces: undefined });
    expect(new NimNetworkPolicy(chart, 'policy', { selector, gateways }).node.validate()).toEqual([
      'network-selector\n  The selector is empty, which would put every pod of the namespace under this policy.\n  Name the labels of the pods.',
    ]);
  });

  test('synthesis writes nothing and names the construct', () => {
    expect(() => yamlOf({ podLabels })).toThrow('[nim/llama] network-nobody-may-call');
  });
});
