import { EnvValue, k8s } from 'cdk8s-plus-30';
import { WorkloadKind } from '../checks/declared-workload';
import { ModelCache } from '../model/model-cache';
import { ModelCredentials } from '../model/model-credentials';
import { resolveModel } from '../model/resolve-model';
import { InferencePlan, InferenceRequest } from '../plan/inference-plan';
import { planDelivery } from '../plan/model-delivery';
import { planLayout } from '../plan/parallel-layout';
import { labelProblems } from '../problem/names';
import { attempt, Problem } from '../problem/problem';
import { tracingProblems } from '../runtime/telemetry-problems';
import { additionProblems } from './addition-problems';
import { GpuInferenceWorkloadProps } from './gpu-inference-workload-props';
import { InferenceContractProps } from './inference-contract-props';
import { latencyObjectives, objectiveProblems } from './inference-objectives';
import { InferencePodProps } from './inference-pod-props';
import { downloadProblems } from './model-volumes';
import { PodAdditions } from './pod-template-request';
import { telemetryOf } from './pod-telemetry';
import { toMebibytes, toMillicores, toSeconds } from './quantities';
import { identityProblems } from './workload-identity';
import { numberProblems } from './workload-numbers';

/** What users state of a workload, whatever its kind. */
export type WorkloadProps = InferenceContractProps & InferencePodProps & Pick<GpuInferenceWorkloadProps, 'role'>;

/**
 * The props of a workload in the plan's units. A model that cannot be found is reported and left out.
 *
 * @param name name of the service, after which a shared cache is called
 * @param namespace where it runs
 */
export function inferenceRequest(
  props: WorkloadProps,
  problems: Problem[],
  kind: WorkloadKind,
  name: string,
  namespace?: string,
): InferenceRequest {
  const { resources } = props;
  const model = props.model === undefined ? undefined : attempt(problems, () => resolveModel(props.model!));
  const { credentials = ModelCredentials.keyless() } = props;
  const {
    weights,
    lora,
    cache,
    placed,
    problems: contradictory,
  } = planDelivery({
    ...props,
    model,
    credentials: credentials.kind,
    cache: props.cache instanceof ModelCache ? props.cache : undefined,
    podsHaveDisks: kind !== 'Deployment',
    claimName: `${name}-model-cache`,
  });
  problems.push(...contradictory);
  return {
    runtime: props.runtime,
    model,
    servedModelName: props.servedModelName,
    nodePools: [props.nodePool].flat(),
    weights,
    lora,
    role: props.role,
    parallelism: planLayout(props, [props.nodePool].flat()),
    maxModelLen: props.maxModelLen,
    maxOutputTokens: props.maxOutputTokens,
    weightFormat: props.weightFormat,
    kvCacheFormat: props.kvCacheFormat,
    concurrency: props.concurrency,
    objectives: props.slo && latencyObjectives(props.slo),
    cache,
    placed,
    cachePath: props.cachePath,
    // Whose weights lie there already needs no key for them.
    credentials: weights.kind === 'local' && credentials.kind !== 'air-gapped' ? 'keyless' : credentials.kind,
    telemetry: telemetryOf(props, name, namespace),
    resources: {
      cpuMillis: toMillicores(resources?.cpu),
      memoryMib: toMebibytes(resources?.memory),
      ephemeralStorageMib: toMebibytes(resources?.ephemeralStorage),
    },
    coldStartSeconds: toSeconds(props.coldStart),
    longestAnswerSeconds: toSeconds(props.longestAnswer),
  };
}

/** The user's additions in Kubernetes' own shapes. */
export function podAdditions(props: InferencePodProps): PodAdditions {
  return {
    env: Object.entries(props.env ?? {}).map(([name, value]) => environmentVariable(name, value)),
    volumes: props.volumes ?? [],
    volumeMounts: props.volumeMounts ?? [],
    initContainers: props.initContainers ?? [],
    sidecars: props.sidecars ?? [],
    podLabels: { ...props.podLabels, ...props.workloadIdentity?.podLabels },
    podAnnotations: props.podAnnotations ?? {},
  };
}

/** Everything in the props that cannot be, beyond what the values in them have refused already. */
export function workloadProblems(props: WorkloadProps, request: InferenceRequest, plan: InferencePlan): Problem[] {
  const numbers = [...numberProblems(props), ...objectiveProblems(props.slo ?? {})];
  return [...numbers, ...contradictions(props, request, plan), ...(numbers.length === 0 ? memoryProblems(plan) : [])];
}

function contradictions(props: WorkloadProps, request: InferenceRequest, plan: InferencePlan): Problem[] {
  const { cache, placed = [] } = request;
  return [
    ...labelProblems('pod label', props.podLabels ?? {}),
    ...(props.tracing ? tracingProblems(props.tracing) : []),
    ...plan.problems,
    ...credentialProblems(props, request, plan),
    ...identityProblems({
      identity: props.workloadIdentity,
      serviceAccount: props.serviceAccount?.name,
      pools: request.nodePools,
      needed: plan.cloudIdentity,
    }),
    ...additionProblems(props, props.runtime.name, { plan, cache, placed }),
    ...downloadProblems(placed, cache, props.credentials),
    ...cpuLimitProblems(props, plan),
    ...(props.cache !== undefined && !(props.cache instanceof ModelCache)
      ? [
          {
            check: 'model-cache',
            message: `cache is ${JSON.stringify(props.cache)}, which is no ModelCache, so weights would be kept nowhere.`,
            remedy: 'Use ModelCache.perReplica(Size.gibibytes(50)), ModelCache.claim(…) or ModelCache.ephemeral(…).',
          },
        ]
      : []),
    ...(cache.kind === 'per-replica' && props.credentials?.kind === 'air-gapped' && request.weights.kind !== 'local'
      ? [
          {
            check: 'model-cache',
            message: 'The service is air-gapped, but a cache per replica is born empty and nothing may fill it.',
            remedy: "Use ModelCache.claim('name', { filled: true }) with a claim that holds the weights.",
          },
        ]
      : []),
    ...(cache.readOnly && cache.claimName !== undefined && !cache.filled
      ? [
          {
            check: 'model-cache',
            message: `The claim ${cache.claimName} is mounted read-only and not filled, so the server can neither find nor write weights.`,
            remedy: 'State filled: true, or mount it writable.',
          },
        ]
      : []),
  ];
}

function memoryProblems({ contract, resources: { memoryMib, sharedMemoryMib } }: InferencePlan): Problem[] {
  if (memoryMib > sharedMemoryMib) return [];
  return [
    {
      check: 'memory',
      message: `The pod has ${memoryMib} MiB of memory, of which /dev/shm may take ${sharedMemoryMib} MiB: nothing is left for the server.`,
      remedy: `Leave resources.memory out: the pod then gets its part of the machine, up to the ${contract.hostMemoryMib + sharedMemoryMib} MiB that the server wants. Or use a larger machine.`,
    },
  ];
}

function environmentVariable(name: string, value: string | EnvValue): k8s.EnvVar {
  return value instanceof EnvValue
    ? { name, value: value.value as string | undefined, valueFrom: value.valueFrom as k8s.EnvVarSource | undefined }
    : { name, value };
}

function credentialProblems(
  { credentials, runtime }: WorkloadProps,
  { weights }: InferenceRequest,
  { contract }: InferencePlan,
): Problem[] {
  const { kind, secret } = credentials ?? ModelCredentials.keyless();
  if (!secret || weights.kind === 'local' || contract.credentialSlots.some((slot) => slot.kind === kind)) return [];
  const known = contract.credentialSlots.map((slot) => slot.kind).join(' or ');
  return [
    {
      check: 'credentials',
      message: `${runtime.name} ${runtime.version} reads no ${kind} credential.`,
      remedy: known ? `Give it ${known} credentials.` : 'Use ModelCredentials.keyless().',
    },
  ];
}

function cpuLimitProblems({ resources }: WorkloadProps, plan: InferencePlan): Problem[] {
  const limit = toMillicores(resources?.cpuLimit);
  const request = plan.resources.cpuMillis;
  if (limit === undefined || limit >= request) return [];
  return [
    {
      check: 'resources',
      message: `The CPU limit of ${limit}m is below the ${request}m that the pod requests; the API server refuses such a pod.`,
      remedy: `Use a cpuLimit of ${request}m or more, a smaller resources.cpu, or no limit.`,
    },
  ];
}
