import { App, Chart, Duration } from 'cdk8s';
import { load } from 'js-yaml';
import { ModelCredentials } from '../../lib/model/model-credentials';
import { SecretProvider } from '../../lib/model/secret-provider';
import { ModelSecrets } from '../../lib/tenancy/model-secrets';
import { VllmRuntime } from '../../lib/runtime/vllm/vllm';
import { refusalOf, refusalsOf } from '../support/messages';
import { statefulSet } from '../support/services';
import { inventoryOf, manifestsOf, POD, yamlOf } from '../support/yaml-of';

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

describe('by the Secrets Store CSI driver', () => {
  const providers: Readonly<Record<string, SecretProvider>> = {
    vault: SecretProvider.vault({ address: 'https://vault.example.com:8200', role: 'nim' }),
    aws: SecretProvider.aws({ region: 'eu-central-1' }),
    gcp: SecretProvider.gcp(),
    azure: SecretProvider.azure({ keyVault: 'platform', tenantId: 'tenant-id', clientId: 'client-id' }),
  };
  const ngc = (provider: SecretProvider, property?: string) =>
    ModelCredentials.ngc({ provider, key: 'nim/ngc', property, pullSecretKey: 'nim/pull' });

  test('one class for the key and the pull secret, with the key under both of its names', () => {
    expect(yamlOf(secrets(ngc(providers.gcp!)), 'SecretProviderClass', 'ngc-api')).toMatchInlineSnapshot(`
     apiVersion: secrets-store.csi.x-k8s.io/v1
     kind: SecretProviderClass
     metadata:
       name: ngc-api
     spec:
       parameters:
         secrets: |
           - resourceName: "nim/ngc"
             path: "NGC_API_KEY"
           - resourceName: "nim/pull"
             path: "dockerconfigjson"
       provider: gcp
       secretObjects:
         - type: Opaque
           data:
             - key: NGC_API_KEY
               objectName: NGC_API_KEY
             - key: NGC_CLI_API_KEY
               objectName: NGC_API_KEY
           secretName: ngc-api
         - type: kubernetes.io/dockerconfigjson
           data:
             - key: ".dockerconfigjson"
               objectName: dockerconfigjson
           secretName: ngc-registry
    `);
  });

  test.each(Object.keys(providers))('the parameters of %s', (name) => {
    const chart = secrets(ngc(providers[name]!, name === 'aws' || name === 'vault' ? 'key' : undefined));
    const { parameters } = manifestsOf(chart)[0]!.spec;
    const nested = (text: string) => load(text) as object;
    const { objects, secrets: listed, ...rest } = parameters as Record<string, string>;
    expect({
      ...rest,
      ...(objects && { objects: nested(objects) }),
      ...(listed && { secrets: nested(listed) }),
    }).toEqual(PARAMETERS[name]);
  });

  test('a Hugging Face token: one file, one Secret', () => {
    const credentials = ModelCredentials.huggingFace({ provider: providers.aws!, key: 'hf', generation: '2' });
    expect(yamlOf(secrets(credentials), 'SecretProviderClass', 'hugging-face', 'spec')).toMatchInlineSnapshot(`
     spec:
       parameters:
         objects: |
           - objectName: "hf"
             objectType: "secretsmanager"
             objectAlias: "HF_TOKEN"
         region: eu-central-1
       provider: aws
       secretObjects:
         - type: Opaque
           data:
             - key: HF_TOKEN
               objectName: HF_TOKEN
           secretName: hugging-face
    `);
  });

  test('what no provider can be told', () => {
    expect(refusalOf(() => SecretProvider.vault({ address: 'https://vault:8200', role: 'nim"\n  objectName: other' })))
      .toMatchInlineSnapshot(`
     SecretProvider vault: credentials
       role is "nim\\"\\n  objectName: other", which no provider of the Secrets Store CSI driver can be told.
       Use letters, digits and "./:@+=,-_" only.
    `);
    expect(refusalOf(() => ModelCredentials.ngc({ provider: providers.gcp!, key: 'a b', property: 'key' })))
      .toMatchInlineSnapshot(`
     ModelCredentials ngc: credentials
       key is "a b", which no provider of the Secrets Store CSI driver can be told.
       Use letters, digits and "./:@+=,-_" only.
     ModelCredentials ngc: credentials
       The provider gcp reads whole entries, but a b is asked for its property key.
       Keep each value in an entry of its own.
    `);
  });
});

const PARAMETERS: Readonly<Record<string, object>> = {
  vault: {
    vaultAddress: 'https://vault.example.com:8200',
    roleName: 'nim',
    objects: [
      { objectName: 'NGC_API_KEY', secretPath: 'nim/ngc', secretKey: 'key' },
      { objectName: 'dockerconfigjson', secretPath: 'nim/pull', secretKey: 'dockerconfigjson' },
    ],
  },
  aws: {
    region: 'eu-central-1',
    objects: [
      {
        objectName: 'nim/ngc',
        objectType: 'secretsmanager',
        jmesPath: [{ path: 'key', objectAlias: 'NGC_API_KEY' }],
      },
      { objectName: 'nim/pull', objectType: 'secretsmanager', objectAlias: 'dockerconfigjson' },
    ],
  },
  gcp: {
    secrets: [
      { resourceName: 'nim/ngc', path: 'NGC_API_KEY' },
      { resourceName: 'nim/pull', path: 'dockerconfigjson' },
    ],
  },
  azure: {
    keyvaultName: 'platform',
    tenantId: 'tenant-id',
    clientID: 'client-id',
    usePodIdentity: 'false',
    objects: {
      array: [
        'objectName: "nim/ngc"\nobjectType: "secret"\nobjectAlias: "NGC_API_KEY"\n',
        'objectName: "nim/pull"\nobjectType: "secret"\nobjectAlias: "dockerconfigjson"\n',
      ],
    },
  },
};

describe('rotation', () => {
  const rotated = ModelCredentials.ngc({ ...NGC, generation: '2026-11' });

  test('another generation has the store read at once', () => {
    expect(yamlOf(secrets(rotated), 'ExternalSecret', 'ngc-api', 'metadata')).toMatchInlineSnapshot(`
     metadata:
       name: ngc-api
       annotations:
         force-sync: "2026-11"
    `);
  });

  test('and replaces the pods', () => {
    const { chart } = statefulSet({ credentials: rotated });
    expect(yamlOf(chart, 'StatefulSet', 'llama', 'spec.template.metadata.annotations')).toMatchInlineSnapshot(`
     annotations:
       credentials/generation: "2026-11"
    `);
  });

  test('services that share a Secret agree about its generation', () => {
    expect(refusalsOf(secrets(rotated, ModelCredentials.ngc(NGC)))).toContain(
      'generation 2026-11, and ClusterSecretStore',
    );
  });
});

describe('what the pods get', () => {
  const parts = ['containers.0.env', 'containers.0.volumeMounts', 'volumes'].map((part) => `${POD}.${part}`);
  const pod = (changes: object) => {
    const { chart } = statefulSet(changes);
    return parts.map((part) => yamlOf(chart, 'StatefulSet', 'llama', part)).join('');
  };
  const hub = { runtime: new VllmRuntime({ image: 'vllm/vllm-openai:v0.10.0' }) };
  const keep = /^( {2})?- name: (HF_TOKEN|NGC|model-cred)[^]*?(?=\n(?: {2})?- |\n\w|$(?![^]))/gm;
  const credential = (text: string) =>
    [...text.matchAll(keep)].map(([found]) => found.replace(/^ {2}/gm, '')).join('\n');

  test('NIM reads its key from the environment only', () => {
    expect(credential(pod({}))).toMatchInlineSnapshot(`
  - name: NGC_API_KEY
    valueFrom:
      secretKeyRef:
        name: ngc-api
        key: NGC_API_KEY
`);
  });

  test('vLLM reads its token from a file', () => {
    const credentials = ModelCredentials.huggingFace({ secretName: 'hf', secretKey: 'token' });
    expect(credential(pod({ ...hub, credentials }))).toMatchInlineSnapshot(`
  - name: HF_TOKEN_PATH
    value: /var/run/secrets/model-credentials/token
  - name: model-credentials
    mountPath: /var/run/secrets/model-credentials
    readOnly: true
  - name: model-credentials
    secret:
      defaultMode: 288
      items:
        - path: token
          key: token
      secretName: hf
`);
  });

  test('what the CSI driver mounts is mounted, even for a server that reads no file: only then is there a Secret', () => {
    const credentials = ModelCredentials.ngc({
      provider: SecretProvider.gcp(),
      key: 'projects/p/secrets/s/versions/1',
    });
    expect(credential(pod({ credentials }))).toMatchInlineSnapshot(`
  - name: NGC_API_KEY
    valueFrom:
      secretKeyRef:
        name: ngc-api
        key: NGC_API_KEY
  - name: model-credentials
    mountPath: /var/run/secrets/model-credentials
    readOnly: true
  - name: model-credentials
    csi:
      driver: secrets-store.csi.k8s.io
      readOnly: true
      volumeAttributes:
        secretProviderClass: ngc-api
`);
  });

  test('and is the file of a server that does', () => {
    const credentials = ModelCredentials.huggingFace({
      provider: SecretProvider.gcp(),
      key: 'projects/p/secrets/s/versions/1',
    });
    expect(credential(pod({ ...hub, credentials }))).toMatchInlineSnapshot(`
  - name: HF_TOKEN_PATH
    value: /var/run/secrets/model-credentials/HF_TOKEN
  - name: model-credentials
    mountPath: /var/run/secrets/model-credentials
    readOnly: true
  - name: model-credentials
    csi:
      driver: secrets-store.csi.k8s.io
      readOnly: true
      volumeAttributes:
        secretProviderClass: hugging-face
`);
  });
});

test('no Secret is ever written, let alone one with data', () => {
  const objects = manifestsOf(secrets(ModelCredentials.ngc(NGC), ModelCredentials.huggingFace(NGC)));
  expect(new Set(objects.map(({ kind }) => kind))).toEqual(new Set(['ExternalSecret']));
});
