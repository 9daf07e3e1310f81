import { Chart, Duration } from 'cdk8s';
import { k8s } from 'cdk8s-plus-30';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { GatewayReference, InferenceGateway, InferenceRoute, InferenceRouteProps } from '../../lib';
import { synthesized } from '../cluster/synthesized';

/** Requests under way that the route `few` lets through. */
export const FEW = 2;
/** Requests an hour of each address at the route `addresses`. */
export const PER_ADDRESS = 3;

export const SHARED_HOST = 'models.example.com';

/** A Service whose server is the tests' own (`inference-server.ts`), because it can die in the middle of an answer. */
export const MORTAL = 'mortal';

const busy = { service: 'large', port: 8000 };
const ROUTES: Readonly<Record<string, Partial<InferenceRouteProps>>> = {
  busy: { backends: [busy], fallback: { service: 'small', port: 8000 } },
  alone: { backends: [busy] },
  few: { backends: [busy], limits: { parallelRequests: FEW } },
  [MORTAL]: { backends: [{ service: MORTAL, port: 8000 }], fallback: { service: 'small', port: 8000 } },
  addresses: { backends: [busy], limits: { perAddress: { requests: PER_ADDRESS, unit: 'Hour' } } },
};

/** Models on one host name: by path, in two versions, and by header. */
const SHARED: Readonly<Record<string, Partial<InferenceRouteProps>>> = {
  large: {
    backends: [busy],
    match: { pathPrefix: '/large' },
    paths: ['/v1/chat/completions', '/v1/models'],
    fallback: { service: 'small', port: 8000 },
  },
  'large-next': { backends: [{ service: 'next', port: 8000 }], match: { pathPrefix: '/large/v2' } },
  'by-header': { backends: [{ service: 'small', port: 8000 }], match: { headers: { 'x-model': 'small' } } },
};

/** The folder with Services, a Gateway of this library, and routes for when too many ask. */
export function overloaded(): string {
  const edge = new GatewayReference({
    name: 'edge',
    namespace: 'envoy-gateway-system',
    implementation: 'envoy-gateway',
  });
  const folder = synthesized((app) => {
    const chart = new Chart(app, 'overload', { namespace: 'overload' });
    for (const name of ['large', 'small', 'next', MORTAL]) {
      new k8s.KubeService(chart, `service-${name}`, {
        metadata: { name },
        spec: { selector: { app: name }, ports: [{ name: 'http', port: 8000 }] },
      });
    }
    const platform = new Chart(app, 'platform', { namespace: 'platform' });
    const models = new InferenceGateway(platform, 'models', { hostnames: [SHARED_HOST], connections: 1000 });
    const route = (name: string, host: string, gateway: GatewayReference, props: Partial<InferenceRouteProps>) =>
      new InferenceRoute(chart, name, {
        gateway,
        hostnames: [host],
        requestTimeout: Duration.minutes(1),
        backends: [],
        ...props,
      });
    for (const [name, props] of Object.entries(ROUTES)) route(name, `${name}.example.com`, edge, props);
    for (const [name, props] of Object.entries(SHARED)) route(name, SHARED_HOST, models.reference, props);
  });
  resolveNames(folder);
  return folder;
}

/** Nobody resolves names of a cluster outside of one: each becomes the address that the runner gives the Service. */
function resolveNames(folder: string): void {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.yaml'));
  const documents = files.sort().map((name) => ({
    path: join(folder, name),
    objects: parseAllDocuments(readFileSync(join(folder, name), 'utf8')),
  }));
  const services = documents
    .flatMap(({ objects }) => objects.map((each) => each.toJS() as { kind: string; metadata: { name: string } }))
    .filter(({ kind }) => kind === 'Service')
    .map(({ metadata }) => metadata.name);
  for (const { path, objects } of documents) {
    for (const object of objects) {
      if (object.get('kind') !== 'Backend') continue;
      const at = ['spec', 'endpoints', 0, 'fqdn'];
      const [service] = String(object.getIn([...at, 'hostname'])).split('.');
      const address = `10.96.0.${services.indexOf(service!) + 1}`;
      object.setIn(['spec', 'endpoints', 0], { ip: { address, port: object.getIn([...at, 'port']) } });
    }
    writeFileSync(path, objects.map(String).join('---\n'));
  }
}
