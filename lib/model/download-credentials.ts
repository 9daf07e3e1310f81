import { dnsSubdomainProblems, environmentNameProblems, shown } from '../problem/names';
import { Problem, refuse } from '../problem/problem';
import { ModelSourceKind } from './model-source';

/** Which key of a Secret arrives as which environment variable. */
export type SecretKeys = Readonly<Record<string, string>>;

/**
 * The variables that the tools read, and the keys of a Secret that they are taken from unless stated.
 * `RCLONE_HEADER` is a whole header, such as `Authorization: Bearer …`.
 */
const DEFAULT_KEYS: Readonly<Record<ModelSourceKind, SecretKeys>> = {
  'hugging-face': { HF_TOKEN: 'HF_TOKEN' },
  ngc: { NGC_CLI_API_KEY: 'NGC_API_KEY' },
  s3: { AWS_ACCESS_KEY_ID: 'AWS_ACCESS_KEY_ID', AWS_SECRET_ACCESS_KEY: 'AWS_SECRET_ACCESS_KEY' },
  gcs: { RCLONE_GCS_SERVICE_ACCOUNT_CREDENTIALS: 'service-account.json' },
  'azure-blob': { RCLONE_AZUREBLOB_KEY: 'account-key' },
  https: { RCLONE_HEADER: 'header' },
};

/**
 * How a download proves that it may have the weights: by reference, and in the init container alone. The server never has it.
 */
export class DownloadCredentials {
  /**
   * Keys of a Secret that exists, such as one that ExternalSecret makes.
   *
   * @param keys environment variable and key of the Secret, such as `{ AWS_ACCESS_KEY_ID: 'user' }`; what the tool of the
   * source reads when left out: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY for S3, `service-account.json` for GCS,
   * `account-key` for Azure, HF_TOKEN, NGC_API_KEY, and `header` (a whole header) for HTTPS
   */
  static secret(secretName: string, keys?: SecretKeys): DownloadCredentials {
    return new DownloadCredentials('secret', secretName, keys);
  }

  /**
   * No key: the cloud knows the pod by its service account, which is called after the service unless `serviceAccount` is
   * another. GKE and EKS Pod Identity take it by its name; for IAM roles and for Azure state `workloadIdentity`, which says whom
   * the cloud is to take the pods for.
   */
  static workloadIdentity(): DownloadCredentials {
    return new DownloadCredentials('workload-identity');
  }

  private constructor(
    readonly kind: 'secret' | 'workload-identity',
    readonly secretName?: string,
    private readonly keys?: SecretKeys,
  ) {
    const problems: Problem[] = secretName === undefined ? [] : dnsSubdomainProblems('Secret name', secretName);
    for (const [variable, key] of Object.entries(keys ?? {})) {
      problems.push(...environmentNameProblems(variable));
      if (!/^[-._a-zA-Z0-9]{1,253}$/.test(key)) {
        problems.push({
          check: 'names',
          message: `${shown(key)} is not a key of a Secret.`,
          remedy: 'Use letters, digits, "-", "_" and "." only.',
        });
      }
    }
    refuse(`DownloadCredentials ${kind}`, problems);
  }

  /** Environment variable and key of the Secret, for a source of this kind. Empty without a Secret. */
  keysFor(source: ModelSourceKind): SecretKeys {
    if (this.kind !== 'secret') return {};
    return this.keys ?? DEFAULT_KEYS[source];
  }
}
