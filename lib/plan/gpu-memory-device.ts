import { Gpu, MigProfile } from '../hardware/gpu';

/** Memory that a process sees on a GPU, a slice or a share of one. */
export interface DeviceMemory {
  /** GiB, as CUDA shows it. */
  readonly gib: number;
  /** How far the figure may be off, in GiB. */
  readonly uncertaintyGib: number;
  /** The device in words, such as `an L4` or `a 1g.10gb slice of an H100-80GB`. */
  readonly name: string;
}

/** `a` or `an` before the id of a GPU, as it is spoken. */
function withArticle(id: string): string {
  return `${/^([AHL]\d|[AEIO]|RTX|MI)/.test(id) ? 'an' : 'a'} ${id}`;
}

/**
 * Memory of a whole GPU. Where no log shows it: stacked memory (HBM) gives 98 % of its nameplate GB as GiB, GDDR with
 * error correction 91 %. Derived from the GPUs of which both figures are known.
 */
function wholeGpu(gpu: Gpu): { gib: number; uncertaintyGib: number } {
  // The same product differs by driver and board: 79.11 to 79.22 GiB on H100s.
  if (gpu.cudaMemoryGib !== undefined) return { gib: gpu.cudaMemoryGib, uncertaintyGib: 0.1 };
  const stacked = (gpu.memoryBandwidthGbs ?? 0) >= 900 && !/RTX/i.test(gpu.name);
  return { gib: gpu.memoryGb * (stacked ? 0.98 : 0.91), uncertaintyGib: gpu.memoryGb * 0.02 };
}

/** Eighths of the memory that a MIG profile holds: its name rounds them to GB. */
function eighths(profile: MigProfile, gpu: Gpu): number {
  return Math.max(1, Math.round((8 * profile.memoryGb) / gpu.memoryGb));
}

/**
 * Memory that CUDA shows on the device that the request describes. A MIG slice is eighths of the GPU less about
 * 0.4 GiB (from memory: 9,728 MiB for 1g.10gb of an A100-80GB); no log of a slice was found, so
 * its uncertainty is wide.
 */
export function deviceMemory(gpu: Gpu, migProfile?: MigProfile): DeviceMemory {
  const whole = wholeGpu(gpu);
  if (!migProfile) return { ...whole, name: withArticle(gpu.id) };
  const part = eighths(migProfile, gpu) / 8;
  return {
    gib: Math.max(0, whole.gib * part - 0.4),
    uncertaintyGib: whole.uncertaintyGib + 0.3,
    name: `a ${migProfile.name} slice of ${withArticle(gpu.id)}`,
  };
}
