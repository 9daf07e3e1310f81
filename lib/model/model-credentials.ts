import { Duration } from 'cdk8s';
import { dnsSubdomainProblems } from '../problem/names';
import { Problem, refuse } from '../problem/problem';

/** A value kept outside Git, as the External Secrets Operator finds it. */
export interface SecretStoreEntry {
  /** Name of the store that the platform team set up (Vault, AWS, GCP, Azure, …). */
  readonly secretStore: string;
  /** @default 'ClusterSecretStore' */
  readonly secretStoreKind?: 'ClusterSecretStore' | 'SecretStore';
  /** Key of the entry in the store, such as `nim/ngc-api-key`. A key that does not exist leaves the pods waiting. */
  readonly key: string;
  /** Field of the entry, when it has several. @default - the whole entry */
  readonly property?: string;
  /** How often the operator reads the store again. @default Duration.hours(1) */
  readonly refreshInterval?: Duration;
}

/** NGC's key out of a secret store; the Secrets are made in the cluster by the External Secrets Operator. */
export interface NgcFromStoreProps extends SecretStoreEntry {
  /** Name of the Secret with the API key. @default 'ngc-api' */
  readonly secretName?: string;
  /** Name of the Secret that the kubelet pulls images from nvcr.io with. @default 'ngc-registry' */
  readonly pullSecretName?: string;
}

/** NGC's key in Secrets that exist already. */
export interface NgcFromSecretProps {
  /** Name of the Secret with the API key. */
  readonly secretName: string;
  /**
   * Key inside the Secret. A Secret that holds only `NGC_CLI_API_KEY`, as some of NVIDIA's guides make it, needs that
   * name here; the container gets `NGC_API_KEY` all the same. A key that is not there is a CreateContainerConfigError.
   * @default 'NGC_API_KEY'
   */
  readonly secretKey?: string;
  /** Name of the kubernetes.io/dockerconfigjson Secret for nvcr.io. @default - the image needs no pull secret */
  readonly pullSecretName?: string;
}

/** A Hugging Face token out of a secret store. */
export interface HuggingFaceFromStoreProps extends SecretStoreEntry {
  /** Name of the Secret. @default 'hugging-face' */
  readonly secretName?: string;
}

/** A Hugging Face token in a Secret that exists already. */
export interface HuggingFaceFromSecretProps {
  readonly secretName: string;
  /** Key inside the Secret. @default 'HF_TOKEN' */
  readonly secretKey?: string;
}

/** How the server proves that it may have the weights. */
export type CredentialKind = 'ngc' | 'hugging-face' | 'keyless' | 'air-gapped';

/**
 * How the server proves that it may have the weights: always by reference, never a value in Git.
 */
export class ModelCredentials {
  /** NVIDIA's NGC: the API key for weights, and the pull secret for images of nvcr.io (user `$oauthtoken`). */
  static ngc(props: NgcFromStoreProps | NgcFromSecretProps): ModelCredentials {
    if ('secretStore' in props) {
      const { secretName = 'ngc-api', pullSecretName = 'ngc-registry' } = props;
      return new ModelCredentials('ngc', { name: secretName, key: 'NGC_API_KEY' }, pullSecretName, props);
    }
    return new ModelCredentials(
      'ngc',
      { name: props.secretName, key: props.secretKey ?? 'NGC_API_KEY' },
      props.pullSecretName,
    );
  }

  /** Hugging Face: a token for gated models. */
  static huggingFace(props: HuggingFaceFromStoreProps | HuggingFaceFromSecretProps): ModelCredentials {
    if ('secretStore' in props) {
      const secret = { name: props.secretName ?? 'hugging-face', key: 'HF_TOKEN' };
      return new ModelCredentials('hugging-face', secret, undefined, props);
    }
    return new ModelCredentials('hugging-face', { name: props.secretName, key: props.secretKey ?? 'HF_TOKEN' });
  }

  /** No key: the weights are public. Servers that insist on a key refuse this. */
  static keyless(): ModelCredentials {
    return new ModelCredentials('keyless');
  }

  /** No key and no download: the weights are in the cache or the image already, and the pod reaches nothing outside. */
  static airGapped(): ModelCredentials {
    return new ModelCredentials('air-gapped');
  }

  private constructor(
    readonly kind: CredentialKind,
    /** The Secret and the key in it that hold the credential; undefined when there is none. */
    readonly secret?: { readonly name: string; readonly key: string },
    /** Name of the Secret to pull the server's image with. */
    readonly pullSecretName?: string,
    /** Where the Secrets come from; undefined when they exist already. */
    readonly store?: SecretStoreEntry,
  ) {
    const problems: Problem[] = [
      ...(secret ? dnsSubdomainProblems('Secret name', secret.name) : []),
      ...(pullSecretName !== undefined ? dnsSubdomainProblems('pull Secret name', pullSecretName) : []),
      ...(store ? dnsSubdomainProblems('secret store name', store.secretStore) : []),
    ];
    if (secret && !/^[-._a-zA-Z0-9]{1,253}$/.test(secret.key)) {
      problems.push({
        check: 'names',
        message: `${JSON.stringify(secret.key)} is not a key of a Secret.`,
        remedy: 'Use letters, digits, "-", "_" and "." only.',
      });
    }
    if (store && store.key.trim() === '') {
      problems.push({
        check: 'credentials',
        message: `The key in the secret store ${store.secretStore} is empty.`,
        remedy: 'Name the entry that holds the credential, such as nim/ngc-api-key.',
      });
    }
    refuse(`ModelCredentials ${kind}`, problems);
  }
}
