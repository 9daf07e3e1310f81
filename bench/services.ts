import { ApiObject, App, Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-30';

/**
 * One chart a service with the objects of an inference service as a team writes them by hand: ten L1 objects, about
 * 7 kB of YAML. Values differ from service to service where they would in practice.
 */
export function addService(app: App, number: number): void {
  const namespace = `team-${number % 50}`;
  const name = `llm-${number}`;
  const labels = {
    'app.kubernetes.io/name': 'vllm',
    'app.kubernetes.io/instance': name,
    'app.kubernetes.io/component': 'inference',
    'app.kubernetes.io/managed-by': 'cdk8s',
  };
  const selector = { 'app.kubernetes.io/name': 'vllm', 'app.kubernetes.io/instance': name };
  const metadata = { name, namespace, labels };
  const chart = new Chart(app, name);

  new k8s.KubeServiceAccount(chart, 'ServiceAccount', { metadata, automountServiceAccountToken: false });

  new k8s.KubeConfigMap(chart, 'ConfigMap', {
    metadata,
    data: {
      MODEL_REVISION: '0e9e39f249a16976918f6564b8830bc894c89659',
      MAX_MODEL_LEN: '8192',
      'start.sh': `#!/bin/sh\nset -eu\nexec vllm serve /models/${name} \\\n  --max-model-len 8192 \\\n  --port 8000\n`,
    },
  });

  new k8s.KubeService(chart, 'Service', {
    metadata,
    spec: { selector, ports: [{ name: 'http', port: 80, targetPort: k8s.IntOrString.fromString('http') }] },
  });

  new k8s.KubeService(chart, 'Headless', {
    metadata: { ...metadata, name: `${name}-headless` },
    spec: {
      clusterIp: 'None',
      publishNotReadyAddresses: true,
      selector,
      ports: [{ name: 'http', port: 8000, targetPort: k8s.IntOrString.fromString('http') }],
    },
  });

  const probe = { httpGet: { path: '/health', port: k8s.IntOrString.fromString('http') } };
  new k8s.KubeStatefulSet(chart, 'StatefulSet', {
    metadata,
    spec: {
      serviceName: `${name}-headless`,
      podManagementPolicy: 'Parallel',
      selector: { matchLabels: selector },
      template: {
        metadata: { labels, annotations: { 'prometheus.io/scrape': 'true', 'prometheus.io/port': '8000' } },
        spec: {
          serviceAccountName: name,
          automountServiceAccountToken: false,
          terminationGracePeriodSeconds: 330,
          nodeSelector: { 'cloud.google.com/gke-accelerator': 'nvidia-l4' },
          tolerations: [{ key: 'nvidia.com/gpu', operator: 'Exists', effect: 'NoSchedule' }],
          topologySpreadConstraints: [
            {
              maxSkew: 1,
              topologyKey: 'topology.kubernetes.io/zone',
              whenUnsatisfiable: 'ScheduleAnyway',
              labelSelector: { matchLabels: selector },
            },
          ],
          securityContext: {
            runAsNonRoot: true,
            runAsUser: 1000,
            runAsGroup: 1000,
            fsGroup: 1000,
            fsGroupChangePolicy: 'OnRootMismatch',
            seccompProfile: { type: 'RuntimeDefault' },
          },
          containers: [
            {
              name: 'vllm',
              image: `registry.example.com/vllm/vllm-openai:v0.10.${number % 9}`,
              args: [
                '--model',
                `/models/${name}`,
                '--max-model-len=8192',
                '--gpu-memory-utilization=0.9',
                '--port=8000',
              ],
              ports: [{ name: 'http', containerPort: 8000 }],
              envFrom: [{ configMapRef: { name } }],
              env: [
                { name: 'HF_HOME', value: '/models' },
                { name: 'HF_HUB_OFFLINE', value: '1' },
                { name: 'VLLM_LOGGING_LEVEL', value: 'INFO' },
                { name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
                { name: 'HF_TOKEN', valueFrom: { secretKeyRef: { name: 'hugging-face', key: 'token' } } },
              ],
              resources: {
                requests: {
                  cpu: k8s.Quantity.fromString('3'),
                  memory: k8s.Quantity.fromString('12Gi'),
                  'nvidia.com/gpu': k8s.Quantity.fromString('1'),
                },
                limits: { memory: k8s.Quantity.fromString('12Gi'), 'nvidia.com/gpu': k8s.Quantity.fromString('1') },
              },
              startupProbe: { ...probe, periodSeconds: 10, failureThreshold: 60 + (number % 30) },
              readinessProbe: { ...probe, periodSeconds: 5, failureThreshold: 3 },
              livenessProbe: { ...probe, periodSeconds: 10, failureThreshold: 6, timeoutSeconds: 5 },
              lifecycle: { preStop: { exec: { command: ['sleep', '15'] } } },
              securityContext: {
                allowPrivilegeEscalation: false,
                readOnlyRootFilesystem: true,
                capabilities: { drop: ['ALL'] },
              },
              volumeMounts: [
                { name: 'models', mountPath: '/models' },
                { name: 'shm', mountPath: '/dev/shm' },
                { name: 'tmp', mountPath: '/tmp' },
              ],
            },
          ],
          volumes: [
            { name: 'shm', emptyDir: { medium: 'Memory', sizeLimit: k8s.Quantity.fromString('1Gi') } },
            { name: 'tmp', emptyDir: { sizeLimit: k8s.Quantity.fromString('2Gi') } },
          ],
        },
      },
      volumeClaimTemplates: [
        {
          metadata: { name: 'models' },
          spec: {
            accessModes: ['ReadWriteOnce'],
            storageClassName: 'premium-rwo',
            resources: { requests: { storage: k8s.Quantity.fromString('50Gi') } },
          },
        },
      ],
    },
  });

  new k8s.KubePodDisruptionBudget(chart, 'PodDisruptionBudget', {
    metadata,
    spec: { maxUnavailable: k8s.IntOrString.fromNumber(1), selector: { matchLabels: selector } },
  });

  new k8s.KubeNetworkPolicy(chart, 'NetworkPolicy', {
    metadata,
    spec: {
      podSelector: { matchLabels: selector },
      policyTypes: ['Ingress', 'Egress'],
      ingress: [
        {
          from: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'gateway' } } }],
          ports: [{ port: k8s.IntOrString.fromNumber(8000), protocol: 'TCP' }],
        },
      ],
      egress: [
        {
          to: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } } }],
          ports: [
            { port: k8s.IntOrString.fromNumber(53), protocol: 'UDP' },
            { port: k8s.IntOrString.fromNumber(53), protocol: 'TCP' },
          ],
        },
        { to: [{ ipBlock: { cidr: '0.0.0.0/0', except: ['10.0.0.0/8', '169.254.169.254/32'] } }] },
      ],
    },
  });

  new k8s.KubeHorizontalPodAutoscalerV2(chart, 'HorizontalPodAutoscaler', {
    metadata,
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'StatefulSet', name },
      minReplicas: 1,
      maxReplicas: 2 + (number % 5),
      metrics: [
        {
          type: 'Pods',
          pods: {
            metric: { name: 'vllm_num_requests_waiting' },
            target: { type: 'AverageValue', averageValue: k8s.Quantity.fromString('4') },
          },
        },
      ],
      behavior: { scaleDown: { stabilizationWindowSeconds: 600 } },
    },
  });

  new ApiObject(chart, 'HTTPRoute', {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata,
    spec: {
      parentRefs: [{ name: 'edge', namespace: 'gateway' }],
      hostnames: [`${name}.example.com`],
      rules: [
        {
          matches: [{ path: { type: 'PathPrefix', value: '/v1' } }],
          timeouts: { request: '300s', backendRequest: '300s' },
          backendRefs: [{ name, port: 80, weight: 100 }],
        },
      ],
    },
  });

  new ApiObject(chart, 'PrometheusRule', {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'PrometheusRule',
    metadata,
    spec: {
      groups: [
        {
          name: `${name}-slo`,
          rules: [
            {
              alert: 'TimeToFirstTokenHigh',
              expr: `histogram_quantile(0.95, sum by (le) (rate(vllm:time_to_first_token_seconds_bucket{namespace="${namespace}",service="${name}"}[5m]))) > 2.5`,
              for: '10m',
              labels: { severity: 'warning', team: namespace },
              annotations: { summary: `p95 time to first token of ${name} is above 2.5 s` },
            },
            {
              alert: 'ErrorBudgetBurn',
              expr: `sum(rate(http_requests_total{namespace="${namespace}",service="${name}",status=~"5.."}[1h]))\n/ sum(rate(http_requests_total{namespace="${namespace}",service="${name}"}[1h])) > 14.4 * 0.001\n`,
              for: '2m',
              labels: { severity: 'critical', team: namespace },
              annotations: { summary: `${name} burns its error budget 14.4 times too fast` },
            },
          ],
        },
      ],
    },
  });
}
