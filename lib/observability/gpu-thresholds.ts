import { Problem } from '../problem/problem';

/** From where on alerts about GPUs fire. */
export interface GpuThresholds {
  /** Average of five minutes in °C. */
  readonly temperatureCelsius: number;
  /** Retries over PCIe in a second, over 15 minutes. */
  readonly pcieReplaysPerSecond: number;
  /** Part of an hour, 0 to 1, below which a GPU that a pod has counts as idle. */
  readonly idleUtilization: number;
}

/** Each is an estimate that a platform with measurements should replace. */
export const GPU_THRESHOLDS: GpuThresholds = {
  // Public rules use 80 to 90. `nvidia-smi -q -d TEMPERATURE` tells where a GPU slows down by itself.
  temperatureCelsius: 85,
  // Nobody publishes one; a healthy slot has some retries in a day.
  pcieReplaysPerSecond: 0.2,
  // A server that waits for requests keeps its GPU at 0; one request in the hour lifts it above.
  idleUtilization: 0.05,
};

/** Bounds within which a threshold can mean what it says. */
const BOUNDS: Readonly<Record<keyof GpuThresholds, readonly [least: number, most: number]>> = {
  temperatureCelsius: [40, 120],
  pcieReplaysPerSecond: [0, 1000],
  idleUtilization: [0.001, 1],
};

export function thresholdProblems(thresholds: GpuThresholds): Problem[] {
  return Object.entries(BOUNDS).flatMap(([name, [least, most]]) => {
    const value = thresholds[name as keyof GpuThresholds];
    if (value >= least && value <= most) return [];
    return [
      {
        check: 'numbers',
        message: `thresholds.${name} is ${value}.`,
        remedy: `Use a number from ${least} to ${most}.`,
      },
    ];
  });
}
