// The public face: what each room promises to users. Everything else may change in any version.

export { type Findings, formatProblem, InvalidInputError, type Problem } from './problem/problem';

export { type CatalogModelId, MODELS } from './model/catalog';
export { type HuggingFaceConfig, modelFromConfig } from './model/from-config';
export type { Attention, MixtureOfExperts, Model, WeightFormat } from './model/model';
export { type ClaimCacheOptions, ModelCache, type PerReplicaCacheOptions } from './model/model-cache';
export {
  type CredentialKind,
  type HuggingFaceFromSecretProps,
  type HuggingFaceFromStoreProps,
  ModelCredentials,
  type NgcFromSecretProps,
  type NgcFromStoreProps,
  type SecretStoreEntry,
} from './model/model-credentials';

export type { Allocatable } from './hardware/allocatable';
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
export type { Machine, MachinePrice } from './hardware/machine';
export type { AksVmSize, EksInstanceType, GkeMachineType } from './hardware/machine-catalog';
export type { Taint } from './hardware/taint';

export {
  type EngineMemoryProfile,
  type GpuTraits,
  vllmMemoryProfile,
  type VllmMemoryOptions,
} from './runtime/engine-memory-profile';
export { ImageReference } from './runtime/image-reference';
export { NimRuntime, type NimImageProps, type NimRuntimeProps, type NimSettings } from './runtime/nim';
export type { Nim1Settings, Nim2Settings, NimSharedSettings } from './runtime/nim-settings';
export type {
  CredentialSlot,
  EnvironmentVariable,
  HttpEndpoint,
  ServerContract,
  ServerPort,
  ServingRequest,
  ServingRuntime,
  ShutdownBehaviour,
  WritablePath,
} from './runtime/serving-runtime';

export { capacityFindings } from './plan/capacity-findings';
export { type CapacityPlan, type CapacityRequest, planCapacity } from './plan/capacity-plan';
export { costFindings, type CostPlan, type CostRequest, planCost } from './plan/cost-plan';
export { type Explanation, explainGpuMemory, type RemedyOptions } from './plan/gpu-memory-explanation';
export { type GpuMemoryPlan, type GpuMemoryRequest, planGpuMemory } from './plan/gpu-memory-plan';
export type { InferencePlan } from './plan/inference-plan';
export { type NodeFit, type NodeFitRequest, nodeFitFindings, planNodeFit, podRequest } from './plan/node-fit';
export type { PodResources } from './plan/pod-resources';
export type { PriceList } from './plan/price-list';
export type { ShutdownBudget } from './plan/shutdown-budget';
export type { StartupBudget } from './plan/startup-budget';

export { type Check, type CheckId, CHECKS } from './checks/catalog';
export type { Waivers } from './checks/waivers';

export {
  GpuNodeAffinity,
  type GpuNodeAffinityProps,
  type PlacementSpec,
  type SpreadOptions,
} from './placement/gpu-node-affinity';

export { GpuInferenceStatefulSet } from './workload/gpu-inference-stateful-set';
export type {
  GpuInferenceStatefulSetProps,
  InferenceContractProps,
  InferencePodProps,
  InferenceResources,
  WaiverProps,
} from './workload/gpu-inference-stateful-set-props';
export type { Track } from './workload/inference-labels';

export { Dns } from './network/dns';
export { GatewayReference, type GatewayReferenceProps } from './network/gateway-reference';
export {
  InferenceRoute,
  type InferenceRouteProps,
  type RouteBackend,
  type SmokeRoute,
} from './network/inference-route';
export { type HostEnforcer, ModelDownload, PRIVATE_RANGES } from './network/model-download';
export { NetworkPeer } from './network/network-peer';
export { type NetworkEgress, NimNetworkPolicy, type NimNetworkPolicyProps } from './network/nim-network-policy';

export { CanaryRollout, type CanaryRolloutProps, type RolloutRoute } from './release/canary-rollout';
export { CanaryStrategy, type WeightedTwinsOptions } from './release/canary-strategy';
export type { ReleaseStep, ReleaseStepName, ReleaseTrack } from './release/release-step';

export { ModelSecrets, type ModelSecretsProps } from './tenancy/model-secrets';
export { TenantNamespace, type TenantNamespaceProps } from './tenancy/tenant-namespace';

export { type Scorecard, scorecard, type ScorecardOptions } from './operations/scorecard';
export { scorecardHtml } from './operations/scorecard-html';
export { scorecardMarkdown } from './operations/scorecard-markdown';

export { InferenceApp, type InferenceAppProps, type SynthesizedObject } from './gitops/inference-app';
export { SynthesisError } from './gitops/synthesis-report';
export { type Layout, layoutByConcern } from './gitops/layout';

export {
  InferenceService,
  type InferenceServiceProps,
  type ServiceCanary,
  type ServiceNetworkProps,
  type ServiceRoute,
} from './service/inference-service';
