import { ApiObject, Duration } from 'cdk8s';
import { isDeepStrictEqual } from 'node:util';
import { mapOf } from '../checks/manifest-identity';
import { Problem } from '../problem/problem';
import { ModelArtifact } from '../model/model-artifact';
import { CanaryStrategy } from '../release/canary-strategy';
import { CanaryThresholds } from '../release/canary-thresholds';
import { ReleaseStepName } from '../release/release-step';
import { smokeRequestFor } from '../release/smoke-request';
import { digestOf, SmokeTestOptions, SmokeTestProps } from '../release/smoke-test';
import { ServingRuntime } from '../runtime/serving-runtime';
import { GpuInferenceWorkload } from '../workload/gpu-inference-workload';
import { ServiceRoute } from './service-route';

/** A version that wants to replace the one that serves. */
export interface ServiceCanary {
  /** The candidate: the same server in another version, or another server. */
  readonly runtime: ServingRuntime;
  /** Other weights: another revision of the model, or a fine-tune of it. @default - those of the service */
  readonly artifact?: ModelArtifact;
  /** Where the release stands. Going on and going back are changes of this one word. */
  readonly step: ReleaseStepName;
  /** @default CanaryStrategy.weightedTwins() */
  readonly strategy?: CanaryStrategy;
  /**
   * The Job that asks the candidate one question at the step `smoke`; false for none. A server without an OpenAI endpoint has
   * none unless `request` says what to ask.
   * @default - a few tokens from the Service of the candidate
   */
  readonly smokeTest?: SmokeTestOptions | false;
  /**
   * How much worse than stable the candidate may be before `InferenceCanaryWorse` is told; the same numbers as those of a
   * controller. Without `monitoring` nobody compares.
   * @default DEFAULT_CANARY_THRESHOLDS
   */
  readonly thresholds?: CanaryThresholds;
}

/** A release of what serves already takes GPUs and shows nothing. */
export function sameServer(stable: ServingRuntime, candidate: ServingRuntime): Problem[] {
  // The same image with other settings is another server.
  if (!isDeepStrictEqual(stable, candidate)) return [];
  const image = candidate.image.toString();
  return [
    {
      check: 'canary-shape',
      message: `The canary runs ${image}, which serves already.`,
      remedy: 'Name the image of the candidate, or remove the canary when its release is done.',
    },
  ];
}

/** What the candidate is asked, as its contract says it; undefined where nothing is known to ask. */
export function plannedSmokeTest(
  options: SmokeTestOptions | false | undefined,
  { name, serviceName, port, plan, runtime, podLabels, track, workload }: GpuInferenceWorkload,
  route: ServiceRoute | undefined,
  imagePullSecrets: readonly string[] = [],
): SmokeTestProps | undefined {
  if (options === false) return undefined;
  const { request = smokeRequestFor(plan.contract.clientPaths), image, gatewayAddress: address, key } = options ?? {};
  if (request === undefined) return undefined;
  const { clientKeyHeader, envReferences = [] } = plan.contract;
  const own = envReferences.find((each) => 'secretName' in each && each.name.endsWith('API_KEY'));
  // Without a check of its own the gateway passes on the key that the server asks for.
  const asked = address === undefined ? undefined : route?.authentication;
  const header = asked?.keyHeader ?? clientKeyHeader ?? (key && 'authorization');
  const sent = key ?? (!asked && own && 'secretName' in own ? own : undefined);
  const paths = route?.paths ?? plan.contract.clientPaths;
  return {
    name: `${name}-smoke`,
    labels: podLabels,
    candidate: `${runtime.image.toString()} ${digestOf(podsOf(workload))}`,
    target: { serviceName, port, podLabels: { ...podLabels, track } },
    request,
    ...(address !== undefined &&
      route && { gateway: { address, route: { ...route, hostnames: [route.hostname].flat(), paths } } }),
    ...(header !== undefined && sent && { key: { header, secretName: sent.secretName, secretKey: sent.secretKey } }),
    startup: Duration.seconds(plan.startup.rolloutSeconds),
    answer: Duration.seconds(plan.shutdown.longestAnswerSeconds),
    image,
    imagePullSecrets: [...new Set([...imagePullSecrets, ...(options?.imagePullSecrets ?? [])])],
  };
}

/** The pods of a candidate, whichever controller keeps them: what is replaced when it changes, and not how many they are. */
function podsOf(workload: ApiObject): unknown {
  const { template, leaderWorkerTemplate } = mapOf(mapOf(workload.toJson()).spec);
  return leaderWorkerTemplate ?? template;
}

/** A controller that walks releases, beside what would walk or scale the same pods. */
export function deliveryProblems(props: {
  readonly progressiveDelivery?: unknown;
  readonly canary?: unknown;
  readonly scaling?: unknown;
  readonly prefill?: unknown;
}): Problem[] {
  if (props.progressiveDelivery === undefined) return [];
  return (['canary', 'scaling', 'prefill'] as const)
    .filter((other) => props[other] !== undefined)
    .map((other) => ({
      check: 'canary-shape',
      message: `progressiveDelivery and ${other} are both given, and both would decide over the same pods.`,
      remedy: 'Keep one of them.',
    }));
}
