import { ApiObjectMetadata, Chart } from 'cdk8s';
import { Construct } from 'constructs';
import {
  ExternalSecret,
  ExternalSecretSpec,
  ExternalSecretSpecSecretStoreRefKind,
  ExternalSecretSpecTargetCreationPolicy,
  ExternalSecretSpecTargetDeletionPolicy,
  ExternalSecretSpecTargetTemplateEngineVersion,
} from '../../imports/external-secrets.io';
import { SecretProviderClass, SecretProviderClassSpec } from '../../imports/secrets-store.csi.x-k8s.io';
import { reportErrors } from '../checks/report';
import { ModelCredentials, SecretStoreEntry } from '../model/model-credentials';
import { wholeNumberProblems } from '../problem/numbers';
import { Problem } from '../problem/problem';

export interface ModelSecretsProps {
  readonly credentials: ModelCredentials;
}

/**
 * What the credentials' Secrets are made from: an ExternalSecret for the key and one for the pull secret, or a
 * SecretProviderClass for both. Only references reach Git; the operator or the driver writes the Secrets in the cluster.
 *
 * Services of one chart that use the same credentials share them. Credentials that name Secrets which exist emit nothing.
 */
export class ModelSecrets extends Construct {
  constructor(scope: Construct, id: string, props: ModelSecretsProps) {
    super(scope, id);
    const { credentials } = props;
    const problems: Problem[] = [
      ...(credentials.store ? externalSecrets(credentials, credentials.store) : []),
      ...providerClasses(credentials),
    ].flatMap((source) => this.share(source));
    if (credentials.store) {
      problems.push(...wholeNumberProblems('refreshInterval in seconds', refreshSeconds(credentials.store), 1));
    }
    reportErrors(this, problems);
  }

  /** One source of a Secret in a chart; a second one that wants something else is a contradiction. */
  private share(source: SecretSource): Problem[] {
    const chart = Chart.of(this);
    const id = `secret-source-${source.name}`;
    const existing = chart.node.tryFindChild(id) as SharedSource | undefined;
    if (existing === undefined) {
      new SharedSource(chart, id, source);
      return [];
    }
    if (JSON.stringify(existing.source) === JSON.stringify(source)) return [];
    return [
      {
        check: 'credentials',
        message: `Two services of this chart want the Secret ${source.name} from different entries: ${existing.source.origin}, and ${source.origin}.`,
        remedy: 'Give one of them another secretName and pullSecretName.',
      },
    ];
  }
}

/** What a Secret is made from, as plain data. */
interface SecretSource {
  readonly kind: 'ExternalSecret' | 'SecretProviderClass';
  /** Name of the Secret. */
  readonly name: string;
  /** Where its values come from, in words. */
  readonly origin: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly spec: ExternalSecretSpec & SecretProviderClassSpec;
}

class SharedSource extends Construct {
  constructor(
    scope: Construct,
    id: string,
    readonly source: SecretSource,
  ) {
    super(scope, id);
    const { kind, name, annotations, spec } = source;
    const metadata: ApiObjectMetadata = { name, ...(annotations && { annotations }) };
    if (kind === 'ExternalSecret') new ExternalSecret(this, 'Default', { metadata, spec });
    else new SecretProviderClass(this, 'Default', { metadata, spec });
  }
}

// NVIDIA's tools disagree on the key's name; a Secret with both serves all of them.
const keysOf = ({ kind, secret }: ModelCredentials): string[] =>
  kind === 'ngc' ? ['NGC_API_KEY', 'NGC_CLI_API_KEY'] : [secret!.key];

function externalSecrets(credentials: ModelCredentials, store: SecretStoreEntry): SecretSource[] {
  const { secret, pullSecretName, generation } = credentials;
  const { key, property } = store;
  const source = (name: string, spec: ExternalSecretSpec): SecretSource => ({
    kind: 'ExternalSecret',
    name,
    origin:
      `${store.secretStoreKind ?? 'ClusterSecretStore'} ${store.secretStore}, key ${key}` +
      `${property === undefined ? '' : `, property ${property}`}, every ${refreshSeconds(store)}s` +
      `${generation === undefined ? '' : `, generation ${generation}`}`,
    // The operator reads the store again as soon as an annotation changes.
    ...(generation !== undefined && { annotations: { 'force-sync': generation } }),
    spec,
  });
  return [
    source(secret!.name, {
      ...from(store),
      target: { ...target(secret!.name) },
      data: keysOf(credentials).map((secretKey) => ({ secretKey, remoteRef: remoteRef(store) })),
    }),
    ...(pullSecretName === undefined
      ? []
      : [
          source(pullSecretName, {
            ...from(store),
            target: {
              ...target(pullSecretName),
              template: {
                type: 'kubernetes.io/dockerconfigjson',
                engineVersion: ExternalSecretSpecTargetTemplateEngineVersion.V2,
                data: { '.dockerconfigjson': NGC_DOCKER_CONFIG },
              },
            },
            data: [{ secretKey: 'key', remoteRef: remoteRef(store) }],
          }),
        ]),
  ];
}

/** One class for all that a pod mounts: the driver syncs Secrets of mounted volumes only. */
function providerClasses(credentials: ModelCredentials): SecretSource[] {
  const { csi, secret, pullSecretName } = credentials;
  if (!csi) return [];
  const { provider, key, property, pullSecretKey } = csi;
  const pullFile = 'dockerconfigjson';
  return [
    {
      kind: 'SecretProviderClass',
      name: secret!.name,
      origin: `the provider ${provider.name}, key ${key}${property === undefined ? '' : `, property ${property}`}`,
      spec: {
        provider: provider.name,
        parameters: provider.parameters([
          { key, file: secret!.key, ...(property !== undefined && { property }) },
          ...(pullSecretKey === undefined ? [] : [{ key: pullSecretKey, file: pullFile }]),
        ]),
        secretObjects: [
          {
            secretName: secret!.name,
            type: 'Opaque',
            data: keysOf(credentials).map((each) => ({ objectName: secret!.key, key: each })),
          },
          ...(pullSecretKey === undefined
            ? []
            : [
                {
                  secretName: pullSecretName,
                  type: 'kubernetes.io/dockerconfigjson',
                  data: [{ objectName: pullFile, key: '.dockerconfigjson' }],
                },
              ]),
        ],
      },
    },
  ];
}

/** NGC's registry takes the fixed user `$oauthtoken` and the API key as the password. */
const NGC_DOCKER_CONFIG =
  '{"auths":{"nvcr.io":{"username":"$oauthtoken","password":"{{ .key }}","auth":"{{ printf "$oauthtoken:%s" .key | b64enc }}"}}}';

const refreshSeconds = ({ refreshInterval }: SecretStoreEntry) =>
  refreshInterval?.toSeconds({ integral: false }) ?? 3600;

const from = (store: SecretStoreEntry) => ({
  refreshInterval: `${refreshSeconds(store)}s`,
  secretStoreRef: {
    kind:
      store.secretStoreKind === 'SecretStore'
        ? ExternalSecretSpecSecretStoreRefKind.SECRET_STORE
        : ExternalSecretSpecSecretStoreRefKind.CLUSTER_SECRET_STORE,
    name: store.secretStore,
  },
});

const target = (name: string) => ({
  name,
  creationPolicy: ExternalSecretSpecTargetCreationPolicy.OWNER,
  deletionPolicy: ExternalSecretSpecTargetDeletionPolicy.RETAIN,
});

const remoteRef = ({ key, property }: SecretStoreEntry) => ({ key, ...(property !== undefined && { property }) });
