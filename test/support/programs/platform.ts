import { credentials, downloaded } from './artifacts';
import { call, Code, code, dictionary, keys, list, mostly, of, often, oneOf, props, rarely, sometimes } from './code';
import { gateway, regionalRoute, tracing } from './gateways';
import { address, count, cpu, duration, image, labels, name, names, oddText, size, text } from './odd';
import { Server } from './servers';

/** Who watches. */
export const monitoring: Code = oneOf(
  ...(['prometheusOperator', 'googleManaged'] as const).map((kind) =>
    call(
      `Monitoring.${kind}`,
      props({
        labels: sometimes(labels({ release: 'kube-prometheus-stack' })),
        namespace: rarely(name('monitoring')),
        serverAddress: rarely(address('http://prometheus.monitoring:9090')),
        runbooks: rarely(address('https://runbooks.example.com')),
        alertLabels: rarely(
          dictionary(
            keys(['team', 'Cost_Center'], ['a-b', 'severity', '__name__', '', 'ä']),
            mostly(of('ml'), oddText),
            1,
            2,
          ),
        ),
        severities: rarely(props({ critical: text('page') })),
        scrapeInterval: rarely(duration('seconds(30)', 'seconds(15)')),
        evaluationInterval: rarely(duration('seconds(30)', 'minutes(1)')),
        dashboards: rarely(
          oneOf(
            of(false),
            call(
              'DashboardDelivery.configMap',
              props({ labels: sometimes(labels({ grafana: 'yes' })), folder: sometimes(text('Inference')) }),
            ),
            call(
              'DashboardDelivery.grafanaOperator',
              props({ instances: labels({ dashboards: 'grafana' }), folder: sometimes(text('Inference')) }),
            ),
          ),
        ),
        tracing: rarely(tracing),
        jsonLogs: rarely(of(false)),
      }),
    ),
  ),
);

const quota = oneOf(
  props({
    devices: rarely(
      dictionary(
        keys(
          ['nvidia.com/mig-1g.10gb', 'gpu.nvidia.com'],
          ['gpu', 'A/b', 'a.b/c d', `${'a'.repeat(64)}.b/c`, `a.b/${'c'.repeat(64)}`],
        ),
        count(8),
        1,
        1,
      ),
    ),
    cpu: sometimes(cpu('units(400)')),
    memory: sometimes(size('tebibytes(4)')),
    pods: sometimes(count(200)),
    storage: sometimes(size('tebibytes(4)')),
    volumeClaims: rarely(count(50)),
    storageByClass: rarely(dictionary(keys(['premium-rwo'], ['A', 'a.b', 'a'.repeat(64)]), size('tebibytes(1)'), 1, 1)),
    loadBalancers: rarely(count(1)),
    nodePorts: rarely(count(1)),
  }),
  of(false),
);

const group = text('ml', 'Team A', 'ml@example.com', 'oidc:ml');

/** What of a namespace is stated. */
export const tenant: Code = props({
  name: rarely(name('models', 'chat')),
  quota: sometimes(quota),
  containerDefaults: rarely(
    oneOf(
      of(false),
      props({
        cpu: sometimes(cpu('millis(100)')),
        memory: sometimes(size('mebibytes(128)')),
        memoryLimit: sometimes(size('mebibytes(256)')),
      }),
    ),
  ),
  podSecurity: rarely(of('restricted', 'baseline')),
  podSecurityVersion: rarely(text('v1.36', 'latest')),
  labels: sometimes(labels({ team: 'ml' })),
  defaultDeny: rarely(of(false, true)),
  priorityClasses: rarely(names(1, 1, 'serving')),
  team: sometimes(
    props({
      viewers: sometimes(list(group, 1, 2)),
      debuggers: sometimes(list(group, 1, 1)),
      deployers: sometimes(list(group, 1, 1)),
    }),
  ),
  flux: sometimes(props({ serviceAccountName: sometimes(name('flux')), secrets: sometimes(of(true)) })),
  queue: rarely(props({ clusterQueue: name('gpus'), name: sometimes(name('inference')) })),
});

const chart = (id: string): Code => code(`new Chart(app, '${id}', { namespace: '${id}' })`);

const signer = oneOf(
  call(
    'Signer.keyless',
    props({ issuer: text('https://token.actions.githubusercontent.com'), subject: text('ml@example.com') }),
  ),
  call(
    'Signer.key',
    props({
      publicKey: mostly(
        of('gcpkms://projects/a/key', '-----BEGIN PUBLIC KEY-----\nMFkw\n-----END PUBLIC KEY-----\n'),
        oddText,
      ),
      transparencyLog: sometimes(of(false)),
    }),
  ),
);

const selected = {
  namespaceLabels: sometimes(labels({ tenant: 'true' })),
  platformNamespaces: sometimes(names(1, 2, 'kube-system', 'flux-system')),
};

const registries = list(text('nvcr.io/nim', 'registry.example.com', 'localhost:5000'), 1, 2);

const statement = (callee: string, scope: Code, id: string, given: Code): Code => call(callee, scope, of(id), given);

/** Everything that stands beside services; each is one statement. */
export const OTHERS: readonly Code[] = [
  statement(
    'new InferencePolicy',
    code('app'),
    'policy',
    props({
      pools: code('[pool]', '[pool, second]'),
      registries,
      mode: sometimes(of('deny', 'warn', 'audit')),
      rules: sometimes(of({ 'host-path': 'off', 'image-pinning': 'deny' }, { 'gpu-pool': 'audit' })),
      digestsOnly: sometimes(of(true)),
      maxGpusPerPod: sometimes(count(8)),
      requiredLabels: sometimes(list(name('app.kubernetes.io/name', 'team'), 1, 2)),
      longestExemption: rarely(duration('days(30)')),
      ...selected,
    }),
  ),
  statement(
    'new ImageSignaturePolicy',
    code('app'),
    'signatures',
    props({
      registries,
      signers: list(signer, 1, 2),
      attestations: sometimes(of(['cyclonedx'], ['slsaprovenance', 'spdxjson'])),
      pullSecrets: sometimes(names(1, 1, 'registry')),
      mode: sometimes(of('deny', 'warn')),
      ...selected,
    }),
  ),
  statement(
    'new VerifiedSource',
    code('app'),
    'source',
    oneOf(
      props({
        url: address('https://github.com/acme/platform'),
        verify: call('SourceVerification.commits', name('signers')),
        branch: sometimes(text('main')),
        path: sometimes(text('./dist', 'dist')),
        secretName: sometimes(name('git')),
        serviceAccountName: sometimes(name('flux')),
        namespace: sometimes(name('flux-system')),
        timeout: sometimes(duration('minutes(5)')),
      }),
      props({
        url: text('oci://registry.example.com/platform'),
        verify: oneOf(
          call('SourceVerification.cosignKey', name('cosign')),
          call(
            'SourceVerification.keyless',
            props({ issuer: text('https://token.example.com'), subject: text('ml@example.com') }),
          ),
        ),
        tag: sometimes(text('1.0.0', 'latest')),
      }),
    ),
  ),
  statement(
    'new GpuMonitoring',
    code('app'),
    'gpu-monitoring',
    props({
      monitoring: code('monitoring'),
      pools: code('[pool, second]'),
      exporter: sometimes(
        oneOf(
          call(
            'DcgmExporter.gpuOperator',
            props({ namespace: sometimes(name('gpu-operator')), configMap: sometimes(name('fields')) }),
          ),
          call(
            'DcgmExporter.helmChart',
            props({ namespace: name('dcgm'), podLabelPrefix: sometimes(text('', 'exported_')) }),
          ),
          code("DcgmExporter.collecting({ fields: ['DCGM_FI_DEV_GPU_UTIL', 'DCGM_FI_DEV_GPU_TEMP'] })"),
        ),
      ),
      thresholds: sometimes(props({ temperatureCelsius: sometimes(count(90)) })),
      without: sometimes(mostly(of({ GpuAllocatedButIdle: 'the lab keeps GPUs' }), of({ GpuAllocatedButIdle: '' }))),
      gpuPricePerHour: sometimes(dictionary(keys(['second'], ['', 'nobody']), mostly(of(2), of(-1, NaN)), 1, 1)),
      fluxMetrics: sometimes(of(true)),
      certManagerMetrics: sometimes(of(true)),
    }),
  ),
  statement('new InferenceDashboards', code('app'), 'dashboards', code('{ monitoring }')),
  statement(
    'new WarmPool',
    chart('node-warmers'),
    'warm',
    props({
      name: sometimes(name('warm-l4')),
      nodePool: code('pool'),
      nodes: sometimes(count(1, 2)),
      priorityClassName: name('placeholder'),
      pauseImage: rarely(image('registry.example.com/pause:3.10')),
    }),
  ),
  statement(
    'new ImagePrePull',
    chart('node-agents'),
    'pull',
    props({
      name: sometimes(name('pull-l4')),
      nodePool: code('pool', '[pool, second]'),
      images: list(image('vllm/vllm-openai:v0.18.1', 'nvcr.io/nim/meta/llama3-8b-instruct:1.8.0'), 1, 2),
      imagePullSecrets: sometimes(names(1, 1, 'registry')),
      command: sometimes(list(text('/bin/true'), 1, 2)),
      podLabels: sometimes(labels({ team: 'platform' })),
      pauseImage: rarely(image('registry.example.com/pause:3.10')),
    }),
  ),
  statement('new InferenceGateway', chart('gateways'), 'edge', gateway),
  statement('new RegionalRoute', chart('regions'), 'regions', regionalRoute),
  statement(
    'new ObjectStoreClaim',
    code('tenant'),
    'bucket',
    oneOf(
      props({
        claimName: sometimes(name('bucket')),
        s3: props({ bucket: text('weights'), region: text('us-east-1'), prefix: sometimes(text('llama')) }),
      }),
      props({
        claimName: sometimes(name('bucket')),
        azureBlob: props({
          account: text('weights'),
          container: text('llama'),
          resourceGroup: text('ml'),
          prefix: sometimes(text('a')),
        }),
      }),
    ),
  ),
  statement(
    'new ModelCacheWarmer',
    code('tenant'),
    'warmer',
    props({
      name: sometimes(name('warm-weights')),
      artifact: downloaded,
      cache: often(
        oneOf(
          code("ModelCache.shared(Size.gibibytes(100), { storageClass: 'filestore' })", "ModelCache.claim('store')"),
          code('ModelCache.shared()'),
        ),
      ),
      model: of('meta-llama/Meta-Llama-3-8B-Instruct'),
      credentials: rarely(credentials({ credentials: 'hugging-face' } as Server)),
      image: of(`registry.example.com/hf:1.0.0@sha256:${'1'.repeat(64)}`),
      imagePullSecrets: rarely(names(1, 1, 'registry')),
    }),
  ),
];

/** What must be declared before any service. */
export const FIRST: readonly Code[] = [
  statement(
    'new InferencePriorityClasses',
    code("new Chart(app, 'cluster')"),
    'priorities',
    props({ prefix: sometimes(name('inference', 'ml')) }),
  ),
];

/** Cpu and memory of the app as a whole, for scorecards. */
export const card: Code = oneOf(
  of(true),
  of(false),
  props({
    priceList: props({
      machines: dictionary(keys(['g2-standard-8', 'a3-highgpu-8g'], ['x', '']), mostly(of(1.5), of(-1, NaN)), 1, 1),
      region: text('us-central1'),
      date: mostly(of('2026-11-01'), of('', '2026-13-01', 'today')),
    }),
  }),
);
