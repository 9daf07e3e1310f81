import { ApiObject, Chart } from 'cdk8s';
import { IConstruct } from 'constructs';
import { QuotaConsumer } from '../plan/tenant-quota';
import { Declarations, DeclaredService } from './declarations';
import { identify, keyOf, Manifest } from './manifest-identity';
import { claimedDevices, CONSUMING_KINDS, quotaParts, RequestDefaults } from './quota-parts';
import { scalerOf } from './scaler';

/** What a namespace's objects take of its quota, and which priority classes they name. */
export interface NamespaceConsumers {
  readonly consumers: readonly QuotaConsumer[];
  /** Workloads by the priority class that their pods name; those that name none are left out. */
  readonly priorityClasses: readonly { readonly path: string; readonly name: string }[];
  /** Workloads by the largest request of memory, in MiB, of a container that states no limit; others are left out. */
  readonly unlimitedMemory: readonly { readonly path: string; readonly mib: number }[];
  /** Claims that pods mount and the app does not make. The quota counts them, and nobody here knows their size. */
  readonly expectedClaims: readonly string[];
}

/**
 * Everything in an app that takes a part of a namespace's quota, whoever made it: pods of workloads and Jobs, claims,
 * Services that open ports of nodes. To be asked when everything is declared, that is, by a validation or a Lazy.
 *
 * Charts of other namespaces are not searched, so that an app of many tenants does not search all of them for each.
 */
export function namespaceConsumers(
  within: IConstruct,
  namespace: string,
  defaults: RequestDefaults,
): NamespaceConsumers {
  const objects = chartsOf(within.node.root, namespace)
    .flatMap(({ node }) => node.findAll())
    .filter((each): each is ApiObject => ApiObject.isApiObject(each))
    .filter((object) => object.metadata.namespace === namespace && READ.has(groupAndKind(object)))
    .flatMap((object) => {
      const manifest = manifestOf(object);
      return manifest === undefined ? [] : [{ object, manifest }];
    });
  const templates = new Map(
    objects
      .filter(({ object }) => object.kind === 'ResourceClaimTemplate')
      .map(({ object, manifest }) => [object.name, claimedDevices(manifest)]),
  );
  const scalers = new Map(
    objects.flatMap(({ manifest }) => {
      const scaler = scalerOf(manifest);
      return scaler ? [[keyOf(scaler.target), scaler.most] as const] : [];
    }),
  );
  const copies = releaseCopies(within, namespace);
  const nodes = poolNodes(within, namespace);
  const found = objects.flatMap(({ object, manifest }) =>
    quotaParts(manifest, { defaults, templates, nodes }).map((part) => {
      const own = copies.get(object);
      const path = own?.path ?? `${namespace}/${object.name}`;
      const largest = Math.max(own?.atLargest ?? part.copies, scalers.get(keyOf(identify(manifest))) ?? 0);
      return {
        consumer: {
          path,
          atRest: own?.atRest ?? part.copies,
          atLargest: largest + part.surge(largest),
          each: part.each,
        },
        part,
      };
    }),
  );
  const made = new Set(
    objects.filter(({ object }) => object.kind === 'PersistentVolumeClaim').map(({ object }) => object.name),
  );
  const mounted = new Set(found.flatMap(({ part }) => part.mountedClaims ?? []));
  const expectedClaims = [...mounted].filter((name) => !made.has(name)).sort();
  return {
    consumers: [
      ...found.map(({ consumer }) => consumer),
      ...expectedClaims.map((name) => ({
        path: `${namespace}/${name}`,
        atRest: 1,
        atLargest: 1,
        each: { persistentvolumeclaims: 1 },
      })),
    ],
    priorityClasses: found.flatMap(({ consumer: { path }, part: { priorityClassName: name } }) =>
      name ? [{ path, name }] : [],
    ),
    unlimitedMemory: found.flatMap(({ consumer: { path }, part: { unlimitedMemoryMib: mib } }) =>
      mib ? [{ path, mib }] : [],
    ),
    expectedClaims,
  };
}

/** What stands under a root, by the namespace of its chart; under `undefined` what has none. */
const CHARTS = new WeakMap<
  IConstruct,
  { readonly children: number; readonly byNamespace: ReadonlyMap<string | undefined, readonly IConstruct[]> }
>();

/** What may hold objects of a namespace. Asked by every tenant, so that it is sorted once. */
function chartsOf(root: IConstruct, namespace: string): readonly IConstruct[] {
  const { children } = root.node;
  let known = CHARTS.get(root);
  if (known?.children !== children.length) {
    const byNamespace = new Map<string | undefined, IConstruct[]>();
    for (const child of children) {
      const key = Chart.isChart(child) ? child.namespace : undefined;
      const own = byNamespace.get(key);
      if (own) own.push(child);
      else byNamespace.set(key, [child]);
    }
    known = { children: children.length, byNamespace };
    CHARTS.set(root, known);
  }
  return [...(known.byNamespace.get(namespace) ?? []), ...(known.byNamespace.get(undefined) ?? [])];
}

/** Kinds that are read: those that take a part, and those that say how large it is. */
const READ: ReadonlySet<string> = new Set([
  ...CONSUMING_KINDS,
  'resource.k8s.io/ResourceClaimTemplate',
  'autoscaling/HorizontalPodAutoscaler',
  'keda.sh/ScaledObject',
]);

/** Copies of the tracks of declared services, by the object that makes them. A canary has none at rest. */
function releaseCopies(within: IConstruct, namespace: string) {
  const services = Declarations.of(within)
    .services()
    .filter((service) => service.namespace === namespace);
  return new Map(
    services.flatMap((service) =>
      service.tracks.flatMap((declared) => {
        const { defaultChild } = declared.construct.node;
        if (defaultChild === undefined) return [];
        const path = `${namespace}/${service.name}`;
        const { replicas } = declared;
        const canary = declared.track === 'canary' && service.release !== undefined;
        // Without a track for the candidate its pods are of the same controller, beside those that serve.
        const beside = service.release !== undefined && !service.tracks.some(({ track }) => track === 'canary');
        const atLargest = canary
          ? Math.max(replicas, ...canaryReplicas(service))
          : replicas + (beside ? Math.max(0, ...canaryReplicas(service)) : 0);
        return [[defaultChild, { path, atRest: canary ? 0 : replicas, atLargest }] as const];
      }),
    ),
  );
}

const canaryReplicas = ({ release }: DeclaredService) => release!.steps.map((step) => step.canaryReplicas);

function poolNodes(within: IConstruct, namespace: string): number {
  const pools = Declarations.of(within)
    .services()
    .filter((service) => service.namespace === namespace)
    .flatMap(({ tracks }) => tracks.flatMap(({ request }) => request.nodePools));
  return [...new Map(pools.map((pool) => [pool.name, pool.maxNodes])).values()].reduce((sum, nodes) => sum + nodes, 0);
}

/** An object that cannot be serialized is told by whoever writes it. */
function manifestOf(object: ApiObject): Manifest | undefined {
  try {
    return object.toJson() as Manifest;
  } catch {
    return undefined;
  }
}

const groupAndKind = ({ apiGroup: group, kind }: ApiObject) => `${group === 'core' ? '' : group}/${kind}`;
