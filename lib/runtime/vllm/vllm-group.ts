import { EnvironmentReference, EnvironmentVariable, GroupContract, ParallelLayout } from '../serving-runtime';
import { hasFlag } from './vllm-settings';

/** How a server is started: alone, or as the first of several pods. */
export interface VllmStart {
  readonly command: readonly string[];
  readonly args: readonly string[];
  readonly group?: GroupContract;
}

/** What a pod of a group has beside its arguments. */
export interface VllmGroupEnvironment {
  readonly env: readonly EnvironmentVariable[];
  readonly envReferences: readonly EnvironmentReference[];
}

/** Explicit, since the image's entry point was another before 0.11. */
const SERVE: readonly string[] = ['vllm', 'serve'];

/** Ports of vLLM itself between pods: where ranks meet, and where it looks for free ones from VLLM_PORT on. */
const MASTER_PORT = 29501;
const OWN_PORTS = { port: 29600, endPort: 29699 };
/** Ray chooses ports for its agents beside these; they are called by the pod itself only. */
const RAY = { gcs: 6379, nodeManager: 6380, objectManager: 6381, workers: { port: 10002, endPort: 10999 } };

/** Set in every pod by LeaderWorkerSet; the kubelet puts the value in. */
const LEADER = '$(LWS_LEADER_ADDRESS)';
const INDEX = '$(LWS_WORKER_INDEX)';

/**
 * The command of the server, and of the other pods when it spans several. Since 0.11.2 they are processes of vLLM that meet at
 * the leader; before, Ray starts them (docs/serving/parallelism_scaling.md, docs/deployment/frameworks/lws.md).
 */
export function startVllm(
  version: string,
  { nodes }: ParallelLayout,
  args: readonly string[],
  environment: VllmGroupEnvironment,
): VllmStart {
  if (nodes <= 1) return { command: SERVE, args };
  return hasFlag(version, '--nnodes') ? startRanks(nodes, args, environment) : startRay(nodes, args, environment);
}

/** Variables of a group: an address that the others reach, never one that was guessed (aws-samples/aws-do-eks#49). */
export const GROUP_ADDRESS: EnvironmentReference = { name: 'VLLM_HOST_IP', fieldPath: 'status.podIP' };

/** The first port that vLLM may take for itself in a group. */
export const GROUP_PORT = OWN_PORTS.port;

function startRanks(nodes: number, args: readonly string[], environment: VllmGroupEnvironment): VllmStart {
  const rank = (index: string) => [
    ...args,
    ...['--distributed-executor-backend', 'mp', '--nnodes', String(nodes), '--node-rank', index],
    ...['--master-addr', LEADER, '--master-port', String(MASTER_PORT)],
  ];
  return {
    command: SERVE,
    args: rank('0'),
    group: {
      worker: { command: SERVE, args: [...rank(INDEX), '--headless'], ...environment },
      ports: [
        { name: 'master', port: MASTER_PORT },
        { name: 'vllm', ...OWN_PORTS },
      ],
      workersWait: true,
    },
  };
}

function startRay(nodes: number, args: readonly string[], environment: VllmGroupEnvironment): VllmStart {
  const join =
    `--node-ip-address="$VLLM_HOST_IP" --node-manager-port=${RAY.nodeManager} --object-manager-port=${RAY.objectManager} ` +
    `--min-worker-port=${RAY.workers.port} --max-worker-port=${RAY.workers.endPort}`;
  const complete =
    `import ray, sys; ray.init(address='auto', log_to_driver=False); ` +
    `sys.exit(sum(node['Alive'] for node in ray.nodes()) < ${nodes})`;
  const leader = [
    `ray start --head --port=${RAY.gcs} --include-dashboard=false ${join}`,
    `until python3 -c "${complete}"; do sleep 5; done`,
    'exec vllm serve "$@"',
  ];
  const worker = [
    `until ray health-check --address ${LEADER}:${RAY.gcs}; do sleep 5; done`,
    `exec ray start --address=${LEADER}:${RAY.gcs} --block ${join}`,
  ];
  return {
    // The word after the script is its $0; the arguments follow it.
    command: ['sh', '-ec', leader.join('\n'), 'vllm'],
    args: [...args, '--distributed-executor-backend', 'ray'],
    group: {
      worker: { command: ['sh', '-ec', worker.join('\n')], ...environment },
      ports: [
        { name: 'ray', port: RAY.gcs },
        { name: 'ray-nodes', port: RAY.nodeManager, endPort: RAY.objectManager },
        { name: 'ray-workers', ...RAY.workers },
        { name: 'vllm', ...OWN_PORTS },
      ],
      workersWait: true,
    },
  };
}
