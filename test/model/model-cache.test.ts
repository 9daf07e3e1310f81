import { Size } from 'cdk8s';
import { ModelCache } from '../../lib/model/model-cache';
import { refusalOf } from '../support/messages';

describe('what each kind says', () => {
  test.each`
    cache                                                                        | kind             | sizeMib      | readOnly | filled
    ${ModelCache.perReplica(Size.gibibytes(50))}                                 | ${'per-replica'} | ${51_200}    | ${false} | ${false}
    ${ModelCache.perReplica(Size.gibibytes(1), { storageClass: 'premium-rwo' })} | ${'per-replica'} | ${1024}      | ${false} | ${false}
    ${ModelCache.ephemeral(Size.mebibytes(100))}                                 | ${'ephemeral'}   | ${100}       | ${false} | ${false}
    ${ModelCache.claim('weights')}                                               | ${'claim'}       | ${undefined} | ${false} | ${false}
    ${ModelCache.claim('weights', { readOnly: true })}                           | ${'claim'}       | ${undefined} | ${true}  | ${true}
    ${ModelCache.claim('weights', { filled: true })}                             | ${'claim'}       | ${undefined} | ${false} | ${true}
    ${ModelCache.claim('weights', { readOnly: true, filled: false })}            | ${'claim'}       | ${undefined} | ${true}  | ${false}
  `('$kind of $sizeMib MiB: readOnly $readOnly, filled $filled', ({ cache, ...expected }) => {
    expect(cache).toMatchObject(expected);
  });

  test('the names and the folder that the user gave', () => {
    expect(ModelCache.perReplica(Size.gibibytes(1), { storageClass: 'premium-rwo' }).storageClass).toBe('premium-rwo');
    expect(ModelCache.claim('weights', { subPath: 'llama' })).toMatchObject({ claimName: 'weights', subPath: 'llama' });
  });

  test('a part of a MiB is dropped', () => {
    expect(ModelCache.perReplica(Size.kibibytes(2047)).sizeMib).toBe(1);
  });
});

describe('what cannot be', () => {
  test.each([
    [Size.kibibytes(500), 0],
    [Size.gibibytes(0), 0],
  ])('a disk that holds nothing', (size, mib) => {
    const told = `ModelCache: model-cache
  A model cache of ${mib} MiB holds no model.
  Give it at least the size of the weights, such as Size.gibibytes(50).`;
    expect(refusalOf(() => ModelCache.perReplica(size))).toBe(told);
    expect(refusalOf(() => ModelCache.ephemeral(size))).toBe(told);
  });

  test('a size that is none', () => {
    expect(refusalOf(() => ModelCache.perReplica(Size.mebibytes(Infinity)))).toContain('No disk has Infinity MiB.');
  });

  test('names that Kubernetes refuses', () => {
    expect(refusalOf(() => ModelCache.perReplica(Size.gibibytes(1), { storageClass: 'Premium RWO' })))
      .toMatchInlineSnapshot(`
     ModelCache: names
       storage class "Premium RWO" is not an RFC 1123 subdomain (11 characters).
       Use lower-case letters, digits, "-" and "." only, at most 253 characters.
    `);
    expect(refusalOf(() => ModelCache.claim(''))).toMatchInlineSnapshot(`
     ModelCache: names
       claim name "" is not an RFC 1123 subdomain (0 characters).
       Use lower-case letters, digits, "-" and "." only, at most 253 characters.
    `);
  });

  test.each(['/models', '../models', 'a/../b', '', 'a/'])('a folder %j that is not inside the volume', (subPath) => {
    expect(refusalOf(() => ModelCache.claim('weights', { subPath }))).toBe(`ModelCache: model-cache
  subPath ${JSON.stringify(subPath)} is no folder inside the volume.
  Use a relative path without "..", such as llama3-8b, or leave it out for the root.`);
  });
});
