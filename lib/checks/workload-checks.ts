import { Findings, formatProblem, mergeFindings, Problem } from '../problem/problem';
import { DeclaredWorkload } from './declared-workload';
import { artifactChecksum } from './artifact-checksum';
import { artifactEngine } from './artifact-engine';
import { artifactPinning } from './artifact-pinning';
import { duplicateEnvironment } from './duplicate-environment';
import { gpuMemoryFit } from './gpu-memory-fit';
import { gpuSharing } from './gpu-sharing';
import { gpuSuitability } from './gpu-suitability';
import { gpuTopology } from './gpu-topology';
import { hostPath } from './host-path';
import { imagePinning } from './image-pinning';
import { imageVolume } from './image-volume';
import { karpenterConsolidation } from './karpenter-consolidation';
import { latencyBoundary } from './latency-boundary';
import { latencyObjective } from './latency-objective';
import { literalSecret } from './literal-secret';
import { modelCache } from './model-cache';
import { modelTask } from './model-task';
import { nodeFit } from './node-fit';
import { runtimeWarnings } from './runtime-warnings';
import { shutdown } from './shutdown';
import { startup } from './startup';
import { userNamespace } from './user-namespace';
import { zonalCache } from './zonal-cache';

/** Everything that is asked of one workload, in the order in which a reader wants to know it. */
const WORKLOAD_CHECKS: readonly ((workload: DeclaredWorkload) => Findings)[] = [
  modelTask,
  gpuSuitability,
  gpuMemoryFit,
  gpuTopology,
  gpuSharing,
  latencyObjective,
  latencyBoundary,
  nodeFit,
  modelCache,
  zonalCache,
  hostPath,
  imageVolume,
  userNamespace,
  artifactEngine,
  startup,
  shutdown,
  karpenterConsolidation,
  imagePinning,
  artifactPinning,
  artifactChecksum,
  literalSecret,
  duplicateEnvironment,
  runtimeWarnings,
];

/** Judges one workload. Pure: the same workload gives the same findings. */
export function checkWorkload(workload: DeclaredWorkload): Findings {
  const { errors, warnings } = mergeFindings(WORKLOAD_CHECKS.map((check) => check(workload)));
  return { errors: distinct(errors), warnings: distinct(warnings) };
}

/** The pods of a group share most of what can be wrong with them. */
const distinct = (problems: readonly Problem[]) => [
  ...new Map(problems.map((problem) => [formatProblem(problem), problem])).values(),
];
