import { Chart, Duration } from 'cdk8s';
import fc from 'fast-check';
import {
  DownloadCredentials,
  GatewayReference,
  InferenceRoute,
  ModelArtifact,
  ModelCache,
  ModelCacheWarmer,
  ModelSource,
  RouteAuthentication,
  WorkloadIdentity,
} from '../../lib';
import { judge, Tally } from './judge';
import { mostly, number, optional, text } from './odd';

function expectBoth({ refused, accepted }: Tally): void {
  expect({ refused: refused > 2, accepted: accepted > 5 }).toEqual({ refused: true, accepted: true });
}

const unit = mostly(['Second', 'Minute', 'Hour', 'Day'] as const, text as fc.Arbitrary<never>);
const quota = fc.record({ requests: mostly([0, 1, 600], number), unit });
const id = mostly(['red', 'blue', 'auth0|7', 'ann@example.com'], text);
const access = {
  clientIdHeader: optional(mostly(['x-client-id', 'X-Tenant'], text)),
  clients: optional(fc.array(id, { maxLength: 3 })),
  testers: optional(fc.array(id, { minLength: 1, maxLength: 2 })),
  quotas: optional(
    fc.record({
      perClient: optional(quota),
      clients: optional(fc.dictionary(id, quota, { maxKeys: 2, noNullPrototype: true })),
      type: optional(mostly(['local', 'global'] as const, text as fc.Arbitrary<never>)),
    }),
  ),
};
const name = mostly(['client-keys'], text);

/** A route that asks this, beside one that needs no Gateway of a kind. */
function route(
  app: ConstructorParameters<typeof Chart>[0],
  authentication: RouteAuthentication,
  header?: string,
): void {
  new InferenceRoute(new Chart(app, 'chart', { namespace: 'nim' }), 'route', {
    gateway: new GatewayReference({ name: 'edge', namespace: 'gateways', implementation: 'envoy-gateway' }),
    hostnames: ['llama.example.com'],
    backends: [{ service: 'llama', port: 8000 }],
    smokeRoute: { value: 'canary', backend: { service: 'llama-canary', port: 8000 } },
    requestTimeout: Duration.minutes(1),
    authentication,
    serverKeyHeader: header,
  });
}

test('keys of clients', () => {
  const input = fc.record({
    ...access,
    secretNames: fc.array(name, { minLength: 1, maxLength: 2 }),
    header: optional(mostly(['x-api-key', 'Authorization'], text)),
    serverKeyHeader: optional(mostly(['authorization'], text)),
  });
  expectBoth(
    judge(input, (app, { serverKeyHeader, ...props }) =>
      route(app, RouteAuthentication.apiKeys(props), serverKeyHeader),
    ),
  );
});

test('keys of clients out of a store', () => {
  const input = fc.record({
    ...access,
    secretStore: mostly(['platform'], text),
    key: mostly(['nim/clients'], text),
    property: optional(mostly(['keys'], text)),
    secretName: optional(name),
    refresh: mostly([60_000], number),
  });
  expectBoth(
    judge(input, (app, { refresh, ...props }) =>
      route(app, RouteAuthentication.apiKeys({ ...props, refreshInterval: Duration.millis(Math.abs(refresh) || 0) })),
    ),
  );
});

test('tokens', () => {
  const input = fc.record({
    ...access,
    issuer: mostly(['https://login.example.com'], text),
    audiences: fc.array(mostly(['llama'], text), { minLength: 1, maxLength: 2 }),
    jwks: fc.oneof(
      fc.record({ uri: mostly(['https://login.example.com/keys'], text) }),
      fc.record({ configMap: mostly(['login-keys'], text) }),
    ),
    clientClaim: optional(mostly(['tenant'], text)),
  });
  expectBoth(judge(input, (app, props) => route(app, RouteAuthentication.jwt(props))));
});

test('identities in the cloud', () => {
  const uuid = mostly(['5ee25a5c-0a0b-4f2c-9a3b-0d6f3e1b2c3d'], text);
  const identity = fc.oneof(
    fc
      .record({ serviceAccount: optional(mostly(['weights@project-1.iam.gserviceaccount.com'], text)) })
      .map((props) => () => WorkloadIdentity.gke(props)),
    fc
      .record({
        roleArn: mostly(['arn:aws:iam::111122223333:role/team/weights'], text),
        region: optional(mostly(['eu-west-1', 'us-gov-east-1'], text)),
      })
      .map((props) => () => WorkloadIdentity.eks(props)),
    fc.record({ clientId: uuid, tenantId: optional(uuid) }).map((props) => () => WorkloadIdentity.aks(props)),
  );
  const input = fc.record({ identity });
  expectBoth(
    judge(input, (app, { identity: make }) => {
      new ModelCacheWarmer(new Chart(app, 'chart', { namespace: 'nim' }), 'weights', {
        model: 'meta-llama/Llama-3.2-1B-Instruct',
        artifact: ModelArtifact.download(ModelSource.gcs({ bucket: 'weights', key: 'llama' }), {
          checksum: 'f'.repeat(64),
          credentials: DownloadCredentials.workloadIdentity(),
        }),
        cache: ModelCache.shared(),
        workloadIdentity: make(),
      });
    }),
  );
});
