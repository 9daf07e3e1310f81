import { ModelSource } from '../../lib/model/model-source';
import { refusalOf } from '../support/messages';

const COMMIT = 'c'.repeat(40);

test.each`
  source                                                                                       | name                                                    | hosts
  ${ModelSource.s3({ bucket: 'weights', key: 'llama/1', region: 'us-east-1' })}                | ${'s3://weights/llama/1'}                               | ${'s3.us-east-1.amazonaws.com *.s3.us-east-1.amazonaws.com sts.us-east-1.amazonaws.com'}
  ${ModelSource.s3({ bucket: 'weights', key: 'llama/1', endpoint: 'https://s3.example.com' })} | ${'s3://weights/llama/1'}                               | ${'s3.example.com'}
  ${ModelSource.gcs({ bucket: 'weights', key: 'llama/1' })}                                    | ${'gs://weights/llama/1'}                               | ${'storage.googleapis.com oauth2.googleapis.com sts.googleapis.com'}
  ${ModelSource.azureBlob({ account: 'acme', container: 'weights', key: 'llama/1' })}          | ${'https://acme.blob.core.windows.net/weights/llama/1'} | ${'acme.blob.core.windows.net login.microsoftonline.com'}
  ${ModelSource.https('https://example.com/llama/model.gguf?v=2')}                             | ${'https://example.com/llama/model.gguf'}               | ${'example.com'}
  ${ModelSource.huggingFace({ repository: 'meta-llama/Llama-3.1-8B', revision: COMMIT })}      | ${`hf://meta-llama/Llama-3.1-8B@${COMMIT}`}             | ${'huggingface.co *.huggingface.co *.hf.co *.xethub.hf.co'}
  ${ModelSource.huggingFace({ repository: 'a/b', endpoint: 'https://hub.example.com' })}       | ${'hf://a/b'}                                           | ${'hub.example.com'}
  ${ModelSource.ngc('nim/meta/llama-3.1-8b:1.0')}                                              | ${'ngc://nim/meta/llama-3.1-8b:1.0'}                    | ${'api.ngc.nvidia.com authn.nvidia.com files.ngc.nvidia.com xfiles.ngc.nvidia.com'}
`('$name is fetched from $hosts', ({ source, name, hosts }) => {
  expect(source.name).toBe(name);
  expect(source.hosts.join(' ')).toBe(hosts);
});

test('what the tools read', () => {
  expect(ModelSource.s3({ bucket: 'weights', key: 'llama/1', region: 'us-east-1' }).environment).toEqual({
    SOURCE: ':s3:weights/llama/1',
    RCLONE_S3_PROVIDER: 'AWS',
    RCLONE_S3_REGION: 'us-east-1',
  });
  expect(ModelSource.s3({ bucket: 'weights', key: 'llama/1', endpoint: 'http://minio:9000' }).environment).toEqual({
    SOURCE: ':s3:weights/llama/1',
    RCLONE_S3_PROVIDER: 'Other',
    RCLONE_S3_ENDPOINT: 'http://minio:9000',
  });
  expect(ModelSource.s3({ bucket: 'weights', key: 'llama/1', endpoint: 'http://minio:9000' }).ports).toEqual([9000]);
  expect(ModelSource.s3({ bucket: 'weights', key: 'llama/1', endpoint: 'http://minio' }).ports).toEqual([80]);
  expect(ModelSource.https('https://a.com:8443/1.bin', 'https://a.com/2.bin').ports).toEqual([8443, 443]);
  expect(ModelSource.https('https://a.com/x/1.bin', 'https://a.com/2.bin?v=1').environment).toEqual({
    FILES: 'https://a.com/x/1.bin 1.bin\nhttps://a.com/2.bin?v=1 2.bin',
  });
  expect(ModelSource.huggingFace({ repository: 'a/b', revision: COMMIT, exclude: 'original/*' }).environment).toEqual({
    REPOSITORY: 'a/b',
    REVISION: COMMIT,
    EXCLUDE: 'original/*',
  });
});

test.each`
  make                                                                                    | told
  ${() => ModelSource.s3({ bucket: 'weights', key: '/llama', region: 'us-east-1' })}      | ${'The key "/llama" names no folder and no object.'}
  ${() => ModelSource.s3({ bucket: 'weights', key: 'a/../b', region: 'us-east-1' })}      | ${'The key "a/../b" names no folder and no object.'}
  ${() => ModelSource.s3({ bucket: 'weights', key: 'llama', region: 'US East' })}         | ${'"US East" is no region.'}
  ${() => ModelSource.gcs({ bucket: 'My Bucket', key: 'llama' })}                         | ${'bucket or container "My Bucket" is not an RFC 1123 subdomain (9 characters).'}
  ${() => ModelSource.azureBlob({ account: 'Acme', container: 'weights', key: 'llama' })} | ${'"Acme" is no storage account.'}
  ${() => ModelSource.huggingFace({ repository: 'llama' })}                               | ${'"llama" is no repository of Hugging Face.'}
  ${() => ModelSource.huggingFace({ repository: 'a/b', exclude: '--token' })}             | ${'exclude is "--token".'}
  ${() => ModelSource.ngc('llama')}                                                       | ${'"llama" is no model of NGC.'}
  ${() => ModelSource.https()}                                                            | ${'No URL is given.'}
  ${() => ModelSource.https('http://example.com/a.bin')}                                  | ${'"http://example.com/a.bin" is no HTTPS URL.'}
  ${() => ModelSource.https('https://user:word@example.com/a.bin')}                       | ${'The URL for example.com holds a user or a password, which would be in Git for good.'}
  ${() => ModelSource.https('https://a.com/1/m.bin', 'https://a.com/2/m.bin')}            | ${'Two URLs end in "m.bin", so one file would overwrite the other.'}
  ${() => ModelSource.gcs({ bucket: 'weights', key: 'a${b}' })}                           | ${'":gcs:weights/a${b}" holds a dollar sign and a brace, which Flux replaces.'}
`('$told', ({ make, told }) => {
  expect(refusalOf(make)).toContain(told);
});
