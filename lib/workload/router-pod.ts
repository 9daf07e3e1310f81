import { k8s } from 'cdk8s-plus-30';
import { ShutdownBudget } from '../plan/shutdown-budget';
import { HttpEndpoint, ServerPort } from '../runtime/serving-runtime';
import { RouterContract } from '../runtime/vllm/vllm-router';
import { InferenceResources } from './inference-pod-props';
import { mebibytes, millicores, toMebibytes, toMillicores } from './quantities';

/** Everything that a pod of a router is made of. */
export interface RouterPodRequest {
  readonly image: string;
  readonly resources?: Pick<InferenceResources, 'cpu' | 'memory'>;
  readonly contract: RouterContract;
  readonly shutdown: ShutdownBudget;
  /** The longest that it may wait for the servers, in seconds. */
  readonly startupSeconds: number;
  readonly serviceAccountName: string;
  readonly imagePullSecrets: readonly string[];
  /** Labels by which the pods know each other. */
  readonly podLabels: Readonly<Record<string, string>>;
  readonly priorityClassName?: string;
}

/** Estimates: requests are passed on as they are; what grows is the memory of prefixes that were seen. */
const CPU_MILLIS = 1000;
const MEMORY_MIB = 2 * 1024;
/** Logs. An estimate. */
const EPHEMERAL_STORAGE_MIB = 512;

const PERIOD_SECONDS = 10;

export const ROUTER_CONTAINER = 'router';

/** The pod of a router. It tolerates no taint, so that it takes no room on nodes with GPUs. */
export function routerPod(request: RouterPodRequest): k8s.PodSpec {
  const { contract, shutdown, imagePullSecrets } = request;
  const { uid, gid } = contract.user;
  return {
    serviceAccountName: request.serviceAccountName,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    imagePullSecrets: imagePullSecrets.length > 0 ? imagePullSecrets.map((name) => ({ name })) : undefined,
    priorityClassName: request.priorityClassName,
    topologySpreadConstraints: ['topology.kubernetes.io/zone', 'kubernetes.io/hostname'].map((topologyKey) => ({
      maxSkew: 1,
      topologyKey,
      whenUnsatisfiable: 'ScheduleAnyway',
      labelSelector: { matchLabels: { ...request.podLabels } },
    })),
    terminationGracePeriodSeconds: shutdown.terminationGracePeriodSeconds,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: uid,
      runAsGroup: gid,
      seccompProfile: { type: 'RuntimeDefault' },
    },
    containers: [routerContainer(request)],
  };
}

function routerContainer({ image, resources, contract, shutdown, startupSeconds }: RouterPodRequest): k8s.Container {
  const memory = mebibytes(toMebibytes(resources?.memory) ?? MEMORY_MIB);
  const storage = mebibytes(EPHEMERAL_STORAGE_MIB);
  const asks = (endpoint: HttpEndpoint) => ({
    httpGet: { path: endpoint.path, port: k8s.IntOrString.fromString(portName(contract.ports, endpoint)) },
    periodSeconds: PERIOD_SECONDS,
    timeoutSeconds: 5,
  });
  return {
    name: ROUTER_CONTAINER,
    image,
    imagePullPolicy: 'IfNotPresent',
    command: [...contract.command],
    args: [...contract.args],
    ports: contract.ports.map(({ name, port }) => ({ name, containerPort: port, protocol: 'TCP' })),
    resources: {
      requests: {
        cpu: millicores(toMillicores(resources?.cpu) ?? CPU_MILLIS),
        memory,
        'ephemeral-storage': storage,
      },
      limits: { memory, 'ephemeral-storage': storage },
    },
    // The port is closed until the servers answer, which on new nodes takes as long as a model load.
    startupProbe: { ...asks(contract.liveness), failureThreshold: Math.ceil(startupSeconds / PERIOD_SECONDS) },
    readinessProbe: { ...asks(contract.readiness), failureThreshold: 2 },
    livenessProbe: { ...asks(contract.liveness), failureThreshold: 6 },
    lifecycle: { preStop: { sleep: { seconds: shutdown.preStopSeconds } } },
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      readOnlyRootFilesystem: true,
    },
  };
}

const portName = (ports: readonly ServerPort[], { port }: HttpEndpoint) =>
  ports.find((each) => each.port === port)!.name;
