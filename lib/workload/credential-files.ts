import { k8s } from 'cdk8s-plus-30';
import { PodTemplateRequest } from './pod-template-request';

/** Name of the volume with the credential of the server. */
export const CREDENTIALS_VOLUME = 'model-credentials';

/** Where it is mounted. */
export const CREDENTIALS_FOLDER = '/var/run/secrets/model-credentials';

type CredentialRequest = Pick<PodTemplateRequest, 'credentials' | 'secret'>;

/** The variable by which the server learns its credential: a file where it can read one, else the value by reference. */
export function credentialVariable({ secret }: CredentialRequest): k8s.EnvVar[] {
  if (!secret) return [];
  const { name, key, environmentVariable, fileVariable } = secret;
  return fileVariable === undefined
    ? [{ name: environmentVariable, valueFrom: { secretKeyRef: { name, key } } }]
    : [{ name: fileVariable, value: `${CREDENTIALS_FOLDER}/${key}` }];
}

/** The driver writes Secrets for volumes that a container mounts, so its volume is there even when nobody reads a file. */
const isMounted = ({ credentials, secret }: CredentialRequest) =>
  credentials?.csi !== undefined || secret?.fileVariable !== undefined;

export function credentialVolumes(request: CredentialRequest): k8s.Volume[] {
  const { csi, secret } = request.credentials ?? {};
  if (!isMounted(request) || !secret) return [];
  if (csi) {
    const volumeAttributes = { secretProviderClass: secret.name };
    const driver = 'secrets-store.csi.k8s.io';
    return [{ name: CREDENTIALS_VOLUME, csi: { driver, readOnly: true, volumeAttributes } }];
  }
  return [
    {
      name: CREDENTIALS_VOLUME,
      // Readable for the group of the pod, which is the server's, and for nobody else.
      secret: { secretName: secret.name, items: [{ key: secret.key, path: secret.key }], defaultMode: 0o440 },
    },
  ];
}

export function credentialMounts(request: CredentialRequest): k8s.VolumeMount[] {
  if (credentialVolumes(request).length === 0) return [];
  return [{ name: CREDENTIALS_VOLUME, mountPath: CREDENTIALS_FOLDER, readOnly: true }];
}

/** Another key is another pod: a container reads its variables once, when it starts. */
export function credentialAnnotation({ credentials }: CredentialRequest): Record<string, string> {
  const { generation } = credentials ?? {};
  return generation === undefined ? {} : { 'credentials/generation': generation };
}
