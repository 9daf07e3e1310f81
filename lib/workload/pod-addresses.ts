/** Pods of a StatefulSet. */
export interface NamedPods {
  /** Name of the StatefulSet. */
  readonly serviceName: string;
  readonly replicas: number;
  /** Port on which they answer. */
  readonly port: number;
}

/** More names than this are no command line that anyone reads. */
export const MOST_ADDRESSES = 256;

/** Where each pod answers, by the name that the headless Service gives it inside the namespace. */
export function podAddresses({ serviceName, replicas, port }: NamedPods): string[] {
  // Numbers that cannot be are told where they were stated.
  const pods = Number.isSafeInteger(replicas) ? Math.min(Math.max(0, replicas), MOST_ADDRESSES) : 0;
  return Array.from({ length: pods }, (_, at) => `http://${serviceName}-${at}.${headlessName(serviceName)}:${port}`);
}

/** Name of the headless Service of a workload. */
export const headlessName = (serviceName: string): string => `${serviceName}-headless`;
