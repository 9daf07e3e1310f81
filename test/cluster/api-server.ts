import { execFileSync } from 'node:child_process';
import { Agent, request } from 'node:https';

interface Answer {
  readonly status: number;
  readonly body: string;
}

/** An object as far as its address goes. */
export interface Addressed {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

interface Resource {
  readonly kind: string;
  readonly name: string;
  readonly namespaced: boolean;
}

interface KubeConfig {
  readonly clusters: readonly { readonly cluster: Readonly<Record<string, string>> }[];
  readonly users: readonly { readonly user: Readonly<Record<string, string>> }[];
}

const MANAGER = 'programs';

/** The words of a Status; all of what is none. */
function messageIn(body: string): string {
  try {
    return (JSON.parse(body) as { message?: string }).message ?? body;
  } catch {
    return body;
  }
}

/** The API server of the current kubeconfig, asked without a process for each question. */
export class ApiServer {
  private readonly url: URL;
  private readonly headers: Readonly<Record<string, string>>;
  private readonly agent: Agent;
  private readonly groups = new Map<string, Promise<readonly Resource[]>>();

  constructor() {
    const text = execFileSync('kubectl', ['config', 'view', '--minify', '--flatten', '-o', 'json'], {
      encoding: 'utf8',
    });
    const { clusters, users } = JSON.parse(text) as KubeConfig;
    const { cluster } = clusters[0]!;
    const { user } = users[0]!;
    const decoded = (data: string | undefined) => data && Buffer.from(data, 'base64');
    this.url = new URL(cluster.server!);
    this.headers = user.token ? { authorization: `Bearer ${user.token}` } : {};
    this.agent = new Agent({
      keepAlive: true,
      maxSockets: 8,
      ca: decoded(cluster['certificate-authority-data']),
      cert: decoded(user['client-certificate-data']),
      key: decoded(user['client-key-data']),
      rejectUnauthorized: cluster['insecure-skip-tls-verify'] === undefined,
    });
  }

  close(): void {
    this.agent.destroy();
  }

  /**
   * Whether it would take an object, in the text that is written: server-side apply, strict, nothing stored. Undefined where it
   * does not know the kind.
   */
  async wouldTake(object: Addressed, text: string): Promise<{ status: number; message: string } | undefined> {
    const path = await this.pathOf(object);
    if (path === undefined) return undefined;
    const query = `dryRun=All&force=true&fieldValidation=Strict&fieldManager=${MANAGER}`;
    const { status, body } = await this.ask('PATCH', `${path}?${query}`, text, 'application/apply-patch+yaml');
    return { status, message: status < 300 ? '' : messageIn(body) };
  }

  create(path: string, object: object): Promise<Answer> {
    return this.ask('POST', path, JSON.stringify(object));
  }

  /** Where an object of that kind is; undefined where the server does not know the kind. */
  private async pathOf({ apiVersion, kind, metadata }: Addressed): Promise<string | undefined> {
    const group = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    if (!this.groups.has(group)) this.groups.set(group, this.resources(group));
    const found = (await this.groups.get(group)!).find((each) => each.kind === kind && !each.name.includes('/'));
    if (found === undefined) return undefined;
    const namespace = found.namespaced ? `/namespaces/${encodeURIComponent(metadata.namespace ?? 'default')}` : '';
    return `${group}${namespace}/${found.name}/${encodeURIComponent(metadata.name)}`;
  }

  private async resources(group: string): Promise<readonly Resource[]> {
    const { status, body } = await this.ask('GET', group);
    return status === 200 ? (JSON.parse(body) as { resources: Resource[] }).resources : [];
  }

  private ask(method: string, path: string, body?: string, type = 'application/json'): Promise<Answer> {
    return new Promise((done, fail) => {
      const { hostname, port } = this.url;
      const headers = { ...this.headers, ...(body !== undefined && { 'content-type': type }) };
      const asked = request({ method, path, hostname, port, headers, agent: this.agent }, (response) => {
        const parts: Buffer[] = [];
        response
          .on('data', (part: Buffer) => parts.push(part))
          .on('end', () => done({ status: response.statusCode!, body: Buffer.concat(parts).toString() }))
          .on('error', fail);
      });
      asked.on('error', fail).end(body);
    });
  }
}
