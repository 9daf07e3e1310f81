import { ModelCredentials } from '../../lib/model/model-credentials';
import { refusalOf } from '../support/messages';

const store = { secretStore: 'platform', key: 'nim/ngc-api-key' };

test.each`
  credentials                                                                 | kind              | secret                                       | pullSecretName    | store
  ${ModelCredentials.ngc(store)}                                              | ${'ngc'}          | ${{ name: 'ngc-api', key: 'NGC_API_KEY' }}   | ${'ngc-registry'} | ${store}
  ${ModelCredentials.ngc({ ...store, secretName: 'a', pullSecretName: 'b' })} | ${'ngc'}          | ${{ name: 'a', key: 'NGC_API_KEY' }}         | ${'b'}            | ${store}
  ${ModelCredentials.ngc({ secretName: 'a' })}                                | ${'ngc'}          | ${{ name: 'a', key: 'NGC_API_KEY' }}         | ${undefined}      | ${undefined}
  ${ModelCredentials.ngc({ secretName: 'a', secretKey: 'NGC_CLI_API_KEY' })}  | ${'ngc'}          | ${{ name: 'a', key: 'NGC_CLI_API_KEY' }}     | ${undefined}      | ${undefined}
  ${ModelCredentials.huggingFace(store)}                                      | ${'hugging-face'} | ${{ name: 'hugging-face', key: 'HF_TOKEN' }} | ${undefined}      | ${store}
  ${ModelCredentials.huggingFace({ secretName: 'a', secretKey: 'token' })}    | ${'hugging-face'} | ${{ name: 'a', key: 'token' }}               | ${undefined}      | ${undefined}
  ${ModelCredentials.keyless()}                                               | ${'keyless'}      | ${undefined}                                 | ${undefined}      | ${undefined}
  ${ModelCredentials.airGapped()}                                             | ${'air-gapped'}   | ${undefined}                                 | ${undefined}      | ${undefined}
`(
  '$kind: Secret $secret, pull Secret $pullSecretName',
  ({ credentials, kind, secret, pullSecretName, store: from }) => {
    expect(credentials.kind).toBe(kind);
    expect(credentials.secret).toEqual(secret);
    expect(credentials.pullSecretName).toBe(pullSecretName);
    if (from) expect(credentials.store).toMatchObject(from);
    else expect(credentials.store).toBeUndefined();
  },
);

test('what cannot be is told at once', () => {
  expect(
    refusalOf(() =>
      ModelCredentials.ngc({ secretStore: 'Platform', key: ' ', secretName: 'NGC_API', pullSecretName: '-' }),
    ),
  ).toMatchInlineSnapshot(`
   ModelCredentials ngc: names
     Secret name "NGC_API" is not an RFC 1123 subdomain (7 characters).
     Use lower-case letters, digits, "-" and "." only, at most 253 characters.
   ModelCredentials ngc: names
     pull Secret name "-" is not an RFC 1123 subdomain (1 characters).
     Use lower-case letters, digits, "-" and "." only, at most 253 characters.
   ModelCredentials ngc: names
     secret store name "Platform" is not an RFC 1123 subdomain (8 characters).
     Use lower-case letters, digits, "-" and "." only, at most 253 characters.
   ModelCredentials ngc: credentials
     The key in the secret store Platform is empty.
     Name the entry that holds the credential, such as nim/ngc-api-key.
  `);
  expect(refusalOf(() => ModelCredentials.ngc({ secretName: 'a', secretKey: 'a b' }))).toMatchInlineSnapshot(`
   ModelCredentials ngc: names
     "a b" is not a key of a Secret.
     Use letters, digits, "-", "_" and "." only.
  `);
});

test('there is no way to hand over a value', () => {
  // @ts-expect-error a key in Git is what this type is there to prevent
  expect(() => ModelCredentials.ngc({ apiKey: 'nvapi-secret' })).toThrow();
});
