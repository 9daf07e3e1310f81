import { Duration } from 'cdk8s';
import { SecretStoreEntry } from '../model/model-credentials';
import { dnsSubdomainProblems } from '../problem/names';
import { wholeNumberProblems } from '../problem/numbers';
import { Problem, refuse } from '../problem/problem';
import { ClientQuotas, quotaProblems } from './client-quotas';

/** What clients may do once the gateway knows who they are. */
export interface ClientAccess {
  /**
   * Header in which the server is told who asks. The gateway writes it; what a client sends in it is lost. Keys and tokens
   * must not share one on the same Gateway: where tokens are checked for one route, Envoy empties their header on all of them,
   * so clients of the others would be nobody (seen with Envoy 1.40).
   * @default - `x-client-id` for keys, `x-token-client` for tokens
   */
  readonly clientIdHeader?: string;
  /** Ids of those who may call. Others are known, and answered 403. @default - everybody who is known */
  readonly clients?: readonly string[];
  /**
   * Ids of those who may reach the candidate of a release by its header; others who send it are answered 403. One who is not
   * among `clients` reaches nothing else.
   * @default - everybody who may call
   */
  readonly testers?: readonly string[];
  /** @default - no limits */
  readonly quotas?: ClientQuotas;
}

interface ApiKeyAccess extends ClientAccess {
  /**
   * Header that clients send their key in; a leading `Bearer ` is no part of the key. The server never sees it.
   * @default 'authorization', where clients of the OpenAI API send it
   */
  readonly header?: string;
}

/** Keys in a secret store: one entry, whose fields are the ids of clients and whose values are their keys. */
export interface ApiKeysFromStoreProps extends ApiKeyAccess, Omit<SecretStoreEntry, 'refreshInterval'> {
  /** Name of the Secret that External Secrets makes; routes of one chart share it. @default 'client-keys' */
  readonly secretName?: string;
  /** How often the operator reads the store again: as long a key that was withdrawn still opens. @default Duration.minutes(5) */
  readonly refreshInterval?: Duration;
}

/** Keys in Secrets that exist, in the namespace of the route: each key of a Secret is the id of a client, its value the key. */
export interface ApiKeysFromSecretsProps extends ApiKeyAccess {
  /** Names of the Secrets, such as one for each team. While one is missing, the gateway lets nobody pass. */
  readonly secretNames: readonly string[];
}

/** Tokens of an identity provider (OpenID Connect). */
export interface JwtProps extends ClientAccess {
  /** What the claim `iss` must be, such as `https://login.example.com`. */
  readonly issuer: string;
  /** Of which the claim `aud` must name one, at most 8. Without them, a token made for another service would open this one. */
  readonly audiences: readonly string[];
  /**
   * The provider's public keys: an `https` address that the proxies can reach, or a ConfigMap in the namespace of the route
   * with one key that holds the JSON Web Key Set. While the keys are missing, the gateway lets nobody pass.
   */
  readonly jwks: { readonly uri: string } | { readonly configMap: string };
  /** The claim that says who asks: a text, such as `tenant` or `azp`. @default 'sub' */
  readonly clientClaim?: string;
}

/** Where the keys of clients come from. */
export interface ApiKeyMethod {
  readonly kind: 'api-keys';
  readonly secretNames: readonly string[];
  readonly store?: SecretStoreEntry;
}

/** Whose tokens count. */
export interface JwtMethod extends Pick<JwtProps, 'issuer' | 'audiences' | 'jwks'> {
  readonly kind: 'jwt';
  readonly clientClaim: string;
}

const AUTHORIZATION = 'authorization';

const CLIENT_ID_HEADERS = { 'api-keys': 'x-client-id', jwt: 'x-token-client' } as const;

/**
 * Who may call a route, as the gateway checks it before anything reaches a server. No server guards itself enough: one key for
 * everybody at most, and paths that it does not ask on.
 *
 * Written for Envoy Gateway (1.9), whose objects no other gateway reads.
 */
export class RouteAuthentication {
  /** A key for each client, by reference: out of a secret store, or in Secrets that exist. */
  static apiKeys(props: ApiKeysFromStoreProps | ApiKeysFromSecretsProps): RouteAuthentication {
    const header = (props.header ?? AUTHORIZATION).toLowerCase();
    if ('secretStore' in props) {
      const { secretStore, secretStoreKind, key, property, refreshInterval = Duration.minutes(5) } = props;
      const store = { secretStore, secretStoreKind, key, property, refreshInterval };
      const secretNames = [props.secretName ?? 'client-keys'];
      return new RouteAuthentication({ kind: 'api-keys', secretNames, store }, header, props);
    }
    return new RouteAuthentication({ kind: 'api-keys', secretNames: props.secretNames }, header, props);
  }

  /** Tokens that an identity provider signs, sent as `Authorization: Bearer …`. The server never sees them. */
  static jwt(props: JwtProps): RouteAuthentication {
    const { issuer, audiences, jwks, clientClaim = 'sub' } = props;
    return new RouteAuthentication({ kind: 'jwt', issuer, audiences, jwks, clientClaim }, AUTHORIZATION, props);
  }

  /** In which the server is told who asks. */
  readonly clientIdHeader: string;
  readonly clients?: readonly string[];
  readonly testers?: readonly string[];
  readonly quotas?: ClientQuotas;

  private constructor(
    readonly method: ApiKeyMethod | JwtMethod,
    /** In which clients send their key or token. */
    readonly keyHeader: string,
    access: ClientAccess,
  ) {
    this.clientIdHeader = (access.clientIdHeader ?? CLIENT_ID_HEADERS[method.kind]).toLowerCase();
    this.clients = access.clients;
    this.testers = access.testers;
    this.quotas = access.quotas;
    refuse(`RouteAuthentication ${method.kind}`, [
      ...(method.kind === 'jwt' ? jwtProblems(method) : keyProblems(method)),
      ...this.headerProblems(),
      ...this.clientProblems(),
      ...(this.quotas ? quotaProblems(this.quotas) : []),
    ]);
  }

  private headerProblems(): Problem[] {
    const headers = [this.keyHeader, this.clientIdHeader];
    const odd = headers.filter((header) => !/^[a-z0-9!#$%&'*+\-.^_`|~]{1,256}$/.test(header));
    return [
      ...odd.map((header) =>
        problem(
          `${JSON.stringify(header.slice(0, 80))} is not the name of an HTTP header.`,
          'Use letters, digits and "-", such as x-api-key.',
        ),
      ),
      ...(this.keyHeader === this.clientIdHeader
        ? [
            problem(
              `The key and the id of the client are both in the header ${this.keyHeader}.`,
              'Give each a header of its own, such as x-api-key for the key.',
            ),
          ]
        : []),
    ];
  }

  private clientProblems(): Problem[] {
    const lists = { clients: this.clients, testers: this.testers };
    const named = [...(this.clients ?? []), ...(this.testers ?? []), ...Object.keys(this.quotas?.clients ?? {})];
    return [
      ...Object.entries(lists).flatMap(([list, ids]) => [
        ...(ids?.length === 0
          ? [problem(`${list} is empty, so nobody may pass.`, 'Name at least one, or leave it out.')]
          : []),
        ...((ids?.length ?? 0) > MOST_IDS
          ? [problem(`${list} has ${ids?.length} ids; Envoy Gateway takes ${MOST_IDS}.`, 'Group them by a claim.')]
          : []),
      ]),
      ...[...new Set(named)].filter((id) => !isHeaderValue(id)).map(oddClient),
    ];
  }
}

/** Values of one header in one rule of a SecurityPolicy. */
const MOST_IDS = 256;

const problem = (message: string, remedy: string): Problem => ({ check: 'route-authentication', message, remedy });

const isHeaderValue = (id: string) => /^[!-~]([ -~]{0,254}[!-~])?$/.test(id) && !id.includes('${');

const oddClient = (id: string) =>
  problem(
    `${JSON.stringify(String(id).slice(0, 80))} cannot be the id of a client.`,
    'Use 1 to 256 printable ASCII characters without outer blanks and without "${".',
  );

function keyProblems({ secretNames, store }: ApiKeyMethod): Problem[] {
  return [
    ...secretNames.flatMap((name) => dnsSubdomainProblems('Secret name', name)),
    ...(secretNames.length === 0
      ? [problem('No Secret with keys is named, so nobody may pass.', 'Name at least one in secretNames.')]
      : []),
    ...(store ? dnsSubdomainProblems('secret store name', store.secretStore) : []),
    ...(store && store.key.trim() === ''
      ? [
          problem(
            `The key in the secret store ${store.secretStore} is empty.`,
            'Name the entry whose fields are the clients, such as llama/clients.',
          ),
        ]
      : []),
    ...(store
      ? wholeNumberProblems('refreshInterval in seconds', store.refreshInterval?.toSeconds({ integral: false }), 1)
      : []),
  ];
}

function jwtProblems({ issuer, audiences, jwks, clientClaim }: JwtMethod): Problem[] {
  const address = (text: string) => /^https:\/\/[^\s"'<>{}\\^`$]{1,245}$/.test(text);
  return [
    ...(isHeaderValue(issuer) && issuer.length <= 253
      ? []
      : [problem(`${JSON.stringify(issuer.slice(0, 80))} is no issuer.`, 'Use the claim iss of its tokens.')]),
    ...(audiences.length >= 1 && audiences.length <= 8
      ? []
      : [
          problem(
            `${audiences.length} audiences are named.`,
            'Name 1 to 8: without one, tokens that were made for another service would open this one.',
          ),
        ]),
    ...audiences
      .filter((audience) => !isHeaderValue(audience))
      .map((audience) => problem(`${JSON.stringify(audience.slice(0, 80))} is no audience.`, 'Use the claim aud.')),
    ...('configMap' in jwks
      ? dnsSubdomainProblems('ConfigMap name', jwks.configMap)
      : address(jwks.uri)
        ? []
        : [
            problem(
              `${JSON.stringify(String(jwks.uri).slice(0, 80))} is no address of public keys.`,
              'Use an https address of at most 253 characters, or a configMap.',
            ),
          ]),
    ...(/^[-.\w:/]{1,253}$/.test(clientClaim)
      ? []
      : [problem(`${JSON.stringify(clientClaim.slice(0, 80))} is no claim.`, 'Use its name, such as sub.')]),
  ];
}
