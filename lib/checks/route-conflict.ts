import { Problem } from '../problem/problem';

type Json = Readonly<Record<string, unknown>>;

/** A route and where it was declared. */
interface Route {
  /** How messages name it, such as `HTTPRoute nim/llama`. */
  readonly shown: string;
  readonly namespace: string;
  readonly constructPath: string;
}

const mapOf = (value: unknown): Json => (typeof value === 'object' && value !== null ? (value as Json) : {});
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** A rule without matches takes everything. */
const EVERY_PATH = [{ path: { type: 'PathPrefix', value: '/' } }];

/**
 * HTTPRoutes that claim the same host and match on one Gateway. Gateway API gives all of it to the older route, and says so
 * only in the status of the other. Linear in matches.
 */
export class RouteConflicts {
  /** Host and match on a Gateway, to the route that claimed it first. */
  private readonly claimed = new Map<string, Route>();
  private readonly told = new Map<string, Problem & { readonly constructPath: string }>();

  add(route: Route, spec: Json): void {
    const hosts = listOf(spec.hostnames).length > 0 ? listOf(spec.hostnames) : ['*'];
    for (const parent of listOf(spec.parentRefs).map(mapOf)) {
      const gateway = `${String(parent.namespace ?? route.namespace)}/${String(parent.name)}`;
      for (const host of hosts) {
        for (const rule of listOf(spec.rules).map(mapOf)) {
          const matches = listOf(rule.matches).length > 0 ? listOf(rule.matches) : EVERY_PATH;
          for (const match of matches.map(mapOf))
            this.claim(route, gateway, String(parent.sectionName ?? ''), String(host), match);
        }
      }
    }
  }

  /** One problem for each pair of routes. */
  problems(): (Problem & { readonly constructPath: string })[] {
    return [...this.told.values()];
  }

  private claim(route: Route, gateway: string, listener: string, host: string, match: Json): void {
    const key = JSON.stringify([gateway, listener, host, match.path, match.headers, match.queryParams, match.method]);
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
      message: `${route.shown} claims ${host}${String(mapOf(match.path).value ?? '/')} on the Gateway ${gateway}, and so does ${first.shown}: the older of the two gets every request.`,
      remedy: 'Give it another host name or other paths, or put both Services behind one route with weights.',
    });
  }
}
