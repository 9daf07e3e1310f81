import { Chart } from 'cdk8s';
import { Construct } from 'constructs';
import {
  ExternalSecret,
  ExternalSecretSpec,
  ExternalSecretSpecSecretStoreRefKind,
  ExternalSecretSpecTargetCreationPolicy,
  ExternalSecretSpecTargetDeletionPolicy,
} from '../../imports/external-secrets.io';
import { Problem } from '../problem/problem';
import { ApiKeyMethod } from './route-authentication';

/** What the Secret with the keys of clients is made from. Only the reference reaches Git. */
class ClientKeys extends Construct {
  constructor(
    scope: Construct,
    id: string,
    readonly name: string,
    readonly spec: ExternalSecretSpec,
  ) {
    super(scope, id);
    new ExternalSecret(this, 'Default', { metadata: { name }, spec });
  }
}

/** Makes the Secret once for all routes of a chart; a second route that wants other keys in it is a contradiction. */
export function shareClientKeys(scope: Construct, { secretNames, store }: ApiKeyMethod): Problem[] {
  const [name] = secretNames;
  if (store === undefined || name === undefined) return [];
  const chart = Chart.of(scope);
  const id = `client-keys-${name}`;
  const { key, property, secretStore } = store;
  const spec: ExternalSecretSpec = {
    refreshInterval: `${store.refreshInterval?.toSeconds({ integral: false })}s`,
    secretStoreRef: {
      kind:
        store.secretStoreKind === 'SecretStore'
          ? ExternalSecretSpecSecretStoreRefKind.SECRET_STORE
          : ExternalSecretSpecSecretStoreRefKind.CLUSTER_SECRET_STORE,
      name: secretStore,
    },
    target: {
      name,
      creationPolicy: ExternalSecretSpecTargetCreationPolicy.OWNER,
      deletionPolicy: ExternalSecretSpecTargetDeletionPolicy.RETAIN,
    },
    // All fields of the entry: a new client is a change of the store, not of Git.
    dataFrom: [{ extract: { key, ...(property !== undefined && { property }) } }],
  };
  const existing = chart.node.tryFindChild(id) as ClientKeys | undefined;
  if (existing === undefined) {
    new ClientKeys(chart, id, name, spec);
    return [];
  }
  if (JSON.stringify(existing.spec) === JSON.stringify(spec)) return [];
  return [
    {
      check: 'route-authentication',
      message: `Two routes of this chart want the Secret ${name} from different entries, ${String(existing.spec.dataFrom?.[0]?.extract?.key)} and ${key}, or by different settings.`,
      remedy: 'Give one of them another secretName, or both the same RouteAuthentication.',
    },
  ];
}
