import { ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Debian puts it where only root looks. */
const BINARY = ['nginx', '/usr/sbin/nginx'].find((path) => spawnSync(path, ['-v']).status === 0);

/** nginx, and what makes a certificate for it. */
export const hasNginx = () => BINARY !== undefined && spawnSync('openssl', ['version']).status === 0;

/** A folder of an nginx of our own, on loopback and as whoever runs the tests: nothing of the machine's is read or written. */
export class Nginx {
  static async start(configurationOf: (at: NginxFolder) => string): Promise<Nginx> {
    const at = await NginxFolder.make();
    const wrong = at.test(configurationOf(at));
    if (wrong !== '') {
      at.remove();
      throw new Error(wrong);
    }
    const child = spawn(BINARY!, at.arguments, { stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    for (let tries = 0; tries < 200 && child.exitCode === null; tries++) {
      if (await answers(at.http)) return new Nginx(at, child);
      await new Promise((next) => setTimeout(next, 50));
    }
    child.kill('SIGKILL');
    at.remove();
    throw new Error(`nginx did not begin: ${said}`);
  }

  private constructor(
    private readonly at: NginxFolder,
    private readonly child: ChildProcess,
  ) {}

  get url(): string {
    return `http://127.0.0.1:${this.at.http}`;
  }

  get https(): number {
    return this.at.https;
  }

  /** Of every host, as a client must know it. */
  get certificate(): string {
    return readFileSync(this.at.certificate.certificate, 'utf8');
  }

  /** Reads its configuration anew, as it does after a change of any Ingress. */
  reload(): void {
    this.child.kill('SIGHUP');
  }

  /** At once: whoever is still answered is cut. */
  async stop(): Promise<void> {
    const ended = new Promise((done) => this.child.once('exit', done));
    this.child.kill('SIGTERM');
    await ended;
    this.at.remove();
  }
}

export class NginxFolder {
  static async make(): Promise<NginxFolder> {
    const path = mkdtempSync(join(tmpdir(), 'nginx-'));
    mkdirSync(join(path, 'temporary'));
    const [certificate, key] = [join(path, 'tls.crt'), join(path, 'tls.key')];
    const subject = ['-subj', '/CN=example.com', '-addext', 'subjectAltName=DNS:*.example.com', '-days', '2'];
    const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
    const { status, stderr } = spawnSync(
      'openssl',
      ['req', '-x509', ...kind, ...subject, '-keyout', key, '-out', certificate],
      { encoding: 'utf8' },
    );
    if (status !== 0) throw new Error(`openssl: ${stderr}`);
    const [http, https] = await freePorts(2);
    return new NginxFolder(path, { certificate, key }, http!, https!);
  }

  private constructor(
    private readonly path: string,
    readonly certificate: { readonly certificate: string; readonly key: string },
    readonly http: number,
    readonly https: number,
  ) {}

  /** What a configuration has to say of it. */
  get listens() {
    return { http: this.http, https: this.https, certificate: this.certificate };
  }

  get arguments(): string[] {
    return ['-p', this.path, '-c', join(this.path, 'nginx.conf')];
  }

  /** What nginx has against a configuration; empty when nothing. It stays in the folder. */
  test(configuration: string): string {
    writeFileSync(join(this.path, 'nginx.conf'), configuration);
    const { status, stderr } = spawnSync(BINARY!, ['-t', ...this.arguments], { encoding: 'utf8' });
    return status === 0 ? '' : stderr;
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

const answers = (port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });

/** Ports that nobody had a moment ago. */
async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<ReturnType<typeof createServer>>((resolve, reject) => {
          const server = createServer();
          server.once('error', reject);
          server.listen(0, '127.0.0.1', () => resolve(server));
        }),
    ),
  );
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((closed) => server.close(closed))));
  return ports;
}
