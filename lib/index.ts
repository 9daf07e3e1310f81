// The public face: what each room promises to users. Everything else may change in any version.

export { type Findings, formatProblem, InvalidInputError, type Problem } from './problem/problem';

export { type CatalogModelId, MODELS } from './model/catalog';
export { type HuggingFaceConfig, modelFromConfig } from './model/from-config';
export type { Attention, MixtureOfExperts, Model, VisionEncoder, WeightFormat } from './model/model';
export { DownloadCredentials, type SecretKeys } from './model/download-credentials';
export { type LoraAdapter, LoraAdapters, type LoraAdaptersProps } from './model/lora-adapter';
export { ModelArtifact } from './model/model-artifact';
export type {
  ArtifactOrigin,
  ArtifactPath,
  ClaimArtifactOptions,
  CsiArtifactProps,
  DownloadArtifactOptions,
  EngineTarget,
  GcsFuseArtifactProps,
  OciImageArtifactOptions,
} from './model/model-artifact-props';
export {
  type ClaimCacheOptions,
  ModelCache,
  type ModelCacheKind,
  type PerReplicaCacheOptions,
  type SharedCacheOptions,
} from './model/model-cache';
export {
  type AzureBlobSourceProps,
  type GcsSourceProps,
  type HuggingFaceSourceProps,
  ModelSource,
  type ModelSourceKind,
  type S3SourceProps,
} from './model/model-source';
export {
  type AwsProviderProps,
  type AzureProviderProps,
  SecretProvider,
  type VaultEntry,
  type VaultProviderProps,
} from './model/secret-provider';
export {
  type CredentialKind,
  type CsiSecretEntry,
  type HuggingFaceFromCsiProps,
  type NgcFromCsiProps,
  type RotationProps,
  type HuggingFaceFromSecretProps,
  type HuggingFaceFromStoreProps,
  ModelCredentials,
  type NgcFromSecretProps,
  type NgcFromStoreProps,
  type SecretStoreEntry,
} from './model/model-credentials';

export type { Allocatable } from './hardware/allocatable';
export type { DeviceClaim } from './hardware/device-claim';
export type { Gpu, MigProfile } from './hardware/gpu';
export { type GpuId, GPUS } from './hardware/gpu-catalog';
export { GpuNodePool, type NodeRequirement } from './hardware/gpu-node-pool';
export type {
  AksGpuNodePoolProps,
  EksGpuNodePoolProps,
  GkeGpuNodePoolProps,
  GpuNodePoolProps,
  KarpenterGpuNodePoolProps,
  OnPremGpuNodePoolProps,
} from './hardware/gpu-node-pool-props';
export type { GpuSharing, MigPartition } from './hardware/gpu-partition';
export type { RdmaAdapters } from './hardware/rdma';
export type { Machine, MachinePrice } from './hardware/machine';
export type { AksVmSize, EksInstanceType, GkeMachineType } from './hardware/machine-catalog';
export type { Taint } from './hardware/taint';

export {
  type EngineMemoryProfile,
  type GpuTraits,
  vllmMemoryProfile,
  type VllmMemoryOptions,
} from './runtime/engine-memory-profile';
export type { ApiKey } from './runtime/api-key';
export { CustomRuntime } from './runtime/custom/custom';
export type { CustomRuntimeProps, FromRequest } from './runtime/custom/custom-props';
export { ImageLock } from './runtime/image-lock';
export { ImageReference } from './runtime/image-reference';
export { NimRuntime, type NimImageProps, type NimRuntimeProps, type NimSettings } from './runtime/nim/nim';
export type { NimRetrieverSettings } from './runtime/nim/nim-retriever';
export type { Nim1Settings, Nim2Settings, NimSharedSettings } from './runtime/nim/nim-settings';
export type {
  CredentialSlot,
  EnvironmentReference,
  EnvironmentVariable,
  ExecEndpoint,
  GroupContract,
  GrpcEndpoint,
  HttpEndpoint,
  KvHandover,
  MemoryLayout,
  ParallelLayout,
  ProbeEndpoint,
  ServerContract,
  ServerFile,
  ServerPort,
  ServingRequest,
  ServingRole,
  ServingRuntime,
  ShutdownBehaviour,
  TcpEndpoint,
  WritablePath,
} from './runtime/serving-runtime';
export { TritonRuntime, type TritonRuntimeProps } from './runtime/triton/triton';
export type {
  TritonBackendModel,
  TritonDataType,
  TritonDynamicBatching,
  TritonEnsemble,
  TritonEnsembleStep,
  TritonInput,
  TritonInstanceGroup,
  TritonModel,
  TritonModelBase,
  TritonParameter,
  TritonQueuePolicy,
  TritonTensor,
} from './runtime/triton/triton-model';
export type { TritonMetrics, TritonSettings } from './runtime/triton/triton-settings';
export type { TensorRtLlmEngine, TensorRtLlmModel, TensorRtLlmSettings } from './runtime/triton/tensorrt-llm-settings';
export type { VllmBackendModel } from './runtime/triton/vllm-backend';
export { SglangRuntime, type SglangRuntimeProps } from './runtime/sglang/sglang';
export type { SglangQuantization, SglangSettings, SglangSpeculation } from './runtime/sglang/sglang-settings';
export { TgiRuntime, type TgiRuntimeProps } from './runtime/tgi/tgi';
export type { TgiQuantize, TgiSettings } from './runtime/tgi/tgi-settings';
export { VllmRuntime, type VllmRuntimeProps } from './runtime/vllm/vllm';
export type { VllmKvCacheDtype, VllmQuantization } from './runtime/vllm/vllm-formats';
export type { VllmKvTransfer } from './runtime/vllm/vllm-kv-transfer';
export type { VllmSettings } from './runtime/vllm/vllm-settings';
export type {
  DraftModelSpeculation,
  HeadSpeculation,
  MtpSpeculation,
  NgramSpeculation,
  VllmSpeculation,
} from './runtime/vllm/vllm-speculation';

export { capacityFindings } from './plan/capacity-findings';
export { type CapacityPlan, type CapacityRequest, planCapacity } from './plan/capacity-plan';
export { costFindings, type CostPlan, type CostRequest, planCost } from './plan/cost-plan';
export { type Explanation, explainGpuMemory, type RemedyOptions } from './plan/gpu-memory-explanation';
export { type GpuMemoryPlan, type GpuMemoryRequest, planGpuMemory } from './plan/gpu-memory-plan';
export type { InferencePlan } from './plan/inference-plan';
export type { LatencyObjective, Percentile } from './plan/latency-objective';
export { type NodeFit, type NodeFitRequest, nodeFitFindings, planNodeFit, podRequest } from './plan/node-fit';
export type { PodResources } from './plan/pod-resources';
export type { PriceList } from './plan/price-list';
export type { ShutdownBudget } from './plan/shutdown-budget';
export type { StartupBudget } from './plan/startup-budget';

export { type Check, type CheckId, CHECKS } from './checks/catalog';
export type { WorkloadKind } from './checks/declared-workload';
export type { Waivers } from './checks/waivers';

export {
  GpuNodeAffinity,
  type GpuNodeAffinityProps,
  type PlacementSpec,
  type SpreadOptions,
} from './placement/gpu-node-affinity';

export { GpuInferenceDeployment, type GpuInferenceDeploymentProps } from './workload/gpu-inference-deployment';
export {
  GpuInferenceLeaderWorkerSet,
  type GpuInferenceLeaderWorkerSetProps,
} from './workload/gpu-inference-leader-worker-set';
export { GpuInferenceStatefulSet, type GpuInferenceStatefulSetProps } from './workload/gpu-inference-stateful-set';
export { GpuInferenceWorkload } from './workload/gpu-inference-workload';
export type { GpuInferenceWorkloadProps } from './workload/gpu-inference-workload-props';
export type { InferenceContractProps, WaiverProps } from './workload/inference-contract-props';
export { ImagePrePull, type ImagePrePullProps } from './workload/image-pre-pull';
export type { Track } from './workload/inference-labels';
export type { InferenceObjectives, LatencyTarget } from './workload/inference-objectives';
export {
  type AzureBlobStore,
  ObjectStoreClaim,
  type ObjectStoreClaimProps,
  type S3Store,
} from './workload/object-store-claim';
export type { InferencePodProps, InferenceResources } from './workload/inference-pod-props';
export {
  type AksIdentityProps,
  type EksIdentityProps,
  type GkeIdentityProps,
  WorkloadIdentity,
} from './workload/workload-identity';
export {
  PrefillDecodeRouter,
  type PrefillDecodeRouterProps,
  type RoutedPods,
  type RouterProps,
} from './workload/prefill-decode-router';

export { Dns } from './network/dns';
export type { ClientQuotas, RequestQuota } from './network/client-quotas';
export { type GatewayImplementation, GatewayReference, type GatewayReferenceProps } from './network/gateway-reference';
export { InferenceRoute } from './network/inference-route';
export type { InferenceRouteProps, RouteBackend, SmokeRoute } from './network/inference-route-props';
export { type HostEnforcer, ModelDownload, PRIVATE_RANGES } from './network/model-download';
export { NetworkPeer } from './network/network-peer';
export { type NetworkEgress, NimNetworkPolicy, type NimNetworkPolicyProps } from './network/nim-network-policy';
export {
  type ApiKeysFromSecretsProps,
  type ApiKeysFromStoreProps,
  type ClientAccess,
  type JwtProps,
  RouteAuthentication,
} from './network/route-authentication';

export { CanaryRollout, type CanaryRolloutProps, type RolloutRoute } from './release/canary-rollout';
export { CanaryStrategy, type WeightedTwinsOptions } from './release/canary-strategy';
export type { ReleaseStep, ReleaseStepName, ReleaseTrack } from './release/release-step';

export { ModelSecrets, type ModelSecretsProps } from './tenancy/model-secrets';
export { InferencePriorityClasses, type InferencePriorityClassesProps } from './tenancy/inference-priority-classes';
export { InferenceQueue, type InferenceQueueProps, type TenantQueue } from './tenancy/inference-queue';
export type { InferencePriority } from './tenancy/priorities';
export { TenantNamespace } from './tenancy/tenant-namespace';
export type {
  ContainerDefaults,
  TenantFlux,
  TenantNamespaceProps,
  TenantQuota,
  TenantTeam,
} from './tenancy/tenant-namespace-props';

export { ImageSignaturePolicy, type ImageSignaturePolicyProps } from './policy/image-signature-policy';
export { EXEMPT_UNTIL, InferencePolicy } from './policy/inference-policy';
export type { InferencePolicyProps } from './policy/inference-policy-props';
export { PLATFORM_NAMESPACES, type PolicyNamespacesProps } from './policy/policy-namespaces';
export type { PolicyMode, PolicyRule } from './policy/policy-rule';
export { POLICY_RULES, type PolicyRuleId } from './policy/policy-rules';
export { SourceVerification } from './policy/source-verification';
export { VerifiedSource, type VerifiedSourceProps } from './policy/verified-source';
export { type KeylessSignerProps, type KeySignerProps, Signer } from './policy/signer';

export { type Scorecard, scorecard, type ScorecardOptions } from './operations/scorecard';
export { scorecardHtml } from './operations/scorecard-html';
export { scorecardMarkdown } from './operations/scorecard-markdown';

export { InferenceApp, type InferenceAppProps, type SynthesizedObject } from './gitops/inference-app';
export { SynthesisError } from './gitops/synthesis-report';
export { type Layout, layoutByConcern } from './gitops/layout';

export { ModelCacheWarmer, type ModelCacheWarmerProps } from './service/model-cache-warmer';
export {
  InferenceService,
  type InferenceServiceProps,
  type ServiceCanary,
  type ServiceRoute,
} from './service/inference-service';
export type { PrefillProps } from './service/prefill-props';
export type { ServiceNetworkProps } from './service/service-network';
