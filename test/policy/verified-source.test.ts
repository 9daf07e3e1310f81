import { App, Chart, Duration } from 'cdk8s';
import { SourceVerification } from '../../lib/policy/source-verification';
import { VerifiedSource, VerifiedSourceProps } from '../../lib/policy/verified-source';
import { refusalOf, refusalsOf } from '../support/messages';
import { yamlOf } from '../support/yaml-of';

const CI = {
  issuer: 'https://token.actions.githubusercontent.com',
  subject: 'https://github.com/acme/platform/.github/workflows/release.yaml@refs/heads/main',
};

function source(props: Partial<VerifiedSourceProps> = {}): Chart {
  const app = new App({ outdir: 'unused' });
  const verify = SourceVerification.keyless(CI);
  return new VerifiedSource(app, 'platform', { url: 'oci://ghcr.io/acme/platform', verify, ...props });
}

test('an artifact that a workflow signed, and what applies it', () => {
  expect(yamlOf(source(), 'OCIRepository', 'platform')).toMatchInlineSnapshot(`
apiVersion: source.toolkit.fluxcd.io/v1
kind: OCIRepository
metadata:
  name: platform
  namespace: flux-system
spec:
  interval: 5m
  ref:
    tag: latest
  url: oci://ghcr.io/acme/platform
  verify:
    matchOIDCIdentity:
      - issuer: "^https://token\\\\.actions\\\\.githubusercontent\\\\.com$"
        subject: "^https://github\\\\.com/acme/platform/\\\\.github/workflows/release\\\\.yaml@refs/heads/main$"
    provider: cosign
`);
  expect(yamlOf(source(), 'Kustomization', 'platform')).toMatchInlineSnapshot(`
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata:
  name: platform
  namespace: flux-system
spec:
  path: "./"
  interval: 1h
  prune: true
  retryInterval: 2m
  sourceRef:
    kind: OCIRepository
    name: platform
  timeout: 2700s
  wait: true
`);
});

test('the identity is matched as it is, though Flux reads a pattern', () => {
  const { identity } = SourceVerification.keyless(CI);
  expect(CI.subject).toMatch(new RegExp(identity!.subject));
  expect(CI.subject.replace('.github', '-github')).not.toMatch(new RegExp(identity!.subject));
  expect(`${CI.subject}-2`).not.toMatch(new RegExp(identity!.subject));
});

test('a key, a tag, credentials, and another name to apply in', () => {
  const props = {
    verify: SourceVerification.cosignKey('cosign-pub'),
    tag: 'production',
    secretName: 'ghcr',
    serviceAccountName: 'platform',
    timeout: Duration.hours(1),
  };
  expect(yamlOf(source(props), 'OCIRepository', 'platform', 'spec')).toMatchInlineSnapshot(`
spec:
  interval: 5m
  ref:
    tag: production
  secretRef:
    name: ghcr
  url: oci://ghcr.io/acme/platform
  verify:
    provider: cosign
    secretRef:
      name: cosign-pub
`);
  expect(yamlOf(source(props), 'Kustomization', 'platform', 'spec.timeout', 'spec.serviceAccountName'))
    .toMatchInlineSnapshot(`
timeout: 3600s
serviceAccountName: platform
`);
});

test('signed commits of a branch, or a signed tag', () => {
  const git = { url: 'https://github.com/acme/platform', verify: SourceVerification.commits('release-keys') };
  expect(yamlOf(source(git), 'GitRepository', 'platform', 'spec')).toMatchInlineSnapshot(`
spec:
  interval: 1m
  ref:
    branch: main
  url: https://github.com/acme/platform
  verify:
    mode: HEAD
    secretRef:
      name: release-keys
`);
  expect(yamlOf(source({ ...git, tag: 'v2' }), 'GitRepository', 'platform', 'spec.ref', 'spec.verify'))
    .toMatchInlineSnapshot(`
ref:
  tag: v2
verify:
  mode: TagAndHEAD
  secretRef:
    name: release-keys
`);
  expect(yamlOf(source(git), 'Kustomization', 'platform', 'spec.path', 'spec.sourceRef')).toMatchInlineSnapshot(`
path: "./dist"
sourceRef:
  kind: GitRepository
  name: platform
`);
});

test('what a source cannot be', () => {
  const wrong = {
    url: 'ftp://example.com',
    branch: 'a b',
    tag: 'x',
    path: '/dist',
    secretName: 'A',
    timeout: Duration.seconds(1),
  };
  expect(refusalsOf(source(wrong))).toMatchInlineSnapshot(`
platform: flux-source
  "ftp://example.com" is no source.
  Begin it with oci://, https:// or ssh://.
platform: flux-source
  A branch is given beside a tag, or of an artifact, which has none.
  Give one of them.
platform: flux-source
  "a b" is no branch and no tag.
  Write its name alone.
platform: flux-source
  "/dist" is no folder of the source.
  Begin it with "./".
platform: names
  secretName "A" is not an RFC 1123 subdomain (1 characters).
  Use lower-case letters, digits, "-" and "." only, at most 253 characters.
platform: numbers
  timeout in seconds is 1.
  Use a whole number, 60 or more.
`);
  expect(refusalsOf(source({ url: 'https://github.com/acme/platform' }))).toMatchInlineSnapshot(`
platform: flux-source
  https://github.com/acme/platform is a Git repository, whose commits are signed, but a signature of cosign is asked for.
  Use SourceVerification.commits.
`);
  expect(refusalsOf(source({ verify: SourceVerification.commits('keys') }))).toMatchInlineSnapshot(`
platform: flux-source
  oci://ghcr.io/acme/platform is an OCI artifact, which cosign signs, but a signed commit is asked for.
  Use SourceVerification.keyless or cosignKey.
`);
  expect(refusalOf(() => SourceVerification.keyless({ issuer: 'x', subject: '' }))).toMatchInlineSnapshot(`
SourceVerification: flux-source
  The issuer "x" with the subject "" is not one identity.
  Write the https address of the issuer, and the workflow or mail address in full.
`);
  expect(refusalOf(() => SourceVerification.commits('A B'))).toContain('not an RFC 1123 subdomain');
});
