import { annotationsOf, directives, Its } from './annotations';

export interface Path {
  readonly path: string;
  readonly pathType: string;
  readonly backend: { readonly service: { readonly name: string; readonly port: { readonly number: number } } };
}

export interface Ingress {
  readonly metadata: { readonly name: string; readonly annotations?: Readonly<Record<string, string>> };
  readonly spec: {
    readonly tls?: readonly { readonly hosts: readonly string[] }[];
    readonly rules: readonly { readonly host: string; readonly http: { readonly paths: readonly Path[] } }[];
  };
}

/** What nginx finds beside the Ingresses. */
export interface Surroundings {
  /** Ports on loopback that nginx listens on. */
  readonly http: number;
  readonly https: number;
  /** Ports on loopback of the pods of a Service that are ready. */
  readonly podsOf: (service: string) => readonly number[];
  /** Paths of the certificate of every host, and of its key. */
  readonly certificate: { readonly certificate: string; readonly key: string };
  /** `worker-shutdown-timeout` of the ConfigMap. @default 240, the controller's */
  readonly shutdownSeconds?: number;
}

/** A ConfigMap that knows of no inference: what the annotations leave open is as bad for an answer as it can be. */
const CARELESS = [
  'proxy_connect_timeout 5s;',
  'proxy_read_timeout 1s;',
  'proxy_send_timeout 1s;',
  'proxy_buffering on;',
  'proxy_request_buffering on;',
  'client_max_body_size 1m;',
  'proxy_http_version 1.0;',
  'proxy_next_upstream error timeout http_500 http_502 http_503 http_504 non_idempotent;',
];

/** strict-validate-path-type of the webhook, before "." was added in 1.12.6 and 1.13.2. */
const STRICT_PATH = /^\/[A-Za-z0-9_/-]*$/;

interface Location extends Path {
  readonly its: Its;
  readonly tls: boolean;
}

interface Alternative {
  readonly service: string;
  readonly weight: number;
  readonly total: number;
  readonly header?: string;
  readonly value?: string;
}

/**
 * The configuration that ingress-nginx makes of Ingresses, as far as nginx alone can run it. What the controller does in Lua
 * (a canary's share, its header, a Service without endpoints) is said in nginx's own words.
 */
export function configuration(ingresses: readonly Ingress[], surroundings: Surroundings): string {
  const all = ingresses.map((ingress) => ({ ingress, its: itsOf(ingress) }));
  const isCanary = ({ its }: { its: Its }) => annotationsOf(its).canary === 'true';
  const own = all.filter((each) => !isCanary(each));
  const locations = own.flatMap(({ ingress, its }) =>
    ingress.spec.rules.flatMap(({ host, http }) =>
      http.paths.map((path) => ({ host, location: { ...path, its, tls: isSecure(ingress, host) } })),
    ),
  );
  const alternatives = new Map<string, Alternative>();
  for (const { ingress, its } of all.filter(isCanary)) {
    for (const { host, http } of ingress.spec.rules) {
      for (const { path, pathType, backend } of http.paths) {
        const beside = locations.find(
          ({ host: at, location }) => at === host && location.path === path && location.pathType === pathType,
        );
        // A canary belongs to the Service beside which it stands, the first one alone (mergeAlternativeBackends).
        const primary = beside?.location.backend.service.name;
        if (primary === undefined)
          throw new Error(`${its.name}: no Ingress has ${host}${path}, so the canary is nothing.`);
        if (!alternatives.has(primary)) alternatives.set(primary, alternativeOf(its, backend.service.name));
      }
    }
  }
  const services = [...new Set(all.flatMap(({ ingress }) => servicesOf(ingress)))];
  const { podsOf, http: port, shutdownSeconds = 240 } = surroundings;
  const ready = (service: string) => podsOf(service).length > 0;
  const hosts = [...new Set(locations.map(({ host }) => host))];
  return [
    'daemon off;',
    'worker_processes 1;',
    `worker_shutdown_timeout ${shutdownSeconds}s;`,
    ...(process.getuid?.() === 0 ? ['user root;'] : []),
    'pid nginx.pid;',
    'error_log stderr error;',
    'events { worker_connections 1024; }',
    'http {',
    'access_log off;',
    ...['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((each) => `${each}_temp_path temporary/${each};`),
    'server_names_hash_bucket_size 256;',
    ...services.filter(ready).map((service) => {
      const pods = podsOf(service).map((each) => `server 127.0.0.1:${each} max_fails=0;`);
      return `upstream ${service} { ${pods.join(' ')} keepalive 320; }`;
    }),
    ...[...alternatives].flatMap(([service, alternative]) => shareOf(service, alternative, ready(alternative.service))),
    ...own.flatMap(({ its }) => directives(its, 'http')),
    `server { listen 127.0.0.1:${port} default_server; return 404; }`,
    ...hosts.flatMap((host) => {
      const ofHost = locations.filter((each) => each.host === host).map(({ location }) => location);
      return serverOf(host, ofHost, surroundings, (service) =>
        !ready(service) ? undefined : alternatives.has(service) ? `$answers_${named(service)}` : service,
      );
    }),
    '}',
    '',
  ].join('\n');
}

const itsOf = ({ metadata: { name, annotations = {} } }: Ingress): Its => ({ name, annotations });
const isSecure = ({ spec: { tls = [] } }: Ingress, host: string) => tls.some(({ hosts }) => hosts.includes(host));
const servicesOf = ({ spec }: Ingress) =>
  spec.rules.flatMap(({ http }) => http.paths.map((path) => path.backend.service.name));
/** A text within the name of a variable. */
const named = (text: string) => text.replace(/\W/g, '_');

function alternativeOf(its: Its, service: string): Alternative {
  const annotations = annotationsOf(its);
  const { 'canary-by-header': header, 'canary-by-header-value': value } = annotations;
  if ((header === undefined) !== (value === undefined))
    throw new Error(`${its.name}: a header and its value go together.`);
  const total = Number(annotations['canary-weight-total'] ?? 100);
  // As route_to_alternative_balancer has it: a total below 100 is 100.
  return { service, weight: Number(annotations['canary-weight'] ?? 0), total: Math.max(100, total), header, value };
}

/** Who answers of a Service and its canary: first by the header, then by the dice. */
function shareOf(
  service: string,
  { service: canary, weight, total, header, value }: Alternative,
  ready: boolean,
): string[] {
  const [dice, answers] = [`$dice_${named(service)}`, `$answers_${named(service)}`];
  const percent = ready ? (100 * weight) / total : 0;
  const part =
    percent >= 100
      ? [`* ${canary};`]
      : percent > 0
        ? [`${percent.toFixed(2)}% ${canary};`, `* ${service};`]
        : [`* ${service};`];
  const asked =
    header !== undefined && ready ? `~^${(value ?? '').replace(/[.*+?^$()[\]{}|\\]/g, '\\$&')}$` : undefined;
  return [
    `split_clients $request_id ${dice} { ${part.join(' ')} }`,
    `map $http_${named(header ?? 'none').toLowerCase()} ${answers} { default ${dice}; ${asked === undefined ? '' : `"${asked}" ${canary};`} }`,
  ];
}

function serverOf(
  host: string,
  locations: readonly Location[],
  { http, https, certificate }: Surroundings,
  upstreamOf: (service: string) => string | undefined,
): string[] {
  const rewriteOf = ({ its, path }: Location) => {
    const target = annotationsOf(its)['rewrite-target'];
    return target === path ? undefined : target;
  };
  const isRegex = (location: Location) =>
    rewriteOf(location) !== undefined || annotationsOf(location.its)['use-regex'] === 'true';
  // One regular expression on a host makes one of every path of it (enforceRegexModifier).
  const regex = locations.some(isRegex);
  const wanted = locations.flatMap((location): { at: string; exact: boolean; location: Location }[] => {
    const { path, pathType, its } = location;
    if (pathType !== 'ImplementationSpecific' && !STRICT_PATH.test(path)) {
      throw new Error(`Ingress ${its.name}: path ${path} cannot be used with pathType ${pathType}`);
    }
    if (pathType !== 'Prefix' || isRegex(location)) return [{ at: path, exact: pathType === 'Exact', location }];
    // updateServerLocations: what is below it, and the path itself.
    return [
      { at: path.endsWith('/') ? path : `${path}/`, exact: false, location },
      { at: path, exact: true, location },
    ];
  });
  const written = new Set<string>();
  const blocks = wanted
    .sort((one, other) => other.at.length - one.at.length || (one.at < other.at ? 1 : -1))
    .flatMap(({ at, exact, location }) => {
      const match = regex ? `~* "^${at}"` : exact ? `= ${at}` : at;
      // The older Ingress has it; the webhook refuses the other.
      if (written.has(match))
        throw new Error(`${location.its.name}: ${host}${at} is defined in another Ingress already.`);
      written.add(match);
      const upstream = upstreamOf(location.backend.service.name);
      const rewrite = rewriteOf(location);
      return [
        `location ${match} {`,
        // ssl-redirect is on for whoever has a certificate.
        ...(location.tls ? ['if ($scheme = http) { return 308 https://$host$request_uri; }'] : []),
        // Before it looks at any canary (balancer.lua, kubernetes/ingress-nginx#9635).
        ...(upstream === undefined ? ['return 503;'] : []),
        ...settings(location.its),
        'proxy_set_header Host $host;',
        'proxy_set_header Connection "";',
        ...(rewrite === undefined ? [] : [`rewrite "(?i)${at}" ${rewrite} break;`]),
        ...(upstream === undefined ? [] : [`proxy_pass http://${upstream};`]),
        '}',
      ];
    });
  return [
    'server {',
    `listen 127.0.0.1:${http};`,
    `server_name ${host};`,
    ...(locations.some(({ tls }) => tls)
      ? [
          `listen 127.0.0.1:${https} ssl http2;`,
          `ssl_certificate ${certificate.certificate};`,
          `ssl_certificate_key ${certificate.key};`,
        ]
      : []),
    ...blocks,
    'location / { return 404; }',
    '}',
  ];
}

/** What the annotations say, and where they say nothing the ConfigMap. */
function settings(its: Its): string[] {
  const stated = directives(its, 'location');
  const nameOf = (directive: string) => directive.split(' ')[0];
  return [...stated, ...CARELESS.filter((each) => !stated.some((other) => nameOf(other) === nameOf(each)))];
}
