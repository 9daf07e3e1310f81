/**
 * What kube-state-metrics and Prometheus itself tell, as far as dashboards ask it. `labels` are those that queries match or
 * join by. Sources: docs/metrics of kube-state-metrics, main branch of 2026; names of GPU resources as it writes them, with
 * every character that is no letter or digit as `_`.
 */
export const KUBE_METRICS = {
  /** The value is 1. Every target has it, with the labels of the pod. */
  up: { metric: 'up', labels: ['namespace', 'pod'], source: 'Prometheus docs/concepts/jobs_instances.md' },
  /** Alerts as Prometheus itself records them. */
  alerts: {
    metric: 'ALERTS',
    labels: ['alertname', 'alertstate', 'severity'],
    source: 'Prometheus docs/configuration/alerting_rules.md',
  },
  containerInfo: {
    metric: 'kube_pod_container_info',
    labels: ['namespace', 'pod', 'container', 'image'],
    source: 'workload/pod-metrics.md',
  },
  containerRestarts: {
    metric: 'kube_pod_container_status_restarts_total',
    labels: ['namespace', 'pod', 'container'],
    source: 'workload/pod-metrics.md',
  },
  podPhase: {
    metric: 'kube_pod_status_phase',
    labels: ['namespace', 'pod', 'phase'],
    source: 'workload/pod-metrics.md',
  },
  /** Unix time; since 2.8. It is that of the last time when the pod became ready. */
  podReadyTime: {
    metric: 'kube_pod_status_ready_time',
    labels: ['namespace', 'pod'],
    source: 'workload/pod-metrics.md',
  },
  podScheduledTime: {
    metric: 'kube_pod_status_scheduled_time',
    labels: ['namespace', 'pod'],
    source: 'workload/pod-metrics.md',
  },
  containerRequests: {
    metric: 'kube_pod_container_resource_requests',
    labels: ['namespace', 'pod', 'node', 'resource'],
    source: 'workload/pod-metrics.md',
  },
  statefulSetReplicas: {
    metric: 'kube_statefulset_replicas',
    labels: ['namespace', 'statefulset'],
    source: 'workload/statefulset-metrics.md',
  },
  statefulSetReady: {
    metric: 'kube_statefulset_status_replicas_ready',
    labels: ['namespace', 'statefulset'],
    source: 'workload/statefulset-metrics.md',
  },
  statefulSetRevision: {
    metric: 'kube_statefulset_status_update_revision',
    labels: ['namespace', 'statefulset', 'revision'],
    source: 'workload/statefulset-metrics.md',
  },
  deploymentReplicas: {
    metric: 'kube_deployment_spec_replicas',
    labels: ['namespace', 'deployment'],
    source: 'workload/deployment-metrics.md',
  },
  deploymentReady: {
    metric: 'kube_deployment_status_replicas_ready',
    labels: ['namespace', 'deployment'],
    source: 'workload/deployment-metrics.md',
  },
  statefulSetExisting: {
    metric: 'kube_statefulset_status_replicas',
    labels: ['namespace', 'statefulset'],
    source: 'workload/statefulset-metrics.md',
  },
  /** Unix time. */
  statefulSetCreated: {
    metric: 'kube_statefulset_created',
    labels: ['namespace', 'statefulset'],
    source: 'workload/statefulset-metrics.md',
  },
  deploymentExisting: {
    metric: 'kube_deployment_status_replicas',
    labels: ['namespace', 'deployment'],
    source: 'workload/deployment-metrics.md',
  },
  /** Unix time. */
  deploymentCreated: {
    metric: 'kube_deployment_created',
    labels: ['namespace', 'deployment'],
    source: 'workload/deployment-metrics.md',
  },
  namespaceCreated: { metric: 'kube_namespace_created', labels: ['namespace'], source: 'cluster/namespace-metrics.md' },
  podReady: {
    metric: 'kube_pod_status_ready',
    labels: ['namespace', 'pod', 'condition'],
    source: 'workload/pod-metrics.md',
  },
  /** Unix time at which the kubelet took the pod. */
  podStartTime: { metric: 'kube_pod_start_time', labels: ['namespace', 'pod'], source: 'workload/pod-metrics.md' },
  /** There while the scheduler finds no node. */
  podUnschedulable: {
    metric: 'kube_pod_status_unschedulable',
    labels: ['namespace', 'pod'],
    source: 'workload/pod-metrics.md',
  },
  containerLastTerminatedReason: {
    metric: 'kube_pod_container_status_last_terminated_reason',
    labels: ['namespace', 'pod', 'container', 'reason'],
    source: 'workload/pod-metrics.md',
  },
  autoscalerCondition: {
    metric: 'kube_horizontalpodautoscaler_status_condition',
    labels: ['namespace', 'horizontalpodautoscaler', 'condition', 'status'],
    source: 'workload/horizontalpodautoscaler-metrics.md',
  },
  volumeAvailable: {
    metric: 'kubelet_volume_stats_available_bytes',
    labels: ['namespace', 'persistentvolumeclaim'],
    source: 'Kubernetes pkg/kubelet/metrics/collectors/volume_stats.go',
  },
  volumeCapacity: {
    metric: 'kubelet_volume_stats_capacity_bytes',
    labels: ['namespace', 'persistentvolumeclaim'],
    source: 'Kubernetes pkg/kubelet/metrics/collectors/volume_stats.go',
  },
  /** Unix time. Where Prometheus keeps its own `namespace`, that of the certificate is `exported_namespace`. */
  certificateExpiration: {
    metric: 'certmanager_certificate_expiration_timestamp_seconds',
    labels: ['name', 'namespace', 'exported_namespace'],
    source: 'cert-manager pkg/metrics',
  },
  replicaSetOwner: {
    metric: 'kube_replicaset_owner',
    labels: ['namespace', 'replicaset', 'owner_kind', 'owner_name'],
    source: 'workload/replicaset-metrics.md',
  },
  replicaSetReplicas: {
    metric: 'kube_replicaset_spec_replicas',
    labels: ['namespace', 'replicaset'],
    source: 'workload/replicaset-metrics.md',
  },
  replicaSetExisting: {
    metric: 'kube_replicaset_status_replicas',
    labels: ['namespace', 'replicaset'],
    source: 'workload/replicaset-metrics.md',
  },
  replicaSetReady: {
    metric: 'kube_replicaset_status_ready_replicas',
    labels: ['namespace', 'replicaset'],
    source: 'workload/replicaset-metrics.md',
  },
  /** Unix time. */
  replicaSetCreated: {
    metric: 'kube_replicaset_created',
    labels: ['namespace', 'replicaset'],
    source: 'workload/replicaset-metrics.md',
  },
  nodeAllocatable: {
    metric: 'kube_node_status_allocatable',
    labels: ['node', 'resource'],
    source: 'cluster/node-metrics.md',
  },
  nodeCapacity: {
    metric: 'kube_node_status_capacity',
    labels: ['node', 'resource'],
    source: 'cluster/node-metrics.md',
  },
  nodeCondition: {
    metric: 'kube_node_status_condition',
    labels: ['node', 'condition', 'status'],
    source: 'cluster/node-metrics.md',
  },
  nodeUnschedulable: { metric: 'kube_node_spec_unschedulable', labels: ['node'], source: 'cluster/node-metrics.md' },
  /** `resource` as the quota writes it, such as `requests.nvidia.com/gpu`; `type` is hard or used. */
  resourceQuota: {
    metric: 'kube_resourcequota',
    labels: ['namespace', 'resourcequota', 'resource', 'type'],
    source: 'policy/resourcequota-metrics.md',
  },
  /** Only labels that kube-state-metrics was told to copy: `--metric-labels-allowlist=nodes=[…]`. */
  nodeLabels: { metric: 'kube_node_labels', labels: ['node'], source: 'cluster/node-metrics.md' },
} as const satisfies Record<
  string,
  { readonly metric: string; readonly labels: readonly string[]; readonly source: string }
>;

/** A resource as kube-state-metrics writes it. */
export const kubeLabel = (name: string) => name.replace(/[^A-Za-z0-9]/g, '_');

/** The key of a label as kube-state-metrics writes it: in snake case as well (internal/store/utils.go, toSnakeCase). */
export const kubeLabelKey = (key: string) =>
  `label_${kubeLabel(key)
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()}`;
