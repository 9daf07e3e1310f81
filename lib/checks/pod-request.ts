import { k8s } from 'cdk8s-plus-30';
import { ContainerRequest, InitContainerRequest, podRequest, PodRequest } from '../plan/node-fit';

/**
 * What a pod asks of its node, read from its spec.
 *
 * @param gpuResourceName the extended resource that counts as a GPU, such as `nvidia.com/gpu`
 * @param claimed devices of a container that claims some: the claim's template says how many, not the pod
 */
export function requestOfPod(pod: k8s.PodSpec, gpuResourceName: string, claimed = 0): PodRequest {
  const init = (pod.initContainers ?? []).map((container): InitContainerRequest => ({
    ...containerRequest(container, gpuResourceName, claimed),
    sidecar: container.restartPolicy === 'Always',
  }));
  return podRequest(
    pod.containers.map((container) => containerRequest(container, gpuResourceName, claimed)),
    init,
  );
}

function containerRequest({ resources }: k8s.Container, gpuResourceName: string, claimed: number): ContainerRequest {
  // A limit without a request is the request: that is how the API server defaults it.
  const asked = (name: string) => numberOf(resources?.requests?.[name] ?? resources?.limits?.[name]);
  return {
    // Kubernetes counts whole thousandths of a core and whole bytes, rounded up.
    cpuMillis: roundUp(asked('cpu') * 1000),
    // Not rounded up to MiB: that of each container, and of each pod on a node, would add up to what nobody asks for.
    memoryMib: roundUp(asked('memory')) / 2 ** 20,
    ephemeralStorageMib: roundUp(asked('ephemeral-storage')) / 2 ** 20,
    gpus: asked(gpuResourceName) + ((resources?.claims ?? []).length > 0 ? claimed : 0),
  };
}

/** What is beyond thousandths here is floating point. */
const roundUp = (value: number) => Math.ceil(Math.round(value * 1000) / 1000);

const SUFFIXES: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/**
 * A Kubernetes quantity as a number, of a construct or of a manifest; 0 for none and for what is no quantity, which the API
 * server refuses anyway.
 */
export function numberOf(quantity: unknown): number {
  const value = quantity instanceof k8s.Quantity ? quantity.value : quantity;
  const [, number = '0', suffix = ''] =
    /^([+-]?[\d.]+(?:[eE][+-]?\d+)?)([num]|k|[MGTPE]|[KMGTPE]i)?$/.exec(String(value ?? '0')) ?? [];
  return Number(number) * (SUFFIXES[suffix] ?? 0);
}
