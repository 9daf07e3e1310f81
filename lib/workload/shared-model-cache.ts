import { Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-30';
import { Construct } from 'constructs';
import { ModelCache } from '../model/model-cache';
import { Problem } from '../problem/problem';
import { mebibytes } from './quantities';

/**
 * The claim of a shared cache: one of a name in a chart, whoever uses it. It outlives the services: Flux does not prune it,
 * as deleting it deletes the weights.
 *
 * @returns what contradicts another use of the name
 */
export function shareClaim(scope: Construct, cache: ModelCache): Problem[] {
  if (cache.kind !== 'shared' || cache.claimName === undefined) return [];
  const chart = Chart.of(scope);
  const id = `model-cache-claim-${cache.claimName}`;
  const existing = chart.node.tryFindChild(id) as SharedClaim | undefined;
  if (existing === undefined) {
    new SharedClaim(chart, id, cache);
    return [];
  }
  if (existing.cache.storageClass === cache.storageClass && existing.cache.sizeMib === cache.sizeMib) return [];
  const what = (one: ModelCache) => `${one.sizeMib} MiB of ${one.storageClass ?? 'the default storage class'}`;
  return [
    {
      check: 'model-cache',
      message: `Two services of this chart want the claim ${cache.claimName} differently: ${what(existing.cache)}, and ${what(cache)}.`,
      remedy: 'Give both the same ModelCache, or one of them another claimName.',
    },
  ];
}

class SharedClaim extends k8s.KubePersistentVolumeClaim {
  constructor(
    scope: Construct,
    id: string,
    readonly cache: ModelCache,
  ) {
    super(scope, id, {
      metadata: {
        name: cache.claimName,
        annotations: { 'kustomize.toolkit.fluxcd.io/prune': 'disabled' },
      },
      spec: {
        accessModes: ['ReadWriteMany'],
        storageClassName: cache.storageClass,
        resources: { requests: { storage: mebibytes(cache.sizeMib!) } },
      },
    });
  }
}
