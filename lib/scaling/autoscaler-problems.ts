import { DeclaredRelease, DeclaredScaler } from '../checks/declarations';
import { isHttpAddress } from '../problem/addresses';
import { dnsSubdomainProblems, labelProblems, shown } from '../problem/names';
import { MOST_PODS, wholeNumberProblems } from '../problem/numbers';
import { Problem } from '../problem/problem';
import { SERVICE_LABEL } from '../signals/pod-selection';
import { ScalingTarget } from '../workload/scaling-target';
import { InferenceAutoscalerProps } from './inference-autoscaler-props';
import { concurrencyOf } from './scale-to-zero';
import { ScalerPlan } from './scaler-plan';

export interface ScalerRequest {
  readonly props: InferenceAutoscalerProps;
  readonly by: 'keda' | 'hpa';
  /** Name and namespace of the scaler. */
  readonly name: string;
  readonly namespace?: string;
  readonly target: ScalingTarget;
  readonly minReplicas: number;
  /** Who scales the same object already. */
  readonly other?: DeclaredScaler;
}

/** Everything that is wrong whatever else the app declares. */
export function scalerProblems(request: ScalerRequest): Problem[] {
  const { props, minReplicas, target, namespace } = request;
  return [
    ...nameProblems(request),
    ...targetProblems(target),
    ...namespaceProblems('scaler', target, namespace),
    ...wholeNumberProblems('minReplicas', minReplicas, 0, MOST_PODS),
    ...wholeNumberProblems('maxReplicas', props.maxReplicas, 1, MOST_PODS),
    ...wholeNumberProblems('fallbackReplicas', props.fallbackReplicas, 0, MOST_PODS),
    ...conflicts(request),
    ...metricProblems(request),
    ...zeroProblems(request),
  ];
}

/**
 * KEDA writes the name of a ScaledObject as the value of a label, and calls its HorizontalPodAutoscaler by it. Its webhook refuses
 * what is longer, as of 2.21.
 *
 * @source kedacore/keda apis/keda/v1alpha1/scaledobject_webhook.go: verifyName
 */
const LONGEST_KEDA_NAME = 63 - 'keda-hpa-'.length;

function nameProblems({ name, by }: ScalerRequest): Problem[] {
  const problems = dnsSubdomainProblems('name of the scaler', name);
  if (problems.length > 0 || by === 'hpa' || name.length <= LONGEST_KEDA_NAME) return problems;
  return [
    {
      check: 'names',
      message: `name of the scaler ${shown(name)} has ${name.length} characters; behind the keda-hpa- of KEDA at most ${LONGEST_KEDA_NAME} fit.`,
      remedy: `Shorten it by ${name.length - LONGEST_KEDA_NAME}.`,
    },
  ];
}

/** What a target of the user's own says of itself. */
function targetProblems({ name, labels, unprotected, service, rolloutSeconds, port }: ScalingTarget): Problem[] {
  return [
    ...dnsSubdomainProblems('name of the target', name),
    ...labelProblems('label of the target', { ...labels, ...unprotected }),
    ...labelProblems('service of the target, as the label', { [SERVICE_LABEL]: service }),
    ...wholeNumberProblems('rolloutSeconds of the target', rolloutSeconds, 0),
    ...wholeNumberProblems('port of the target', port, 1, 65_535),
  ];
}

/** Whoever refers to an object by its name finds it in its own namespace only. */
export function namespaceProblems(what: string, { name, namespace }: ScalingTarget, own = 'default'): Problem[] {
  if (namespace === undefined || namespace === own) return [];
  return [
    {
      check: 'names',
      message: `${name} is in the namespace ${namespace}, and its ${what} in ${own}, where it finds no ${name}.`,
      remedy: `Declare the ${what} in a chart of ${namespace}.`,
    },
  ];
}

/** What is wrong beside the release of the same service, when everything is declared. */
export function releaseProblems(
  { scaleToZero }: InferenceAutoscalerProps,
  { name }: ScalingTarget,
  release: DeclaredRelease | undefined,
): Problem[] {
  if (release === undefined) return [];
  if (release.steps.some(({ partition }) => partition !== undefined)) {
    return [
      conflict(
        `The release replaces pods from the highest number down (${release.strategy}), and a scaler changes which is the highest: what it adds runs the candidate at once.`,
        'Release with CanaryStrategy.weightedTwins(), or without a scaler.',
      ),
    ];
  }
  if (!scaleToZero) return [];
  return [
    {
      check: 'scale-to-zero',
      message: `The release sends requests to the pods of ${name} and of its canary, past the add-on that counts them: it would end the stable pods, and the way back would be a cold start.`,
      remedy: 'Leave scaleToZero out until the release is done.',
    },
  ];
}

/**
 * What is wrong with scalers of both kinds beside each other: either asks the API external.metrics.k8s.io, and a cluster has one
 * server of that, KEDA's or the Prometheus adapter's.
 */
export function externalMetricProblems(
  target: ScalingTarget,
  by: DeclaredScaler['by'],
  others: readonly DeclaredScaler[],
) {
  const other = others.find((each) => each.by !== by);
  if (other === undefined) return [];
  return [
    {
      check: 'external-metrics',
      message: `${target.name} is scaled by ${NOUNS[by]}, and ${other.name} (${other.construct.node.path}) by ${NOUNS[other.by]}: both ask the API external.metrics.k8s.io, and a cluster has one server of it. One of the two never gets a number.`,
      remedy:
        "Scale all services of a cluster by: 'keda', or all by: 'hpa'; waive this where they run in different clusters.",
    },
  ];
}

const NOUNS: Readonly<Record<DeclaredScaler['by'], string>> = {
  KEDA: 'KEDA',
  HorizontalPodAutoscaler: 'a HorizontalPodAutoscaler',
};

const conflict = (message: string, remedy: string): Problem => ({ check: 'scaler-conflict', message, remedy });

/** Two that decide one number, or somebody who counts on a number that does not change. */
function conflicts({ props, by, target, other }: ScalerRequest): Problem[] {
  const { schedules = [], fallbackReplicas, scaleToZero, serverAddress } = props;
  const onlyKeda = [
    ...(schedules.length > 0 ? ['schedules'] : []),
    ...(fallbackReplicas !== undefined ? ['fallbackReplicas'] : []),
    ...(scaleToZero ? ['scaleToZero'] : []),
  ];
  return [
    ...(other
      ? [
          conflict(
            `${target.kind} ${target.name} is scaled by ${other.construct.node.path} already (${other.by}): each would undo what the other decides.`,
            'Give one scaler all metrics; the one that wants most decides.',
          ),
        ]
      : []),
    ...(target.role !== undefined
      ? [
          conflict(
            `${target.name} does the ${target.role} part of each request, and the router in front knows its pods by their names: one that comes gets no request, one that goes is asked in vain.`,
            'Scale by replicas in Git, or serve without prefill.',
          ),
        ]
      : []),
    ...(target.track === 'canary'
      ? [
          conflict(
            `${target.name} is the canary of a release, whose size follows from the step.`,
            'Scale the stable side.',
          ),
        ]
      : []),
    ...(by === 'hpa' && onlyKeda.length > 0
      ? [
          conflict(
            `A HorizontalPodAutoscaler knows nothing of ${onlyKeda.join(', ')}.`,
            "Use KEDA: by: 'keda' and a serverAddress.",
          ),
        ]
      : []),
    ...(serverAddress !== undefined && (by === 'hpa' || scaleToZero)
      ? [
          conflict(
            `A serverAddress is stated, and nobody asks there: ${by === 'hpa' ? 'a HorizontalPodAutoscaler asks the Prometheus adapter' : 'beside scaleToZero the HTTP add-on counts'}.`,
            `Leave out serverAddress, or ${by === 'hpa' ? "by: 'hpa'" : 'scaleToZero'}.`,
          ),
        ]
      : []),
  ];
}

function metricProblems({ props, by }: ScalerRequest): Problem[] {
  const { metrics, serverAddress, scaleToZero } = props;
  const problem = (message: string, remedy: string) => ({ check: 'scaling-metric', message, remedy });
  const names = (metrics ?? []).map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  const address = !scaleToZero && by === 'keda' && !isHttpAddress(serverAddress);
  return [
    ...(metrics?.length === 0
      ? [problem('There is no metric, so nothing is ever scaled.', 'Leave metrics out: the queue is looked at then.')]
      : []),
    ...(twice === undefined
      ? []
      : [problem(`The metric ${twice} is stated twice.`, 'State it once; the lower target would always win.')]),
    ...(address
      ? [
          problem(
            serverAddress === undefined
              ? 'KEDA is not told where Prometheus is.'
              : `${shown(serverAddress)} is no address of a Prometheus.`,
            "State a serverAddress such as http://prometheus-operated.monitoring:9090, or by: 'hpa'.",
          ),
        ]
      : []),
  ];
}

function zeroProblems({ props, target, minReplicas }: ScalerRequest): Problem[] {
  const { scaleToZero, metrics } = props;
  const problem = (message: string, remedy: string) => ({ check: 'scale-to-zero', message, remedy });
  if (!scaleToZero) {
    if (minReplicas !== 0) return [];
    return [
      problem(
        `The minimum of ${target.name} is 0, and pods that are not there have no queue: nothing would ever start the first.`,
        'State scaleToZero with the cold start that you accept, or a minimum of 1.',
      ),
    ];
  }
  const { hosts, scalerAddress } = scaleToZero;
  return [
    ...(minReplicas > 0
      ? [problem(`It scales to zero, and its minimum is ${minReplicas}.`, 'Leave out one of the two.')]
      : []),
    ...(metrics
      ? [
          problem(
            'Metrics of the pods are stated, and without a pod they fail: KEDA would take that for a fault and start some.',
            'Leave metrics out: requests are counted in front of the pods.',
          ),
        ]
      : []),
    ...(hosts.length === 0
      ? [problem('It has no host name, so no request is handed on.', 'Name those that clients call.')]
      : []),
    ...hosts
      .filter((host, at) => hosts.indexOf(host) !== at)
      .map((host) => problem(`The host name ${shown(String(host))} is stated twice.`, 'State it once.')),
    ...hosts.flatMap((host) => dnsSubdomainProblems('host name', String(host).replace(/^\*\./, ''))),
    ...(scalerAddress !== undefined && !/^[a-z0-9.-]+:\d{1,5}$/.test(scalerAddress)
      ? [
          problem(
            `${shown(scalerAddress)} is no address of the add-on's scaler.`,
            'Use host and port, such as keda-add-ons-http-external-scaler.keda:9090.',
          ),
        ]
      : []),
    ...(concurrencyOf(scaleToZero, target) === undefined
      ? [
          problem(
            `Nobody knows how many requests one replica of ${target.name} computes at once.`,
            'State concurrency, such as 16.',
          ),
        ]
      : wholeNumberProblems('scaleToZero.concurrency', scaleToZero.concurrency, 1)),
    ...(target.serviceName === undefined || target.port === undefined
      ? [problem(`${target.name} names no Service and port.`, 'State serviceName and port of the target.')]
      : []),
  ];
}

/**
 * What is wrong with the bounds, when everything is declared.
 *
 * @param held the most replicas that pools and quota hold, or that were stated; undefined where the app does not know them
 */
export function boundProblems(plan: ScalerPlan, props: InferenceAutoscalerProps, held: number | undefined): Problem[] {
  const { target, minReplicas, maxReplicas, fallbackReplicas, schedules } = plan;
  const { rolloutSeconds } = target;
  const problem = (message: string, remedy: string) => ({ check: 'scaler-bounds', message, remedy });
  if (props.maxReplicas === undefined && held === undefined) {
    return [
      problem(
        `Nobody knows in which pools the pods of ${target.name} run, so no maximum follows from them.`,
        'State maxReplicas.',
      ),
    ];
  }
  const stated =
    props.maxReplicas === undefined ? 'what pools and quota hold beside the others at rest' : 'its maximum';
  if (maxReplicas < minReplicas) {
    return [
      problem(
        `The minimum of ${target.name} is ${minReplicas} and its maximum ${maxReplicas}.`,
        'Raise maxReplicas, or lower minReplicas.',
      ),
    ];
  }
  const crowded = schedules.filter(({ replicas }) => replicas > maxReplicas);
  const idle = schedules.filter((schedule) => schedule.replicas <= minReplicas);
  return [
    ...(maxReplicas === minReplicas
      ? [
          problem(
            `${target.name} has ${replicas(minReplicas)} when nobody calls, and ${stated} is ${maxReplicas}: there is nothing to scale.`,
            props.maxReplicas === undefined
              ? 'Raise maxNodes of its pool or the quota, lower minReplicas, or remove the scaler.'
              : 'Raise maxReplicas, or remove the scaler.',
          ),
        ]
      : []),
    ...(fallbackReplicas > maxReplicas
      ? [
          problem(
            `Without metrics there would be ${replicas(fallbackReplicas)}, and ${stated} is ${maxReplicas}.`,
            `Use fallbackReplicas of ${maxReplicas} or fewer.`,
          ),
        ]
      : []),
    ...(fallbackReplicas < minReplicas
      ? [
          problem(
            `Without metrics there would be ${replicas(fallbackReplicas)} at least, and there are never fewer than ${minReplicas}.`,
            `Use fallbackReplicas of ${minReplicas} or more, or leave them out.`,
          ),
        ]
      : []),
    ...idle.map((schedule) =>
      problem(
        `The schedule wants ${schedule.toString()}, and there are never fewer than ${minReplicas}: it changes nothing.`,
        'Raise its replicas, lower minReplicas, or leave it out.',
      ),
    ),
    ...crowded.map((schedule) =>
      problem(
        `The schedule wants ${schedule.toString()}, and ${stated} is ${maxReplicas}.`,
        `Lower its replicas to ${maxReplicas}, or raise the maximum.`,
      ),
    ),
    ...schedules.flatMap((schedule) => schedule.problems({ minReplicas, maxReplicas, rolloutSeconds })),
  ];
}

const replicas = (count: number) => `${count} replica${count === 1 ? '' : 's'}`;
