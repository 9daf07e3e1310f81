import { Size } from 'cdk8s';
import fc from 'fast-check';
import {
  DownloadCredentials,
  InvalidInputError,
  LoraAdapters,
  ModelArtifact,
  ModelCache,
  ModelSource,
} from '../../lib';
import { downloadContainer, DownloadOrigin } from '../../lib/workload/download-container';
import { mostly, number, optional, text } from './odd';

/** A value is made, or refused by all that is wrong with it, in words that a person can read. */
function judge<T, V>(arbitrary: fc.Arbitrary<T>, make: (input: T) => V, hold: (value: V, input: T) => void): void {
  const tally = { made: 0, refused: 0 };
  fc.assert(
    fc.property(arbitrary, (input) => {
      let value: V;
      try {
        value = make(input);
      } catch (error) {
        if (!(error instanceof InvalidInputError)) throw error;
        tally.refused++;
        for (const { check, message, remedy } of error.problems) {
          expect(check).toMatch(/^[a-z-]+$/);
          expect(message).toMatch(/\S[^]*[.:;]$/);
          expect(remedy).toMatch(/\S[^]*[.?]$/);
          expect(message.length).toBeLessThan(1000);
        }
        return;
      }
      tally.made++;
      hold(value, input);
    }),
    { numRuns: 500, seed: Number(process.env.PROPERTY_SEED ?? 7) },
  );
  expect(tally.made).toBeGreaterThan(10);
  expect(tally.refused).toBeGreaterThan(3);
}

const key = mostly(['llama3-8b', 'llama3-8b/2026-03-01', 'a/b/model.safetensors', 'a b'], text);
const name = mostly(['weights', 'models-eu'], text);

const sources: fc.Arbitrary<() => ModelSource> = fc.oneof(
  fc
    .record({
      bucket: name,
      key,
      region: optional(mostly(['us-east-1'], text)),
      endpoint: optional(mostly(['https://minio.example.com'], text)),
    })
    .map((props) => () => ModelSource.s3(props)),
  fc.record({ bucket: name, key }).map((props) => () => ModelSource.gcs(props)),
  fc
    .record({ account: mostly(['weights'], text), container: name, key })
    .map((props) => () => ModelSource.azureBlob(props)),
  fc
    .record({
      repository: mostly(['meta-llama/Llama-3.1-8B'], text),
      revision: optional(mostly(['main', 'a'.repeat(40)], text)),
      exclude: optional(mostly(['original/*'], text)),
    })
    .map((props) => () => ModelSource.huggingFace(props)),
  mostly(['nim/meta/llama:1.0', 'nvidia/llama:2'], text).map((model) => () => ModelSource.ngc(model)),
  fc
    .array(mostly(['https://example.com/a.bin', 'https://example.com/b.bin?v=1'], text), { maxLength: 2 })
    .map((urls) => () => ModelSource.https(...urls)),
);

test('a download of any source becomes a container whose values no shell, kubelet or Flux reads as something else', () => {
  judge(
    fc.record({
      source: sources,
      checksum: optional(mostly(['ab'.repeat(32)], text)),
      path: optional(mostly(['/models', '/w/x'], text)),
    }),
    ({ source, ...options }) => ModelArtifact.download(source(), options),
    ({ origin, path }) => {
      const download = origin as DownloadOrigin;
      expect(path).toMatch(/^\/[^\s]+$/);
      expect(download.folder).toMatch(/^[a-z0-9][a-z0-9-]*-[0-9a-f]{12}$/);
      const { env, args } = downloadContainer({ name: 'model', origin: download, cacheVolume: 'c', serverImage: 'x' });
      const own = new Set(env!.map((variable) => variable.name));
      expect(own.size).toBe(env!.length);
      for (const { value } of env!) {
        expect(typeof value).toBe('string');
        expect(value).not.toMatch(/undefined|\$\{/);
      }
      // The script is the same for all sources of a kind: no text of a user's is in it.
      expect(args![0]).not.toContain(download.source.name);
    },
  );
});

test('other content is another folder, and the same content the same', () => {
  const at = (revision: string, checksum?: string) =>
    (
      ModelArtifact.download(ModelSource.huggingFace({ repository: 'a/b', revision }), { checksum })
        .origin as DownloadOrigin
    ).folder;
  expect(at('a'.repeat(40))).toBe(at('a'.repeat(40)));
  const folders = [
    at('a'.repeat(40)),
    at('b'.repeat(40)),
    at('a'.repeat(40), 'ab'.repeat(32)),
    at('a'.repeat(40), 'cd'.repeat(32)),
  ];
  expect(new Set(folders).size).toBe(4);
});

test('artifacts that are mounted', () => {
  judge(
    fc.record({
      kind: fc.nat(3),
      claim: mostly(['weights'], text),
      driver: mostly(['gcsfuse.csi.storage.gke.io', 's3.csi.aws.com'], text),
      subPath: optional(mostly(['llama'], text)),
      path: optional(mostly(['/models'], text)),
    }),
    ({ kind, claim, driver, subPath, path }) =>
      [
        () => ModelArtifact.claim(claim, { subPath, path }),
        () => ModelArtifact.csi({ driver, path }),
        () => ModelArtifact.baked(path ?? '/models'),
        () => ModelArtifact.ociImage('registry.example.com/weights:1', { path }),
      ][kind]!(),
    ({ path }) => expect(path.startsWith('/')).toBe(true),
  );
});

test('DownloadCredentials', () => {
  judge(
    fc.record({
      secretName: mostly(['weights-reader'], text),
      variable: mostly(['HF_TOKEN'], text),
      secretKey: mostly(['token'], text),
    }),
    ({ secretName, variable, secretKey }) => DownloadCredentials.secret(secretName, { [variable]: secretKey }),
    (credentials, { variable, secretKey }) => expect(credentials.keysFor('s3')).toEqual({ [variable]: secretKey }),
  );
});

test('LoraAdapters', () => {
  judge(
    fc.record({
      adapters: fc.array(
        fc.record({
          name: mostly(['tenant-a.sql', 'tenant-b.sql', 'sql', 'SQL'], text),
          rank: mostly([8, 16, 64], number),
          artifact: fc.constant(ModelArtifact.claim('adapters')),
        }),
        { maxLength: 3 },
      ),
      maxLoras: optional(mostly([1, 4], number)),
    }),
    (props) => new LoraAdapters(props),
    ({ adapters, maxRank, folder }) => {
      expect(new Set(adapters.map(({ artifact }) => artifact.path)).size).toBe(adapters.length);
      for (const { artifact, rank } of adapters) {
        expect(artifact.path.startsWith(`${folder}/`)).toBe(true);
        expect(rank).toBeLessThanOrEqual(maxRank);
      }
    },
  );
});

test('a cache on a node, in memory or shared', () => {
  judge(
    fc.record({
      kind: fc.nat(2),
      folder: mostly(['/var/lib/models'], text),
      claimName: optional(mostly(['weights'], text)),
      mib: mostly([1e5], number),
    }),
    ({ kind, folder, claimName, mib }) =>
      [
        () => ModelCache.nodeLocal(folder),
        () => ModelCache.shared(undefined, { claimName }),
        () => ModelCache.memory(Size.mebibytes(Math.abs(mib) || 1)),
      ][kind]!(),
    (cache) => expect(cache.with({ sizeMib: 1024, claimName: 'derived' }).needsSize).toBe(false),
  );
});
