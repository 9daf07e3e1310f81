import { k8s } from 'cdk8s-plus-30';
import { numberOf } from '../checks/pod-request';
import { shown } from '../problem/names';
import { wholeNumberProblems } from '../problem/numbers';
import { Problem } from '../problem/problem';

type Containers = readonly k8s.Container[];

const problem = (message: string, remedy: string): Problem => ({ check: 'pod-additions', message, remedy });

/**
 * Containers of the user's that the API server refuses. It says so to the controller that wants to make the pod, and nobody
 * else is told.
 *
 * @param volumes names of all volumes of the pod
 */
export function additionalContainerProblems(
  { initContainers = [], sidecars = [] }: { readonly initContainers?: Containers; readonly sidecars?: Containers },
  volumes: readonly string[],
): Problem[] {
  return [
    ...initContainers.filter(({ restartPolicy }) => restartPolicy !== 'Always').flatMap(endingProblems),
    ...initContainers.flatMap((container) => restartProblems('init container', container, [undefined, 'Always'])),
    ...sidecars.flatMap((container) => restartProblems('sidecar', container, [undefined])),
    ...[...initContainers, ...sidecars].flatMap((container) => [
      ...shapeProblems(container),
      ...(container.env ?? []).flatMap((variable) => variableProblems(container, variable)),
      ...resourceProblems(container),
      ...probeProblems(container),
      ...(container.volumeMounts ?? []).flatMap((mount) => mountProblems(`the container ${container.name}`, mount)),
      ...(container.volumeMounts ?? [])
        .filter(({ name }) => !volumes.includes(name))
        .map(({ name }) => ({
          check: 'volumes',
          message: `The container ${container.name} mounts the volume ${name}, which is not among the volumes.`,
          remedy: 'Add a volume of that name.',
        })),
    ]),
  ];
}

const PROBES = ['livenessProbe', 'readinessProbe', 'startupProbe'] as const;

/** What runs to its end is asked nothing. */
function endingProblems(container: k8s.Container): Problem[] {
  return [...PROBES, 'lifecycle' as const]
    .filter((what) => container[what] !== undefined)
    .map((what) =>
      problem(
        `The init container ${container.name} has a ${what}, and runs only until it ends.`,
        `Remove it, or give the container restartPolicy: 'Always', with which it runs beside the server.`,
      ),
    );
}

/**
 * A container has a restartPolicy of its own as of Kubernetes 1.35 (ContainerRestartRules); before, only an init container has,
 * and only one.
 */
function restartProblems(what: string, { name, restartPolicy }: k8s.Container, taken: readonly unknown[]): Problem[] {
  if (taken.includes(restartPolicy)) return [];
  return [
    problem(
      `The ${what} ${name} has the restartPolicy ${JSON.stringify(restartPolicy)}, which Kubernetes before 1.35 refuses.`,
      what === 'sidecar'
        ? 'Leave it out: a sidecar is restarted whenever it ends.'
        : "Leave it out, or use 'Always', with which it runs beside the server.",
    ),
  ];
}

/**
 * A variable as every supported Kubernetes takes it: more than a shell can read, as other people's images have it.
 *
 * @source kubernetes/apimachinery pkg/util/validation: IsEnvVarName; 1.32 and later take any printable ASCII
 */
function variableProblems(container: k8s.Container, { name, value, valueFrom }: k8s.EnvVar): Problem[] {
  const of = `of the container ${container.name}`;
  const sources = Object.entries(valueFrom ?? {}).filter(([, source]) => source !== undefined);
  return [
    ...(/^(?!\.$|\.\.)[-._a-zA-Z][-._a-zA-Z0-9]*$/.test(name)
      ? []
      : [
          {
            check: 'names',
            message: `The container ${container.name}: ${shown(name)} is not an environment variable's name.`,
            remedy: 'Use letters, digits, "_", "-" and ".", not beginning with a digit or "..".',
          },
        ]),
    ...(value && valueFrom !== undefined
      ? [problem(`The variable ${name} ${of} has a value and a valueFrom.`, 'Keep one of them.')]
      : []),
    ...(valueFrom !== undefined && sources.length !== 1
      ? [
          problem(
            `The variable ${name} ${of} has a valueFrom of ${sources.length} sources.`,
            'Give it one, such as secretKeyRef.',
          ),
        ]
      : []),
  ];
}

const PULL_POLICIES: readonly unknown[] = [undefined, 'Always', 'IfNotPresent', 'Never'];
const PROTOCOLS: readonly unknown[] = [undefined, 'TCP', 'UDP', 'SCTP'];
const PORT_NAME = /^(?=.{1,15}$)(?=.*[a-z])[a-z0-9]+(-[a-z0-9]+)*$/;

function shapeProblems({ name, image, imagePullPolicy, ports = [] }: k8s.Container): Problem[] {
  const names = ports.flatMap((port) => port.name ?? []);
  return [
    ...((image ?? '').trim() === '' || image !== image?.trim()
      ? [problem(`The container ${name} has the image ${JSON.stringify(image ?? '')}.`, 'Name the image that it runs.')]
      : []),
    ...(PULL_POLICIES.includes(imagePullPolicy)
      ? []
      : [
          problem(
            `The container ${name} has the imagePullPolicy ${JSON.stringify(imagePullPolicy)}.`,
            `Use ${PULL_POLICIES.slice(1).join(', ')}.`,
          ),
        ]),
    ...ports.flatMap(({ containerPort }) =>
      wholeNumberProblems(`containerPort of ${name}`, containerPort ?? NaN, 1, 65535),
    ),
    ...ports
      .filter(({ protocol }) => !PROTOCOLS.includes(protocol))
      .map(({ protocol }) =>
        problem(
          `A port of the container ${name} has the protocol ${JSON.stringify(protocol)}.`,
          'Use TCP, UDP or SCTP.',
        ),
      ),
    ...names
      .filter((port) => !PORT_NAME.test(port))
      .map((port) =>
        problem(
          `A port of the container ${name} is called ${JSON.stringify(port)}.`,
          'Use at most 15 lower-case letters, digits and single "-", with a letter among them.',
        ),
      ),
    ...[...new Set(names.filter((port, at) => names.indexOf(port) !== at))].map((port) =>
      problem(`Two ports of the container ${name} are called ${port}.`, 'Give each a name of its own.'),
    ),
  ];
}

/** As Kubernetes reads it. */
const QUANTITY = /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+|[numkMGTPE]|[KMGTPE]i)?$/;
/** Resources of every container; others have a domain in front. */
const STANDARD = /^(cpu|memory|ephemeral-storage|hugepages-\S+)$/;

function resourceProblems({ name, resources }: k8s.Container): Problem[] {
  const { requests = {}, limits = {} } = resources ?? {};
  const amounts = Object.entries({ requests, limits }).flatMap(([what, each]) =>
    Object.entries(each).map(([resource, quantity]) => ({ what, resource, text: String(quantity.value) })),
  );
  const of = (what: string, resource: string, text: string) =>
    `The container ${name} has ${text} of ${resource} among its ${what}`;
  return amounts.flatMap(({ what, resource, text }) => {
    const extended = !STANDARD.test(resource);
    const value = numberOf(text);
    const [request, limit] = [requests[resource], limits[resource]];
    if (extended && !/^[a-z0-9.-]+\/[\w.-]+$/i.test(resource)) {
      return [
        problem(
          `${of(what, resource, text)}, which is no resource of Kubernetes.`,
          'Use cpu, memory, ephemeral-storage, or an extended resource such as nvidia.com/gpu.',
        ),
      ];
    }
    if (!QUANTITY.test(text) || value < 0) {
      return [
        problem(
          `${of(what, resource, text)}, which is no quantity.`,
          'Write a number with a unit, such as 500m or 64Mi.',
        ),
      ];
    }
    return [
      ...(extended && !Number.isInteger(value)
        ? [problem(`${of(what, resource, text)}, and devices are not divided.`, 'Use a whole number.')]
        : []),
      ...(extended && what === 'requests' && (limit === undefined || numberOf(limit) !== value)
        ? [
            problem(
              `${of(what, resource, text)}, and not the same limit.`,
              'State the same number among the limits: devices are not lent.',
            ),
          ]
        : []),
      ...(!extended && what === 'requests' && limit !== undefined && request !== undefined && value > numberOf(limit)
        ? [
            problem(
              `${of(what, resource, text)}, and a limit of ${String(limit.value)}.`,
              'Lower the request, or raise the limit.',
            ),
          ]
        : []),
    ];
  });
}

const HANDLERS = ['exec', 'grpc', 'httpGet', 'tcpSocket'] as const;
const LEAST = { periodSeconds: 1, timeoutSeconds: 1, successThreshold: 1, failureThreshold: 1, initialDelaySeconds: 0 };

function probeProblems(container: k8s.Container): Problem[] {
  return PROBES.flatMap((what) => {
    const probe = container[what];
    if (probe === undefined) return [];
    const shown = `${what} of ${container.name}`;
    const handlers = HANDLERS.filter((handler) => probe[handler] !== undefined);
    return [
      ...(handlers.length === 1
        ? []
        : [problem(`The ${shown} asks ${handlers.length} things.`, `Give it one of ${HANDLERS.join(', ')}.`)]),
      // 0 is what the API takes for the default.
      ...Object.entries(LEAST).flatMap(([field, least]) =>
        probe[field as keyof typeof LEAST] === 0
          ? []
          : wholeNumberProblems(`${field} of the ${shown}`, probe[field as keyof typeof LEAST], least, 2 ** 31 - 1),
      ),
      ...(what !== 'readinessProbe' && (probe.successThreshold ?? 1) > 1
        ? [
            problem(
              `The ${shown} counts ${probe.successThreshold} successes.`,
              'Remove successThreshold: one is enough, and all that Kubernetes takes.',
            ),
          ]
        : []),
    ];
  });
}

const PROPAGATIONS: readonly unknown[] = [undefined, 'None', 'HostToContainer', 'Bidirectional'];

/** What of one mount the API server refuses. */
export function mountProblems(whose: string, mount: k8s.VolumeMount): Problem[] {
  const { name, mountPath, subPath = '', subPathExpr = '', mountPropagation } = mount;
  const told = (message: string, remedy: string) => ({ check: 'volumes', message: `${message} (${whose}).`, remedy });
  const outside = [subPath, subPathExpr].find((path) => path.startsWith('/') || path.split('/').includes('..'));
  return [
    ...(mountPath.includes(':')
      ? [
          told(
            `The volume ${name} is mounted at ${JSON.stringify(mountPath)}, where none can be`,
            'Use an absolute path without ":".',
          ),
        ]
      : []),
    ...(outside === undefined
      ? []
      : [
          told(
            `The volume ${name} is mounted from its folder ${JSON.stringify(outside)}`,
            'Use a path inside the volume, without "/" in front and "..".',
          ),
        ]),
    ...(subPath !== '' && subPathExpr !== ''
      ? [told(`The mount of ${name} has subPath and subPathExpr`, 'Keep one of them.')]
      : []),
    ...(PROPAGATIONS.includes(mountPropagation)
      ? []
      : [
          told(
            `The mount of ${name} has the mountPropagation ${JSON.stringify(mountPropagation)}`,
            `Use ${PROPAGATIONS.slice(1).join(', ')}.`,
          ),
        ]),
  ];
}
