import { App, Chart, Size } from 'cdk8s';
import { ModelCache } from '../../lib/model/model-cache';
import { ModelCredentials } from '../../lib/model/model-credentials';
import { NimRuntime } from '../../lib/runtime/nim/nim';
import { GpuInferenceDeployment, GpuInferenceDeploymentProps } from '../../lib/workload/gpu-inference-deployment';
import {
  GpuInferenceLeaderWorkerSet,
  GpuInferenceLeaderWorkerSetProps,
} from '../../lib/workload/gpu-inference-leader-worker-set';
import { GpuInferenceStatefulSet, GpuInferenceStatefulSetProps } from '../../lib/workload/gpu-inference-stateful-set';
import { H100, L4 } from './pools';

/** The NIM of the reference platform in any version. */
export const nim = (version: string) =>
  new NimRuntime({ image: `nvcr.io/nim/meta/llama3-8b-instruct:${version}` as string });

/** The contract of the reference platform: Llama 3 8B on one L4, key from the platform's store. */
export const CONTRACT = {
  model: 'meta-llama/Meta-Llama-3-8B-Instruct',
  runtime: nim('1.0.0'),
  nodePool: L4,
  maxModelLen: 8192,
  cache: ModelCache.perReplica(Size.gibibytes(50)),
  credentials: ModelCredentials.ngc({ secretStore: 'platform', key: 'nim/ngc-api-key' }),
} as const satisfies GpuInferenceStatefulSetProps;

/** A chart with the StatefulSet `llama`: the reference contract, and what a test changes of it. */
export function statefulSet(changes: Partial<GpuInferenceStatefulSetProps> = {}): {
  chart: Chart;
  llama: GpuInferenceStatefulSet;
} {
  const chart = new Chart(new App(), 'nim');
  return { chart, llama: new GpuInferenceStatefulSet(chart, 'llama', { ...CONTRACT, ...changes }) };
}

/** The same as a Deployment that downloads at each start. */
export function deployment(changes: Partial<GpuInferenceDeploymentProps> = {}): {
  chart: Chart;
  llama: GpuInferenceDeployment;
} {
  const chart = new Chart(new App(), 'nim');
  const cache = ModelCache.ephemeral(Size.gibibytes(20));
  return { chart, llama: new GpuInferenceDeployment(chart, 'llama', { ...CONTRACT, cache, ...changes }) };
}

/** Llama 3.1 70B over two machines of eight H100, two copies of it, from a volume that all pods share. */
export const GROUP_CONTRACT = {
  model: 'meta-llama/Llama-3.1-70B-Instruct',
  runtime: nim('2.0.4'),
  nodePool: H100,
  tensorParallelSize: 8,
  pipelineParallelSize: 2,
  replicas: 2,
  maxModelLen: 8192,
  cache: ModelCache.claim('llama-weights', { readOnly: true }),
  credentials: ModelCredentials.airGapped(),
} as const satisfies GpuInferenceLeaderWorkerSetProps;

/** A chart with the LeaderWorkerSet `llama`. */
export function leaderWorkerSet(changes: Partial<GpuInferenceLeaderWorkerSetProps> = {}): {
  chart: Chart;
  llama: GpuInferenceLeaderWorkerSet;
} {
  const chart = new Chart(new App(), 'nim');
  return { chart, llama: new GpuInferenceLeaderWorkerSet(chart, 'llama', { ...GROUP_CONTRACT, ...changes }) };
}
