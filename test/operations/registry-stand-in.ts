import { createServer, IncomingMessage, Server, ServerResponse } from 'node:http';
import { AddressInfo } from 'node:net';

/** What a stand-in registry holds: digests by path and tag. */
export interface Holdings {
  /** Anyone may read these. */
  readonly open: Readonly<Record<string, string>>;
  /** Only `reader` with the password `secret` may read these. */
  readonly closed?: Readonly<Record<string, string>>;
  /** How it asks who is there. @default 'bearer' */
  readonly challenge?: 'bearer' | 'basic';
  /** Answers without the header that names the digest. */
  readonly silent?: boolean;
}

export const READER = Buffer.from('reader:secret').toString('base64');

/** A registry on loopback that speaks the distribution API with tokens. It notes what it was asked. */
export class RegistryStandIn {
  readonly asked: string[] = [];
  private server?: Server;

  constructor(private readonly holdings: Holdings) {}

  async start(): Promise<string> {
    this.server = createServer((request, response) => this.answer(request, response));
    await new Promise<void>((done) => this.server!.listen(0, '127.0.0.1', done));
    // A test that fails must not keep the process.
    this.server.unref();
    return this.host;
  }

  async stop(): Promise<void> {
    const closed = new Promise((done) => this.server!.close(done));
    this.server!.closeAllConnections();
    await closed;
  }

  get host(): string {
    return `127.0.0.1:${(this.server!.address() as AddressInfo).port}`;
  }

  private answer({ method, url = '', headers }: IncomingMessage, response: ServerResponse): void {
    this.asked.push(`${method} ${url.replace(/\?.*/, '')}`);
    const { open, closed = {}, challenge = 'bearer', silent } = this.holdings;
    const isReader = headers.authorization === `Basic ${READER}`;
    if (url.startsWith('/token')) {
      const scope = new URL(url, 'http://registry').searchParams.get('scope');
      response.end(JSON.stringify({ token: `${isReader ? 'reader' : 'stranger'} ${scope}` }));
      return;
    }
    const [, path = '', tag = ''] = /^\/v2\/(.+)\/manifests\/(.+)$/.exec(url) ?? [];
    const who =
      challenge === 'basic'
        ? isReader && 'reader'
        : /^Bearer (\w+) repository:(.+):pull$/
            .exec(headers.authorization ?? '')
            ?.slice(1, 3)
            .join(' ');
    if (!who) {
      const parameters = `realm="http://${this.host}/token",service="stand-in",scope="repository:${path}:pull"`;
      response.writeHead(401, {
        'www-authenticate': challenge === 'basic' ? 'Basic realm="stand-in"' : `Bearer ${parameters}`,
      });
      response.end();
      return;
    }
    const reader = who === 'reader' || who === `reader ${path}`;
    if (`${path}:${tag}` in closed && !reader) {
      response.writeHead(403).end();
      return;
    }
    const digest = open[`${path}:${tag}`] ?? closed[`${path}:${tag}`];
    if (digest === undefined || !(headers.accept ?? '').includes('application/vnd.oci.image.index.v1+json')) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, silent ? {} : { 'docker-content-digest': digest });
    response.end(method === 'GET' ? '{"schemaVersion":2}' : undefined);
  }
}
