import { Duration, Size, SizeRoundingBehavior } from 'cdk8s';
import { Cpu, k8s } from 'cdk8s-plus-30';

/** MiB as people write them: whole Gi where they are whole. */
export function mebibytes(mib: number): k8s.Quantity {
  return k8s.Quantity.fromString(mib % 1024 === 0 && mib > 0 ? `${mib / 1024}Gi` : `${mib}Mi`);
}

/** Thousandths of a core as people write them: whole cores where they are whole. */
export function millicores(millis: number): k8s.Quantity {
  return k8s.Quantity.fromString(millis % 1000 === 0 ? `${millis / 1000}` : `${millis}m`);
}

/** A whole number of devices. */
export function count(devices: number): k8s.Quantity {
  return k8s.Quantity.fromString(`${devices}`);
}

/** A size of the user's in whole MiB; a part of one is dropped. */
export function toMebibytes(size: Size | undefined): number | undefined {
  // cdk8s rounds only where the unit changes.
  return size && Math.floor(size.toMebibytes({ rounding: SizeRoundingBehavior.FLOOR }));
}

/** CPU of the user's in thousandths of a core. */
export function toMillicores(cpu: Cpu | undefined): number | undefined {
  if (cpu === undefined) return undefined;
  return cpu.amount.endsWith('m') ? Number(cpu.amount.slice(0, -1)) : Math.round(Number(cpu.amount) * 1000);
}

/** A time of the user's in whole seconds; a begun one counts. */
export function toSeconds(duration: Duration | undefined): number | undefined {
  return duration && Math.ceil(duration.toSeconds({ integral: false }));
}
