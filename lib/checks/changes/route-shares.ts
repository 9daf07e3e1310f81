import { identify, Identity, listOf, Manifest, mapOf, same, textOf } from '../manifest-identity';
import { RouteMatch, routeMatch, routeMatches } from '../route-match';
import { KeptPodsOf } from './kept-pods';
import { Address, addressText, RoutedRule, Share } from './routed-rule';

const NGINX = 'nginx.ingress.kubernetes.io/';

/** Who answers behind the routes of one state: HTTPRoutes, and Ingresses of nginx with their canaries. */
export class RouteShares {
  private readonly byKind = new Map<string, Manifest>();
  /** Canaries of nginx by their namespace and address; the first where several have one. */
  private readonly canaries = new Map<string, { readonly annotations: Manifest; readonly service: string }>();

  constructor(
    manifests: readonly Manifest[],
    private readonly pods: KeptPodsOf,
  ) {
    for (const manifest of manifests) {
      const at = identify(manifest);
      const { group, kind, namespace, name } = at;
      if (kind === 'InferencePool' || (group === 'gateway.envoyproxy.io' && kind === 'Backend')) {
        this.byKind.set(`${kind} ${namespace}/${name}`, manifest);
      }
      if (!isIngress(at) || !isCanary(manifest)) continue;
      for (const { address, service } of ingressPaths(manifest)) {
        const key = `${namespace} ${addressText(address)}`;
        if (!this.canaries.has(key)) this.canaries.set(key, { annotations: annotationsOf(manifest), service });
      }
    }
  }

  /** Rules and who has their requests; none for what is no route of its own. */
  of(route: Manifest): RoutedRule[] {
    const at = identify(route);
    if (isHttpRoute(at)) {
      return generalRules(route).map((rule) => ({
        addresses: routeMatches(rule).map((match) => ({ host: '', ...match })),
        shares: this.ofBackends(listOf(rule.backendRefs).map(mapOf), at),
      }));
    }
    return isIngress(at) && !isCanary(route) ? ingressPaths(route).map((path) => this.ofPath(path, at)) : [];
  }

  private ofBackends(refs: readonly Record<string, unknown>[], { namespace }: Identity): Share[] {
    const shares = new Map<string, Share>();
    for (const ref of refs) {
      const found = this.behind(ref, textOf(ref.namespace) || namespace);
      if (!found) continue;
      const weight = typeof ref.weight === 'number' ? ref.weight : 1;
      shares.set(found.key, { ...found, weight: weight + (shares.get(found.key)?.weight ?? 0) });
    }
    return [...shares.values()];
  }

  /** What a path of an nginx Ingress leads to, less the part that a canary beside it takes. */
  private ofPath({ address, service }: IngressPath, { namespace }: Identity): RoutedRule {
    const beside = this.canaries.get(`${namespace} ${addressText(address)}`);
    const annotation = (name: string) => Number(beside?.annotations[NGINX + name]);
    const taken = annotation('canary-weight') || 0;
    const all = annotation('canary-weight-total') || 100;
    const share = (name: string, weight: number): Share => ({ ...this.ofService(namespace, name), weight });
    return {
      addresses: [address],
      shares: [share(service, all - taken), ...(beside ? [share(beside.service, taken)] : [])],
    };
  }

  private behind(ref: Record<string, unknown>, namespace: string): Omit<Share, 'weight'> | undefined {
    const [kind, name] = [textOf(ref.kind) || 'Service', textOf(ref.name)];
    if (kind === 'InferencePool') {
      const { selector } = mapOf(this.byKind.get(`${kind} ${namespace}/${name}`)?.spec);
      return { key: `${kind} ${namespace}/${name}`, name, pods: this.pods.selectedBy(namespace, selector) };
    }
    if (kind === 'Backend') {
      const { fallback, endpoints } = mapOf(this.byKind.get(`${kind} ${namespace}/${name}`)?.spec);
      const host = textOf(mapOf(mapOf(listOf(endpoints)[0]).fqdn).hostname);
      const [, service, where] = /^([^.]+)\.([^.]+)\.svc(\.|$)/.exec(host) ?? [];
      // What stands in for the others has no part of its own.
      if (fallback === true || service === undefined || where === undefined) return undefined;
      return this.ofService(where, service);
    }
    return kind === 'Service' ? this.ofService(namespace, name) : undefined;
  }

  private ofService(namespace: string, name: string): Omit<Share, 'weight'> {
    return { key: `Service ${namespace}/${name}`, name, pods: this.pods.behind(namespace, name) ?? [] };
  }
}

/** Where clients find a route: host, path and headers of all that it matches, each as one text. */
export function addressesOf(route: Manifest): string[] {
  if (isIngress(identify(route))) return ingressPaths(route).map(({ address }) => addressText(address));
  const matches = generalRules(route).flatMap(routeMatches);
  return listOf(mapOf(route.spec).hostnames).flatMap((host) =>
    matches.map((match) => addressText({ host: textOf(host), ...match })),
  );
}

/** Rules that lead testers past the others, by a header more, are left out: a pod that is not ready fails only those. */
function generalRules({ spec }: Manifest): Record<string, unknown>[] {
  const rules = listOf(mapOf(spec).rules).map(mapOf);
  const matchesOf = (rule: Record<string, unknown>) => listOf(rule.matches).map(routeMatch);
  return rules.filter((rule) => {
    const others = rules.filter((other) => other !== rule).flatMap(matchesOf);
    const matches = matchesOf(rule);
    return matches.length === 0 || !matches.every((match) => others.some((other) => narrows(match, other)));
  });
}

/** Whether a match asks for the same path and headers as another one, and for more headers. */
const narrows = (own: RouteMatch, wanted: RouteMatch): boolean =>
  same(own.path, wanted.path) &&
  wanted.headers.length < own.headers.length &&
  wanted.headers.every((header) => own.headers.some((one) => same(one, header)));

interface IngressPath {
  readonly address: Address;
  readonly service: string;
}

const ingressPaths = ({ spec }: Manifest): IngressPath[] =>
  listOf(mapOf(spec).rules)
    .map(mapOf)
    .flatMap(({ host, http }) =>
      listOf(mapOf(http).paths)
        .map(mapOf)
        .map(({ path, pathType, backend }) => ({
          address: {
            host: textOf(host),
            ...routeMatch({ path: { type: pathType === 'Exact' ? pathType : 'PathPrefix', value: path } }),
          },
          service: textOf(mapOf(mapOf(backend).service).name),
        })),
    );

const isHttpRoute = ({ group, kind }: Identity) => group === 'gateway.networking.k8s.io' && kind === 'HTTPRoute';
const isIngress = ({ group, kind }: Identity) => group === 'networking.k8s.io' && kind === 'Ingress';
const annotationsOf = ({ metadata }: Manifest) => mapOf(mapOf(metadata).annotations);
const isCanary = (manifest: Manifest) => annotationsOf(manifest)[`${NGINX}canary`] === 'true';
