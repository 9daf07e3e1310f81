import { call, Code, code, list, mostly, of, oneOf, props, rarely, sometimes } from './code';
import { notes, tracing } from './gateways';
import { cpu, duration, environment, image, labels, name, names, path, size, text } from './odd';

const toleration = mostly(
  of(
    { key: 'team', operator: 'Exists' },
    { key: 'team', operator: 'Equal', value: 'ml', effect: 'NoSchedule' },
    { operator: 'Exists' },
  ),
  oneOf(
    of(
      { key: 'team', operator: 'Exists', value: 'ml' },
      { key: 'team', operator: 'In' },
      { key: 'team', effect: 'Never' },
      { operator: 'Equal' },
      { key: 'team', operator: 'Exists', effect: 'NoSchedule', tolerationSeconds: 5 },
      { key: 'team', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 5 },
      { key: 'team', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: -1 },
    ),
    props({ key: name('team'), value: text('ml') }),
  ),
);

const volume = mostly(
  of(
    { name: 'scratch', emptyDir: {} },
    { name: 'scratch', emptyDir: { medium: 'Memory' } },
    { name: 'config', configMap: { name: 'settings' } },
    { name: 'key', secret: { secretName: 'key', defaultMode: 288 } },
    { name: 'data', persistentVolumeClaim: { claimName: 'data', readOnly: true } },
  ),
  oneOf(
    of(
      { name: 'scratch' },
      { name: 'scratch', emptyDir: { medium: 'Disk' } },
      { name: 'scratch', emptyDir: {}, configMap: { name: 'a' } },
      { name: 'scratch', configMap: {} },
      { name: 'scratch', secret: { secretName: 'a', defaultMode: 1024 } },
      { name: 'scratch', persistentVolumeClaim: { claimName: '' } },
      { name: 'scratch', persistentVolumeClaim: { claimName: 'A' } },
      { name: 'scratch', configMap: { name: 'a', items: [{ key: 'a', path: '../a' }] } },
      { name: 'scratch', configMap: { name: 'A b' } },
    ),
    props({ name: name('scratch'), emptyDir: of({}) }),
  ),
);

const volumeMount = mostly(
  of(
    { name: 'scratch', mountPath: '/scratch' },
    { name: 'scratch', mountPath: '/config', readOnly: true, subPath: 'a' },
  ),
  oneOf(
    of(
      { name: 'scratch', mountPath: '/scratch', subPath: '../a' },
      { name: 'scratch', mountPath: '/scratch', subPath: '/a' },
      { name: 'scratch', mountPath: '/scratch', subPath: 'a', subPathExpr: '$(A)' },
      { name: 'scratch', mountPath: '/a:b' },
      { name: 'scratch', mountPath: '/scratch', mountPropagation: 'Sideways' },
      { name: 'scratch', mountPath: '' },
    ),
    props({ name: of('scratch'), mountPath: path('/scratch') }),
  ),
);

const quantities = code(
  "{ requests: { cpu: k8s.Quantity.fromString('100m'), memory: k8s.Quantity.fromString('64Mi') }, limits: { memory: k8s.Quantity.fromString('64Mi') } }",
);

const oddQuantities = code(
  "{ requests: { cpu: k8s.Quantity.fromString('0.1') }, limits: { memory: k8s.Quantity.fromString('1e6') } }",
  "{ requests: { memory: k8s.Quantity.fromString('2Gi') }, limits: { memory: k8s.Quantity.fromString('1Gi') } }",
  "{ requests: { cpu: k8s.Quantity.fromString('a lot') } }",
  "{ requests: { cpu: k8s.Quantity.fromString('-1') } }",
  "{ requests: { gpu: k8s.Quantity.fromString('1') } }",
  "{ requests: { 'example.com/card': k8s.Quantity.fromString('1') } }",
  "{ limits: { 'example.com/card': k8s.Quantity.fromString('0.5') } }",
  '{ requests: { cpu: k8s.Quantity.fromNumber(0.0005) } }',
);

const container = (own: string) =>
  props({
    name: name(own),
    image: image('registry.example.com/proxy:1.0.0'),
    args: sometimes(list(text('--listen=:9000'), 1, 2)),
    resources: mostly(quantities, oddQuantities),
    env: rarely(
      mostly(
        of([{ name: 'A', value: 'b' }]),
        of([{ name: 'A=B', value: 'b' }], [{ name: '', value: 'b' }], [{ name: 'A' }]),
      ),
    ),
    ports: rarely(
      mostly(
        of([{ containerPort: 9000, name: 'proxy' }]),
        of(
          [{ containerPort: 0 }],
          [{ containerPort: 9000, name: 'a-name-that-is-too-long' }],
          [{ containerPort: 9000, name: 'Proxy' }],
          [{ containerPort: 9000, protocol: 'HTTP' }],
          [{ containerPort: 9000 }, { containerPort: 9000 }],
        ),
      ),
    ),
    volumeMounts: rarely(list(volumeMount, 1, 1)),
    imagePullPolicy: rarely(mostly(of('IfNotPresent'), of('Sometimes'))),
    livenessProbe: rarely(
      code(
        '{ tcpSocket: { port: k8s.IntOrString.fromNumber(9000) } }',
        "{ httpGet: { path: '/', port: k8s.IntOrString.fromString('proxy') }, periodSeconds: 0 }",
        '{ tcpSocket: { port: k8s.IntOrString.fromNumber(9000) }, successThreshold: 2 }',
        '{ periodSeconds: 5 }',
      ),
    ),
  });

/** What pods may have beyond what is derived. */
export const podProps = (service: string, cloud: string) => ({
  resources: rarely(
    props({
      cpu: sometimes(cpu('units(2)')),
      cpuLimit: rarely(cpu('units(8)')),
      memory: sometimes(size('gibibytes(20)')),
      ephemeralStorage: rarely(size('gibibytes(60)')),
    }),
  ),
  coldStart: rarely(duration('minutes(10)')),
  longestAnswer: rarely(duration('seconds(90)')),
  cachePath: rarely(path('/cache')),
  priorityClassName: rarely(name('serving')),
  runtimeClassName: rarely(name('nvidia')),
  serviceAccount: rarely(code(`k8sPlus.ServiceAccount.fromServiceAccountName(app, 'account-${service}', 'shared')`)),
  workloadIdentity: cloud === 'on-prem' ? rarely(code('undefined')) : rarely(identity(cloud)),
  hostUsers: rarely(of(false)),
  imagePullSecrets: rarely(names(1, 2, 'registry', 'mirror')),
  preferredZones: rarely(list(text('us-central1-a', 'zone-b'), 1, 2)),
  spread: rarely(
    props({ nodes: sometimes(of('preferred', 'required', 'off')), zones: sometimes(of('preferred', 'off')) }),
  ),
  tolerations: sometimes(list(toleration, 1, 2)),
  env: sometimes(environment({ MY_FLAG: 'x' }, { HTTPS_PROXY: 'http://proxy:3128', EMPTY: '' })),
  '...': rarely(props({ volumes: list(volume, 1, 2), volumeMounts: sometimes(list(volumeMount, 1, 1)) })),
  initContainers: rarely(list(container('prepare'), 1, 1)),
  sidecars: rarely(list(container('proxy'), 1, 1)),
  tracing: rarely(tracing),
  jsonLogs: rarely(of(true, false)),
  podLabels: sometimes(labels({ team: 'ml' }, { 'example.com/cost-center': '4711', empty: '' })),
  podAnnotations: sometimes(notes),
});

const identity = (cloud: string): Code =>
  cloud === 'gke'
    ? call(
        'WorkloadIdentity.gke',
        props({ serviceAccount: sometimes(text('llama-8b@project.iam.gserviceaccount.com')) }),
      )
    : cloud === 'eks'
      ? call('WorkloadIdentity.eks', props({ roleArn: sometimes(text('arn:aws:iam::111122223333:role/llama')) }))
      : call('WorkloadIdentity.aks', props({ clientId: text('00000000-0000-0000-0000-000000000000') }));
