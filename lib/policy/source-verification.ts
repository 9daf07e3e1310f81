import { dnsSubdomainProblems } from '../problem/names';
import { Problem, refuse } from '../problem/problem';

/** Who must have signed what Flux applies. A value, not a construct. */
export class SourceVerification {
  /**
   * An OCI artifact that a workflow signed with cosign, without a key (`cosign sign`).
   *
   * @param identity issuer and subject of the certificate, in full
   */
  static keyless(identity: { readonly issuer: string; readonly subject: string }): SourceVerification {
    const { issuer, subject } = identity;
    const problems: Problem[] = [];
    if (!/^https:\/\/[^\s*]+$/.test(issuer) || subject.trim() === '' || /[*\s]/.test(subject)) {
      problems.push({
        check: 'flux-source',
        message: `The issuer ${JSON.stringify(issuer)} with the subject ${JSON.stringify(subject)} is not one identity.`,
        remedy: 'Write the https address of the issuer, and the workflow or mail address in full.',
      });
    }
    refuse('SourceVerification', problems);
    // Flux reads both as regular expressions, and a dot would match anything.
    const exactly = (text: string) => `^${text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')}$`;
    return new SourceVerification('oci', undefined, { issuer: exactly(issuer), subject: exactly(subject) });
  }

  /**
   * An OCI artifact that is signed with a cosign key.
   *
   * @param secretName Secret in Flux's namespace with public keys under names that end with `.pub`
   */
  static cosignKey(secretName: string): SourceVerification {
    refuse('SourceVerification', dnsSubdomainProblems('secretName', secretName));
    return new SourceVerification('oci', secretName);
  }

  /**
   * Commits that are signed: the newest of the branch, or the tag.
   *
   * @param secretName Secret in Flux's namespace with public keys under names that end with `.asc` (OpenPGP) or `.sshpub`
   */
  static commits(secretName: string): SourceVerification {
    refuse('SourceVerification', dnsSubdomainProblems('secretName', secretName));
    return new SourceVerification('git', secretName);
  }

  private constructor(
    /** The kind of source that can be verified like this. */
    readonly of: 'git' | 'oci',
    readonly secretName?: string,
    /** Regular expressions. */
    readonly identity?: { readonly issuer: string; readonly subject: string },
  ) {}
}
