import { ProtobufEnum, ProtobufMessage, protobufText } from './protobuf-text';
import {
  TENSORRT_LLM_INPUTS,
  TENSORRT_LLM_OUTPUTS,
  TENSORRT_LLM_SETTINGS,
  TensorRtLlmModel,
  TensorRtLlmSettings,
} from './tensorrt-llm-settings';
import {
  isEnsemble,
  isTensorRtLlm,
  isVllm,
  TritonBackendModel,
  TritonDynamicBatching,
  TritonEnsemble,
  TritonInput,
  TritonInstanceGroup,
  TritonModel,
  TritonModelBase,
  TritonParameter,
  TritonQueuePolicy,
  TritonTensor,
} from './triton-model';

/**
 * A model's `config.pbtxt`.
 * Source of the fields: triton-inference-server/common protobuf/model_config.proto.
 *
 * @param artifactPath folder of the pod with the artifact, for parameters that name paths in it
 */
export function configPbtxt(model: TritonModel, artifactPath: string): string {
  const { firstResponseBuckets } = model;
  return protobufText({
    ...message(model, artifactPath),
    // Source: triton-inference-server/server docs/user_guide/metrics.md.
    model_metrics: firstResponseBuckets && {
      metric_control: [
        {
          metric_identifier: { family: 'nv_inference_first_response_histogram_ms' },
          histogram_options: { buckets: firstResponseBuckets },
        },
      ],
    },
  });
}

function message(model: TritonModel, artifactPath: string): ProtobufMessage {
  if (isEnsemble(model)) return ensemble(model, artifactPath);
  if (isTensorRtLlm(model)) return tensorRtLlm(model, artifactPath);
  if (isVllm(model)) {
    return {
      name: model.name,
      backend: model.backend,
      // vLLM chooses its devices itself (triton-inference-server/vllm_backend samples).
      instance_group: [{ count: 1, kind: new ProtobufEnum('KIND_MODEL') }],
      parameters: parameters(model, artifactPath, {
        REPORT_CUSTOM_METRICS: model.reportCustomMetrics === false ? undefined : 'true',
      }),
    };
  }
  return backendModel(model, artifactPath);
}

function backendModel(model: TritonBackendModel, artifactPath: string): ProtobufMessage {
  return {
    name: model.name,
    backend: model.backend,
    max_batch_size: model.maxBatchSize ?? 0,
    default_model_filename: model.defaultModelFilename,
    version_policy: model.version === undefined ? undefined : { specific: { versions: [model.version] } },
    input: model.inputs.map(tensor),
    output: model.outputs.map(tensor),
    dynamic_batching: model.dynamicBatching && dynamicBatching(model.dynamicBatching),
    instance_group: model.instanceGroups?.map(instanceGroup),
    model_transaction_policy: model.decoupled ? { decoupled: true } : undefined,
    response_cache: model.responseCache ? { enable: true } : undefined,
    parameters: parameters(model, artifactPath),
  };
}

function ensemble(model: TritonEnsemble, artifactPath: string): ProtobufMessage {
  return {
    name: model.name,
    platform: model.platform,
    max_batch_size: model.maxBatchSize ?? 0,
    input: model.inputs.map(tensor),
    output: model.outputs.map(tensor),
    ensemble_scheduling: {
      step: model.steps.map((step) => ({
        model_name: step.model,
        // The newest version there is: a step without it is not loaded.
        model_version: -1,
        input_map: entries(step.inputMap),
        output_map: entries(step.outputMap),
      })),
    },
    parameters: parameters(model, artifactPath),
  };
}

function tensorRtLlm(model: TensorRtLlmModel, artifactPath: string): ProtobufMessage {
  const settings = { batchingStrategy: 'inflight_fused_batching', ...model } as TensorRtLlmSettings;
  const stated = Object.entries(TENSORRT_LLM_SETTINGS).map(([name, { parameter, kind }]) => {
    const value = settings[name as keyof TensorRtLlmSettings];
    const path = kind === 'path' && value !== undefined ? { artifactPath: String(value) } : undefined;
    return [parameter, path ?? (value === undefined ? undefined : String(value))] as const;
  });
  return {
    name: model.name,
    backend: model.backend,
    max_batch_size: model.maxBatchSize,
    model_transaction_policy: { decoupled: model.decoupled ?? false },
    dynamic_batching: dynamicBatching(model.dynamicBatching ?? {}),
    input: TENSORRT_LLM_INPUTS.map(tensor),
    output: TENSORRT_LLM_OUTPUTS.map(tensor),
    // One instance drives all GPUs; the backend places itself (the backend's own template).
    instance_group: [{ count: 1, kind: new ProtobufEnum('KIND_CPU') }],
    parameters: parameters(model, artifactPath, {
      gpt_model_path: { artifactPath: model.engineDir ?? '.' },
      ...Object.fromEntries(stated),
    }),
  };
}

const tensor = (one: TritonInput | TritonTensor): ProtobufMessage => ({
  name: one.name,
  data_type: new ProtobufEnum(one.dataType),
  dims: one.dims,
  reshape: one.reshape && { shape: one.reshape },
  ...('allowRaggedBatch' in one && one.allowRaggedBatch && { allow_ragged_batch: true }),
  ...('optional' in one && one.optional && { optional: true }),
});

const dynamicBatching = (batching: TritonDynamicBatching): ProtobufMessage => ({
  preferred_batch_size: batching.preferredBatchSize,
  max_queue_delay_microseconds: batching.maxQueueDelayMicroseconds,
  preserve_ordering: batching.preserveOrdering,
  priority_levels: batching.priorityLevels,
  default_priority_level: batching.defaultPriorityLevel,
  default_queue_policy: batching.defaultQueuePolicy && queuePolicy(batching.defaultQueuePolicy),
  priority_queue_policy: Object.entries(batching.priorityQueuePolicy ?? {}).map(([level, policy]) => ({
    key: Number(level),
    value: queuePolicy(policy),
  })),
});

const queuePolicy = (policy: TritonQueuePolicy): ProtobufMessage => ({
  timeout_action: policy.timeoutAction && new ProtobufEnum(policy.timeoutAction),
  default_timeout_microseconds: policy.defaultTimeoutMicroseconds,
  allow_timeout_override: policy.allowTimeoutOverride,
  max_queue_size: policy.maxQueueSize,
});

const instanceGroup = (group: TritonInstanceGroup): ProtobufMessage => ({
  count: group.count ?? 1,
  kind: group.kind && new ProtobufEnum(group.kind),
  gpus: group.gpus,
});

/** A map is written as its entries; the format keeps no order of its own, so they keep the user's. */
const entries = (map: Readonly<Record<string, string>>): ProtobufMessage[] =>
  Object.entries(map).map(([key, value]) => ({ key, value }));

function parameters(
  model: Pick<TritonModelBase, 'parameters'>,
  artifactPath: string,
  own: Readonly<Record<string, TritonParameter | undefined>> = {},
): ProtobufMessage[] {
  return Object.entries({ ...own, ...model.parameters }).flatMap(([key, value]) =>
    value === undefined
      ? []
      : [
          {
            key,
            value: { string_value: typeof value === 'string' ? value : inArtifact(artifactPath, value.artifactPath) },
          },
        ],
  );
}

/** A path in the artifact as the server sees it; `.` is the artifact itself. */
export const inArtifact = (artifactPath: string, path: string): string =>
  path === '.' ? artifactPath : `${artifactPath.replace(/\/$/, '')}/${path}`;
