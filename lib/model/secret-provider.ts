import { Problem, refuse } from '../problem/problem';

/** One value in a vault, as a provider of the Secrets Store CSI driver is told of it. */
export interface VaultEntry {
  /** The entry: a path, a name, or a resource, in the vault's own words. */
  readonly key: string;
  /** Field of the entry, when it has several. */
  readonly property?: string;
  /** Name of the file in the mounted volume. */
  readonly file: string;
}

/** HashiCorp Vault. */
export interface VaultProviderProps {
  /** URL of the server, such as `https://vault.example.com:8200`. */
  readonly address: string;
  /** Role of Vault's Kubernetes authentication that the pods' service account may take on. */
  readonly role: string;
}

/** AWS Secrets Manager. The pods' service account needs a role that may read the secrets. */
export interface AwsProviderProps {
  /** @default - the region of the node */
  readonly region?: string;
}

/** Azure Key Vault. */
export interface AzureProviderProps {
  readonly keyVault: string;
  readonly tenantId: string;
  /** Client of the workload identity that the pods' service account is federated with. */
  readonly clientId: string;
}

/**
 * Which vault the Secrets Store CSI driver reads, in the words of its provider. The driver runs on the node and reads as
 * the pod's service account, so the vault decides by that account, and the pod itself needs no way to the vault.
 *
 * @source the providers' documentation: secrets-store-csi-driver-provider-aws, -azure, -gcp, and vault-csi-provider
 */
export class SecretProvider {
  /** Entries are paths such as `secret/data/nim`, each with the property to read. */
  static vault({ address, role }: VaultProviderProps): SecretProvider {
    return new SecretProvider('vault', { address, role }, (entries) => ({
      vaultAddress: address,
      roleName: role,
      objects: lines(
        entries.map(({ key, property, file }) => ({ objectName: file, secretPath: key, secretKey: property ?? file })),
      ),
    }));
  }

  /** Entries are names or ARNs of secrets; a property is a field of one that is JSON. */
  static aws({ region }: AwsProviderProps = {}): SecretProvider {
    return new SecretProvider('aws', { ...(region !== undefined && { region }) }, (entries) => ({
      ...(region !== undefined && { region }),
      objects: entries
        .map(({ key, property, file }) =>
          property === undefined
            ? lines([{ objectName: key, objectType: 'secretsmanager', objectAlias: file }])
            : `${lines([{ objectName: key, objectType: 'secretsmanager' }])}  jmesPath:\n${lines([{ path: property, objectAlias: file }], '    ')}`,
        )
        .join(''),
    }));
  }

  /** Entries are versions such as `projects/platform/secrets/ngc/versions/3`. They have no properties. */
  static gcp(): SecretProvider {
    return new SecretProvider('gcp', {}, (entries) => ({
      secrets: lines(entries.map(({ key, file }) => ({ resourceName: key, path: file }))),
    }));
  }

  /** Entries are names of secrets in the key vault. They have no properties. */
  static azure({ keyVault, tenantId, clientId }: AzureProviderProps): SecretProvider {
    return new SecretProvider('azure', { keyVault, tenantId, clientId }, (entries) => ({
      keyvaultName: keyVault,
      tenantId,
      clientID: clientId,
      usePodIdentity: 'false',
      objects: `array:\n${entries
        .map(
          ({ key, file }) =>
            `  - |\n${lines([{ objectName: key, objectType: 'secret', objectAlias: file }], '    ').replace(/^ {4}(?:- | {2})/gm, '    ')}`,
        )
        .join('')}`,
    }));
  }

  private constructor(
    /** The word for it in a SecretProviderClass. */
    readonly name: 'vault' | 'aws' | 'gcp' | 'azure',
    stated: Readonly<Record<string, string>>,
    /** What the provider is told, so that it mounts each entry as a file. */
    readonly parameters: (entries: readonly VaultEntry[]) => Readonly<Record<string, string>>,
  ) {
    refuse(
      `SecretProvider ${name}`,
      Object.entries(stated).flatMap(([prop, value]) => textProblems(prop, value)),
    );
  }

  /** What is wrong with an entry for this provider. */
  problems({ key, property }: Pick<VaultEntry, 'key' | 'property'>): Problem[] {
    return [
      ...textProblems('key', key),
      ...(property === undefined ? [] : textProblems('property', property)),
      ...(property !== undefined && (this.name === 'gcp' || this.name === 'azure')
        ? [
            {
              check: 'credentials',
              message: `The provider ${this.name} reads whole entries, but ${key} is asked for its property ${property}.`,
              remedy: 'Keep each value in an entry of its own.',
            },
          ]
        : []),
    ];
  }
}

/** The providers parse YAML inside of YAML; a quote or a line break would say something else there. */
function textProblems(what: string, value: string): Problem[] {
  if (/^[\w./:@+=,-]+$/.test(value)) return [];
  return [
    {
      check: 'credentials',
      message: `${what} is ${JSON.stringify(value)}, which no provider of the Secrets Store CSI driver can be told.`,
      remedy: 'Use letters, digits and "./:@+=,-_" only.',
    },
  ];
}

/** Objects as YAML, one below the other. */
const lines = (objects: readonly Readonly<Record<string, string>>[], indent = ''): string =>
  objects
    .map((object) =>
      Object.entries(object)
        .map(([name, value], at) => `${indent}${at === 0 ? '- ' : '  '}${name}: "${value}"\n`)
        .join(''),
    )
    .join('');
