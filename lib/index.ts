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
export type { CustomSignals } from './runtime/custom/custom-signals';
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
export type {
  CounterSignal,
  CounterSource,
  GaugeSignal,
  GaugeSource,
  HistogramSignal,
  HistogramSource,
  LatencyBoundary,
  LatencyQuantity,
  MetricSeries,
  ServerSignals,
  SignalName,
} from './runtime/server-signals';
export type { Telemetry, Tracing } from './runtime/telemetry';
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
export type { Scalable, ScalingTarget } from './workload/scaling-target';
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
export { InferenceGateway, type InferenceGatewayProps } from './network/inference-gateway';
export { IngressReference, type NginxIngressProps } from './network/ingress-reference';
export { type EndpointPicker, InferencePool, type InferencePoolProps, type PooledPods } from './network/inference-pool';
export { InferenceRoute } from './network/inference-route';
export { RegionalRoute, type RegionalRouteProps, type RouteRegion } from './network/regional-route';
export type {
  InferenceRouteProps,
  RouteBackend,
  RouteBehaviour,
  RouteGateway,
  RouteLimits,
  RouteMatch,
  RouteTls,
  SmokeRoute,
} from './network/inference-route-props';
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
export { ArgoRollout, type ArgoRolloutProps } from './release/argo-rollout';
export { FlaggerCanary, type FlaggerCanaryProps } from './release/flagger-canary';
export {
  type ArgoRolloutsOptions,
  type DeliveryController,
  type FlaggerOptions,
  ProgressiveDelivery,
  type ProgressiveDeliveryOptions,
} from './release/progressive-delivery';
export { CanaryStrategy } from './release/canary-strategy';
export type { WeightedTwinsOptions } from './release/weighted-twins';
export type { ShadowOptions } from './release/shadow';
export type { StrategyAbout } from './release/strategy-definition';
export { type CanaryComparison, type CanaryComparisonId, canaryComparisons } from './release/release-analysis';
export { type CanaryThresholds, DEFAULT_CANARY_THRESHOLDS } from './release/canary-thresholds';
export type { ReleaseReturn, ReleaseStep, ReleaseStepName, ReleaseTrack, ReleaseWatch } from './release/release-step';
export type { SmokeGateway } from './release/smoke-gateway';
export type { SmokeRequest } from './release/smoke-request';
export { type SmokeKey, SmokeTest, type SmokeTestOptions, type SmokeTestProps } from './release/smoke-test';

export { type AdapterRule, prometheusAdapterRules } from './scaling/adapter-rules';
export { InferenceAutoscaler } from './scaling/inference-autoscaler';
export type { InferenceAutoscalerProps, ScaleToZeroProps, ScalingProps } from './scaling/inference-autoscaler-props';
export { ResourceRecommendation, type ResourceRecommendationProps } from './scaling/resource-recommendation';
export { ScalingMetric } from './scaling/scaling-metric';
export { ScalingSchedule, type Weekday, type WeeklyScheduleProps } from './scaling/scaling-schedule';
export { WarmPool, type WarmPoolProps } from './scaling/warm-pool';

export { ALERTS } from './observability/alerts';
export { type BurnRate, BurnRatePolicy, type BurnRatePolicyProps } from './observability/burn-rate-policy';
export type { ServiceBudget } from './observability/cost-alert';
export { DashboardDelivery } from './observability/dashboard-delivery';
export { InferenceDashboards, type InferenceDashboardsProps } from './observability/dashboards/inference-dashboards';
export { DcgmExporter, type DcgmExporterProps, type DcgmFieldList } from './observability/dcgm-exporter';
export { DCGM_FIELDS, type DcgmField, type DcgmFieldName } from './observability/dcgm-fields';
export type { GpuAlertName } from './observability/gpu-alerts';
export { GpuMonitoring } from './observability/gpu-monitoring';
export type { GpuMonitoringProps } from './observability/gpu-monitoring-props';
export { GPU_RECORDS } from './observability/gpu-records';
export { GPU_THRESHOLDS, type GpuThresholds } from './observability/gpu-thresholds';
export { InferenceAlerts, type InferenceAlertsProps } from './observability/inference-alerts';
export { InferenceScrape, type InferenceScrapeProps } from './observability/inference-scrape';
export { InferenceSlo, type InferenceSloProps, type SloPolicyProps } from './observability/inference-slo';
export type { MonitoredPods, MonitoredRouter, MonitoredService } from './observability/monitored-service';
export {
  Monitoring,
  type MonitoringImplementation,
  type MonitoringProps,
  type Severity,
} from './observability/monitoring';
export type { AlertingRule, RecordingRule, Rule, RuleGroup } from './observability/rule';
export type { PlatformAlertName } from './observability/platform-alerts';
export { RuleObject, type RuleObjectProps } from './observability/rule-object';
export { SERVICE_ALERTS, type ServiceAlert, type ServiceAlertName } from './observability/service-alerts';
export { SignalRecords, type SignalRecordsProps } from './observability/signal-records';
export { type Xid, type XidAction, type XidClass, XIDS } from './observability/xids';

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

export { ManifestSource } from './operations/manifest-source';
export { type Scorecard, scorecard, type ScorecardOptions } from './operations/scorecard';
export { scorecardHtml } from './operations/scorecard-html';
export { scorecardMarkdown } from './operations/scorecard-markdown';

export { InferenceApp, type InferenceAppProps, type SynthesizedObject } from './gitops/inference-app';
export { SynthesisError } from './gitops/synthesis-report';
export { type Layout, layoutByConcern } from './gitops/layout';

export { ModelCacheWarmer, type ModelCacheWarmerProps } from './service/model-cache-warmer';
export { InferenceService, type InferenceServiceProps } from './service/inference-service';
export { type ServiceAlertProps, ServiceMonitoring } from './service/service-monitoring';
export type { ServiceCanary } from './service/service-canary';
export type { PrefillProps } from './service/prefill-props';
export type { ServiceRoute } from './service/service-route';
export type { ServiceNetworkProps } from './service/service-network';
