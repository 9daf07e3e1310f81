import fc from 'fast-check';
import {
  call,
  Code,
  code,
  dictionary,
  list,
  literal,
  mostly,
  of,
  often,
  oneOf,
  props,
  rarely,
  sometimes,
  usually,
  weighted,
  keys,
} from './code';
import {
  address,
  annotations,
  count,
  duration,
  hostname,
  name,
  names,
  oddText,
  path,
  peer,
  port,
  size,
  text,
} from './odd';

const gatewayName = { name: name('edge'), namespace: name('gateways') };

/** Gateways of every kind, by what can be asked of them. */
export const GATEWAYS = {
  plain: call('new GatewayReference', props({ ...gatewayName, sectionName: sometimes(name('https')) })),
  'envoy-gateway': call(
    'new GatewayReference',
    props({ ...gatewayName, sectionName: sometimes(name('https')), implementation: of('envoy-gateway') }),
  ),
  gke: call('new GatewayReference', props({ ...gatewayName, implementation: of('gke') })),
  nginx: call(
    'IngressReference.nginx',
    props({
      className: sometimes(name('nginx')),
      namespace: sometimes(name('ingress-nginx')),
      workerShutdownTimeout: sometimes(duration('minutes(10)')),
      peers: rarely(list(peer, 1, 1)),
    }),
  ),
} as const;

export type GatewayKind = keyof typeof GATEWAYS;

const quota = props({ requests: count(600, 10), unit: of('Second', 'Minute', 'Hour', 'Day') });

const quotas = props({
  perClient: often(quota),
  clients: sometimes(
    dictionary(
      keys(['acme', 'Team A', 'a@example.com', 'c'.repeat(256)], ['ä', '', ' a', 'c'.repeat(257)]),
      quota,
      1,
      2,
    ),
  ),
  type: sometimes(of('local', 'global')),
});

const header = mostly(of('x-api-key', 'X-Key'), of('', 'a b', 'authorization', 'ä', 'x'.repeat(300), 'host', ':path'));

const access = {
  clientIdHeader: rarely(header),
  clients: rarely(list(text('acme', 'beta'), 1, 2)),
  testers: rarely(list(text('tester'), 1, 1)),
  quotas: sometimes(quotas),
};

const authentication: Code = oneOf(
  call(
    'RouteAuthentication.apiKeys',
    props({
      secretStore: name('platform'),
      key: text('clients'),
      secretName: sometimes(name('client-keys')),
      refreshInterval: sometimes(duration('minutes(5)')),
      header: sometimes(header),
      ...access,
    }),
  ),
  call(
    'RouteAuthentication.apiKeys',
    props({ secretNames: names(1, 2, 'team-a', 'team-b'), header: rarely(header), ...access }),
  ),
  call(
    'RouteAuthentication.jwt',
    props({
      issuer: text('https://login.example.com'),
      audiences: list(text('llama', 'chat'), 1, 2),
      jwks: oneOf(props({ uri: address('https://login.example.com/keys') }), props({ configMap: name('keys') })),
      clientClaim: sometimes(text('azp', 'tenant/id')),
      ...access,
    }),
  ),
);

const limits = (kind: GatewayKind) =>
  props({
    perAddress: kind === 'envoy-gateway' || kind === 'nginx' ? sometimes(quota) : fc.constant(undefined),
    connectionsPerAddress: kind === 'nginx' ? sometimes(count(20)) : fc.constant(undefined),
    parallelRequests: kind === 'envoy-gateway' ? sometimes(count(512)) : fc.constant(undefined),
  });

const none = fc.constant(undefined);

/** A route at the gateway `edge`, of that kind. */
export const route = (kind: GatewayKind, own: string): Code =>
  props({
    gateway: code('edge'),
    hostname: oneOf(
      hostname(`${own}.example.com`),
      list(hostname(`${own}.example.com`, `${own}.example.org`, `*.${own}.example.com`), 1, 3),
    ),
    paths: rarely(list(path('/v1', '/v1/chat/completions', '/generate'), 1, 3)),
    match: sometimes(
      props({
        pathPrefix: sometimes(path('/llama', '/a/b')),
        headers:
          kind === 'nginx'
            ? none
            : sometimes(
                dictionary(
                  keys(['x-model', 'x-tenant'], ['X-Model', 'a b', '', 'x'.repeat(257)]),
                  mostly(of('llama'), oddText),
                  1,
                  2,
                ),
              ),
      }),
    ),
    limits: kind === 'envoy-gateway' || kind === 'nginx' ? sometimes(limits(kind)) : none,
    fallback: kind === 'envoy-gateway' ? rarely(props({ service: name('small-model'), port: port(8000) })) : none,
    tls:
      kind === 'nginx'
        ? sometimes(props({ secretName: sometimes(name('llama-tls')), clusterIssuer: sometimes(name('letsencrypt')) }))
        : none,
    authentication: kind === 'envoy-gateway' ? sometimes(authentication) : none,
    endpointPicker:
      kind === 'gke'
        ? rarely(props({ port: sometimes(port(9002)), failureMode: sometimes(of('FailOpen', 'FailClose')) }))
        : none,
  });

const anyGateway = {
  name: sometimes(name('edge')),
  gatewayClassName: rarely(name('internal', 'gke-l7-rilb')),
  peers: rarely(list(peer, 1, 2)),
  hostnames: list(hostname('llama.example.com', '*.example.com', 'chat.example.com'), 1, 3),
  clusterIssuer: sometimes(name('letsencrypt')),
  namespaces: sometimes(names(1, 2, 'models', 'chat')),
};

/** A Gateway of the platform's own. */
export const gateway: Code = oneOf(
  props({
    ...anyGateway,
    implementation: sometimes(of('envoy-gateway')),
    longestSilence: rarely(duration('minutes(10)')),
    bufferLimit: rarely(size('mebibytes(4)')),
    connections: rarely(count(10_000)),
  }),
  props({ ...anyGateway, implementation: of('gke') }),
);

/** A route over regions. */
export const regionalRoute: Code = props({
  gateway: code("new GatewayReference({ name: 'edge', namespace: 'gateways', implementation: 'envoy-gateway' })"),
  hostnames: list(hostname('llama.example.com'), 1, 1),
  regions: oneOf(
    list(
      oneOf(
        props({ name: name('eu'), host: hostname('llama.eu.example.com'), port: rarely(port(443)) }),
        props({ name: name('us'), host: hostname('llama.us.example.com'), fallback: sometimes(of(true, false)) }),
      ),
      2,
      3,
    ),
    code(
      literal([
        { name: 'eu', host: 'llama.eu.example.com', weight: 50 },
        { name: 'us', host: 'llama.us.example.com', weight: 50 },
        { name: 'asia', host: 'llama.asia.example.com', fallback: true },
      ]),
    ),
  ),
  requestTimeout: duration('minutes(10)'),
  paths: rarely(list(path('/v1'), 1, 2)),
});

/** Where traces go. */
export const tracing: Code = props({
  grpcEndpoint: address('http://collector.tracing:4317'),
  httpEndpoint: sometimes(address('http://collector.tracing:4318')),
  samplingRatio: rarely(mostly(of(0.1, 1), of(0, -1, 2, NaN))),
});

/** Changes to the derived network policy. */
export const network = (cloud: 'gke' | 'eks' | 'aks' | 'on-prem'): Code =>
  weighted(
    [
      12,
      props({
        clients: usually(list(peer, 1, 3)),
        monitoring: sometimes(list(peer, 1, 1)),
        dns: sometimes(
          list(
            mostly(
              code(
                'Dns.kubeDns()',
                'Dns.nodeLocal()',
                'Dns.cloudDns()',
                "Dns.custom(NetworkPeer.namespace('dns'), 5353)",
              ),
              call('Dns.custom', peer, port(5353)),
            ),
            1,
            2,
          ),
        ),
        download: sometimes(
          oneOf(
            code('ModelDownload.internet()', 'ModelDownload.none()'),
            call('ModelDownload.privateEndpoints', list(mostly(of('10.0.0.0/8'), of('10.0.0.1/8', '::/0')), 1, 1)),
            call(
              'ModelDownload.hosts',
              list(mostly(of('*.hf.co', 'ngc.nvidia.com'), of('', '*', 'a b', 'A.example.com', '*.*.com')), 1, 2),
              props({
                enforcedBy: of('cilium', cloud === 'gke' ? 'gke-fqdn' : 'cilium'),
                ports: rarely(list(port(443), 1, 1)),
              }),
            ),
          ),
        ),
        downloadHostsEnforcedBy: rarely(of('cilium', cloud === 'gke' ? 'gke-fqdn' : 'cilium')),
        workloadIdentity: cloud === 'gke' || cloud === 'eks' ? rarely(of(cloud)) : none,
        extraEgress: sometimes(
          list(
            props({ to: list(peer, 1, 2), ports: list(port(443, 6379), 1, 2), protocol: sometimes(of('TCP', 'UDP')) }),
            1,
            2,
          ),
        ),
      }),
    ],
    [1, of(false)],
  );

export const notes = annotations({ 'example.com/owner': 'ml' }, { 'example.com/json': '{"a": "b"}' });
