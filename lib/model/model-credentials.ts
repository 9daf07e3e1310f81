import { Duration } from 'cdk8s';
import { dnsSubdomainProblems, labelProblems } from '../problem/names';
import { Problem, refuse } from '../problem/problem';
import { SecretProvider } from './secret-provider';

/** How pods learn that a key was replaced. */
export interface RotationProps {
  /**
   * Which key it is, in words of your own, such as `2026-11`. Changing it is a commit that replaces the pods, one after the
   * other, and has the store read at once. Without it, a new key reaches a pod when that is made anew for another reason.
   * @default - pods are not replaced
   */
  readonly generation?: string;
}

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

/** A value kept outside Git, as the Secrets Store CSI driver mounts it into the pods. */
export interface CsiSecretEntry {
  /** The vault, and how it is asked. */
  readonly provider: SecretProvider;
  /** The entry, in the vault's own words. One that does not exist leaves the pods waiting for their volume. */
  readonly key: string;
  /** Field of the entry, when it has several. @default - the whole entry; Vault: the name of the key in the Secret */
  readonly property?: string;
}

/** NGC's key by the Secrets Store CSI driver, which has to be told to sync Secrets (`syncSecret.enabled`). */
export interface NgcFromCsiProps extends CsiSecretEntry, RotationProps {
  /**
   * Entry with a whole `.dockerconfigjson` for nvcr.io, as the driver cannot make one out of a key. The Secret is there as
   * soon as the first pod mounts the volume, so the first pull may take a second attempt.
   * @default - the image needs no pull secret, or one of `imagePullSecrets`
   */
  readonly pullSecretKey?: string;
  /** Name of the Secret with the API key, and of the SecretProviderClass. @default 'ngc-api' */
  readonly secretName?: string;
  /** Name of the Secret that the kubelet pulls images from nvcr.io with. @default 'ngc-registry' */
  readonly pullSecretName?: string;
}

/** A Hugging Face token by the Secrets Store CSI driver. */
export interface HuggingFaceFromCsiProps extends CsiSecretEntry, RotationProps {
  /** Name of the Secret, and of the SecretProviderClass. @default 'hugging-face' */
  readonly secretName?: string;
}

/** NGC's key out of a secret store; the Secrets are made in the cluster by the External Secrets Operator. */
export interface NgcFromStoreProps extends SecretStoreEntry, RotationProps {
  /** Name of the Secret with the API key. @default 'ngc-api' */
  readonly secretName?: string;
  /** Name of the Secret that the kubelet pulls images from nvcr.io with. @default 'ngc-registry' */
  readonly pullSecretName?: string;
}

/** NGC's key in Secrets that exist already: made by hand, or by Flux out of SOPS files beside `dist/`. */
export interface NgcFromSecretProps extends RotationProps {
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
export interface HuggingFaceFromStoreProps extends SecretStoreEntry, RotationProps {
  /** Name of the Secret. @default 'hugging-face' */
  readonly secretName?: string;
}

/** A Hugging Face token in a Secret that exists already. */
export interface HuggingFaceFromSecretProps extends RotationProps {
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
  static ngc(props: NgcFromStoreProps | NgcFromSecretProps | NgcFromCsiProps): ModelCredentials {
    const { generation } = props;
    if ('provider' in props) {
      const { secretName = 'ngc-api', pullSecretName = 'ngc-registry', pullSecretKey } = props;
      return new ModelCredentials('ngc', {
        secret: { name: secretName, key: 'NGC_API_KEY' },
        pullSecretName: pullSecretKey === undefined ? undefined : pullSecretName,
        csi: { provider: props.provider, key: props.key, property: props.property, pullSecretKey },
        generation,
      });
    }
    if ('secretStore' in props) {
      const { secretName = 'ngc-api', pullSecretName = 'ngc-registry' } = props;
      const secret = { name: secretName, key: 'NGC_API_KEY' };
      return new ModelCredentials('ngc', { secret, pullSecretName, store: props, generation });
    }
    return new ModelCredentials('ngc', {
      secret: { name: props.secretName, key: props.secretKey ?? 'NGC_API_KEY' },
      pullSecretName: props.pullSecretName,
      generation,
    });
  }

  /** Hugging Face: a token for gated models. */
  static huggingFace(
    props: HuggingFaceFromStoreProps | HuggingFaceFromSecretProps | HuggingFaceFromCsiProps,
  ): ModelCredentials {
    const { generation } = props;
    if ('provider' in props || 'secretStore' in props) {
      const secret = { name: props.secretName ?? 'hugging-face', key: 'HF_TOKEN' };
      return 'provider' in props
        ? new ModelCredentials('hugging-face', { secret, csi: props, generation })
        : new ModelCredentials('hugging-face', { secret, store: props, generation });
    }
    const secret = { name: props.secretName, key: props.secretKey ?? 'HF_TOKEN' };
    return new ModelCredentials('hugging-face', { secret, generation });
  }

  /** No key: the weights are public. Servers that insist on a key refuse this. */
  static keyless(): ModelCredentials {
    return new ModelCredentials('keyless');
  }

  /** No key and no download: the weights are in the cache or the image already, and the pod reaches nothing outside. */
  static airGapped(): ModelCredentials {
    return new ModelCredentials('air-gapped');
  }

  /** The Secret and the key in it that hold the credential; undefined when there is none. */
  readonly secret?: { readonly name: string; readonly key: string };
  /** Name of the Secret to pull the server's image with. */
  readonly pullSecretName?: string;
  /** Where External Secrets makes the Secrets from; undefined when it does not. */
  readonly store?: SecretStoreEntry;
  /** Where the Secrets Store CSI driver takes them from; undefined when it does not. */
  readonly csi?: CsiSecretEntry & { readonly pullSecretKey?: string };
  /** Which key it is; a change of it replaces the pods. */
  readonly generation?: string;

  private constructor(
    readonly kind: CredentialKind,
    from: Partial<Pick<ModelCredentials, 'secret' | 'pullSecretName' | 'store' | 'csi' | 'generation'>> = {},
  ) {
    const { secret, pullSecretName, store, csi, generation } = from;
    this.secret = secret;
    this.pullSecretName = pullSecretName;
    this.store = store;
    this.csi = csi;
    this.generation = generation;
    const problems: Problem[] = [
      ...(secret ? dnsSubdomainProblems('Secret name', secret.name) : []),
      ...(pullSecretName !== undefined ? dnsSubdomainProblems('pull Secret name', pullSecretName) : []),
      ...(store ? dnsSubdomainProblems('secret store name', store.secretStore) : []),
      ...(csi ? csi.provider.problems(csi) : []),
      ...(csi?.pullSecretKey === undefined ? [] : csi.provider.problems({ key: csi.pullSecretKey })),
      ...(generation === undefined ? [] : labelProblems('credentials', { generation })),
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
