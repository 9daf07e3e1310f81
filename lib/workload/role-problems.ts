import { WorkloadKind } from '../checks/declared-workload';
import { Model } from '../model/model';
import { Problem } from '../problem/problem';
import { ServerContract, ServingRole, ServingRuntime } from '../runtime/serving-runtime';

/** What decides whether pods can do their part of a request. */
export interface RoleRequest {
  readonly role?: ServingRole;
  readonly kind: WorkloadKind;
  readonly runtime: ServingRuntime;
  readonly contract: ServerContract;
  readonly model?: Model;
}

const problem = (message: string, remedy: string): Problem => ({ check: 'disaggregation', message, remedy });

/** Roles that no server or no controller can play. */
export function roleProblems({ role, kind, runtime, contract, model }: RoleRequest): Problem[] {
  if (role === undefined) return [];
  return [
    ...(kind === 'StatefulSet'
      ? []
      : [
          problem(
            `The router calls each pod by a name of its own, and the pods of a ${kind} have none.`,
            "Use a StatefulSet (workload: 'StatefulSet') with copies of one machine each.",
          ),
        ]),
    ...(model?.task === undefined || model.task === 'generation'
      ? []
      : [
          problem(
            `${model.id} is a model for ${model.task}: it reads a text once and writes no answer, so there is nothing to divide.`,
            'Leave prefill out, and raise replicas.',
          ),
        ]),
    ...(contract.handover?.role === role
      ? []
      : [
          problem(
            `Prompts are computed apart from answers here with vLLM only, not with ${runtime.name} ${runtime.version}.`,
            'Leave prefill out, or use VllmRuntime.',
          ),
        ]),
  ];
}
