import { k8s } from 'cdk8s-plus-30';
import { credentialAnnotation, credentialMounts, credentialVolumes } from './credential-files';
import { CLAIM } from './device-claim-template';
import { modelVolumes, ModelVolumes } from './model-volumes';
import { NewerPodFields } from './newer-pod-fields';
import { PodTemplateRequest } from './pod-template-request';
import { mebibytes } from './quantities';
import { serverContainer } from './server-container';
import { filesAnnotation, filesMounts, filesVolumes } from './server-files';

/** A pod as the L1 classes know it, and what they do not know of it. */
export interface InferencePod {
  readonly template: k8s.PodTemplateSpec;
  readonly newer: NewerPodFields;
}

/** The pod of an inference server, whichever controller owns it. */
export function inferencePod(request: PodTemplateRequest): InferencePod {
  const model = modelVolumes({ ...request, serverImage: request.runtime.image.toString() });
  return {
    template: podTemplate(request, model),
    newer: { pod: claimedDevices(request), volumes: model.newerVolumes },
  };
}

/** The L1 classes spell a claim as Kubernetes 1.30 did. */
function claimedDevices({ claimTemplate }: PodTemplateRequest): NewerPodFields['pod'] {
  return claimTemplate === undefined
    ? undefined
    : { resourceClaims: [{ name: CLAIM, resourceClaimTemplateName: claimTemplate }] };
}

function podTemplate(request: PodTemplateRequest, model: ModelVolumes): k8s.PodTemplateSpec {
  const { plan, additions, labels } = request;
  const { user, files = [] } = plan.contract;
  return {
    metadata: {
      labels: { ...additions.podLabels, ...model.podLabels, ...labels },
      annotations: orNothing({
        ...additions.podAnnotations,
        ...model.podAnnotations,
        ...filesAnnotation(files),
        ...credentialAnnotation(request),
      }),
    },
    spec: {
      serviceAccountName: request.serviceAccountName,
      automountServiceAccountToken: false,
      // A Service called vllm or nim would otherwise appear as VLLM_PORT=tcp://… (vllm-project/vllm#34199).
      enableServiceLinks: false,
      hostUsers: request.hostUsers,
      imagePullSecrets: orNone(request.pullSecretNames.map((name) => ({ name }))),
      priorityClassName: request.priorityClassName,
      runtimeClassName: request.runtimeClassName,
      ...request.placement,
      terminationGracePeriodSeconds: plan.shutdown.terminationGracePeriodSeconds,
      securityContext: {
        runAsNonRoot: true,
        runAsUser: user.uid,
        runAsGroup: user.gid,
        fsGroup: user.fsGroup,
        // Without this every start changes the owner of the whole cache, file by file.
        fsGroupChangePolicy: 'OnRootMismatch',
        seccompProfile: { type: 'RuntimeDefault' },
      },
      initContainers: orNone([...model.initContainers, ...additions.initContainers]),
      containers: [serverContainer(request, serverMounts(request, model)), ...additions.sidecars],
      volumes: [...serverVolumes(request, model), ...additions.volumes],
    },
  };
}

function serverMounts(request: PodTemplateRequest, model: ModelVolumes): k8s.VolumeMount[] {
  const {
    plan: { contract },
    additions,
  } = request;
  return [
    ...model.volumeMounts,
    { name: 'shm', mountPath: '/dev/shm' },
    ...contract.writablePaths.map(({ name, path }) => ({ name, mountPath: path })),
    ...filesMounts(contract.files ?? []),
    ...credentialMounts(request),
    ...additions.volumeMounts,
  ];
}

function serverVolumes(request: PodTemplateRequest, model: ModelVolumes): k8s.Volume[] {
  const {
    plan: { contract, resources },
    filesConfigMap,
  } = request;
  return [
    ...model.volumes,
    { name: 'shm', emptyDir: { medium: 'Memory', sizeLimit: mebibytes(resources.sharedMemoryMib) } },
    ...contract.writablePaths.map(({ name, sizeMib }) => ({ name, emptyDir: { sizeLimit: mebibytes(sizeMib) } })),
    ...filesVolumes(contract.files ?? [], filesConfigMap),
    ...credentialVolumes(request),
  ];
}

const orNone = <T>(list: readonly T[]): T[] | undefined => (list.length > 0 ? [...list] : undefined);
const orNothing = <T extends object>(map: T): T | undefined => (Object.keys(map).length > 0 ? map : undefined);
