import { Chart } from 'cdk8s';
import { Construct } from 'constructs';
import {
  ExternalSecret,
  ExternalSecretSpec,
  ExternalSecretSpecSecretStoreRefKind,
  ExternalSecretSpecTargetCreationPolicy,
  ExternalSecretSpecTargetDeletionPolicy,
  ExternalSecretSpecTargetTemplateEngineVersion,
} from '../../imports/external-secrets.io';
import { reportErrors } from '../checks/report';
import { ModelCredentials, SecretStoreEntry } from '../model/model-credentials';
import { wholeNumberProblems } from '../problem/numbers';
import { Problem } from '../problem/problem';

export interface ModelSecretsProps {
  readonly credentials: ModelCredentials;
}

/**
 * What the credentials' Secrets are made from: one ExternalSecret for the key, one for the pull secret. Only references
 * reach Git; the operator of External Secrets writes the Secrets in the cluster.
 *
 * Services of one chart that use the same credentials share them. Credentials that name Secrets which exist emit nothing.
 */
export class ModelSecrets extends Construct {
  constructor(scope: Construct, id: string, props: ModelSecretsProps) {
    super(scope, id);
    const { store, secret, pullSecretName, kind } = props.credentials;
    if (!store || !secret) return;
    const problems: Problem[] = wholeNumberProblems('refreshInterval in seconds', refreshSeconds(store), 1);
    // NVIDIA's tools disagree on the key's name; a Secret with both serves all of them.
    const keys = kind === 'ngc' ? ['NGC_API_KEY', 'NGC_CLI_API_KEY'] : [secret.key];
    this.share(problems, secret.name, {
      ...from(store),
      target: { ...target(secret.name) },
      data: keys.map((secretKey) => ({ secretKey, remoteRef: remoteRef(store) })),
    });
    if (pullSecretName !== undefined) this.sharePullSecret(problems, pullSecretName, store);
    reportErrors(this, problems);
  }

  private sharePullSecret(problems: Problem[], pullSecretName: string, store: SecretStoreEntry): void {
    this.share(problems, pullSecretName, {
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
    });
  }

  /** One ExternalSecret of a name in a chart; a second one that wants something else is a contradiction. */
  private share(problems: Problem[], name: string, spec: ExternalSecretSpec): void {
    const chart = Chart.of(this);
    const id = `external-secret-${name}`;
    const existing = chart.node.tryFindChild(id) as SharedExternalSecret | undefined;
    if (existing === undefined) {
      new SharedExternalSecret(chart, id, { metadata: { name }, spec });
    } else if (JSON.stringify(existing.spec) !== JSON.stringify(spec)) {
      problems.push({
        check: 'credentials',
        message: `Two services of this chart want the Secret ${name} from different entries: ${entry(existing.spec)}, and ${entry(spec)}.`,
        remedy: 'Give one of them another secretName and pullSecretName.',
      });
    }
  }
}

/** Where a Secret comes from, and how often it is read again. */
function entry({ secretStoreRef, data, refreshInterval }: ExternalSecretSpec): string {
  const { key, property } = data![0]!.remoteRef;
  return `${secretStoreRef?.kind} ${secretStoreRef?.name}, key ${key}${property === undefined ? '' : `, property ${property}`}, every ${refreshInterval}`;
}

class SharedExternalSecret extends ExternalSecret {
  readonly spec: ExternalSecretSpec;

  constructor(scope: Construct, id: string, props: { metadata: { name: string }; spec: ExternalSecretSpec }) {
    super(scope, id, props);
    this.spec = props.spec;
  }
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
