import { ApiObject, Chart, Duration, JsonPatch } from 'cdk8s';
import { Construct } from 'constructs';
import { Declarations } from '../checks/declarations';
import { reportErrors, reportWarnings } from '../checks/report';
import { InferenceRoute } from '../network/inference-route';
import { RouteBackend, RouteBehaviour, RouteGateway } from '../network/inference-route-props';
import { Problem } from '../problem/problem';
import { CanaryStrategy } from './canary-strategy';
import { carriedBy, ReleaseStep, ReleaseStepName, ReleaseTrack } from './release-step';
import { SmokeTest, SmokeTestProps } from './smoke-test';

/** How requests reach the service. */
export interface RolloutRoute extends RouteBehaviour {
  readonly gateway: RouteGateway;
  /** Host name, or several, that clients call. */
  readonly hostname: string | readonly string[];
  /** The longest that one answer may take, streams included. A shorter one cuts them. */
  readonly requestTimeout: Duration;
  /** Paths that clients may call, with everything below them. @default ['/v1'] */
  readonly paths?: readonly string[];
}

export interface CanaryRolloutProps {
  /** Name of the HTTPRoute. @default - the construct's id */
  readonly name?: string;
  /** Labels of the HTTPRoute. @default - none */
  readonly labels?: Readonly<Record<string, string>>;
  /** The side that serves now: a GpuInferenceWorkload, or the Service, port and replicas of a workload of yours. */
  readonly stable: ReleaseTrack;
  /**
   * The side that wants to: its Service must select its pods only. Not with the partition strategy.
   * @default - none
   */
  readonly canary?: ReleaseTrack;
  /** @default CanaryStrategy.weightedTwins() */
  readonly strategy?: CanaryStrategy;
  /** Where the release stands. Going on and going back are changes of this one word. */
  readonly step: ReleaseStepName;
  /** How requests arrive. Whatever has a canary needs one: weights live in it. @default - none */
  readonly route?: RolloutRoute;
  /**
   * The StatefulSet or LeaderWorkerSet whose partition moves. With the partition strategy only; the `workload` of a
   * GpuInferenceStatefulSet or GpuInferenceLeaderWorkerSet.
   * @default - none
   */
  readonly workload?: ApiObject;
  /**
   * Asks the candidate one question at the step `smoke`, before it has a share of requests. The Job stays until the canary goes,
   * so that the steps after it change weights alone. @default - nobody asks
   */
  readonly smokeTest?: SmokeTestProps;
}

/** How each kind is told the ordinal from which on its pods, or groups of pods, are replaced. */
const PARTITIONS: Readonly<Record<string, (partition: number, workload: ApiObject) => JsonPatch>> = {
  StatefulSet: (partition) =>
    JsonPatch.add('/spec/updateStrategy', { type: 'RollingUpdate', rollingUpdate: { partition } }),
  LeaderWorkerSet: (partition, workload) => {
    const { rolloutStrategy } = (workload.toJson() as { spec: { rolloutStrategy?: RolloutStrategy } }).spec;
    return JsonPatch.add('/spec/rolloutStrategy', {
      type: 'RollingUpdate',
      rollingUpdateConfiguration: { ...rolloutStrategy?.rollingUpdateConfiguration, partition },
    });
  },
};

/** Of a LeaderWorkerSet: how many groups may be gone at once is said beside the partition. */
interface RolloutStrategy {
  readonly rollingUpdateConfiguration?: object;
}

/**
 * How a new version arrives, owned by Git: every state of the release is a commit, and no controller moves weights behind it.
 */
export class CanaryRollout extends Construct {
  /** All steps of this release in order, with what each changes. */
  readonly steps: readonly ReleaseStep[];
  /** The step that is applied; undefined when `step` names none. */
  readonly current?: ReleaseStep;
  /** From the step `smoke` on. */
  readonly smokeTest?: SmokeTest;

  constructor(scope: Construct, id: string, props: CanaryRolloutProps) {
    super(scope, id);
    const { stable, canary, strategy = CanaryStrategy.weightedTwins(), route } = props;
    this.steps = strategy.steps(stable.replicas);
    this.current = this.steps.find(({ name }) => name === props.step);
    const problems = [
      ...strategy.problems(stable.replicas),
      ...stepProblems(props.step, this.steps),
      ...shapeProblems(props, strategy),
      ...(this.current && canary ? sizeProblems(this.current, stable, canary) : []),
    ];
    reportErrors(this, problems);
    Declarations.of(this).releases.push({
      service: stable.serviceName,
      namespace: Chart.of(this).namespace,
      strategy: strategy.name,
      current: this.current?.name,
      steps: this.steps,
    });
    if (this.current && canary) {
      reportWarnings(this, [
        ...loadWarnings(this.current, stable, canary),
        ...mirrorWarnings(this.current, stable, canary),
      ]);
    }

    if (this.current?.partition !== undefined && props.workload) {
      const patch = PARTITIONS[props.workload.kind]?.(this.current.partition, props.workload);
      if (patch) props.workload.addJsonPatch(patch);
    }
    if (props.smokeTest && (this.current?.canaryReplicas ?? 0) > 0) {
      this.smokeTest = new SmokeTest(this, 'smoke-test', props.smokeTest);
    }
    if (route && this.current) {
      const { route: object } = new InferenceRoute(this, 'route', {
        ...route,
        name: props.name ?? id,
        labels: props.labels,
        hostnames: [route.hostname].flat(),
        backends: backends(this.current, stable, canary),
        mirror: canary && this.current.mirrors ? backend(canary) : undefined,
        smokeRoute: canary && this.current.headerRoute ? { value: 'canary', backend: backend(canary) } : undefined,
      });
      this.node.defaultChild = object;
    }
  }
}

const backend = ({ serviceName, port, readiness }: ReleaseTrack): RouteBackend => ({
  service: serviceName,
  port,
  readiness,
});

function backends(step: ReleaseStep, stable: ReleaseTrack, canary: ReleaseTrack | undefined): RouteBackend[] {
  if (!canary) return [backend(stable)];
  return [
    { ...backend(stable), weight: 100 - step.canaryWeight },
    { ...backend(canary), weight: step.canaryWeight },
  ];
}

function stepProblems(step: ReleaseStepName, steps: readonly ReleaseStep[]): Problem[] {
  if (steps.some(({ name }) => name === step)) return [];
  return [
    {
      check: 'canary-step',
      message: `The release has no step ${JSON.stringify(step)}.`,
      remedy: `Use one of ${steps.map(({ name }) => name).join(', ')}.`,
    },
  ];
}

/** Parts that a strategy needs, and parts that it has no use for. */
function shapeProblems({ stable, canary, route, workload }: CanaryRolloutProps, strategy: CanaryStrategy): Problem[] {
  const problems: Problem[] = [];
  const say = (message: string, remedy: string) => problems.push({ check: 'canary-shape', message, remedy });
  if (strategy.hasCanary) {
    const twins = `${strategy.name.charAt(0).toUpperCase()}${strategy.name.slice(1)}`;
    const need = strategy.name.endsWith('s') ? 'need' : 'needs';
    if (!canary)
      say(`${twins} ${need} a canary, and none is given.`, 'Give the Service, port and replicas of the candidate.');
    if (!route)
      say(
        `${twins} ${need} a route to put weights in, and none is given.`,
        'Give gateway and hostname, or use CanaryStrategy.partition().',
      );
    if (workload)
      say(
        `${twins} ${strategy.name.endsWith('s') ? 'move' : 'moves'} no partition, but a workload is given.`,
        'Remove it, or use CanaryStrategy.partition().',
      );
    if (canary && canary.serviceName === stable.serviceName) {
      say(
        `Stable and canary are both the Service ${stable.serviceName}, so weights would change nothing.`,
        'Give each side a Service that selects its own pods, by the label track for instance.',
      );
    }
  } else {
    if (canary)
      say(
        'A partition has no canary of its own, but one is given.',
        'Remove it, or use CanaryStrategy.weightedTwins().',
      );
    if (!workload)
      say('A partition needs the workload whose pods are replaced, and none is given.', 'Give it as workload.');
    if (workload && !PARTITIONS[workload.kind]) {
      say(
        `Only a StatefulSet and a LeaderWorkerSet have a partition; ${workload.name} is a ${workload.kind}.`,
        'Use CanaryStrategy.weightedTwins().',
      );
    }
  }
  return problems;
}

/** Requests must not be sent where nobody is. */
function sizeProblems(step: ReleaseStep, stable: ReleaseTrack, canary: ReleaseTrack): Problem[] {
  const nobody = (requests: string, { serviceName }: ReleaseTrack, remedy: string): Problem => ({
    check: 'canary-size',
    message: `${requests} would go to ${serviceName}, which has 0 replicas: they would fail with 503.`,
    remedy,
  });
  const pods = `${step.canaryReplicas} replica${step.canaryReplicas === 1 ? '' : 's'}`;
  const reached =
    step.canaryWeight > 0
      ? `${step.canaryWeight} % of all requests`
      : step.mirrors
        ? 'A copy of all requests'
        : step.headerRoute
          ? 'Requests with the header'
          : undefined;
  const stableWeight = 100 - step.canaryWeight;
  return [
    ...(reached !== undefined && canary.replicas === 0
      ? [nobody(reached, canary, `Give it ${pods}, or stay at the step prepared.`)]
      : []),
    // At weight 0 nothing has begun: a service may be switched off while its candidate is looked at.
    ...(step.canaryWeight > 0 && stableWeight > 0 && stable.replicas === 0
      ? [nobody(`${stableWeight} % of all requests`, stable, 'Give it the replicas that it had, or go on to 100%.')]
      : []),
  ];
}

function loadWarnings(step: ReleaseStep, stable: ReleaseTrack, canary: ReleaseTrack): Problem[] {
  const { share, pods } = carriedBy(step, stable.replicas);
  if (canary.replicas === 0 || canary.replicas >= pods) return [];
  return [
    {
      check: 'canary-size',
      message: `${step.mirrors ? 'Copies of all' : `${share} % of the`} requests of ${stable.replicas} replicas go to ${canary.replicas} of the canary; ${pods} would carry them as the stable ones do.`,
      remedy: `Give ${canary.serviceName} ${pods} replicas, or expect it to look slower than it is.`,
    },
  ];
}

/** What a copy of a request does that nobody sees. */
function mirrorWarnings(step: ReleaseStep, stable: ReleaseTrack, canary: ReleaseTrack): Problem[] {
  if (!step.mirrors || canary.replicas === 0) return [];
  return [
    {
      check: 'canary-shadow',
      message: `Every request of ${stable.serviceName} is sent to ${canary.serviceName} a second time, with its prompt and its headers: both generate an answer, both count it, and both do what it asks for.`,
      remedy:
        'Go on when you have seen enough. Waive this where requests have no effects beside the answer, and prompts may be where the canary writes its logs.',
    },
  ];
}
