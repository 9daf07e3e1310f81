import { ServerContract, ServerFile, ServerPort, ServingRequest } from '../../lib/runtime/serving-runtime';
import { refusalsOf } from '../support/messages';
import { nim, statefulSet } from '../support/services';
import { inventoryOf, SERVER, yamlOf } from '../support/yaml-of';

/** A server with something of its own in its contract. */
function server(more: Partial<ServerContract>) {
  const base = nim('1.0.0');
  return statefulSet({
    runtime: {
      name: base.name,
      image: base.image,
      version: base.version,
      memoryProfile: (gpu) => base.memoryProfile(gpu),
      contract: (request: ServingRequest) => ({ ...base.contract(request), ...more }),
    },
  }).chart;
}

const FILES: readonly ServerFile[] = [
  { path: '/etc/server/config.yaml', content: 'threads: 4\n' },
  { path: '/models/embed/config.pbtxt', content: 'name: "embed"\n' },
];

test('arrive by ConfigMap, each mounted alone', () => {
  const chart = server({ files: FILES });
  expect(inventoryOf(chart)).toContain('ConfigMap llama-files');
  expect(yamlOf(chart, 'ConfigMap', 'llama-files', 'data')).toMatchInlineSnapshot(`
   data:
     etc_server_config.yaml: |
       threads: 4
     models_embed_config.pbtxt: |
       name: "embed"
  `);
  expect(yamlOf(chart, 'StatefulSet', 'llama', `${SERVER}.volumeMounts`)).toMatchInlineSnapshot(`
   volumeMounts:
     - name: model-cache
       mountPath: /opt/nim/.cache
     - name: shm
       mountPath: /dev/shm
     - name: server-files
       mountPath: /etc/server/config.yaml
       readOnly: true
       subPath: etc_server_config.yaml
     - name: server-files
       mountPath: /models/embed/config.pbtxt
       readOnly: true
       subPath: models_embed_config.pbtxt
  `);
});

test('a change of content replaces the pods; the same content does not', () => {
  const annotations = (files: readonly ServerFile[]) =>
    yamlOf(server({ files }), 'StatefulSet', 'llama', 'spec.template.metadata.annotations');
  expect(annotations(FILES)).toMatchInlineSnapshot(`
   annotations:
     checksum/config: c84e1e20477bca51f40ab155bb974baffd68eb1c2b9ba288f75c6f661743f5c1
  `);
  expect(annotations([...FILES])).toBe(annotations(FILES));
  expect(annotations([FILES[0]!, { ...FILES[1]!, content: 'name: "other"\n' }])).not.toBe(annotations(FILES));
  expect(annotations([])).toBe('# no annotations\n');
});

test('what no ConfigMap can hold is refused', () => {
  const files = [
    { path: '/models/a/b', content: 'x'.repeat(2 ** 20) },
    { path: '/models/a_b', content: 'x' },
  ];
  expect(refusalsOf(server({ files }))).toMatchInlineSnapshot(`
   nim/llama: volumes
     The configuration files of the server have 1048577 bytes; a ConfigMap holds 1048576.
     Put what is large into the image or onto a volume.
   nim/llama: volumes
     The configuration file /models/a_b has the key models_a_b in the ConfigMap, as another file has.
     Give one of them another path.
  `);
});

describe('ports by purpose', () => {
  const ports: readonly [ServerPort, ...ServerPort[]] = [
    { name: 'http', port: 8000 },
    { name: 'grpc', port: 8001, appProtocol: 'kubernetes.io/h2c' },
    { name: 'metrics', port: 8002, purpose: 'monitoring' },
    { name: 'peers', port: 29500, purpose: 'group' },
  ];

  test('the container names all, the Service offers none of the group', () => {
    const names = (text: string) => text.match(/name: \w+/g)?.join(' ');
    expect(names(yamlOf(server({ ports }), 'StatefulSet', 'llama', `${SERVER}.ports`))).toBe(
      'name: http name: grpc name: metrics name: peers',
    );
    expect(yamlOf(server({ ports }), 'Service', 'llama', 'spec.ports')).toMatchInlineSnapshot(`
     ports:
       - name: http
         port: 8000
         protocol: TCP
         targetPort: http
       - name: grpc
         appProtocol: kubernetes.io/h2c
         port: 8001
         protocol: TCP
         targetPort: grpc
       - name: metrics
         port: 8002
         protocol: TCP
         targetPort: metrics
    `);
  });
});
