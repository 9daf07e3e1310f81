import { App, Chart, Size } from 'cdk8s';
import { ModelCache } from '../../lib/model/model-cache';
import { ModelCredentials } from '../../lib/model/model-credentials';
import { NimRuntime } from '../../lib/runtime/nim';
import { GpuInferenceStatefulSet } from '../../lib/workload/gpu-inference-stateful-set';
import { GpuInferenceStatefulSetProps } from '../../lib/workload/gpu-inference-stateful-set-props';
import { L4 } from './pools';

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
