import { ApiObject, App, Chart, JsonPatch } from 'cdk8s';
import { k8s } from 'cdk8s-plus-30';
import { lostValues } from '../../lib/checks/lost-value';
import { Manifest } from '../../lib/checks/manifest-identity';

const quantity = k8s.Quantity.fromString;
const chart = () => new Chart(new App(), 'nim', { namespace: 'nim' });

/** What is told of an object when a value is written into it. */
function told(make: (chart: Chart) => ApiObject, path: string, value: unknown): string[] {
  const object = make(chart());
  object.addJsonPatch(JsonPatch.add(path, value));
  return lostValues(object, object.toJson() as Manifest).map(({ message, remedy }) => `${message}\n${remedy}`);
}

const quota = (scope: Chart) =>
  new k8s.KubeResourceQuota(scope, 'q', { metadata: { name: 'q' }, spec: { hard: { 'requests.cpu': quantity('4') } } });
const limits = (scope: Chart) =>
  new k8s.KubeLimitRange(scope, 'l', {
    metadata: { name: 'l' },
    spec: { limits: [{ type: 'Container', default: { cpu: quantity('1') } }] },
  });
const service = (scope: Chart) =>
  new k8s.KubeService(scope, 's', {
    metadata: { name: 's' },
    spec: { clusterIp: 'None', ports: [{ port: 80, targetPort: k8s.IntOrString.fromNumber(8000) }] },
  });
const pod = (scope: Chart) =>
  new k8s.KubePod(scope, 'p', {
    metadata: { name: 'p' },
    spec: {
      containers: [{ name: 'c', resources: { limits: { memory: quantity('1Gi') } } }],
      volumes: [{ name: 'shm', emptyDir: { medium: 'Memory' } }],
    },
  });
const open = (scope: Chart) =>
  new ApiObject(scope, 'o', { apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'o' }, spec: { hard: {} } });

const lost = (words: string) => [expect.stringContaining(words)];
const REQUESTS = '/spec/containers/0/resources/requests';

test.each`
  what                                   | object     | path                                    | value                    | said
  ${'a quota'}                           | ${quota}   | ${'/spec/hard/pods'}                    | ${'5'}                   | ${lost('/spec/hard/pods of ResourceQuota nim/q was set to "5", and nothing of it is written: the type wants a Quantity there.\nPass k8s.Quantity.fromString("5").')}
  ${'a quota of GPUs'}                   | ${quota}   | ${'/spec/hard/requests.x.com~1gpu'}     | ${2}                     | ${lost('/spec/hard/requests.x.com~1gpu of ResourceQuota nim/q was set to 2, and nothing of it is written: the type wants a Quantity there.\nPass k8s.Quantity.fromNumber(2).')}
  ${'a quota, as the type wants it'}     | ${quota}   | ${'/spec/hard/pods'}                    | ${quantity('5')}         | ${[]}
  ${'a value that was right before'}     | ${quota}   | ${'/spec/hard/requests.cpu'}            | ${'8'}                   | ${lost('/spec/hard/requests.cpu')}
  ${'all of a quota'}                    | ${quota}   | ${'/spec/hard'}                         | ${{ pods: '5', a: '1' }} | ${[expect.stringContaining('/hard/pods'), expect.stringContaining('/hard/a')]}
  ${'a default of a LimitRange'}         | ${limits}  | ${'/spec/limits/0/default/memory'}      | ${'1Gi'}                 | ${lost('/spec/limits/0/default/memory of LimitRange')}
  ${'requests of a container'}           | ${pod}     | ${REQUESTS}                             | ${{ cpu: '1' }}          | ${lost(`${REQUESTS}/cpu of Pod`)}
  ${'the size of a volume'}              | ${pod}     | ${'/spec/volumes/0/emptyDir/sizeLimit'} | ${'1Gi'}                 | ${lost('Pass k8s.Quantity.fromString("1Gi").')}
  ${'a port'}                            | ${service} | ${'/spec/ports/0/targetPort'}           | ${8080}                  | ${lost('the type wants an IntOrString there.\nPass k8s.IntOrString.fromNumber(8080).')}
  ${'a name as manifests spell it'}      | ${service} | ${'/spec/loadBalancerIP'}               | ${'10.0.0.1'}            | ${lost('/spec/loadBalancerIP of Service nim/s was set to "10.0.0.1", and nothing of it is written: the type knows no loadBalancerIP there.')}
  ${'a name as the type spells it'}      | ${service} | ${'/spec/loadBalancerIp'}               | ${'10.0.0.1'}            | ${[]}
  ${'a field that nobody knows'}         | ${pod}     | ${'/spec/tomorrow'}                     | ${{ of: 'pods' }}        | ${lost('the type knows no tomorrow there.')}
  ${'an empty object that nobody knows'} | ${pod}     | ${'/spec/tomorrow'}                     | ${{}}                    | ${[]}
  ${'a label'}                           | ${pod}     | ${'/metadata/labels'}                   | ${{ app: 'a' }}          | ${[]}
  ${'an object without a type'}          | ${open}    | ${'/spec/hard/pods'}                    | ${'5'}                   | ${[]}
`(
  '$what',
  ({
    object,
    path,
    value,
    said,
  }: {
    object: (chart: Chart) => ApiObject;
    path: string;
    value: unknown;
    said: string[];
  }) => {
    expect(told(object, path, value)).toEqual(said);
  },
);

test('an object that nobody patched is not compared', () => {
  const object = pod(chart());
  const spy = jest.spyOn(ApiObject.prototype, 'toJson');
  const written = object.toJson() as Manifest;
  spy.mockClear();
  expect(lostValues(object, written)).toEqual([]);
  expect(spy).not.toHaveBeenCalled();
  spy.mockRestore();
});
