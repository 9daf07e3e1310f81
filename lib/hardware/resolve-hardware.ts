import { wholeNumberProblems } from '../problem/numbers';
import { labelProblems } from '../problem/names';
import { Problem } from '../problem/problem';
import { nearestNames } from '../problem/nearest-names';
import { Gpu } from './gpu';
import { findGpu, GPUS } from './gpu-catalog';
import { KarpenterGpuNodePoolProps } from './gpu-node-pool-props';
import { Machine } from './machine';
import { AttachedT4s, EC2_MACHINES, findMachine, GCE_N1_MACHINE_TYPES, machinesOf, n1WithT4 } from './machine-catalog';

const CLOUDS = { gcp: 'Google Cloud', aws: 'AWS', azure: 'Azure' } as const;

/** The machine behind a reference; undefined after telling what is wrong with it. */
export function resolveMachine(
  cloud: Machine['cloud'],
  ref: string | Machine,
  problems: Problem[],
  attachedT4s?: AttachedT4s,
): Machine | undefined {
  if (typeof ref !== 'string') {
    const found = machineProblems(cloud, ref);
    problems.push(...found, ...t4Problems(ref.type, attachedT4s));
    return found.length === 0 ? ref : undefined;
  }
  if (cloud === 'gcp' && GCE_N1_MACHINE_TYPES.some((type) => type === ref)) {
    if (attachedT4s === undefined || ![1, 2, 4].includes(attachedT4s)) {
      problems.push({
        check: 'node-pool',
        message:
          attachedT4s === undefined
            ? `Machine type ${ref} has no GPU of its own.`
            : `attachedT4s is ${attachedT4s}; Compute Engine attaches 1, 2 or 4.`,
        remedy: 'Set attachedT4s to 1, 2 or 4, or use a machine type with GPUs such as g2-standard-4.',
      });
      return undefined;
    }
    return n1WithT4(ref, attachedT4s);
  }
  const machine = findMachine(cloud, ref);
  if (machine === undefined) {
    const names = [...machinesOf(cloud).map(({ type }) => type), ...(cloud === 'gcp' ? GCE_N1_MACHINE_TYPES : [])];
    problems.push({
      check: 'node-pool',
      message: `The catalog has no machine type ${JSON.stringify(ref)} with GPUs of ${CLOUDS[cloud]}.`,
      remedy: `Did you mean ${nearestNames(ref, names, 3).join(', ')}? A machine of your own is an object of the type Machine.`,
    });
  } else {
    problems.push(...t4Problems(ref, attachedT4s));
  }
  return machine;
}

function t4Problems(type: string, attachedT4s: AttachedT4s | undefined): Problem[] {
  if (attachedT4s === undefined) return [];
  return [
    {
      check: 'node-pool',
      message: `attachedT4s is ${attachedT4s}, but ${type} comes with its own GPUs.`,
      remedy: 'Remove attachedT4s, or use an N1 machine type.',
    },
  ];
}

function machineProblems(cloud: Machine['cloud'], machine: Machine): Problem[] {
  const problems = labelProblems('machine type', { 'node.kubernetes.io/instance-type': machine.type });
  if (machine.cloud !== cloud) {
    problems.push({
      check: 'node-pool',
      message: `Machine ${machine.type} is of ${CLOUDS[machine.cloud] ?? machine.cloud}; this pool is of ${CLOUDS[cloud]}.`,
      remedy: `Use a machine of ${CLOUDS[cloud]}.`,
    });
  }
  if (machine.gpus === 0) {
    problems.push({
      check: 'node-pool',
      message: `Machine ${machine.type} has no GPU.`,
      remedy: 'Use a machine with GPUs.',
    });
  } else {
    problems.push(...wholeNumberProblems(`gpus of machine ${machine.type}`, machine.gpus, 1));
  }
  for (const field of ['vcpu', 'memoryGib'] as const) {
    if (!(Number.isFinite(machine[field]) && machine[field] > 0)) {
      problems.push({
        check: 'node-pool',
        message: `${field} of machine ${machine.type} is ${machine[field]}.`,
        remedy: 'Use a number above 0.',
      });
    }
  }
  problems.push(...wholeNumberProblems(`maxPods of machine ${machine.type}`, machine.maxPods, 1));
  return problems;
}

/** EC2 machines that can stand in for one another, smallest first; empty after telling what is wrong. */
export function resolveMachines(refs: readonly (string | Machine)[], problems: Problem[]): Machine[] {
  if (refs.length === 0) {
    problems.push({
      check: 'node-pool',
      message: 'machineTypes is an empty list.',
      remedy: 'Name at least one instance type.',
    });
    return [];
  }
  const found = refs.map((ref) => resolveMachine('aws', ref, problems));
  const machines = found.filter((machine) => machine !== undefined);
  if (machines.length < found.length) return [];
  const kinds = new Set(machines.map(({ gpus, gpu }) => `${gpus} x ${gpu}`));
  if (kinds.size > 1) {
    problems.push({
      check: 'node-pool',
      message: `machineTypes differ in their GPUs: ${machines.map(({ type, gpus, gpu }) => `${type} has ${gpus} x ${gpu}`).join(', ')}.`,
      remedy: 'Make one pool for each kind and number of GPUs.',
    });
  }
  return smallestFirst(machines);
}

const smallestFirst = (machines: readonly Machine[]): Machine[] =>
  [...machines].sort((a, b) => a.memoryGib - b.memoryGib || a.vcpu - b.vcpu || (a.type < b.type ? -1 : 1));

/** The GPU behind a reference; undefined after telling what is wrong with it. */
export function resolveGpu(ref: string | Gpu, problems: Problem[], machine?: Machine): Gpu | undefined {
  const id = typeof ref === 'string' ? ref : ref.id;
  if (machine !== undefined && machine.gpu !== id) {
    problems.push({
      check: 'node-pool',
      message: `gpu is ${id}, but ${machine.type} has ${machine.gpu}.`,
      remedy: 'Remove gpu, or give the GPU that the machine names.',
    });
    return undefined;
  }
  if (typeof ref !== 'string') return gpuProblems(ref, problems) ? undefined : ref;
  const gpu = findGpu(ref as string);
  if (gpu === undefined) {
    const names = nearestNames(
      ref,
      GPUS.map((known) => known.id),
      3,
    );
    problems.push({
      check: 'node-pool',
      message: `The catalog has no GPU ${JSON.stringify(ref)}${machine ? `, which ${machine.type} has` : ''}.`,
      remedy: `Did you mean ${names.join(', ')}? A GPU of your own is an object of the type Gpu.`,
    });
  }
  return gpu;
}

/** True when something is wrong with a GPU of the user's own. */
function gpuProblems(gpu: Gpu, problems: Problem[]): boolean {
  const found = [
    ...gpu.productLabels.flatMap((value) => labelProblems(`GPU ${gpu.id}`, { 'nvidia.com/gpu.product': value })),
    ...gpu.gkeAccelerators.flatMap((value) =>
      labelProblems(`GPU ${gpu.id}`, { 'cloud.google.com/gke-accelerator': value }),
    ),
  ];
  if (!(Number.isFinite(gpu.memoryGb) && gpu.memoryGb > 0)) {
    found.push({
      check: 'node-pool',
      message: `memoryGb of GPU ${gpu.id} is ${gpu.memoryGb}.`,
      remedy: 'Use a number above 0.',
    });
  }
  problems.push(...found);
  return found.length > 0;
}

/** What a NodePool of Karpenter may start: the machines that it lists, or every one with the GPU that it names. */
export function karpenterMachines(
  props: KarpenterGpuNodePoolProps,
  problems: Problem[],
): { gpu?: Gpu; physicalGpus: number; machines: Machine[] } {
  if (props.machineTypes !== undefined) {
    const machines = resolveMachines(props.machineTypes, problems);
    const first = machines[0];
    if (first === undefined) return { physicalGpus: 0, machines };
    if (props.gpusPerNode !== undefined && props.gpusPerNode !== first.gpus) {
      problems.push({
        check: 'node-pool',
        message: `gpusPerNode is ${props.gpusPerNode}, but ${first.type} has ${first.gpus}.`,
        remedy: 'Remove gpusPerNode, or list other machineTypes.',
      });
    }
    return { gpu: resolveGpu(props.gpu ?? first.gpu, problems, first), physicalGpus: first.gpus, machines };
  }
  if (props.gpu === undefined) {
    problems.push({
      check: 'node-pool',
      message: 'Neither machineTypes nor gpu is set, so nothing says which GPU the pool has.',
      remedy: 'Set one of them.',
    });
    return { physicalGpus: 0, machines: [] };
  }
  const gpu = resolveGpu(props.gpu, problems);
  const physicalGpus = props.gpusPerNode ?? 1;
  const withGpu = EC2_MACHINES.filter((machine) => machine.gpu === gpu?.id);
  const machines = smallestFirst(withGpu.filter(({ gpus }) => gpus === physicalGpus));
  if (withGpu.length > 0 && machines.length === 0) {
    const counts = [...new Set(withGpu.map(({ gpus }) => gpus))].sort((a, b) => a - b);
    problems.push({
      check: 'node-pool',
      message: `The catalog has no EC2 instance type with ${physicalGpus} x ${gpu!.id}.`,
      remedy: `Set gpusPerNode to ${counts.join(' or ')}.`,
    });
  }
  return { gpu, physicalGpus, machines };
}
