import { Findings, mergeFindings } from '../problem/problem';
import { DeclaredWorkload } from './declared-workload';
import { duplicateEnvironment } from './duplicate-environment';
import { gpuMemoryFit } from './gpu-memory-fit';
import { gpuSuitability } from './gpu-suitability';
import { gpuTopology } from './gpu-topology';
import { imagePinning } from './image-pinning';
import { karpenterConsolidation } from './karpenter-consolidation';
import { literalSecret } from './literal-secret';
import { modelCache } from './model-cache';
import { nodeFit } from './node-fit';
import { shutdown } from './shutdown';
import { startup } from './startup';
import { zonalCache } from './zonal-cache';

/** Everything that is asked of one workload, in the order in which a reader wants to know it. */
const WORKLOAD_CHECKS: readonly ((workload: DeclaredWorkload) => Findings)[] = [
  gpuSuitability,
  gpuMemoryFit,
  gpuTopology,
  nodeFit,
  modelCache,
  zonalCache,
  startup,
  shutdown,
  karpenterConsolidation,
  imagePinning,
  literalSecret,
  duplicateEnvironment,
];

/** Judges one workload. Pure: the same workload gives the same findings. */
export function checkWorkload(workload: DeclaredWorkload): Findings {
  return mergeFindings(WORKLOAD_CHECKS.map((check) => check(workload)));
}
