import { Findings, mergeFindings } from '../problem/problem';
import { nodeFitFindings, planNodeFit } from '../plan/node-fit';
import { DeclaredWorkload } from './declared-workload';
import { requestOfPod } from './pod-request';

/** Does a pod fit a node of each of its pools, sidecars included, and can all GPUs of the node be used? */
export function nodeFit({ request, plan, pod }: DeclaredWorkload): Findings {
  const asked = requestOfPod(pod, plan.resources.gpuResourceName, plan.resources.deviceClaim?.count);
  return mergeFindings(request.nodePools.map((pool) => nodeFitFindings(planNodeFit({ pod: asked, pool }))));
}
