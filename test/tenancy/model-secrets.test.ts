import { App, Chart, Duration } from 'cdk8s';
import { ModelCredentials } from '../../lib/model/model-credentials';
import { ModelSecrets } from '../../lib/tenancy/model-secrets';
import { refusalsOf } from '../support/messages';
import { inventoryOf, manifestsOf, yamlOf } from '../support/yaml-of';

function secrets(...credentials: readonly ModelCredentials[]): Chart {
  const chart = new Chart(new App(), 'nim');
  credentials.forEach((each, at) => new ModelSecrets(chart, `service-${at}`, { credentials: each }));
  return chart;
}
const NGC = { secretStore: 'platform', key: 'nim/ngc-api-key' };

test('NGC: a Secret with the key under both of its names, and one to pull images with', () => {
  const chart = secrets(ModelCredentials.ngc(NGC));
  expect(yamlOf(chart, 'ExternalSecret', 'ngc-api')).toMatchInlineSnapshot(`
   apiVersion: external-secrets.io/v1
   kind: ExternalSecret
   metadata:
     name: ngc-api
   spec:
     refreshInterval: 3600s
     secretStoreRef:
       kind: ClusterSecretStore
       name: platform
     target:
       name: ngc-api
       creationPolicy: Owner
       deletionPolicy: Retain
     data:
       - secretKey: NGC_API_KEY
         remoteRef:
           key: nim/ngc-api-key
       - secretKey: NGC_CLI_API_KEY
         remoteRef:
           key: nim/ngc-api-key
  `);
  expect(yamlOf(chart, 'ExternalSecret', 'ngc-registry', 'spec.target', 'spec.data')).toMatchInlineSnapshot(`
   target:
     name: ngc-registry
     template:
       type: kubernetes.io/dockerconfigjson
       data:
         ".dockerconfigjson": "{\\"auths\\":{\\"nvcr.io\\":{\\"username\\":\\"$oauthtoken\\",\\"password\\":\\"{{ .key }}\\",\\"auth\\":\\"{{ printf \\"$oauthtoken:%s\\" .key | b64enc }}\\"}}}"
       engineVersion: v2
     creationPolicy: Owner
     deletionPolicy: Retain
   data:
     - secretKey: key
       remoteRef:
         key: nim/ngc-api-key
  `);
});

test('Hugging Face: one token, no pull secret, with everything that the store can be told', () => {
  const credentials = ModelCredentials.huggingFace({
    secretStore: 'team',
    secretStoreKind: 'SecretStore',
    key: 'hf',
    property: 'token',
    secretName: 'hf-token',
    refreshInterval: Duration.minutes(10),
  });
  expect(yamlOf(secrets(credentials), 'ExternalSecret', 'hf-token', 'spec')).toMatchInlineSnapshot(`
   spec:
     refreshInterval: 600s
     secretStoreRef:
       kind: SecretStore
       name: team
     target:
       name: hf-token
       creationPolicy: Owner
       deletionPolicy: Retain
     data:
       - secretKey: HF_TOKEN
         remoteRef:
           key: hf
           property: token
  `);
});

test('services of one chart with the same credentials share them', () => {
  const chart = secrets(ModelCredentials.ngc(NGC), ModelCredentials.ngc({ ...NGC }));
  expect(inventoryOf(chart)).toMatchInlineSnapshot(`
   ExternalSecret ngc-api
   ExternalSecret ngc-registry
  `);
});

test('services that disagree about a Secret are told', () => {
  const chart = secrets(ModelCredentials.ngc(NGC), ModelCredentials.ngc({ ...NGC, key: 'another' }));
  expect(refusalsOf(chart)).toMatchInlineSnapshot(`
   nim/service-1: credentials
     Two services of this chart want the Secret ngc-api from different entries: ClusterSecretStore platform, key nim/ngc-api-key, every 3600s, and ClusterSecretStore platform, key another, every 3600s.
     Give one of them another secretName and pullSecretName.
   nim/service-1: credentials
     Two services of this chart want the Secret ngc-registry from different entries: ClusterSecretStore platform, key nim/ngc-api-key, every 3600s, and ClusterSecretStore platform, key another, every 3600s.
     Give one of them another secretName and pullSecretName.
  `);
});

test.each([
  ['exist already', ModelCredentials.ngc({ secretName: 'ngc', pullSecretName: 'pull' })],
  ['are not needed', ModelCredentials.keyless()],
  ['are not there', ModelCredentials.airGapped()],
])('Secrets that %s are not written', (_, credentials) => {
  expect(manifestsOf(secrets(credentials))).toEqual([]);
});

test('no Secret is ever written, let alone one with data', () => {
  const objects = manifestsOf(secrets(ModelCredentials.ngc(NGC), ModelCredentials.huggingFace(NGC)));
  expect(new Set(objects.map(({ kind }) => kind))).toEqual(new Set(['ExternalSecret']));
});
