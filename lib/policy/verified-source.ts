import { Chart, Duration } from 'cdk8s';
import { Construct } from 'constructs';
import { Kustomization, KustomizationSpecSourceRefKind } from '../../imports/kustomize.toolkit.fluxcd.io';
import {
  GitRepository,
  GitRepositorySpecVerifyMode,
  OciRepository,
  OciRepositorySpecVerifyProvider,
} from '../../imports/source.toolkit.fluxcd.io';
import { reportErrors } from '../checks/report';
import { dnsLabelProblems, dnsSubdomainProblems } from '../problem/names';
import { wholeNumberProblems } from '../problem/numbers';
import { Problem } from '../problem/problem';
import { SourceVerification } from './source-verification';

export interface VerifiedSourceProps {
  /** Where the manifests are: `oci://ghcr.io/acme/platform`, or a Git repository by `https://` or `ssh://`. */
  readonly url: string;
  /** Who must have signed it. Flux applies nothing else, and keeps what it applied last. */
  readonly verify: SourceVerification;
  /** Branch of a Git repository. @default 'main' - unless a tag is given */
  readonly branch?: string;
  /** Tag of the artifact or of the repository. @default 'latest' - of an artifact */
  readonly tag?: string;
  /** Folder of the manifests in the source. @default './' of an artifact, './dist' of a Git repository */
  readonly path?: string;
  /** Secret in Flux's namespace with which the source is read. @default - it is read as a stranger */
  readonly secretName?: string;
  /** ServiceAccount in whose name Flux applies. @default - Flux's own */
  readonly serviceAccountName?: string;
  /** Namespace of Flux. @default 'flux-system' */
  readonly namespace?: string;
  /**
   * The longest that a rollout may take before Flux calls it failed, in whole seconds. Flux's own 5 minutes are less than
   * a model needs to load.
   * @default Duration.minutes(45)
   */
  readonly timeout?: Duration;
}

/**
 * What Flux applies, only when it is signed: the source with its verification, and the Kustomization that applies it.
 * Apply it once by hand; afterwards it looks after itself. A chart, because it is in the namespace of Flux.
 */
export class VerifiedSource extends Chart {
  constructor(scope: Construct, id: string, props: VerifiedSourceProps) {
    super(scope, id, { namespace: props.namespace ?? 'flux-system', disableResourceNameHashes: true });
    reportErrors(this, problems(id, props));
    const kind = props.url.startsWith('oci://') ? this.addArtifact(id, props) : this.addRepository(id, props);
    new Kustomization(this, 'kustomization', {
      metadata: { name: id },
      spec: {
        // Drift is mended each hour; a new revision is applied at once.
        interval: '1h',
        retryInterval: '2m',
        timeout: `${(props.timeout ?? Duration.minutes(45)).toSeconds({ integral: false })}s`,
        path: props.path ?? (kind === KustomizationSpecSourceRefKind.OCI_REPOSITORY ? './' : './dist'),
        prune: true,
        wait: true,
        ...(props.serviceAccountName !== undefined && { serviceAccountName: props.serviceAccountName }),
        sourceRef: { kind, name: id },
      },
    });
  }

  private addArtifact(name: string, { url, tag = 'latest', secretName, verify }: VerifiedSourceProps) {
    new OciRepository(this, 'source', {
      metadata: { name },
      spec: {
        interval: '5m',
        url,
        ref: { tag },
        ...(secretName !== undefined && { secretRef: { name: secretName } }),
        verify: {
          provider: OciRepositorySpecVerifyProvider.COSIGN,
          ...(verify.secretName !== undefined && { secretRef: { name: verify.secretName } }),
          ...(verify.identity && { matchOidcIdentity: [verify.identity] }),
        },
      },
    });
    return KustomizationSpecSourceRefKind.OCI_REPOSITORY;
  }

  private addRepository(name: string, { url, branch, tag, secretName, verify }: VerifiedSourceProps) {
    new GitRepository(this, 'source', {
      metadata: { name },
      spec: {
        interval: '1m',
        url,
        ref: tag === undefined ? { branch: branch ?? 'main' } : { tag },
        ...(secretName !== undefined && { secretRef: { name: secretName } }),
        verify: {
          mode: tag === undefined ? GitRepositorySpecVerifyMode.HEAD : GitRepositorySpecVerifyMode.TAG_AND_HEAD,
          // Git knows keys only; another verification is told as a problem.
          secretRef: { name: verify.secretName ?? 'none' },
        },
      },
    });
    return KustomizationSpecSourceRefKind.GIT_REPOSITORY;
  }
}

function problems(name: string, props: VerifiedSourceProps): Problem[] {
  const { url, verify, branch, tag, path, secretName, serviceAccountName, namespace, timeout } = props;
  const problem = (message: string, remedy: string): Problem => ({ check: 'flux-source', message, remedy });
  const kind = /^oci:\/\/\S+$/.test(url) ? 'oci' : /^(?:https|ssh):\/\/\S+$/.test(url) ? 'git' : undefined;
  return [
    ...dnsSubdomainProblems('source name', name),
    ...dnsLabelProblems('namespace', namespace ?? 'flux-system'),
    ...(kind ? [] : [problem(`${JSON.stringify(url)} is no source.`, 'Begin it with oci://, https:// or ssh://.')]),
    ...(kind === undefined || verify.of === kind
      ? []
      : [
          problem(
            `${url} is ${kind === 'git' ? 'a Git repository, whose commits are signed' : 'an OCI artifact, which cosign signs'}, but ${kind === 'git' ? 'a signature of cosign' : 'a signed commit'} is asked for.`,
            kind === 'git' ? 'Use SourceVerification.commits.' : 'Use SourceVerification.keyless or cosignKey.',
          ),
        ]),
    ...(branch !== undefined && (tag !== undefined || kind === 'oci')
      ? [problem('A branch is given beside a tag, or of an artifact, which has none.', 'Give one of them.')]
      : []),
    ...[branch, tag]
      .filter((ref) => ref !== undefined && !/^[\w][\w./-]*$/.test(ref))
      .map((ref) => problem(`${JSON.stringify(ref)} is no branch and no tag.`, 'Write its name alone.')),
    ...(path === undefined || /^\.(?:\/[\w.-]+)*\/?$/.test(path)
      ? []
      : [problem(`${JSON.stringify(path)} is no folder of the source.`, 'Begin it with "./".')]),
    ...(secretName === undefined ? [] : dnsSubdomainProblems('secretName', secretName)),
    ...(serviceAccountName === undefined ? [] : dnsSubdomainProblems('serviceAccountName', serviceAccountName)),
    ...wholeNumberProblems('timeout in seconds', timeout?.toSeconds({ integral: false }), 60),
  ];
}
