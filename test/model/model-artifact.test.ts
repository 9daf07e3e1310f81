import { Size } from 'cdk8s';
import { DownloadCredentials } from '../../lib/model/download-credentials';
import { LoraAdapters } from '../../lib/model/lora-adapter';
import { ModelArtifact } from '../../lib/model/model-artifact';
import { ModelSource } from '../../lib/model/model-source';
import { refusalOf } from '../support/messages';

const S3 = ModelSource.s3({ bucket: 'weights', key: 'llama3-8b/1', region: 'us-east-1' });

test.each`
  artifact                                                         | kind                  | path              | local
  ${ModelArtifact.baked('/opt/weights')}                           | ${'baked'}            | ${'/opt/weights'} | ${true}
  ${ModelArtifact.claim('weights')}                                | ${'claim'}            | ${'/models'}      | ${true}
  ${ModelArtifact.claim('weights', { path: '/mnt/llama' })}        | ${'claim'}            | ${'/mnt/llama'}   | ${true}
  ${ModelArtifact.gcsFuse({ bucket: 'weights' })}                  | ${'csi'}              | ${'/models'}      | ${true}
  ${ModelArtifact.ociImage('registry.example.com/weights:1')}      | ${'oci-image'}        | ${'/models'}      | ${true}
  ${ModelArtifact.download(S3)}                                    | ${'download'}         | ${'/models'}      | ${true}
  ${ModelArtifact.huggingFace({ repository: 'meta-llama/Llama' })} | ${'server-downloads'} | ${''}             | ${false}
`('$kind lies at "$path"', ({ artifact, kind, path, local }) => {
  expect(artifact.origin.kind).toBe(kind);
  expect(artifact).toMatchObject({ path, isLocal: local });
});

test('an engine is the files of another artifact, and what they run on', () => {
  const onDisk = ModelArtifact.claim('engines');
  const target = { gpu: 'L4', serverVersion: '1.8.0', tensorParallelSize: 2 };
  expect(ModelArtifact.tensorRtEngine(onDisk, target)).toMatchObject({ origin: onDisk.origin, engine: target });
});

test.each`
  make                                                                                                               | told
  ${() => ModelArtifact.baked('models')}                                                                             | ${'"models" is no folder of the pod.'}
  ${() => ModelArtifact.baked('/a/../b')}                                                                            | ${'"/a/../b" is no folder of the pod.'}
  ${() => ModelArtifact.claim('Weights')}                                                                            | ${'claim name "Weights" is not an RFC 1123 subdomain (7 characters).'}
  ${() => ModelArtifact.claim('weights', { subPath: '/llama' })}                                                     | ${'subPath "/llama" is no folder inside the volume.'}
  ${() => ModelArtifact.csi({ driver: 's3.csi.aws.com' })}                                                           | ${'The driver s3.csi.aws.com mounts claims only; the API server takes the pod, and the node never starts it.'}
  ${() => ModelArtifact.download(S3, { checksum: 'abc' })}                                                           | ${'"abc" is no SHA-256.'}
  ${() => ModelArtifact.download(S3, { checksum: 'AB'.repeat(32) })}                                                 | ${'is no SHA-256.'}
  ${() => ModelArtifact.download(S3, { size: Size.gibibytes(0) })}                                                   | ${'An artifact of 0 MiB holds nothing.'}
  ${() => ModelArtifact.download(ModelSource.ngc('a/b:1'), { credentials: DownloadCredentials.workloadIdentity() })} | ${'ngc://a/b:1 is in no cloud that knows the pod by its service account.'}
  ${() => ModelArtifact.huggingFace({ repository: 'llama' })}                                                        | ${'"llama" is no repository of Hugging Face.'}
`('$told', ({ make, told }) => {
  expect(refusalOf(make)).toContain(told);
});

describe('LoRA adapters', () => {
  const adapter = (name: string, rank = 16) => ({ name, rank, artifact: ModelArtifact.claim('adapters') });

  test('each in a folder of its own; slots for all of them, of the largest rank', () => {
    const lora = new LoraAdapters({ adapters: [adapter('tenant-a.sql', 8), adapter('tenant-b.sql', 64)] });
    expect(lora).toMatchObject({ folder: '/adapters', maxRank: 64, maxLoras: 2 });
    expect(lora.adapters.map(({ artifact }) => artifact.path)).toEqual([
      '/adapters/tenant-a.sql',
      '/adapters/tenant-b.sql',
    ]);
  });

  test('what is baked into the image stays where it is', () => {
    const baked = { name: 'sql', rank: 8, artifact: ModelArtifact.baked('/opt/sql') };
    expect(new LoraAdapters({ adapters: [baked] }).adapters[0]!.artifact.path).toBe('/opt/sql');
  });

  test.each`
    adapters                                                                               | told
    ${[]}                                                                                  | ${'No adapter is given.'}
    ${[adapter('tenant/sql')]}                                                             | ${'"tenant/sql" is no name of an adapter.'}
    ${[adapter('a'.repeat(41))]}                                                           | ${'is no name of an adapter.'}
    ${[adapter('sql'), adapter('sql')]}                                                    | ${'Two adapters are called "sql"'}
    ${[adapter('a.sql'), adapter('a-SQL')]}                                                | ${'Two adapters are called "a-sql"'}
    ${[adapter('sql', 0)]}                                                                 | ${'rank of the adapter "sql" is 0.'}
    ${[{ ...adapter('sql'), artifact: ModelArtifact.huggingFace({ repository: 'a/b' }) }]} | ${'The server would have to download the adapter "sql" itself'}
  `('$told', ({ adapters, told }) => {
    expect(refusalOf(() => new LoraAdapters({ adapters }))).toContain(told);
  });
});
