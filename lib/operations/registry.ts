import { createHash } from 'node:crypto';
import { ImageReference } from '../runtime/image-reference';
import { RegistryCredentials } from './registry-credentials';

/** What asks: Node's own, or a stand-in. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** Why a registry did not name a digest: what it said, and what to do. */
export class RegistryError extends Error {
  constructor(
    message: string,
    readonly remedy: string,
  ) {
    super(message);
    this.name = 'RegistryError';
  }
}

/** Everything that a tag may stand for; the list of platforms first, so that its digest fits every node. */
const MANIFESTS = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');

const DIGEST = /^sha256:[a-f0-9]{64}$/;
const LIMIT_MS = 30_000;

/** What Docker Hub is called in references, in its API and in Docker's configuration. */
const DOCKER_HUB = 'docker.io';
const DOCKER_HUB_API = 'registry-1.docker.io';

/** Host and path of an image in its registry. */
export function registryOf({ repository }: ImageReference): { readonly host: string; readonly path: string } {
  const [first = '', ...rest] = repository.split('/');
  const named = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost');
  const path = named ? rest.join('/') : repository;
  const hub = !named || first === DOCKER_HUB || first === 'index.docker.io';
  return hub ? { host: DOCKER_HUB, path: path.includes('/') ? path : `library/${path}` } : { host: first, path };
}

/**
 * The digest that a tag stands for now, from the registry, by the OCI distribution API: anonymously where that is enough,
 * else with the user's credentials of that registry.
 *
 * @source github.com/opencontainers/distribution-spec 1.1, "Checking if content exists in the registry"; distribution's
 * "Token Authentication Specification"
 * @throws RegistryError when there is none
 */
export async function digestOf(
  image: ImageReference,
  credentials: RegistryCredentials,
  fetch: Fetch = globalThis.fetch,
): Promise<string> {
  const { host, path } = registryOf(image);
  const api = host === DOCKER_HUB ? DOCKER_HUB_API : host;
  const url = `${schemeOf(api)}://${api}/v2/${path}/manifests/${image.tag ?? 'latest'}`;
  const registry = new Registry(host, credentials, fetch);
  const head = await registry.ask('HEAD', url);
  const digest = head.headers.get('docker-content-digest') ?? '';
  if (DIGEST.test(digest)) return digest;
  // The header is a SHOULD; the digest is that of the bytes.
  const body = await (await registry.ask('GET', url)).arrayBuffer();
  return `sha256:${createHash('sha256').update(Buffer.from(body)).digest('hex')}`;
}

class Registry {
  private authorization: string | undefined;

  constructor(
    private readonly host: string,
    private readonly credentials: RegistryCredentials,
    private readonly fetch: Fetch,
  ) {}

  async ask(method: 'HEAD' | 'GET', url: string): Promise<Response> {
    let response = await this.send(method, url);
    if (response.status === 401 && this.authorization === undefined) {
      this.authorization = await this.authorize(response.headers.get('www-authenticate') ?? '');
      response = await this.send(method, url);
    }
    if (response.ok) return response;
    throw this.refusal(response.status);
  }

  private async send(method: string, url: string): Promise<Response> {
    const { authorization } = this;
    return this.reach(url, {
      method,
      headers: { accept: MANIFESTS, ...(authorization !== undefined && { authorization }) },
    });
  }

  private async authorize(challenge: string): Promise<string> {
    const basic = this.credentials.basicFor(this.host);
    if (/^basic\b/i.test(challenge) && basic !== undefined) return `Basic ${basic}`;
    const { realm, service, scope } = parametersOf(challenge);
    if (!/^bearer\b/i.test(challenge) || realm === undefined) throw this.refusal(401);
    const url = new URL(realm);
    // Credentials do not go over the wire in clear.
    if (url.protocol !== 'https:' && !isLoopback(url.host)) throw this.refusal(401);
    if (service !== undefined) url.searchParams.set('service', service);
    if (scope !== undefined) url.searchParams.set('scope', scope);
    const headers = basic === undefined ? undefined : { authorization: `Basic ${basic}` };
    const response = await this.reach(url.href, { method: 'GET', ...(headers && { headers }) });
    if (!response.ok) throw this.refusal(response.status);
    const { token, access_token } = (await response.json()) as { token?: string; access_token?: string };
    if (token === undefined && access_token === undefined) throw this.refusal(401);
    return `Bearer ${token ?? access_token}`;
  }

  private async reach(url: string, init: RequestInit): Promise<Response> {
    try {
      return await this.fetch(url, { ...init, signal: AbortSignal.timeout(LIMIT_MS) });
    } catch (error) {
      const { cause, message } = error as Error & { cause?: Error };
      throw new RegistryError(`${this.host} cannot be reached: ${cause?.message || message}.`, 'Try again.');
    }
  }

  private refusal(status: number): RegistryError {
    switch (status) {
      case 401:
      case 403:
        return new RegistryError(
          `${this.host} does not let ${this.credentials.basicFor(this.host) === undefined ? 'a stranger' : 'this user'} see it (${status}).`,
          this.credentials.remedy(this.host),
        );
      case 404:
        return new RegistryError(`${this.host} has no such image or tag (404).`, 'Look for a typing error.');
      case 429:
        return new RegistryError(`${this.host} was asked too often (429).`, 'Wait, or log in: users may ask more.');
      default:
        return new RegistryError(`${this.host} answers ${status}.`, 'Try again later.');
    }
  }
}

/** Registries of one's own machine are the only ones without TLS, as for Docker. */
const schemeOf = (host: string) => (isLoopback(host) ? 'http' : 'https');

const isLoopback = (host: string) => /^(?:localhost|127(?:\.\d+){3}|\[::1\])(?::\d+)?$/.test(host);

function parametersOf(challenge: string): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries([...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, key, value]) => [key, value]));
}
