import { k8s } from 'cdk8s-plus-30';
import { ModelCache } from '../model/model-cache';
import { Track } from './inference-labels';
import { CACHE_VOLUME } from './model-volumes';
import { mebibytes } from './quantities';

/** What a StatefulSet says about the disks that it makes. */
export type CacheClaims = Pick<k8s.StatefulSetSpec, 'volumeClaimTemplates' | 'persistentVolumeClaimRetentionPolicy'>;

/**
 * A disk for each pod, when the cache is of that kind. The stable track keeps its weights when it is scaled down; a canary
 * leaves nothing behind.
 */
export function cacheClaims(cache: ModelCache, track: Track): CacheClaims {
  if (cache.kind !== 'per-replica') return {};
  const keep = track === 'stable' ? 'Retain' : 'Delete';
  return {
    volumeClaimTemplates: [
      {
        metadata: { name: CACHE_VOLUME },
        spec: {
          accessModes: ['ReadWriteOnce'],
          storageClassName: cache.storageClass,
          resources: { requests: { storage: mebibytes(cache.sizeMib!) } },
        },
      },
    ],
    persistentVolumeClaimRetentionPolicy: { whenDeleted: keep, whenScaled: keep },
  };
}
