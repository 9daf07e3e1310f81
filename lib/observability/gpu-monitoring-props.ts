import { GpuNodePool } from '../hardware/gpu-node-pool';
import { PriceList } from '../plan/price-list';
import { DcgmExporter } from './dcgm-exporter';
import { GpuAlertName } from './gpu-alerts';
import { GpuThresholds } from './gpu-thresholds';
import { Monitoring } from './monitoring';
import { PlatformAlertName } from './platform-alerts';

export interface GpuMonitoringProps {
  /** Who reads the rules. They stand in its namespace; Google's ClusterRules belong to none. */
  readonly monitoring: Monitoring;
  /**
   * All GPU pools of the cluster. The nodes of a pool that is missing here raise GpuNodeWithoutPool, and cost nothing in the
   * records. kube-state-metrics must copy the labels that tell pools apart: see `nodeLabelsAllowlist`.
   */
  readonly pools: readonly GpuNodePool[];
  /**
   * NVIDIA's exporter, as it was installed. With the wrong one, its list of fields lies where nobody reads it, and
   * GpuFieldMissing fires.
   * @default DcgmExporter.gpuOperator()
   */
  readonly exporter?: DcgmExporter;
  /** From where on alerts fire. @default - GPU_THRESHOLDS: 85 °C, 0.2 PCIe retries a second, 5 % of an hour */
  readonly thresholds?: Partial<GpuThresholds>;
  /**
   * Alerts that are not written, each with the reason, such as `{ GpuAllocatedButIdle: 'the lab keeps GPUs for its people' }`.
   * The reason stands in an annotation of the rules.
   * @default - all are written
   */
  readonly without?: Readonly<Partial<Record<GpuAlertName | PlatformAlertName, string>>>;
  /**
   * What you pay for machines, in USD: the price of a GPU is that of its machine by the devices on it. The list that the
   * scorecard is given serves here too.
   * @default - the public prices of the catalog
   */
  readonly priceList?: PriceList;
  /**
   * What a GPU costs per hour, in USD, by the name of the pool: for nodes of your own, which have no machine type. A pool
   * without a price has no cost in the records.
   * @default - from the machine of the pool
   */
  readonly gpuPricePerHour?: Readonly<Record<string, number>>;
  /**
   * Whether kube-state-metrics was told to tell of Flux' objects (`gotk_resource_info`, as flux2-monitoring-example does).
   * Otherwise PlatformFluxFailing would never fire, so it is not written.
   * @default false
   */
  readonly fluxMetrics?: boolean;
  /**
   * Whether Prometheus scrapes cert-manager. Otherwise PlatformCertificateNotReady would never fire, so it is not written.
   * @default false
   */
  readonly certManagerMetrics?: boolean;
}
