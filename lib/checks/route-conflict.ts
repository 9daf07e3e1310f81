import { Problem } from '../problem/problem';
import { listOf, mapOf, textOf } from './manifest-identity';
import { RouteMatch, routeMatch, routeMatches } from './route-match';

type Json = Readonly<Record<string, unknown>>;

/** A route and where it was declared. */
interface Route {
  /** How messages name it, such as `HTTPRoute nim/llama`. */
  readonly shown: string;
  readonly namespace: string;
  readonly constructPath: string;
}

const NGINX = 'nginx.ingress.kubernetes.io/';

const CLASS = 'kubernetes.io/ingress.class';

/**
 * The class of an Ingress. Those of GKE are named by the annotation alone.
 *
 * @source https://cloud.google.com/kubernetes-engine/docs/troubleshooting/ingress, "Incorrect annotation for the Ingress class"
 */
function ingressClass(annotations: Json, { ingressClassName }: Json): string {
  const annotated = textOf(annotations[CLASS]);
  return /^gce(-internal)?$/.test(annotated) ? annotated : textOf(ingressClassName) || annotated;
}

/**
 * Routes that claim the same host and match on one Gateway, or Ingresses of one class. Gateway API gives all of it to the older route, and says so
 * only in the status of the other. Linear in matches.
 */
export class RouteConflicts {
  /** Host and match on a Gateway, to the route that claimed it first. */
  private readonly claimed = new Map<string, Route>();
  /** Host of an IngressClass, to the Ingresses of which one claims paths as they are, and one as regular expressions. */
  private readonly spelled = new Map<string, { host: string; plain?: Route & { path: string }; regex?: Route }>();
  private readonly told = new Map<string, Problem & { readonly constructPath: string }>();

  add(route: Route, spec: Json): void {
    const hosts = listOf(spec.hostnames).length > 0 ? listOf(spec.hostnames) : ['*'];
    for (const parent of listOf(spec.parentRefs).map(mapOf)) {
      const gateway = `${String(parent.kind ?? 'Gateway')} ${String(parent.namespace ?? route.namespace)}/${String(parent.name)}`;
      const listener = JSON.stringify([parent.sectionName, parent.port]);
      for (const host of hosts) {
        for (const match of listOf(spec.rules).flatMap(routeMatches))
          this.claim(route, gateway, listener, String(host), match);
      }
    }
  }

  /** The same of the HTTPRoute that Flagger makes of a Canary: Istio's words for one rule. */
  addCanary(route: Route, service: Json): void {
    const matches = listOf(service.match)
      .map(mapOf)
      .map(({ uri, headers }) => ({
        path: { type: 'PathPrefix', value: mapOf(uri).prefix },
        headers: Object.entries(mapOf(headers)).map(([name, value]) => ({ name, value: mapOf(value).exact })),
      }));
    this.add(route, { hostnames: service.hosts, parentRefs: service.gatewayRefs, rules: [{ matches }] });
  }

  /** The same of an Ingress; one that is a canary stands beside another on purpose. */
  addIngress(route: Route, annotations: Json, spec: Json): void {
    if (annotations[`${NGINX}canary`] === 'true') return;
    const regex = annotations[`${NGINX}use-regex`] === 'true' || annotations[`${NGINX}rewrite-target`] !== undefined;
    const named = ingressClass(annotations, spec);
    for (const rule of listOf(spec.rules).map(mapOf)) {
      const host = String(rule.host ?? '*');
      for (const { path, pathType } of listOf(mapOf(rule.http).paths).map(mapOf)) {
        const match = routeMatch({ path: { type: pathType, value: path } });
        this.spell(route, `${named} ${host}`, match.path.value, regex);
        this.claim(route, named === '' ? 'default IngressClass' : `IngressClass ${named}`, '', host, match);
      }
    }
  }

  /** One problem for each pair of routes. */
  problems(): (Problem & { readonly constructPath: string })[] {
    return [...this.told.values(), ...[...this.spelled.values()].flatMap(spellingProblems)];
  }

  private spell(route: Route, at: string, path: string, regex: boolean): void {
    const spelled = this.spelled.get(at) ?? { host: at.slice(at.indexOf(' ') + 1) };
    if (regex) spelled.regex ??= route;
    else spelled.plain ??= { ...route, path };
    this.spelled.set(at, spelled);
  }

  private claim(route: Route, gateway: string, listener: string, host: string, match: RouteMatch): void {
    const key = JSON.stringify([gateway, listener, host, match]);
    const first = this.claimed.get(key);
    if (first === undefined) {
      this.claimed.set(key, route);
      return;
    }
    const pair = `${first.constructPath} ${route.constructPath}`;
    if (first.constructPath === route.constructPath || this.told.has(pair)) return;
    this.told.set(pair, {
      constructPath: route.constructPath,
      check: 'route-conflict',
      message: `${route.shown} claims ${host}${match.path.value} on the ${gateway}, and so does ${first.shown}: the older of the two gets every request.`,
      remedy: 'Give it another host name or other paths, or put both Services behind one route with weights.',
    });
  }
}

/** ingress-nginx reads all paths of a host as regular expressions once one of them is one (enforceRegexModifier). */
function spellingProblems({ host, plain, regex }: { host: string; plain?: Route & { path: string }; regex?: Route }) {
  if (!plain || !regex) return [];
  return [
    {
      constructPath: plain.constructPath,
      check: 'route-conflict',
      message: `${plain.shown} claims ${host}${plain.path} as it stands, and ${regex.shown} claims paths of the same host by regular expressions: nginx then reads all of them so, and lets ${plain.path}x and ${plain.path.toUpperCase()} in too.`,
      remedy: 'Give both match.pathPrefix, or one of them another host name.',
    },
  ];
}
