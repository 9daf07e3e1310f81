import { Duration, Size, SizeRoundingBehavior } from 'cdk8s';
import { dnsLabelProblems, environmentNameProblems, labelProblems } from '../../problem/names';
import { wholeNumberProblems } from '../../problem/numbers';
import { Problem } from '../../problem/problem';
import { CACHE_PATH, CustomRuntimeProps } from './custom-props';
import { customSignalProblems } from './custom-signals';
import { asWritten } from '../server-settings';
import { HttpEndpoint, ProbeEndpoint, ServerPort } from '../serving-runtime';

/** Volumes that the pod has anyway. */
const TAKEN_VOLUMES = ['model-cache', 'shm'];

/** In seconds; what takes longer is a mistake in the unit. */
const ONE_DAY = 24 * 3600;

/** Everything in a stated contract that cannot be, whatever is asked of the server. */
export function customProblems(props: CustomRuntimeProps, version: string): Problem[] {
  const ports = typeof props.port === 'number' ? [{ name: 'http', port: props.port }] : props.port;
  if (!Array.isArray(ports) || ports.length === 0) {
    return [problem('No port is stated, so nobody could call the server.', 'State port, such as port: 8000.')];
  }
  const { readiness, liveness, metrics, drainLimit, shutdown, memory } = props;
  return [
    ...dnsLabelProblems('runtime name', String(props.name)),
    ...labelProblems('label', { 'app.kubernetes.io/version': version }),
    ...portProblems(ports as readonly ServerPort[]),
    ...(readiness === undefined
      ? [
          problem(
            'No readiness is stated, so requests would reach a server that cannot serve.',
            "State readiness, such as { path: '/health', port: 8000 }.",
          ),
        ]
      : endpointProblems('readiness', readiness, ports)),
    ...(liveness === undefined ? [] : endpointProblems('liveness', liveness, ports)),
    ...(metrics === undefined || metrics === false ? [] : endpointProblems('metrics', metrics, ports)),
    ...customSignalProblems(props.signals, metrics),
    ...(shutdown === undefined || ['ignores', 'aborts', 'drains'].includes(shutdown)
      ? []
      : [problem(`shutdown is ${asWritten(shutdown)}.`, "Use 'ignores', 'aborts' or 'drains'.")]),
    ...(drainLimit !== undefined && shutdown !== 'drains'
      ? [problem('drainLimit is stated, but the server does not drain.', "State shutdown: 'drains', or remove it.")]
      : []),
    ...(memory !== undefined && !(memory.utilization > 0 && memory.utilization <= 1)
      ? [problem(`memory.utilization is ${asWritten(memory.utilization)}.`, 'Use a share above 0 and at most 1.')]
      : []),
    ...wholeNumberProblems('user', props.user, 1, 2 ** 31 - 1).map(({ message }) =>
      problem(message, 'Use the id of a plain user, 1 or more: pods here do not run as root.'),
    ),
    ...quantityProblems(props),
    ...pathProblems(props),
    ...(props.credentials ?? []).flatMap(({ environmentVariable }) =>
      environmentNameProblems(String(environmentVariable)),
    ),
  ];
}

function portProblems(ports: readonly ServerPort[]): Problem[] {
  const twice = <T>(values: readonly T[]) => values.find((value, at) => values.indexOf(value) !== at);
  const [name, number] = [twice(ports.map((each) => each.name)), twice(ports.map((each) => each.port))];
  return [
    ...ports.flatMap((each) => [
      ...wholeNumberProblems('port', each.port, 1, 65535),
      ...dnsLabelProblems('port name', String(each.name), 15),
    ]),
    ...(name === undefined
      ? []
      : [problem(`Two ports are called ${asWritten(name)}.`, 'Give each a name of its own.')]),
    ...(number === undefined ? [] : [problem(`Two ports are ${number}.`, 'State each port once.')]),
  ];
}

function endpointProblems(
  what: string,
  endpoint: ProbeEndpoint | HttpEndpoint,
  ports: readonly ServerPort[],
): Problem[] {
  if (typeof endpoint !== 'object' || endpoint === null) {
    return [
      problem(
        `${what} is ${asWritten(endpoint)}.`,
        "Use { path: '/health', port: 8000 }, { grpcPort } or { tcpPort }.",
      ),
    ];
  }
  if ('command' in endpoint) {
    const words = Array.isArray(endpoint.command) && endpoint.command.length > 0;
    return words ? [] : [problem(`${what} has no command.`, 'State the command and its arguments.')];
  }
  const number = 'path' in endpoint ? endpoint.port : 'grpcPort' in endpoint ? endpoint.grpcPort : endpoint.tcpPort;
  const known = ports.some(({ port }) => port === number);
  return [
    ...('path' in endpoint && !/^\/[^\s#]*$/.test(String(endpoint.path))
      ? [problem(`The path of ${what} is ${asWritten(endpoint.path)}.`, "Use a path that begins with '/'.")]
      : []),
    ...(known
      ? []
      : [
          problem(
            `${what} asks port ${asWritten(number)}, which is none of the server's (${ports.map(({ port }) => port).join(', ')}).`,
            'State the port in port too, or ask another.',
          ),
        ]),
  ];
}

function quantityProblems(props: CustomRuntimeProps): Problem[] {
  const { sharedMemory, hostMemory, ephemeralStorage, warmUp, drainLimit, cpuCores } = props;
  const mebibytes = (size: Size | undefined) => size?.toMebibytes({ rounding: SizeRoundingBehavior.NONE });
  const seconds = (duration: Duration | undefined) => duration?.toSeconds({ integral: false });
  return [
    ...wholeNumberProblems('sharedMemory in MiB', mebibytes(sharedMemory), 1),
    ...wholeNumberProblems('hostMemory in MiB', mebibytes(hostMemory), 1),
    ...wholeNumberProblems('ephemeralStorage in MiB', mebibytes(ephemeralStorage), 1),
    ...wholeNumberProblems('warmUp in seconds', seconds(warmUp), 0, ONE_DAY),
    ...wholeNumberProblems('drainLimit in seconds', seconds(drainLimit), 1, ONE_DAY),
    ...(cpuCores === undefined || (cpuCores >= 0.1 && cpuCores <= 1024)
      ? []
      : [problem(`cpuCores is ${asWritten(cpuCores)}.`, 'Use a number of cores from 0.1 to 1024.')]),
  ];
}

function pathProblems({ writablePaths = [], cachePath, clientPaths = [] }: CustomRuntimeProps): Problem[] {
  const absolute = (what: string, path: unknown) =>
    typeof path === 'string' && /^\/[^\s:]+$/.test(path)
      ? []
      : [problem(`${what} is ${asWritten(path)}.`, 'Use an absolute path without spaces and colons, below the root.')];
  const names = writablePaths.map(({ name }) => name);
  const paths = [...writablePaths.map(({ path }) => path), cachePath ?? CACHE_PATH, '/dev/shm'];
  const twice = [...new Set(paths.filter((path, at) => paths.indexOf(path) !== at))];
  return [
    ...(cachePath === undefined ? [] : absolute('cachePath', cachePath)),
    ...clientPaths.flatMap((path) => absolute('A path of clientPaths', path)),
    ...writablePaths.flatMap(({ name, path, sizeMib }, at) => [
      ...dnsLabelProblems('volume name', String(name)),
      ...absolute('A path of writablePaths', path),
      ...wholeNumberProblems(`sizeMib of ${asWritten(path)}`, sizeMib, 1),
      ...(TAKEN_VOLUMES.includes(name) || names.indexOf(name) !== at
        ? [problem(`Two volumes are called ${asWritten(name)}.`, 'Give the writable path another name.')]
        : []),
    ]),
    ...twice.map((path) => problem(`Two volumes are mounted at ${asWritten(path)}.`, 'Mount each path once.')),
  ];
}

const problem = (message: string, remedy: string): Problem => ({ check: 'runtime-contract', message, remedy });
