import { k8s } from 'cdk8s-plus-30';
import { Construct } from 'constructs';
import { Declarations } from '../checks/declarations';
import { imagePinning } from '../checks/image-pinning';
import { linterAnnotations } from '../checks/linter-annotations';
import { reportErrors, reportFindings } from '../checks/report';
import { InferencePlan } from '../plan/inference-plan';
import { planShutdown } from '../plan/shutdown-budget';
import { dnsLabelProblems } from '../problem/names';
import { MOST_PODS, wholeNumberProblems } from '../problem/numbers';
import { HttpEndpoint } from '../runtime/serving-runtime';
import { RouterContract, vllmRouterContract } from '../runtime/vllm/vllm-router';
import { inferenceRouterLabels, roleLabel, serviceLabels } from './inference-labels';
import { InferenceResources } from './inference-pod-props';
import { NamedPods, podAddresses } from './pod-addresses';
import { toMebibytes, toMillicores } from './quantities';
import { ROUTER_CONTAINER, routerPod } from './router-pod';

/** The router in front of pods that share the work of each request. It needs no GPU. */
export interface RouterProps {
  /** Image of vLLM's router, such as `vllm/vllm-router:v0.1.15`. Its flags are those of 0.1.15. */
  readonly image: string;
  /**
   * Routers. Each balances by what it has seen itself, so more of them find fewer equal prefixes; with one, its end is the
   * end of the service until the next is ready. @default 2
   */
  readonly replicas?: number;
  /** What each may use. Memory is request and limit alike. @default - 1 core and 2 GiB, an estimate */
  readonly resources?: Pick<InferenceResources, 'cpu' | 'memory'>;
}

/** Pods that the router sends to: a GpuInferenceStatefulSet with a role. */
export interface RoutedPods extends NamedPods {
  readonly plan: Pick<InferencePlan, 'startup' | 'shutdown'>;
}

export interface PrefillDecodeRouterProps extends RouterProps {
  /** Name of the service that clients call. @default - the construct's id */
  readonly name?: string;
  readonly prefill: RoutedPods;
  readonly decode: RoutedPods;
  /** Secrets to pull the image with. @default - none */
  readonly imagePullSecrets?: readonly string[];
  /** Priority class, by name. @default - that of the stable track, where the app declares some */
  readonly priorityClassName?: string;
}

/** What linters object to, and why it is so. */
const EXCEPTIONS = {
  'cpu-limit': 'a limit delays the tokens of every stream while CPU is idle; the request guarantees the share',
  'image-pull-policy': 'a router that restarts must not wait for a registry; which image it is says the tag or digest',
};

/** Between the timeout of the servers and the end of the router that waits for them, in seconds. */
const STARTUP_MARGIN_SECONDS = 60;

/** Git is the history; these are for the hour in which Git is out of reach. */
const REVISIONS = 3;

/**
 * vLLM's router: what clients of a service call whose prompts and answers are computed by different pods. A Deployment with the
 * name of every pod behind it on its command line, so that it needs neither a token nor a right; another number of
 * replicas behind it is a rollout of it, one router after the other and without a gap.
 *
 * It opens its port when the servers answer. What manages it (`/add_worker`, `/workers`, `/flush_cache`) is on the same port
 * and guarded by nothing: route single paths only, and let nobody else in.
 */
export class PrefillDecodeRouter extends Construct {
  readonly replicas: number;
  /** Name of the Deployment that keeps the routers. */
  readonly deploymentName: string;
  /** How long a router may take to be ready: until those behind it answer. */
  readonly startupSeconds: number;
  /** Name of the Service that clients call. */
  readonly serviceName: string;
  /** Port of that Service. */
  readonly port: number;
  /** What answers well when it can serve. */
  readonly readiness: HttpEndpoint;
  readonly metricsPort: number;
  /** Where it tells its metrics. */
  readonly metrics: HttpEndpoint & { readonly name: string };
  /** Name of its container. */
  readonly container = ROUTER_CONTAINER;
  /** Labels of the router's pods: what a network policy selects. */
  readonly podLabels: Readonly<Record<string, string>>;
  readonly workload: k8s.KubeDeployment;

  constructor(scope: Construct, id: string, props: PrefillDecodeRouterProps) {
    super(scope, id);
    const { name = id, prefill, decode, replicas = 2, imagePullSecrets = [] } = props;
    const { longestAnswerSeconds } = decode.plan.shutdown;
    const startupSeconds = Math.max(prefill.plan.startup.rolloutSeconds, decode.plan.startup.rolloutSeconds);
    const contract = vllmRouterContract({
      prefill: podAddresses(prefill),
      decode: podAddresses(decode),
      startupSeconds,
      longestAnswerSeconds,
    });
    const shutdown = planShutdown({ longestAnswerSeconds }, 'drains');
    const routerName = `${name}-router`;
    const labels = inferenceRouterLabels(name);
    const metadata = { name: routerName, labels };
    this.replicas = replicas;
    this.deploymentName = routerName;
    this.startupSeconds = startupSeconds + STARTUP_MARGIN_SECONDS;
    this.serviceName = name;
    this.port = contract.ports[0].port;
    this.readiness = contract.readiness;
    this.metricsPort = contract.metrics.port;
    this.metrics = contract.metrics;
    this.podLabels = { ...serviceLabels(name), ...roleLabel('router') };
    this.addService(name, contract, labels);
    new k8s.KubeServiceAccount(this, 'service-account', { metadata, automountServiceAccountToken: false });
    const pod = routerPod({
      ...props,
      contract,
      shutdown,
      startupSeconds: this.startupSeconds,
      serviceAccountName: routerName,
      imagePullSecrets,
      podLabels: this.podLabels,
      priorityClassName: props.priorityClassName ?? Declarations.of(this).priorities?.stable,
    });
    this.workload = new k8s.KubeDeployment(this, 'Default', {
      metadata: { ...metadata, annotations: linterAnnotations(EXCEPTIONS) },
      spec: {
        replicas,
        revisionHistoryLimit: REVISIONS,
        progressDeadlineSeconds: this.startupSeconds + shutdown.terminationGracePeriodSeconds,
        // It takes no GPU, so a new one finds room beside the old.
        strategy: {
          type: 'RollingUpdate',
          rollingUpdate: { maxSurge: k8s.IntOrString.fromNumber(1), maxUnavailable: k8s.IntOrString.fromNumber(0) },
        },
        selector: { matchLabels: this.podLabels },
        template: { metadata: { labels }, spec: pod },
      },
    });
    if (replicas > 1) {
      new k8s.KubePodDisruptionBudget(this, 'disruption-budget', {
        metadata,
        spec: {
          maxUnavailable: k8s.IntOrString.fromNumber(1),
          unhealthyPodEvictionPolicy: 'AlwaysAllow',
          selector: { matchLabels: this.podLabels },
        },
      });
    }
    reportErrors(this, [
      ...dnsLabelProblems('router name', routerName),
      ...wholeNumberProblems('router.replicas', replicas, 1, MOST_PODS),
      ...wholeNumberProblems('router.resources.cpu in thousandths of a core', toMillicores(props.resources?.cpu), 1),
      ...wholeNumberProblems('router.resources.memory in MiB', toMebibytes(props.resources?.memory), 1),
    ]);
    reportFindings(this, imagePinning({ pod, imagesLocked: Declarations.of(this).imageLock !== undefined }));
  }

  private addService(name: string, { ports }: RouterContract, labels: Record<string, string>): void {
    new k8s.KubeService(this, 'service', {
      metadata: { name, labels },
      spec: {
        type: 'ClusterIP',
        selector: this.podLabels,
        ports: ports.map(({ name: port, port: number }) => ({
          name: port,
          port: number,
          targetPort: k8s.IntOrString.fromString(port),
          protocol: 'TCP',
        })),
      },
    });
  }
}
