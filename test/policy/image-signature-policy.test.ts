import { Environment } from '@marcbachmann/cel-js';
import { App, Chart } from 'cdk8s';
import { ImageSignaturePolicy, ImageSignaturePolicyProps } from '../../lib/policy/image-signature-policy';
import { Signer } from '../../lib/policy/signer';
import { refusalOf, refusalsOf } from '../support/messages';
import { manifestOf, yamlOf } from '../support/yaml-of';

const PUBLIC_KEY = `-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE8nXRh950IZbRj8Ra/N9sbqOPZrfM
5/KAQN0/KjHcorm/J5yctVd7iEcnessRQjU917hmKO6JWVGHpDguIyakZA==
-----END PUBLIC KEY-----
`;
const CI = Signer.keyless({
  issuer: 'https://token.actions.githubusercontent.com',
  subject: 'https://github.com/acme/models/.github/workflows/release.yaml@refs/heads/main',
});

function policyOf(props: Partial<ImageSignaturePolicyProps> = {}): Chart {
  const app = new App({ outdir: 'unused' });
  return new ImageSignaturePolicy(app, 'signed-images', {
    registries: ['registry.example.com/models'],
    signers: [CI],
    ...props,
  });
}

const KIND = 'ImageValidatingPolicy';

test('signatures, bill of materials and provenance of the own registry', () => {
  const policy = policyOf({ mode: 'deny', attestations: ['cyclonedx', 'slsaprovenance1'], pullSecrets: ['registry'] });
  expect(yamlOf(policy, KIND, 'signed-images')).toMatchInlineSnapshot(`
apiVersion: policies.kyverno.io/v1
kind: ImageValidatingPolicy
metadata:
  name: signed-images
spec:
  failurePolicy: Fail
  matchConstraints:
    namespaceSelector:
      matchExpressions:
        - key: kubernetes.io/metadata.name
          operator: NotIn
          values:
            - calico-system
            - flux-system
            - gatekeeper-system
            - gke-managed-cim
            - gke-managed-system
            - gmp-system
            - gpu-operator
            - kube-node-lease
            - kube-public
            - kube-system
            - kyverno
            - nvidia-device-plugin
            - nvidia-gpu-operator
            - tigera-operator
    resourceRules:
      - apiGroups:
          - ""
        apiVersions:
          - v1
        operations:
          - CREATE
          - UPDATE
        resources:
          - pods
  validations:
    - expression: |-
        (images.containers + images.initContainers + images.ephemeralContainers + images.volumes)
          .filter(image, ['registry.example.com/models/'].exists(own, image.startsWith(own)))
          .all(image, verifyImageSignatures(image, [attestors.signer1]) > 0)
      message: An image from registry.example.com/models/ is not signed by those who may.
    - expression: |-
        (images.containers + images.initContainers + images.ephemeralContainers + images.volumes)
          .filter(image, ['registry.example.com/models/'].exists(own, image.startsWith(own)))
          .all(image, verifyAttestationSignatures(image, attestations.cyclonedx, [attestors.signer1]) > 0)
      message: An image from registry.example.com/models/ has no signed attestation of the type cyclonedx.
    - expression: |-
        (images.containers + images.initContainers + images.ephemeralContainers + images.volumes)
          .filter(image, ['registry.example.com/models/'].exists(own, image.startsWith(own)))
          .all(image, verifyAttestationSignatures(image, attestations.slsaprovenance1, [attestors.signer1]) > 0)
      message: An image from registry.example.com/models/ has no signed attestation of the type slsaprovenance1.
  validationActions:
    - Deny
  attestations:
    - name: cyclonedx
      intoto:
        type: https://cyclonedx.org/bom
    - name: slsaprovenance1
      intoto:
        type: https://slsa.dev/provenance/v1
  attestors:
    - name: signer1
      cosign:
        ctlog:
          url: https://rekor.sigstore.dev
        keyless:
          identities:
            - issuer: https://token.actions.githubusercontent.com
              subject: https://github.com/acme/models/.github/workflows/release.yaml@refs/heads/main
  credentials:
    secrets:
      - registry
  images:
    - name: volumes
      expression: "object.spec.?volumes.orValue([]).filter(v, has(v.image)).map(v, v.image.reference)"
  matchImageReferences:
    - glob: "registry.example.com/models/*"
  validationConfigurations:
    mutateDigest: false
  webhookConfiguration:
    timeoutSeconds: 30
`);
});

test('a key of one’s own, and nothing in a public log', () => {
  const signers = [
    Signer.key({ publicKey: PUBLIC_KEY, transparencyLog: false }),
    Signer.key({ publicKey: 'gcpkms://projects/acme/locations/global/keyRings/models/cryptoKeys/cosign' }),
  ];
  expect(yamlOf(policyOf({ signers }), KIND, 'signed-images', 'spec.attestors')).toMatchInlineSnapshot(`
attestors:
  - name: signer1
    cosign:
      key:
        data: |
          -----BEGIN PUBLIC KEY-----
          MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE8nXRh950IZbRj8Ra/N9sbqOPZrfM
          5/KAQN0/KjHcorm/J5yctVd7iEcnessRQjU917hmKO6JWVGHpDguIyakZA==
          -----END PUBLIC KEY-----
      ctlog:
        insecureIgnoreTlog: true
  - name: signer2
    cosign:
      key:
        kms: gcpkms://projects/acme/locations/global/keyRings/models/cryptoKeys/cosign
      ctlog:
        url: https://rekor.sigstore.dev
`);
});

describe('what Kyverno evaluates', () => {
  const SIGNED = new Set(['registry.example.com/models/llama:1']);
  const cel = new Environment({ enableOptionalTypes: true, unlistedVariablesAreDyn: true })
    // As Kyverno does: no signature is counted for what the policy does not match.
    .registerFunction('verifyImageSignatures(dyn, list): int', (image: string, by: unknown[]) =>
      SIGNED.has(image) ? BigInt(by.length) : 0n,
    );
  const { images, validations } = manifestOf(policyOf(), KIND, 'signed-images').spec;
  const verdict = (spec: object) =>
    cel.evaluate(validations[0].expression, {
      images: {
        containers: [],
        initContainers: [],
        ephemeralContainers: [],
        volumes: cel.evaluate(images[0].expression, { object: { spec } }),
        ...spec,
      },
      attestors: { signer1: CI.toCosign() },
    });

  test.each<[string, object, boolean]>([
    ['a signed image', { containers: ['registry.example.com/models/llama:1'] }, true],
    ['one that nobody signed', { containers: ['registry.example.com/models/llama:2'] }, false],
    ['an init container that nobody signed', { initContainers: ['registry.example.com/models/init:1'] }, false],
    ['images of others', { containers: ['nvcr.io/nim/meta/llama:1', 'registry.example.com/modelsx/a:1'] }, true],
  ])('%s', (_, spec, good) => expect(verdict(spec)).toBe(good));

  test.each<[string, boolean]>([
    ['registry.example.com/models/llama:1', true],
    ['registry.example.com/models/llama:2', false],
  ])('a model that is mounted from %s: %s', (reference, good) => {
    const spec = {
      volumes: [
        { name: 'tmp', emptyDir: {} },
        { name: 'model', image: { reference } },
      ],
    };
    const volumes = cel.evaluate(images[0].expression, { object: { spec } });
    expect(verdict({ volumes })).toBe(good);
  });
});

test('what a policy cannot be', () => {
  const wrong = policyOf({
    registries: ['docker.io/acme', 'Registry'],
    signers: [],
    attestations: ['sbom' as 'cyclonedx'],
    mode: 'enforce' as 'deny',
    pullSecrets: ['Secret'],
  });
  expect(refusalsOf(wrong)).toMatchInlineSnapshot(`
signed-images: admission-policy
  "Registry" is no registry and no folder of one.
  Begin with the host, such as registry.example.com/team or docker.io/vllm, without tag and without a wildcard.
signed-images: admission-policy
  Images of docker.io/acme may be written without the host, and then nobody would ask for a signature.
  Mirror them into a registry of your own.
signed-images: admission-policy
  No signer is given, so no image could be signed.
  Give at least one.
signed-images: admission-policy
  There is no attestation "sbom".
  Use cyclonedx, spdxjson, slsaprovenance, slsaprovenance1.
signed-images: admission-policy
  There is no mode "enforce".
  Use deny, warn or audit.
signed-images: names
  pull secret "Secret" is not an RFC 1123 subdomain (6 characters).
  Use lower-case letters, digits, "-" and "." only, at most 253 characters.
`);
  expect(refusalsOf(policyOf({ registries: [] }))).toMatchInlineSnapshot(`
signed-images: admission-policy
  No registry is given, so no image would be judged.
  Give your own.
`);
});

test.each<[string, () => Signer]>([
  ['a private key', () => Signer.key({ publicKey: PUBLIC_KEY.replaceAll('PUBLIC', 'ENCRYPTED SIGSTORE PRIVATE') })],
  ['a file name', () => Signer.key({ publicKey: 'cosign.pub', transparencyLog: 'rekor' })],
  ['anybody', () => Signer.keyless({ issuer: 'accounts.google.com', subject: '*@example.com' })],
])('a signer cannot be %s', (_, make) => expect(refusalOf(make)).toMatchSnapshot());
