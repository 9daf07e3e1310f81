import { Identity, identify, Manifest, mapOf, referenceOf } from './manifest-identity';

/** Who decides about the replicas of an object. */
export interface Scaler {
  readonly at: Identity;
  readonly target: Identity;
  /** The most replicas that it makes. */
  readonly most: number;
}

/** KEDA's own number where a ScaledObject states none. */
const MOST = 100;

/** What a ScaledObject or a HorizontalPodAutoscaler scales; undefined for everything else. */
export function scalerOf(manifest: Manifest): Scaler | undefined {
  const at = identify(manifest);
  const scales =
    (at.group === 'keda.sh' && at.kind === 'ScaledObject') ||
    (at.group === 'autoscaling' && at.kind === 'HorizontalPodAutoscaler');
  if (!scales) return undefined;
  const { scaleTargetRef, maxReplicas, maxReplicaCount } = mapOf(manifest.spec);
  return { at, target: referenceOf(scaleTargetRef, at), most: Number(maxReplicas ?? maxReplicaCount ?? MOST) };
}
