import { Chart } from 'cdk8s';
import { Construct } from 'constructs';
import {
  ImageValidatingPolicy,
  ImageValidatingPolicySpecFailurePolicy,
  ImageValidatingPolicySpecValidationActions,
} from '../../imports/policies.kyverno.io';
import { reportErrors } from '../checks/report';
import { dnsSubdomainProblems } from '../problem/names';
import { Problem } from '../problem/problem';
import { celStrings } from './cel';
import { namespaceProblems, namespaceSelector, PolicyNamespacesProps } from './policy-namespaces';
import { PolicyMode } from './policy-rule';
import { registryPrefix, registryProblems } from './registry-name';
import { Signer } from './signer';

/**
 * Predicate types of in-toto attestations, by what cosign calls them.
 *
 * @source cosign's `attest --type`: pkg/cosign/attestation of cosign 2
 */
const PREDICATES = {
  cyclonedx: 'https://cyclonedx.org/bom',
  spdxjson: 'https://spdx.dev/Document',
  slsaprovenance: 'https://slsa.dev/provenance/v0.2',
  slsaprovenance1: 'https://slsa.dev/provenance/v1',
} as const;

export interface ImageSignaturePolicyProps extends PolicyNamespacesProps {
  /**
   * Your own registries, or folders of them: what comes from there must be signed. Images from elsewhere are not judged;
   * the rule `image-registry` of `InferencePolicy` says where they may come from.
   */
  readonly registries: readonly string[];
  /** Who must have signed. One of them is enough. */
  readonly signers: readonly Signer[];
  /**
   * Statements about the image that one of the signers must have signed as well, as `cosign attest --type` calls them: a
   * bill of materials (`cyclonedx`, `spdxjson`), where it was built (`slsaprovenance`, `slsaprovenance1`).
   * @default - none
   */
  readonly attestations?: readonly (keyof typeof PREDICATES)[];
  /** Names of Secrets in Kyverno's namespace with which it reads the registries. @default - it reads as a stranger */
  readonly pullSecrets?: readonly string[];
  /** What happens to pods with other images. @default 'warn' */
  readonly mode?: PolicyMode;
}

/** Kyverno's words for the modes. */
const ACTIONS: Readonly<Record<PolicyMode, ImageValidatingPolicySpecValidationActions>> = {
  deny: ImageValidatingPolicySpecValidationActions.DENY,
  warn: ImageValidatingPolicySpecValidationActions.WARN,
  audit: ImageValidatingPolicySpecValidationActions.AUDIT,
};

/**
 * Signatures of what comes from your own registries: images of all containers, and models that are mounted as image volumes.
 * Kyverno 1.18 or later asks the registry and the transparency log when a pod is made; nothing here does.
 *
 * A chart, because its object belongs to no namespace.
 */
export class ImageSignaturePolicy extends Chart {
  constructor(scope: Construct, id: string, props: ImageSignaturePolicyProps) {
    super(scope, id, { disableResourceNameHashes: true });
    const { registries, signers, attestations = [], pullSecrets = [], mode = 'warn' } = props;
    reportErrors(this, problems(id, props));
    const prefixes = registries.map((registry) => `${registryPrefix(registry)}/`);
    const names = signers.map((_, index) => `signer${index + 1}`);
    const attestors = `[${names.map((name) => `attestors.${name}`).join(', ')}]`;
    new ImageValidatingPolicy(this, 'Default', {
      metadata: { name: id },
      spec: {
        failurePolicy: ImageValidatingPolicySpecFailurePolicy.FAIL,
        validationActions: [ACTIONS[mode]],
        // The most that Kubernetes allows: registry and log are asked for each image.
        webhookConfiguration: { timeoutSeconds: 30 },
        matchConstraints: {
          namespaceSelector: namespaceSelector(props),
          resourceRules: [
            { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE', 'UPDATE'], resources: ['pods'] },
          ],
        },
        matchImageReferences: prefixes.map((prefix) => ({ glob: `${prefix}*` })),
        // Kyverno's autogen rewrites "object.spec" for the templates of controllers.
        images: [
          {
            name: 'volumes',
            expression: 'object.spec.?volumes.orValue([]).filter(v, has(v.image)).map(v, v.image.reference)',
          },
        ],
        // What Kyverno would write into the pod, Git would not know of; the image lock writes digests.
        validationConfigurations: { mutateDigest: false },
        ...(pullSecrets.length > 0 && { credentials: { secrets: [...pullSecrets] } }),
        attestors: signers.map((signer, index) => ({ name: names[index]!, cosign: signer.toCosign() })),
        ...(attestations.length > 0 && {
          attestations: attestations.map((type) => ({ name: type, intoto: { type: PREDICATES[type] } })),
        }),
        validations: [
          {
            expression: eachOwn(prefixes, `verifyImageSignatures(image, ${attestors}) > 0`),
            message: `An image from ${prefixes.join(', ')} is not signed by those who may.`,
          },
          ...attestations.map((type) => ({
            expression: eachOwn(prefixes, `verifyAttestationSignatures(image, attestations.${type}, ${attestors}) > 0`),
            message: `An image from ${prefixes.join(', ')} has no signed attestation of the type ${type}.`,
          })),
        ],
      },
    });
  }
}

/** Kyverno counts no signature for images that are not matched, so those are left out before. */
const eachOwn = (prefixes: readonly string[], holds: string) =>
  `(images.containers + images.initContainers + images.ephemeralContainers + images.volumes)
  .filter(image, ${celStrings(prefixes)}.exists(own, image.startsWith(own)))
  .all(image, ${holds})`;

function problems(name: string, props: ImageSignaturePolicyProps): Problem[] {
  const { registries, signers, attestations = [], mode, pullSecrets = [] } = props;
  const problem = (message: string, remedy: string): Problem => ({ check: 'admission-policy', message, remedy });
  return [
    ...dnsSubdomainProblems('policy name', name),
    ...(registries.length > 0 ? [] : [problem('No registry is given, so no image would be judged.', 'Give your own.')]),
    ...registries.flatMap(registryProblems),
    ...registries
      .filter((registry) => /^(?:index\.)?docker\.io(?:\/|$)/.test(registry))
      .map((registry) =>
        problem(
          `Images of ${registry} may be written without the host, and then nobody would ask for a signature.`,
          'Mirror them into a registry of your own.',
        ),
      ),
    ...(signers.length > 0 ? [] : [problem('No signer is given, so no image could be signed.', 'Give at least one.')]),
    ...attestations
      .filter((type) => !Object.hasOwn(PREDICATES, type))
      .map((type) =>
        problem(`There is no attestation ${JSON.stringify(type)}.`, `Use ${Object.keys(PREDICATES).join(', ')}.`),
      ),
    ...(mode === undefined || Object.hasOwn(ACTIONS, mode)
      ? []
      : [problem(`There is no mode ${JSON.stringify(mode)}.`, 'Use deny, warn or audit.')]),
    ...pullSecrets.flatMap((secret) => dnsSubdomainProblems('pull secret', secret)),
    ...namespaceProblems(props),
  ];
}
