import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

interface DockerConfig {
  readonly auths?: Readonly<Record<string, { readonly auth?: string }>>;
  readonly credsStore?: string;
  readonly credHelpers?: Readonly<Record<string, string>>;
}

/** Docker Hub's name in Docker's configuration, from the time of its first API. */
const DOCKER_HUB_KEY = 'https://index.docker.io/v1/';

/**
 * The user's own credentials, as `docker login` left them: the `auths` of Docker's configuration. Programs that keep
 * credentials elsewhere (`credsStore`, `credHelpers`) are not run.
 */
export class RegistryCredentials {
  /** From `$DOCKER_CONFIG/config.json`, or `~/.docker/config.json`; none when it is not there or no JSON. */
  static fromDocker(env: Readonly<Record<string, string | undefined>> = process.env): RegistryCredentials {
    const folder = env.DOCKER_CONFIG ?? join(homedir(), '.docker');
    try {
      const config: unknown = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8'));
      return new RegistryCredentials(typeof config === 'object' && config !== null ? config : {});
    } catch {
      return new RegistryCredentials({});
    }
  }

  constructor(private readonly config: DockerConfig) {}

  /** What follows `Basic ` in a header for this registry; undefined when there is none. */
  basicFor(host: string): string | undefined {
    const { auths = {} } = this.config;
    const keys = host === 'docker.io' ? [DOCKER_HUB_KEY, host] : [host, `https://${host}`];
    // An empty entry says that a program keeps the credentials.
    return keys.map((key) => auths[key]?.auth).find((auth) => auth !== undefined && auth !== '');
  }

  /** What a user does who is not let in. */
  remedy(host: string): string {
    const login = `docker login${host === 'docker.io' ? '' : ` ${host}`}`;
    const helper = this.config.credHelpers?.[host] ?? this.config.credsStore;
    if (helper === undefined || this.basicFor(host) !== undefined) return `Log in: ${login}.`;
    return `Your credentials are kept by docker-credential-${helper}, which is not asked. Log in with a configuration of its own, and run this again: export DOCKER_CONFIG=$(mktemp -d) && ${login}`;
  }
}
