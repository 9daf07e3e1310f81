import { Selector } from '../label-selector';
import { identify, Identity, Manifest, mapOf, same, textOf } from '../manifest-identity';
import { KeptPods, KeptPodsOf } from './kept-pods';

/** Pods behind a route, and their part of its requests. */
export interface Share {
  /** Service or InferencePool through which the requests reach them. */
  readonly name: string;
  readonly weight: number;
  readonly pods: readonly KeptPods[];
}

const NGINX = 'nginx.ingress.kubernetes.io/';

/** Who answers behind the routes of one state: HTTPRoutes, and Ingresses of nginx with their canaries. */
export class RouteShares {
  private readonly byKind = new Map<string, Manifest>();
  private readonly canaries: readonly Manifest[];

  constructor(
    manifests: readonly Manifest[],
    private readonly pods: KeptPodsOf,
  ) {
    for (const manifest of manifests) {
      const { group, kind, namespace, name } = identify(manifest);
      if (kind === 'InferencePool' || (group === 'gateway.envoyproxy.io' && kind === 'Backend')) {
        this.byKind.set(`${kind} ${namespace}/${name}`, manifest);
      }
    }
    this.canaries = manifests.filter((manifest) => isIngress(identify(manifest)) && isCanary(manifest));
  }

  /** Shares of requests; nothing for what is no route of its own. */
  of(route: Manifest): Share[] {
    const at = identify(route);
    if (isHttpRoute(at)) return this.ofHttpRoute(route, at);
    return isIngress(at) && !isCanary(route) ? this.ofIngress(route, at) : [];
  }

  private ofHttpRoute(route: Manifest, { namespace }: Identity): Share[] {
    const shares = new Map<string, Share>();
    for (const rule of generalRules(route)) {
      for (const ref of listOf(rule.backendRefs).map(mapOf)) {
        const found = this.behind(ref, textOf(ref.namespace) || namespace);
        if (!found) continue;
        const weight = Math.max(typeof ref.weight === 'number' ? ref.weight : 1, shares.get(found.key)?.weight ?? 0);
        shares.set(found.key, { ...found, weight });
      }
    }
    return [...shares.values()];
  }

  /** What an nginx Ingress leads to, less the part that a canary beside it takes. */
  private ofIngress(ingress: Manifest, { namespace }: Identity): Share[] {
    const own = addressesOf(ingress);
    const beside = this.canaries.find(
      (each) => identify(each).namespace === namespace && addressesOf(each).some((address) => own.includes(address)),
    );
    const annotation = (name: string) => Number(annotationsOf(beside!)[NGINX + name]);
    const taken = (beside && annotation('canary-weight')) || 0;
    const all = (beside && annotation('canary-weight-total')) || 100;
    const shares = (manifest: Manifest, weight: number) =>
      [...new Set(ingressServices(manifest))].map((name) => ({
        name,
        weight,
        pods: this.pods.behind(namespace, name) ?? [],
      }));
    return [...shares(ingress, all - taken), ...(beside ? shares(beside, taken) : [])];
  }

  private behind(
    ref: Record<string, unknown>,
    namespace: string,
  ): (Omit<Share, 'weight'> & { key: string }) | undefined {
    const [kind, name] = [textOf(ref.kind) || 'Service', textOf(ref.name)];
    if (kind === 'InferencePool') {
      const selector = mapOf(this.byKind.get(`${kind} ${namespace}/${name}`)?.spec).selector;
      const pods = selector ? this.pods.selectedBy(namespace, selector as Selector) : [];
      return { key: `${kind} ${namespace}/${name}`, name, pods };
    }
    if (kind === 'Backend') {
      const { fallback, endpoints } = mapOf(this.byKind.get(`${kind} ${namespace}/${name}`)?.spec);
      const host = textOf(mapOf(mapOf(listOf(endpoints)[0]).fqdn).hostname);
      const [, service, where] = /^([^.]+)\.([^.]+)\.svc(\.|$)/.exec(host) ?? [];
      // What stands in for the others has no part of its own.
      if (fallback === true || service === undefined || where === undefined) return undefined;
      return { key: `Service ${where}/${service}`, name: service, pods: this.pods.behind(where, service) ?? [] };
    }
    if (kind !== 'Service') return undefined;
    return { key: `Service ${namespace}/${name}`, name, pods: this.pods.behind(namespace, name) ?? [] };
  }
}

/** Percent of the requests of a route that a share has. */
export function percentOf({ name }: Share, all: readonly Share[]): number {
  const total = all.reduce((sum, { weight }) => sum + weight, 0);
  const weight = all.find((one) => one.name === name)?.weight ?? 0;
  return Math.round((100 * weight) / Math.max(1, total));
}

/** Where clients find a route: host, path and headers of all that it matches, each as one text. */
export function addressesOf(route: Manifest): string[] {
  const spec = mapOf(route.spec);
  if (isIngress(identify(route))) {
    return listOf(spec.rules)
      .map(mapOf)
      .flatMap(({ host, http }) =>
        listOf(mapOf(http).paths).map((each) => `${textOf(host)}${textOf(mapOf(each).path)}`),
      );
  }
  const matches = generalRules(route).flatMap(({ matches: some }) => (listOf(some).length > 0 ? listOf(some) : [{}]));
  return listOf(spec.hostnames).flatMap((host) =>
    matches.map(mapOf).map((match) => [textOf(host) + textOf(mapOf(match.path).value), ...headersOf(match)].join(' ')),
  );
}

/** Rules that lead testers past the others, by a header more, are left out: a pod that is not ready fails only those. */
function generalRules({ spec }: Manifest): Record<string, unknown>[] {
  const rules = listOf(mapOf(spec).rules).map(mapOf);
  const matchesOf = (rule: Record<string, unknown>) => listOf(rule.matches).map(mapOf);
  return rules.filter((rule) => {
    const others = rules.filter((other) => other !== rule).flatMap(matchesOf);
    const matches = matchesOf(rule);
    return matches.length === 0 || !matches.every((match) => others.some((other) => narrows(match, other)));
  });
}

/** Whether a match asks for the same path and headers as another one, and for more headers. */
function narrows(match: Record<string, unknown>, other: Record<string, unknown>): boolean {
  const [own, wanted] = [headersOf(match), headersOf(other)];
  return same(match.path, other.path) && wanted.length < own.length && wanted.every((header) => own.includes(header));
}

const headersOf = ({ headers }: Record<string, unknown>) =>
  listOf(headers)
    .map(mapOf)
    .map(({ name, value }) => `${textOf(name).toLowerCase()}=${textOf(value)}`)
    .sort();

const ingressServices = ({ spec }: Manifest) =>
  listOf(mapOf(spec).rules)
    .flatMap((rule) => listOf(mapOf(mapOf(rule).http).paths))
    .map((path) => textOf(mapOf(mapOf(mapOf(path).backend).service).name));

const isHttpRoute = ({ group, kind }: Identity) => group === 'gateway.networking.k8s.io' && kind === 'HTTPRoute';
const isIngress = ({ group, kind }: Identity) => group === 'networking.k8s.io' && kind === 'Ingress';
const annotationsOf = ({ metadata }: Manifest) => mapOf(mapOf(metadata).annotations);
const isCanary = (manifest: Manifest) => annotationsOf(manifest)[`${NGINX}canary`] === 'true';
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
