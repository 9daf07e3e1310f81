/** A slice of a GPU that Multi-Instance GPU makes. */
export interface MigProfile {
  /** NVIDIA's name, such as `1g.10gb`. */
  readonly name: string;
  /** Memory of one slice by its name, in GB (1e9). What CUDA shows is less. */
  readonly memoryGb: number;
  /** How many of these one GPU can hold. */
  readonly maxPerGpu: number;
}

/** What is known of one GPU product, as CUDA and the clouds see it. */
export interface Gpu {
  /** Short id that users write, such as `L4`, `A100-80GB`, `H100-80GB`. */
  readonly id: string;
  readonly name: string;
  readonly architecture: string;
  /** CUDA compute capability, such as 8.9. bf16 wants 8.0, fp8 wants 8.9. */
  readonly computeCapability: number;
  /** Nameplate memory in GB. */
  readonly memoryGb: number;
  /**
   * Memory that CUDA gives a process, in GiB: what inference servers multiply by their utilization. The lowest of the
   * values seen in logs; undefined when nobody published one.
   */
  readonly cudaMemoryGib?: number;
  /** Memory bandwidth in GB/s; bounds the time per output token. */
  readonly memoryBandwidthGbs?: number;
  /** Bandwidth of NVLink between GPUs of a machine in GB/s; undefined when they talk over PCIe. */
  readonly nvlinkGbs?: number;
  /** Values of the label `nvidia.com/gpu.product` that GPU feature discovery writes. */
  readonly productLabels: readonly string[];
  /** Values of the label `cloud.google.com/gke-accelerator`. */
  readonly gkeAccelerators: readonly string[];
  /** Value of the label `karpenter.k8s.aws/instance-gpu-name`. */
  readonly karpenterName?: string;
  /**
   * Value of the label `karpenter.k8s.aws/instance-gpu-memory` in MiB, only where the name alone means several GPUs
   * (`a100` is both A100 sizes).
   */
  readonly karpenterMemoryMib?: number;
  readonly mig: readonly MigProfile[];
  readonly source: string;
  /** False when a number of this row is from memory. */
  readonly verified: boolean;
  readonly note?: string;
}
