/** A price of a whole machine, without storage and traffic. */
export interface MachinePrice {
  /** USD per hour. */
  readonly onDemand: number;
  /** USD per hour, when a figure was found. Spot prices move; this is a snapshot. */
  readonly spot?: number;
  readonly region: string;
  /** ISO date of the figure. */
  readonly date: string;
  readonly source: string;
}

/** What is known of one machine type of a cloud. */
export interface Machine {
  readonly cloud: 'gcp' | 'aws' | 'azure';
  /** The name that the cloud uses, such as `g2-standard-4`. */
  readonly type: string;
  readonly vcpu: number;
  /** Nominal memory in GiB, as the cloud publishes it. */
  readonly memoryGib: number;
  readonly gpus: number;
  /** Id of the GPU in the catalog. */
  readonly gpu: string;
  /** GCP: value of the label `cloud.google.com/gke-accelerator` where it is not the first one of the GPU. */
  readonly gkeAccelerator?: string;
  /** Local SSD in GB, 0 when there is none. */
  readonly localSsdGb: number;
  /** AWS: pods that its network interfaces can address, from which EKS derives reserved memory. */
  readonly maxPods?: number;
  readonly price?: MachinePrice;
  readonly source: string;
  readonly verified: boolean;
}
