import { Gpu } from '../hardware/gpu';
import { findGpu } from '../hardware/gpu-catalog';
import { Machine } from '../hardware/machine';
import { GCE_N1_MACHINE_TYPES, machinesOf, n1WithT4 } from '../hardware/machine-catalog';

/** A machine that would do, as a whole: nobody rents a part of one. */
export interface MachineOffer {
  readonly machine: Machine;
  /** Copies of the model that it holds by its GPUs. */
  readonly copies: number;
}

/** What is wanted of a machine. */
export interface OfferRequest {
  readonly clouds: readonly Machine['cloud'][];
  /** GPUs that one copy of the model takes, all in one machine. */
  readonly gpusPerCopy: number;
  /** Copies that one GPU holds: slices of MIG, shares under time slicing, else 1. */
  readonly copiesPerGpu: (gpu: Gpu) => number;
  /** Whether one copy fits that GPU. */
  readonly fits: (gpu: Gpu) => boolean;
}

/** Machines that hold at least one copy, cheapest first; those without a price last. */
export function machineOffers({ clouds, gpusPerCopy, copiesPerGpu, fits }: OfferRequest): MachineOffer[] {
  const judged = new Map<string, Gpu | undefined>();
  const fitting = (id: string): Gpu | undefined => {
    if (!judged.has(id)) {
      const gpu = findGpu(id);
      judged.set(id, gpu && fits(gpu) ? gpu : undefined);
    }
    return judged.get(id);
  };
  const offers = clouds.flatMap(machinesWithGpus).flatMap((machine): MachineOffer[] => {
    const gpu = machine.gpus >= gpusPerCopy ? fitting(machine.gpu) : undefined;
    return gpu ? [{ machine, copies: Math.floor(machine.gpus / gpusPerCopy) * copiesPerGpu(gpu) }] : [];
  });
  const price = ({ machine }: MachineOffer) => machine.price?.onDemand ?? Infinity;
  const order = (one: MachineOffer, other: MachineOffer) =>
    price(one) === price(other) ? 0 : price(one) - price(other);
  return offers.sort((one, other) => order(one, other) || (one.machine.type < other.machine.type ? -1 : 1));
}

/** Those of the catalog, and N1 machines with each number of T4s that Compute Engine attaches. */
function machinesWithGpus(cloud: Machine['cloud']): readonly Machine[] {
  if (cloud !== 'gcp') return machinesOf(cloud);
  const n1 = GCE_N1_MACHINE_TYPES.flatMap((type) => ([1, 2, 4] as const).map((t4s) => n1WithT4(type, t4s)));
  return [...machinesOf(cloud), ...n1.filter((machine) => machine !== undefined)];
}
