import { Problem } from '../problem/problem';
import { Identity, identify, keyOf, Manifest, mapOf, show } from './manifest-identity';
import { scalerOf } from './scaler';

/** Workloads that state a number of replicas although a scaler owns it. */
export class ReplicasUnderScaler {
  /** Workloads with a fixed number of replicas, by identity. */
  private readonly fixed = new Map<
    string,
    { readonly at: Identity; readonly constructPath: string; readonly replicas: number }
  >();
  /** Identity of a workload to the scaler that owns its replicas. */
  private readonly scaled = new Map<string, string>();

  add(manifest: Manifest, constructPath: string): void {
    const at = identify(manifest);
    const { replicas } = mapOf(manifest.spec);
    if (typeof replicas === 'number') this.fixed.set(keyOf(at), { at, constructPath, replicas });
    const scaler = scalerOf(manifest);
    if (scaler) this.scaled.set(keyOf(scaler.target), show(at));
  }

  problems(): (Problem & { readonly constructPath: string })[] {
    return [...this.fixed].flatMap(([key, { at, constructPath, replicas }]) => {
      const scaler = this.scaled.get(key);
      if (scaler === undefined) return [];
      return [
        {
          constructPath,
          check: 'replicas-under-scaler',
          message: `${show(at)} sets spec.replicas to ${replicas}, and ${scaler} scales it: every apply resets the number.`,
          remedy: `Leave spec.replicas out; of an object that a construct makes, by addJsonPatch(JsonPatch.remove('/spec/replicas')).`,
        },
      ];
    });
  }
}
