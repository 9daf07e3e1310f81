import { k8s } from 'cdk8s-plus-30';
import { ModelCache } from '../model/model-cache';
import { PlacementSpec } from '../placement/gpu-node-affinity';
import { InferencePlan } from '../plan/inference-plan';
import { ServingRuntime } from '../runtime/serving-runtime';
import { probes } from './probes';
import { count, mebibytes, millicores } from './quantities';

/** What a user may add to the pod that the library makes. */
export interface PodAdditions {
  /**
   * Environment variables of the server. One that the runtime sets itself is refused: state the setting instead.
   * Secrets come by reference: `EnvValue.fromSecretValue(…)`.
   */
  readonly env: readonly k8s.EnvVar[];
  readonly volumes: readonly k8s.Volume[];
  /** Mounts of those volumes into the server's container. */
  readonly volumeMounts: readonly k8s.VolumeMount[];
  /** Run before the server, in order. One with `restartPolicy: Always` is a sidecar that starts before it. */
  readonly initContainers: readonly k8s.Container[];
  /** Run beside the server. Give them resources: what they use is taken from the same machine. */
  readonly sidecars: readonly k8s.Container[];
  readonly podAnnotations: Readonly<Record<string, string>>;
  readonly podLabels: Readonly<Record<string, string>>;
}

/** Everything that a pod of an inference service is made of. */
export interface PodTemplateRequest {
  readonly plan: InferencePlan;
  readonly runtime: ServingRuntime;
  readonly labels: Readonly<Record<string, string>>;
  readonly placement: PlacementSpec;
  readonly cache: ModelCache;
  /** Where the server's credential comes from. */
  readonly secret?: { readonly name: string; readonly key: string; readonly environmentVariable: string };
  readonly pullSecretNames: readonly string[];
  readonly serviceAccountName: string;
  readonly priorityClassName?: string;
  readonly runtimeClassName?: string;
  readonly cpuLimitMillis?: number;
  readonly additions: PodAdditions;
}

/** Name of the volume with the model cache; for a StatefulSet also of the claim template, and so frozen. */
export const CACHE_VOLUME = 'model-cache';

/** The pod of an inference server, whichever controller owns it. */
export function podTemplate(request: PodTemplateRequest): k8s.PodTemplateSpec {
  const { plan, additions, labels } = request;
  const { user } = plan.contract;
  return {
    metadata: {
      labels: { ...additions.podLabels, ...labels },
      annotations: orNothing({ ...additions.podAnnotations }),
    },
    spec: {
      serviceAccountName: request.serviceAccountName,
      automountServiceAccountToken: false,
      // A Service called vllm or nim would otherwise appear as VLLM_PORT=tcp://… (vllm-project/vllm#34199).
      enableServiceLinks: false,
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
      initContainers: orNone(additions.initContainers),
      containers: [serverContainer(request), ...additions.sidecars],
      volumes: [...serverVolumes(request), ...additions.volumes],
    },
  };
}

function serverContainer(request: PodTemplateRequest): k8s.Container {
  const { plan, runtime, cache, secret, additions } = request;
  const { contract, resources, shutdown } = plan;
  const gpu = { [resources.gpuResourceName]: count(resources.gpus) };
  const memory = mebibytes(resources.memoryMib);
  const ephemeralStorage = mebibytes(resources.ephemeralStorageMib);
  return {
    name: runtime.name,
    image: runtime.image.toString(),
    // The tag or digest is fixed, and the images are 10 GB and more.
    imagePullPolicy: 'IfNotPresent',
    command: contract.command && [...contract.command],
    args: contract.args && [...contract.args],
    ports: contract.ports.map(({ name, port }) => ({ name, containerPort: port, protocol: 'TCP' })),
    env: [
      ...contract.env.map(({ name, value }) => ({ name, value })),
      ...(secret
        ? [{ name: secret.environmentVariable, valueFrom: { secretKeyRef: { name: secret.name, key: secret.key } } }]
        : []),
      ...additions.env,
    ],
    resources: {
      requests: { cpu: millicores(resources.cpuMillis), memory, 'ephemeral-storage': ephemeralStorage, ...gpu },
      limits: {
        ...(request.cpuLimitMillis !== undefined && { cpu: millicores(request.cpuLimitMillis) }),
        memory,
        'ephemeral-storage': ephemeralStorage,
        ...gpu,
      },
    },
    ...probes(contract, plan.startup),
    lifecycle: { preStop: { sleep: { seconds: shutdown.preStopSeconds } } },
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      readOnlyRootFilesystem: contract.readOnlyRootFilesystem === true,
    },
    volumeMounts: [
      {
        name: CACHE_VOLUME,
        mountPath: contract.cachePath,
        ...(cache.readOnly && { readOnly: true }),
        ...(cache.subPath !== undefined && { subPath: cache.subPath }),
      },
      { name: 'shm', mountPath: '/dev/shm' },
      ...contract.writablePaths.map(({ name, path }) => ({ name, mountPath: path })),
      ...additions.volumeMounts,
    ],
  };
}

function serverVolumes({ plan, cache }: PodTemplateRequest): k8s.Volume[] {
  const { contract, resources } = plan;
  return [
    ...(cache.kind === 'claim'
      ? [
          {
            name: CACHE_VOLUME,
            persistentVolumeClaim: { claimName: cache.claimName!, ...(cache.readOnly && { readOnly: true }) },
          },
        ]
      : []),
    ...(cache.kind === 'ephemeral' ? [{ name: CACHE_VOLUME, emptyDir: { sizeLimit: mebibytes(cache.sizeMib!) } }] : []),
    { name: 'shm', emptyDir: { medium: 'Memory', sizeLimit: mebibytes(resources.sharedMemoryMib) } },
    ...contract.writablePaths.map(({ name, sizeMib }) => ({ name, emptyDir: { sizeLimit: mebibytes(sizeMib) } })),
  ];
}

const orNone = <T>(list: readonly T[]): T[] | undefined => (list.length > 0 ? [...list] : undefined);
const orNothing = <T extends object>(map: T): T | undefined => (Object.keys(map).length > 0 ? map : undefined);
