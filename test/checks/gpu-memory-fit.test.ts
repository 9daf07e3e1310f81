import { Size } from 'cdk8s';
import { GpuInferenceStatefulSetProps } from '../../lib/workload/gpu-inference-stateful-set';
import { ModelCache } from '../../lib/model/model-cache';
import { NimRuntime } from '../../lib/runtime/nim/nim';
import { warningsOf } from '../support/messages';
import { statefulSet } from '../support/services';

const warnings = (changes: Partial<GpuInferenceStatefulSetProps>) => warningsOf(statefulSet(changes).chart);
const image = 'nvcr.io/nim/meta/llama3-8b-instruct:2.0.4';
const cache = ModelCache.perReplica(Size.gibibytes(50));

test.each([
  [{ peftSource: '/adapters' }, 'the LoRA adapters of peftSource'],
  [{ draftModelPath: 'hf://meta-llama/Llama-3.2-1B-Instruct' }, 'the draft model of draftModelPath'],
  [{ modelPath: 'hf://acme/llama' }, 'other weights than those of model, if modelPath names such'],
])('what %j brings onto the GPU is told, since the plan does not count it', (settings, what) => {
  expect(warnings({ runtime: new NimRuntime({ image, ...settings }), cache })).toContain(
    `gpu-memory-fit\n  The memory plan does not count ${what}.\n  Leave room for it: `,
  );
  expect(warnings({ runtime: new NimRuntime({ image }), cache })).not.toContain('does not count');
});
