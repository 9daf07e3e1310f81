import { ApiObject, App, Chart, Duration, Testing } from 'cdk8s';
import { GatewayReference, GatewayReferenceProps } from '../../lib/network/gateway-reference';
import { InferenceRoute } from '../../lib/network/inference-route';
import { InferenceRouteProps } from '../../lib/network/inference-route-props';
import { ApiKeysFromSecretsProps, JwtProps, RouteAuthentication } from '../../lib/network/route-authentication';
import { WARNING } from '../../lib/checks/report';
import { InvalidInputError } from '../../lib/problem/problem';
import { definitionErrors } from '../conformance/own-definitions';
import { KubernetesObject } from '../conformance/upstream';
import { partsOf } from '../support/yaml-of';

const edge = new GatewayReference({ name: 'edge', namespace: 'gateways', implementation: 'envoy-gateway' });
const base: InferenceRouteProps = {
  gateway: edge,
  hostnames: ['llama.example.com'],
  backends: [{ service: 'llama', port: 8000 }],
  requestTimeout: Duration.minutes(10),
};
const smokeRoute = { value: 'canary', backend: { service: 'llama-canary', port: 8000 } };
const keys = (props: Partial<ApiKeysFromSecretsProps> = {}) =>
  RouteAuthentication.apiKeys({ secretNames: ['clients'], ...props });
const tokens = (props: Partial<JwtProps> = {}) =>
  RouteAuthentication.jwt({
    issuer: 'https://login.example.com',
    audiences: ['llama'],
    jwks: { uri: 'https://login.example.com/keys' },
    ...props,
  });

function routeIn(chart: Chart, id: string, props: Partial<InferenceRouteProps>): InferenceRoute {
  return new InferenceRoute(chart, id, { ...base, ...props });
}

function objectsOf(props: Partial<InferenceRouteProps>): KubernetesObject[] {
  const chart = new Chart(new App(), 'nim', { namespace: 'nim' });
  routeIn(chart, 'llama', props);
  return Testing.synth(chart) as KubernetesObject[];
}

/** Spec of the object of that kind, or one part of it. */
function specOf(kind: string, props: Partial<InferenceRouteProps>, path = 'spec'): string {
  return partsOf(
    objectsOf(props).find((object) => object.kind === kind)!,
    path,
  );
}

describe('who may call', () => {
  test('a key for each client, in Secrets that exist', () => {
    expect(specOf('SecurityPolicy', { authentication: keys({ secretNames: ['red-keys', 'blue-keys'] }) }))
      .toMatchInlineSnapshot(`
 spec:
   targetRefs:
     - kind: HTTPRoute
       name: llama
       group: gateway.networking.k8s.io
   apiKeyAuth:
     credentialRefs:
       - name: red-keys
       - name: blue-keys
     extractFrom:
       - headers:
           - authorization
     forwardClientIDHeader: x-client-id
     sanitize: true
`);
  });

  test('keys out of a secret store: clients are added there, and Git knows none of them', () => {
    const authentication = RouteAuthentication.apiKeys({ secretStore: 'platform', key: 'llama/clients' });
    expect(specOf('ExternalSecret', { authentication })).toMatchInlineSnapshot(`
     spec:
       refreshInterval: 300s
       secretStoreRef:
         kind: ClusterSecretStore
         name: platform
       target:
         name: client-keys
         creationPolicy: Owner
         deletionPolicy: Retain
       dataFrom:
         - extract:
             key: llama/clients
    `);
    expect(specOf('SecurityPolicy', { authentication })).toContain('name: client-keys');
  });

  test('tokens of an identity provider, which the route takes out before the server', () => {
    const authentication = tokens({ clientClaim: 'tenant' });
    expect(specOf('SecurityPolicy', { authentication })).toMatchInlineSnapshot(`
     spec:
       targetRefs:
         - kind: HTTPRoute
           name: llama
           group: gateway.networking.k8s.io
       jwt:
         providers:
           - name: clients
             issuer: https://login.example.com
             audiences:
               - llama
             claimToHeaders:
               - claim: tenant
                 header: x-token-client
             remoteJWKS:
               uri: https://login.example.com/keys
    `);
    expect(specOf('HTTPRoute', { authentication, smokeRoute }).match(/remove:\n +- authorization\n/g)).toHaveLength(2);
    expect(specOf('HTTPRoute', { authentication: keys(), smokeRoute })).not.toContain('remove');
  });

  test('the public keys in the cluster, where proxies reach no provider', () => {
    const authentication = tokens({ jwks: { configMap: 'login-keys' } });
    expect(specOf('SecurityPolicy', { authentication }, 'spec.jwt.providers.0.localJWKS')).toMatchInlineSnapshot(`
     localJWKS:
       type: ValueRef
       valueRef:
         kind: ConfigMap
         name: login-keys
         group: ""
    `);
    expect(specOf('SecurityPolicy', { authentication })).not.toContain('remoteJWKS');
  });

  test('some clients only, and some of them to the candidate', () => {
    const authentication = keys({ clients: ['red', 'blue'], testers: ['quality'] });
    expect(specOf('SecurityPolicy', { authentication, smokeRoute }, 'spec.authorization')).toMatchInlineSnapshot(`
     authorization:
       defaultAction: Deny
       rules:
         - name: testers
           action: Allow
           principal:
             headers:
               - name: x-client-id
                 values:
                   - quality
               - name: x-model-track
                 values:
                   - canary
         - name: candidate
           action: Deny
           principal:
             headers:
               - name: x-model-track
                 values:
                   - canary
         - name: clients
           action: Allow
           principal:
             headers:
               - name: x-client-id
                 values:
                   - red
                   - blue
    `);
  });

  test('testers alone leave the rest open to all clients, and there is nothing to test without a candidate', () => {
    const authentication = keys({ testers: ['quality'] });
    expect(specOf('SecurityPolicy', { authentication, smokeRoute })).toContain('defaultAction: Allow');
    expect(specOf('SecurityPolicy', { authentication })).not.toContain('authorization:\n');
  });
});

describe('how often', () => {
  const perClient = { requests: 60, unit: 'Minute' } as const;
  const clients = { batch: { requests: 1000, unit: 'Hour' } } as const;

  test('counted by each proxy', () => {
    expect(specOf('BackendTrafficPolicy', { authentication: keys({ quotas: { perClient, clients } }) }))
      .toMatchInlineSnapshot(`
 spec:
   targetRefs:
     - kind: HTTPRoute
       name: llama
       group: gateway.networking.k8s.io
   rateLimit:
     local:
       rules:
         - clientSelectors:
             - headers:
                 - name: x-client-id
                   type: Exact
                   value: batch
           limit:
             requests: 1000
             unit: Hour
         - clientSelectors:
             - headers:
                 - name: x-client-id
                   type: Distinct
                 - name: x-client-id
                   type: Exact
                   value: batch
                   invert: true
           limit:
             requests: 60
             unit: Minute
         - clientSelectors:
             - headers:
                 - name: x-client-id
                   type: RegularExpression
                   value: ".+"
                   invert: true
           limit:
             requests: 60
             unit: Minute
   retry:
     numRetries: 2
     retryOn:
       triggers:
         - connect-failure
         - reset-before-request
   timeout:
     http:
       connectionIdleTimeout: 4s
       requestTimeout: 10m
       streamIdleTimeout: 10m
`);
  });

  test('counted once for all, with one count for all paths', () => {
    expect(specOf('BackendTrafficPolicy', { authentication: keys({ quotas: { perClient, type: 'global' } }) }))
      .toMatchInlineSnapshot(`
 spec:
   targetRefs:
     - kind: HTTPRoute
       name: llama
       group: gateway.networking.k8s.io
   rateLimit:
     global:
       rules:
         - clientSelectors:
             - headers:
                 - name: x-client-id
                   type: Distinct
           limit:
             requests: 60
             unit: Minute
           shared: true
         - clientSelectors:
             - headers:
                 - name: x-client-id
                   type: RegularExpression
                   value: ".+"
                   invert: true
           limit:
             requests: 60
             unit: Minute
           shared: true
   retry:
     numRetries: 2
     retryOn:
       triggers:
         - connect-failure
         - reset-before-request
   timeout:
     http:
       connectionIdleTimeout: 4s
       requestTimeout: 10m
       streamIdleTimeout: 10m
`);
  });

  test('by the name that a token has', () => {
    expect(specOf('BackendTrafficPolicy', { authentication: tokens({ quotas: { perClient } }) }))
      .toMatchInlineSnapshot(`
 spec:
   targetRefs:
     - kind: HTTPRoute
       name: llama
       group: gateway.networking.k8s.io
   rateLimit:
     local:
       rules:
         - clientSelectors:
             - headers:
                 - name: x-token-client
                   type: Distinct
           limit:
             requests: 60
             unit: Minute
         - clientSelectors:
             - headers:
                 - name: x-token-client
                   type: RegularExpression
                   value: ".+"
                   invert: true
           limit:
             requests: 60
             unit: Minute
   retry:
     numRetries: 2
     retryOn:
       triggers:
         - connect-failure
         - reset-before-request
   timeout:
     http:
       connectionIdleTimeout: 4s
       requestTimeout: 10m
       streamIdleTimeout: 10m
`);
  });
});

test('routes of one chart share the Secret of one entry, and cannot mean two', () => {
  const chart = new Chart(new App(), 'nim', { namespace: 'nim' });
  const keysOf = (key: string) => RouteAuthentication.apiKeys({ secretStore: 'platform', key });
  routeIn(chart, 'llama', { authentication: keysOf('llama/clients') });
  const second = routeIn(chart, 'qwen', { authentication: keysOf('llama/clients') });
  const third = routeIn(chart, 'phi', { authentication: keysOf('phi/clients') });
  expect(
    chart.node.findAll().filter((node) => ApiObject.isApiObject(node) && node.kind === 'ExternalSecret'),
  ).toHaveLength(1);
  expect(second.node.validate()).toEqual([]);
  expect(third.node.validate()).toMatchInlineSnapshot(`
   [
     route-authentication
     Two routes of this chart want the Secret client-keys from different entries, llama/clients and phi/clients, or by different settings.
     Give one of them another secretName, or both the same RouteAuthentication.,
   ]
  `);
});

describe('what the gateway could not do', () => {
  const problemsOf = (props: Partial<InferenceRouteProps>) =>
    routeIn(new Chart(new App(), 'nim'), 'llama', props).node.validate();

  test('nobody said who implements it', () => {
    const gateway = new GatewayReference({ name: 'edge', namespace: 'gateways' });
    expect(problemsOf({ gateway, authentication: keys() })).toMatchInlineSnapshot(`
     [
       route-authentication
       The Gateway edge does not say who implements it; keys and tokens are checked by objects of Envoy Gateway, which others do not read.
       State implementation: 'envoy-gateway' on the GatewayReference if it is one; otherwise leave authentication out.,
     ]
    `);
  });

  test('the server asks for a key in the same header', () => {
    expect(problemsOf({ authentication: keys(), serverKeyHeader: 'Authorization' })).toMatchInlineSnapshot(`
     [
       route-authentication
       Gateway and server both ask for a key in the header authorization; the gateway takes its own out, so the server would answer 401 to everybody.
       Remove apiKey from the runtime: nobody reaches it around the gateway. Or have the gateway's key in another header, such as header: 'x-api-key'.,
     ]
    `);
    expect(problemsOf({ authentication: keys({ header: 'x-api-key' }), serverKeyHeader: 'authorization' })).toEqual([]);
  });
});

test.each<[string, Partial<InferenceRouteProps>, number]>([
  ['open', {}, 1],
  ['guarded by the gateway', { authentication: keys() }, 0],
  ['guarded by the key of the server', { serverKeyHeader: 'authorization' }, 0],
])('a route that is %s: %o has %i warnings', (_, props, warnings) => {
  const { node } = routeIn(new Chart(new App(), 'nim'), 'llama', props);
  expect(node.metadata.filter(({ type }) => type === WARNING)).toHaveLength(warnings);
});

describe('what is refused, all at once', () => {
  const refused = (make: () => unknown) => {
    try {
      make();
    } catch (error) {
      return (error as InvalidInputError).problems.map(({ message, remedy }) => `${message} ${remedy}`);
    }
    return [];
  };

  test('keys', () => {
    expect(
      refused(() =>
        keys({
          secretNames: ['Red'],
          header: 'api key',
          clients: [],
          testers: ['a\nb'],
          quotas: { perClient: { requests: 1.5, unit: 'Week' as never }, type: 'redis' as never },
        }),
      ),
    ).toMatchInlineSnapshot(`
     [
       Secret name "Red" is not an RFC 1123 subdomain (3 characters). Use lower-case letters, digits, "-" and "." only, at most 253 characters.,
       "api key" is not the name of an HTTP header. Use letters, digits and "-", such as x-api-key.,
       clients is empty, so nobody may pass. Name at least one, or leave it out.,
       "a\\nb" cannot be the id of a client. Use 1 to 256 printable ASCII characters without outer blanks and without "\${".,
       the quota of perClient is 1.5. Use a whole number, from 0 to 4294967295.,
       The quota of perClient is per "Week". Use Second, Minute, Hour or Day.,
       quotas are counted by "redis". Use 'local' or 'global'.,
     ]
    `);
    expect(refused(() => keys({ secretNames: [] }))).toMatchInlineSnapshot(`
     [
       No Secret with keys is named, so nobody may pass. Name at least one in secretNames.,
     ]
    `);
    expect(refused(() => keys({ header: 'x-client-id' }))).toMatchInlineSnapshot(`
     [
       The key and the id of the client are both in the header x-client-id. Give each a header of its own, such as x-api-key for the key.,
     ]
    `);
    expect(refused(() => RouteAuthentication.apiKeys({ secretStore: 'platform', key: ' ' }))).toMatchInlineSnapshot(`
     [
       The key in the secret store platform is empty. Name the entry whose fields are the clients, such as llama/clients.,
     ]
    `);
  });

  test('tokens', () => {
    expect(
      refused(() =>
        tokens({ issuer: '', audiences: [], jwks: { uri: 'http://login.example.com' }, clientClaim: 'a b' }),
      ),
    ).toMatchInlineSnapshot(`
     [
       "" is no issuer. Use the claim iss of its tokens.,
       0 audiences are named. Name 1 to 8: without one, tokens that were made for another service would open this one.,
       "http://login.example.com" is no address of public keys. Use an https address of at most 253 characters, or a configMap.,
       "a b" is no claim. Use its name, such as sub.,
     ]
    `);
  });

  const perClient = { requests: 60, unit: 'Minute' } as const;

  test.each`
    type        | perClient    | most
    ${'local'}  | ${undefined} | ${16}
    ${'local'}  | ${perClient} | ${14}
    ${'global'} | ${undefined} | ${256}
    ${'global'} | ${perClient} | ${127}
  `('$most clients with $type quotas of their own, beside $perClient, and no more', ({ most, ...quotas }) => {
    const clients = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, at) => [`c${at}`, { requests: 1, unit: 'Day' } as const]));
    const access = (count: number) => ({ quotas: { ...quotas, clients: clients(count) } });
    expect(objectsOf({ authentication: keys(access(most as number)) }).flatMap(definitionErrors)).toEqual([]);
    expect(refused(() => keys(access((most as number) + 1)))).toEqual([
      expect.stringContaining(`Envoy Gateway takes ${most} for ${quotas.type} quotas`),
    ]);
  });

  test('quotas', () => {
    const clients = Object.fromEntries([...'abcdefghijklmno'].map((id) => [id, { requests: 1, unit: 'Day' } as const]));
    expect(refused(() => keys({ quotas: { clients, perClient } }))).toMatchInlineSnapshot(`
     [
       15 clients have a quota of their own; Envoy Gateway takes 14 for local quotas beside perClient. Let most of them have the quota perClient.,
     ]
    `);
    expect(refused(() => keys({ quotas: { clients } }))).toEqual([]);
    expect(refused(() => keys({ quotas: {} }))).toMatchInlineSnapshot(`
     [
       quotas limits nobody. State perClient or clients, or leave quotas out.,
     ]
    `);
  });
});

test('crds/ has every field', () => {
  const quotas = {
    perClient: { requests: 60, unit: 'Minute' } as const,
    clients: { a: { requests: 1, unit: 'Day' } as const },
  };
  const access = { clients: ['a'], testers: ['b'], quotas };
  for (const authentication of [
    RouteAuthentication.apiKeys({ secretStore: 'platform', key: 'llama', property: 'clients', ...access }),
    tokens({ ...access, quotas: { ...quotas, type: 'global' } }),
    tokens({ jwks: { configMap: 'keys' } }),
  ]) {
    expect(objectsOf({ authentication, smokeRoute }).flatMap(definitionErrors)).toEqual([]);
  }
});

test.each<[GatewayReferenceProps['implementation'], Partial<GatewayReferenceProps>, unknown[]]>([
  [undefined, {}, [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'gateways' } } }]],
  [
    'envoy-gateway',
    {},
    [
      {
        namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'envoy-gateway-system' } },
        podSelector: {
          matchLabels: {
            'gateway.envoyproxy.io/owning-gateway-name': 'edge',
            'gateway.envoyproxy.io/owning-gateway-namespace': 'gateways',
          },
        },
      },
    ],
  ],
  ['gke', {}, [{ ipBlock: { cidr: '130.211.0.0/22' } }, { ipBlock: { cidr: '35.191.0.0/16' } }]],
  ['gke', { peers: [] }, []],
])('requests of a Gateway by %s %o come from', (implementation, props, peers) => {
  const gateway = new GatewayReference({ name: 'edge', namespace: 'gateways', implementation, ...props });
  expect(gateway.peers.map((peer) => peer.toPeer())).toEqual(peers);
});
