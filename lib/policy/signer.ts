import { Problem, refuse } from '../problem/problem';

const problem = (message: string, remedy: string): Problem => ({ check: 'admission-policy', message, remedy });

export interface KeySignerProps {
  /** The public key, as text (`cosign.pub`), or a key in a KMS, such as `gcpkms://projects/…` or `awskms:///alias/…`. */
  readonly publicKey: string;
  /**
   * Address of the transparency log in which the signature must stand; false for none, when nothing of yours may become public.
   * @default 'https://rekor.sigstore.dev' - the log of Sigstore, which cosign uses
   */
  readonly transparencyLog?: string | false;
}

export interface KeylessSignerProps {
  /** Who vouches for the signer, such as `https://token.actions.githubusercontent.com`. */
  readonly issuer: string;
  /**
   * Who signed, as the issuer calls them: a mail address, or the workflow
   * `https://github.com/acme/models/.github/workflows/release.yaml@refs/heads/main`.
   */
  readonly subject: string;
  /**
   * Address of the transparency log in which the signature must stand: it says that the certificate of ten minutes was valid.
   * @default 'https://rekor.sigstore.dev' - the log of Sigstore, which cosign uses
   */
  readonly transparencyLog?: string;
}

/** Who must have signed an image with cosign. A value, not a construct. */
export class Signer {
  /** Somebody who holds a key. */
  static key(props: KeySignerProps): Signer {
    const { publicKey } = props;
    const isPem = /^-----BEGIN PUBLIC KEY-----\n[A-Za-z0-9+/=\n]+\n-----END PUBLIC KEY-----\n?$/.test(publicKey);
    const isKms = /^(?:awskms|gcpkms|azurekms|hashivault|k8s):\/\/\S+$/.test(publicKey);
    const told = publicKey.includes('PRIVATE KEY')
      ? problem(
          'The key is a private one, and what is synthesized goes to Git.',
          'Give cosign.pub. Make a new pair if this one was committed.',
        )
      : problem(
          'The key is neither a public key in PEM nor the address of a KMS.',
          'Give the text of cosign.pub, or such as gcpkms://….',
        );
    refuse('Signer', [...(isPem || isKms ? [] : [told]), ...logProblems(props)]);
    return new Signer({ key: isKms ? { kms: publicKey } : { data: publicKey } }, props.transparencyLog);
  }

  /** Somebody whom an issuer of OIDC tokens knows: most often a workflow of CI. */
  static keyless(props: KeylessSignerProps): Signer {
    const { issuer, subject } = props;
    refuse('Signer', [
      ...(/^https:\/\/[^\s*]+$/.test(issuer)
        ? []
        : [
            problem(`The issuer ${JSON.stringify(issuer)} is no https address.`, 'Write it as it stands in the token.'),
          ]),
      // Whoever can log in at a public issuer would do.
      ...(subject.trim() !== '' && !/[*\s]/.test(subject)
        ? []
        : [
            problem(
              `The subject ${JSON.stringify(subject)} is not one identity.`,
              'Name the workflow or the mail address in full.',
            ),
          ]),
      ...logProblems(props),
    ]);
    return new Signer({ keyless: { identities: [{ issuer, subject }] } }, props.transparencyLog);
  }

  private constructor(
    private readonly identity:
      | { readonly key: { readonly data?: string; readonly kms?: string } }
      | { readonly keyless: { readonly identities: { readonly issuer: string; readonly subject: string }[] } },
    private readonly transparencyLog: string | false = 'https://rekor.sigstore.dev',
  ) {}

  /** What Kyverno calls the signer: the `cosign` of an attestor. */
  toCosign() {
    const { identity, transparencyLog } = this;
    const ctlog = transparencyLog === false ? { insecureIgnoreTlog: true } : { url: transparencyLog };
    return { ...identity, ctlog };
  }
}

function logProblems({ transparencyLog }: { readonly transparencyLog?: string | false }): Problem[] {
  if (transparencyLog === undefined || transparencyLog === false || /^https:\/\/\S+$/.test(transparencyLog)) return [];
  const message = `The transparency log ${JSON.stringify(transparencyLog)} is no https address.`;
  return [problem(message, 'Give the address of a Rekor.')];
}
