import { GpuNodePool } from '../hardware/gpu-node-pool';
import { Taint } from '../hardware/taint';
import { Problem } from '../problem/problem';
import { identify, Manifest, mapOf, show } from './manifest-identity';
import { at, podSpecPaths } from './pod-spec-path';

/**
 * Do the finished pods still tolerate the taints of the pools that they were placed on? A JSON patch can take a toleration away,
 * and the pod then waits for ever.
 *
 * @param pools those that the object was placed on; none where nobody placed it
 */
export function gpuToleration(manifest: Manifest, pools: readonly GpuNodePool[]): Problem[] {
  return podSpecPaths(manifest).flatMap((path) => {
    const spec = at(manifest, path);
    const { tolerations } = mapOf(spec);
    const tolerated = (Array.isArray(tolerations) ? tolerations : []).map(mapOf);
    return pools.flatMap((pool): Problem[] => {
      const open = pool.taints.filter(
        (taint) => taint.effect !== 'PreferNoSchedule' && !tolerated.some((each) => tolerates(each, taint)),
      );
      if (spec === undefined || open.length === 0) return [];
      const written = open.map(taintText).join(' and ');
      return [
        {
          check: 'gpu-toleration',
          message: `${path}/tolerations of ${show(identify(manifest))} does not tolerate ${written} of the pool ${pool.name}: none of its nodes takes the pod.`,
          remedy: `Leave what the placement wrote, and add to it: JsonPatch.add('${path}/tolerations/-', …).`,
        },
      ];
    });
  });
}

/** As the scheduler reads it (kubernetes.io, "Taints and Tolerations"). */
function tolerates(
  { key = '', operator = 'Equal', value = '', effect }: Record<string, unknown>,
  taint: Taint,
): boolean {
  if (effect !== undefined && effect !== '' && effect !== taint.effect) return false;
  if (operator === 'Exists') return key === '' || key === taint.key;
  return key === taint.key && value === (taint.value ?? '');
}

const taintText = ({ key, value, effect }: Taint) => `${key}${value === undefined ? '' : `=${value}`}:${effect}`;
