import { Problem } from '../../problem/problem';
import { CustomRuntimeProps } from './custom-props';

/** What is worse for want of a statement, in the order in which it hurts. */
export function customWarnings(props: CustomRuntimeProps): Problem[] {
  const { name, readiness, liveness, metrics, signals, shutdown, user, readOnlyRootFilesystem, hostMemory, memory } =
    props;
  const lacks: readonly (readonly [lacking: boolean, message: string, remedy: string])[] = [
    [
      'tcpPort' in readiness,
      `${name} is ready as soon as it accepts connections, which may be before its model is loaded: requests sent then fail.`,
      'State an HTTP or gRPC readiness that answers well only when the model can serve.',
    ],
    [
      memory === undefined,
      `Nobody described how ${name} divides the memory of a GPU, so nobody can say whether the model fits.`,
      'State memory, such as vllmMemoryProfile(…) for a server that runs vLLM.',
    ],
    [
      metrics === undefined,
      `${name} has no metrics, so no objective can be watched and no scaler can follow its load.`,
      "State metrics: { path: '/metrics', port: … }, or false when that is known and right.",
    ],
    [
      typeof metrics === 'object' && signals === undefined,
      `Nobody stated what the metrics of ${name} tell, so no objective can be watched and no scaler can follow its load.`,
      "State signals, such as { gauges: { queueDepth: { metric: 'requests_waiting', across: 'sum' } } }.",
    ],
    [
      liveness === undefined,
      `${name} states no liveness, so it is alive as long as it accepts connections: one that hangs is not restarted.`,
      'State liveness.',
    ],
    [
      shutdown === undefined,
      `Nobody stated what ${name} does on SIGTERM. It is taken to abort, so every stop waits as long as the longest answer.`,
      "State shutdown: 'ignores', 'aborts' or 'drains'.",
    ],
    [
      user === undefined,
      `${name} runs as user 1000, and nobody stated that its image can.`,
      'State user: the id that the image was made for.',
    ],
    [
      readOnlyRootFilesystem === undefined,
      `${name} gets a root file system that it can write to, so what breaks into it can change it.`,
      'State writablePaths and readOnlyRootFilesystem: true; or false when that is known and right.',
    ],
    [
      hostMemory === undefined,
      `${name} asks for 8 GiB of memory, and nobody stated that this is enough: a server that needs more is killed.`,
      'State hostMemory.',
    ],
  ];
  return lacks
    .filter(([lacking]) => lacking)
    .map(([, message, remedy]) => ({ check: 'runtime-contract', message, remedy }));
}
