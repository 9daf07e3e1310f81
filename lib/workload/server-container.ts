import { k8s } from 'cdk8s-plus-30';
import { EnvironmentReference, EnvironmentVariable } from '../runtime/serving-runtime';
import { credentialVariable } from './credential-files';
import { CLAIM } from './device-claim-template';
import { PodTemplateRequest } from './pod-template-request';
import { probes, Probes, workerProbes } from './probes';
import { count, mebibytes, millicores } from './quantities';

/** The container that serves, or that works for the one that does. */
export function serverContainer(request: PodTemplateRequest, volumeMounts: k8s.VolumeMount[]): k8s.Container {
  const { plan, runtime, additions } = request;
  const { contract } = plan;
  const { command, args, env, envReferences = [], ports, probes: asked, preStopSeconds } = processOf(request);
  return {
    name: runtime.name,
    image: runtime.image.toString(),
    // The tag or digest is fixed, and the images are 10 GB and more.
    imagePullPolicy: 'IfNotPresent',
    command: command && [...command],
    args: args && [...args],
    ports,
    env: [
      ...env.map(({ name, value }) => ({ name, value })),
      ...envReferences.map(referenceOf),
      ...credentialVariable(request),
      ...additions.env,
    ],
    resources: resourcesOf(request),
    ...asked,
    lifecycle: { preStop: { sleep: { seconds: preStopSeconds } } },
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      readOnlyRootFilesystem: contract.readOnlyRootFilesystem === true,
    },
    volumeMounts,
  };
}

/** What differs between the pod that answers and those that work for it. */
interface ServerProcess {
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly env: readonly EnvironmentVariable[];
  readonly envReferences?: readonly EnvironmentReference[];
  readonly ports?: k8s.ContainerPort[];
  readonly probes: Probes;
  readonly preStopSeconds: number;
}

function referenceOf({ name, ...where }: EnvironmentReference): k8s.EnvVar {
  return 'fieldPath' in where
    ? { name, valueFrom: { fieldRef: { fieldPath: where.fieldPath } } }
    : { name, valueFrom: { secretKeyRef: { name: where.secretName, key: where.secretKey } } };
}

function processOf({ plan: { contract, startup, shutdown }, worker }: PodTemplateRequest): ServerProcess {
  if (worker) {
    return {
      ...worker,
      probes: workerProbes(worker, startup),
      // The pods of a group are told to go at once; without its workers the server could finish no answer.
      preStopSeconds: shutdown.preStopSeconds + shutdown.drainSeconds,
    };
  }
  return {
    ...contract,
    ports: contract.ports.map(({ name, port }) => ({ name, containerPort: port, protocol: 'TCP' })),
    probes: probes(contract, startup),
    preStopSeconds: shutdown.preStopSeconds,
  };
}

function resourcesOf({ plan: { resources }, cpuLimitMillis }: PodTemplateRequest): k8s.ResourceRequirements {
  const { deviceClaim, rdma } = resources;
  const devices = {
    ...(!deviceClaim && { [resources.gpuResourceName]: count(resources.gpus) }),
    ...(rdma && { [rdma.resourceName]: count(rdma.count) }),
  };
  const memory = mebibytes(resources.memoryMib);
  const ephemeralStorage = mebibytes(resources.ephemeralStorageMib);
  return {
    ...(resources.deviceClaim && { claims: [{ name: CLAIM }] }),
    requests: { cpu: millicores(resources.cpuMillis), memory, 'ephemeral-storage': ephemeralStorage, ...devices },
    limits: {
      ...(cpuLimitMillis !== undefined && { cpu: millicores(cpuLimitMillis) }),
      memory,
      'ephemeral-storage': ephemeralStorage,
      ...devices,
    },
  };
}
