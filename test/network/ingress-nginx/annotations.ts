/** What one annotation is to ingress-nginx. */
interface Annotation {
  /** Where the controller says so: files of github.com/kubernetes/ingress-nginx, as of its last releases. */
  readonly source: string;
  /** What its validator takes; anything else it ignores, or its webhook refuses. */
  readonly takes: RegExp;
  /** What it writes into `http`. */
  readonly http?: (value: string, its: Its) => string;
  /** What it writes into each location of the Ingress; none for what decides which locations there are, and who answers. */
  readonly location?: (value: string, its: Its) => string;
}

/** Whose annotation it is. */
export interface Its {
  /** Of the Ingress, for names within nginx. */
  readonly name: string;
  readonly annotations: Readonly<Record<string, string>>;
}

const PREFIX = 'nginx.ingress.kubernetes.io/';

const PROXY = 'internal/ingress/annotations/proxy/main.go, rootfs/etc/nginx/template/nginx.tmpl';
const RATE = 'internal/ingress/annotations/ratelimit/main.go, buildRateLimit of internal/ingress/controller/template';
const CANARY = 'internal/ingress/annotations/canary/main.go, rootfs/etc/nginx/lua/balancer.lua';
const REWRITE = 'internal/ingress/annotations/rewrite/main.go, buildProxyPass of internal/ingress/controller/template';

const WHOLE = /^\d+$/;
const SWITCH = /^(on|off)$/;
const TRUTH = /^(true|false)$/;
/** BasicCharsRegex of internal/ingress/annotations/parser/validators.go, after blanks are taken out. */
const BASIC = /^[-.~\w/: ]*$/;

const rate = (unit: 's' | 'm'): Pick<Annotation, 'http' | 'location'> => ({
  http: (most, { name }) => `limit_req_zone $binary_remote_addr zone=${name}_rp${unit}:5m rate=${most}r/${unit};`,
  location: (most, { name, annotations }) => {
    const times = annotations[`${PREFIX}limit-burst-multiplier`] ?? '5';
    return `limit_req zone=${name}_rp${unit} burst=${Number(most) * Number(times)} nodelay;`;
  },
});

/** Every annotation that a route writes. One that is not here fails the tests: nobody would have judged it. */
export const ANNOTATIONS: Readonly<Record<string, Annotation>> = {
  'proxy-connect-timeout': { source: PROXY, takes: WHOLE, location: (seconds) => `proxy_connect_timeout ${seconds}s;` },
  'proxy-read-timeout': { source: PROXY, takes: WHOLE, location: (seconds) => `proxy_read_timeout ${seconds}s;` },
  'proxy-send-timeout': { source: PROXY, takes: WHOLE, location: (seconds) => `proxy_send_timeout ${seconds}s;` },
  'proxy-http-version': {
    source: PROXY,
    takes: /^1\.[01]$/,
    location: (version) => `proxy_http_version ${version};`,
  },
  'proxy-buffering': { source: PROXY, takes: SWITCH, location: (on) => `proxy_buffering ${on};` },
  'proxy-request-buffering': { source: PROXY, takes: SWITCH, location: (on) => `proxy_request_buffering ${on};` },
  'proxy-body-size': {
    source: PROXY,
    takes: /^\d+[bkmg]?$/i,
    location: (size) => `client_max_body_size ${size};`,
  },
  'proxy-next-upstream': {
    source: `${PROXY}, buildNextUpstream of internal/ingress/controller/template`,
    takes:
      /^((error|timeout|invalid_header|http_500|http_502|http_503|http_504|http_403|http_404|http_429|non_idempotent|off)\s?)+$/,
    // Where the ConfigMap says retry-non-idempotent, as ours does, it adds the word whatever the annotation says.
    location: (cases) => `proxy_next_upstream ${cases} non_idempotent;`,
  },
  'limit-rps': { source: RATE, takes: WHOLE, ...rate('s') },
  'limit-rpm': { source: RATE, takes: WHOLE, ...rate('m') },
  'limit-burst-multiplier': { source: RATE, takes: WHOLE },
  'limit-connections': {
    source: RATE,
    takes: WHOLE,
    http: (_, { name }) => `limit_conn_zone $binary_remote_addr zone=${name}_conn:5m;`,
    location: (most, { name }) => `limit_conn ${name}_conn ${most};`,
  },
  'use-regex': { source: REWRITE, takes: TRUTH },
  'rewrite-target': { source: REWRITE, takes: /^\/?[-.~\w/:$]*$/ },
  canary: { source: CANARY, takes: TRUTH },
  'canary-weight': { source: CANARY, takes: WHOLE },
  'canary-weight-total': { source: CANARY, takes: WHOLE },
  'canary-by-header': { source: CANARY, takes: BASIC },
  'canary-by-header-value': { source: CANARY, takes: BASIC },
};

/** What other controllers read. */
const OTHERS = ['cert-manager.io/cluster-issuer'];

/** Annotations of ingress-nginx by their short names; throws at one that it does not know or would ignore. */
export function annotationsOf({ name, annotations }: Its): Readonly<Record<string, string>> {
  const own = Object.entries(annotations).filter(([key]) => !OTHERS.includes(key));
  return Object.fromEntries(
    own.map(([key, value]) => {
      const short = key.startsWith(PREFIX) ? key.slice(PREFIX.length) : key;
      const known = ANNOTATIONS[short];
      if (!known) throw new Error(`Ingress ${name}: nobody has judged what nginx does with ${key}.`);
      if (!known.takes.test(value)) throw new Error(`Ingress ${name}: ingress-nginx ignores ${key}: ${value}`);
      return [short, value];
    }),
  );
}

/** What the annotations of an Ingress are in nginx's words. */
export function directives(its: Its, where: 'http' | 'location'): string[] {
  return Object.entries(annotationsOf(its)).flatMap(
    ([short, value]) => ANNOTATIONS[short]?.[where]?.(value, its) ?? [],
  );
}
