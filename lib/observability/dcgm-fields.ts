/** A field that dcgm-exporter can collect, and what its series are. */
export interface DcgmField {
  readonly type: 'gauge' | 'counter';
  /** What is measured, with its unit: the help of the metric. */
  readonly help: string;
  /**
   * GPUs that have it: `all`; those whose profiling counters may be read (data center GPUs, and nobody else profiles at the
   * time); those with HBM, with NVLink, with ECC, or that remap rows (Ampere and later). Absence means something only for `all`.
   */
  readonly of: 'all' | 'profiling' | 'hbm' | 'nvlink' | 'ecc' | 'row-remapping';
  /** Whether the image's own list collects it, without ours. */
  readonly byDefault: boolean;
  /** A label of its own. */
  readonly label?: string;
  /** True where DCGM writes a huge number when it knows none: a comparison needs a bound. */
  readonly mayBeBlank?: boolean;
  readonly source: string;
}

const DEFAULT_LIST = 'NVIDIA/dcgm-exporter 4.5.3-4.8.2 etc/default-counters.csv';
const COMMENTED_OUT = `${DEFAULT_LIST}, commented out`;
const OWN_COUNTS = 'NVIDIA/dcgm-exporter 4.5.3-4.8.2 internal/pkg/collector';

const gauge = (help: string, more: Partial<DcgmField> = {}): DcgmField => ({
  type: 'gauge',
  help,
  of: 'all',
  byDefault: true,
  source: DEFAULT_LIST,
  ...more,
});
const counter = (help: string, more: Partial<DcgmField> = {}): DcgmField => ({ ...gauge(help, more), type: 'counter' });
const optional = { byDefault: false, source: COMMENTED_OUT } as const;

/**
 * Every field that the alerts, the dashboards and the runbooks of the library read, and nothing more: the list that the
 * exporter is given is made of it. Memory is in MiB, power in W, temperatures in °C; fields with PROF are parts from 0 to 1.
 */
export const DCGM_FIELDS = {
  DCGM_FI_DEV_SM_CLOCK: gauge('SM clock frequency in MHz.'),
  DCGM_FI_DEV_GPU_TEMP: gauge('GPU temperature in C.', { mayBeBlank: true }),
  DCGM_FI_DEV_MEMORY_TEMP: gauge('Memory temperature in C.', { of: 'hbm', mayBeBlank: true }),
  DCGM_FI_DEV_POWER_USAGE: gauge('Power draw in W.'),
  DCGM_FI_DEV_GPU_UTIL: gauge('GPU utilization in percent.'),
  DCGM_FI_DEV_FB_FREE: gauge('Framebuffer memory free in MiB.'),
  DCGM_FI_DEV_FB_USED: gauge('Framebuffer memory used in MiB.'),
  DCGM_FI_PROF_GR_ENGINE_ACTIVE: gauge('Part of the time in which the graphics engine is active.', { of: 'profiling' }),
  DCGM_FI_PROF_PIPE_TENSOR_ACTIVE: gauge('Part of the cycles in which the tensor pipe is active.', { of: 'profiling' }),
  DCGM_FI_PROF_DRAM_ACTIVE: gauge('Part of the cycles in which the memory interface moves data.', { of: 'profiling' }),
  DCGM_FI_DEV_PCIE_REPLAY_COUNTER: counter('PCIe retries.'),
  DCGM_FI_DEV_XID_ERRORS: gauge('Code of the last XID error; it stays until the next one.', { label: 'err_code' }),
  DCGM_EXP_XID_ERRORS_COUNT: gauge('XID errors of each code in the window of the exporter (5 minutes by default).', {
    byDefault: false,
    label: 'xid',
    source: `${OWN_COUNTS}, README; the series of a code is there only after its first error`,
  }),
  DCGM_EXP_CLOCK_EVENTS_COUNT: gauge('Samples in the window of the exporter in which a reason held the clocks back.', {
    byDefault: false,
    label: 'clock_event',
    source: `${OWN_COUNTS}, README; the series of a reason is there only after its first event`,
  }),
  DCGM_FI_DEV_ECC_DBE_VOL_TOTAL: counter('Double-bit ECC errors since the driver was loaded.', {
    ...optional,
    of: 'ecc',
  }),
  DCGM_FI_DEV_CORRECTABLE_REMAPPED_ROWS: counter('Rows remapped for correctable errors.', { of: 'row-remapping' }),
  DCGM_FI_DEV_UNCORRECTABLE_REMAPPED_ROWS: counter('Rows remapped for uncorrectable errors.', { of: 'row-remapping' }),
  DCGM_FI_DEV_ROW_REMAP_FAILURE: gauge('1 when remapping of rows has failed.', { of: 'row-remapping' }),
  DCGM_FI_DEV_NVLINK_CRC_DATA_ERROR_COUNT_TOTAL: counter('NVLink data CRC errors.', { ...optional, of: 'nvlink' }),
  DCGM_FI_DEV_NVLINK_REPLAY_ERROR_COUNT_TOTAL: counter('NVLink retries.', { ...optional, of: 'nvlink' }),
  DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_COUNT_TOTAL: counter('NVLink recovery errors.', { ...optional, of: 'nvlink' }),
} as const satisfies Readonly<Record<string, DcgmField>>;

export type DcgmFieldName = keyof typeof DCGM_FIELDS;

export const DCGM_FIELD_NAMES = Object.keys(DCGM_FIELDS) as readonly DcgmFieldName[];

/**
 * The node of a series: `Hostname` up to 4.5.3-4.8.2, `hostname` after it (NVIDIA/dcgm-exporter #655). Grouping by both
 * works with either, since an absent label is an empty one.
 */
export const DCGM_NODE_LABELS = ['Hostname', 'hostname'] as const;

/** Which GPU of the node; `GPU_I_ID` is there for MIG instances only. */
export const DCGM_GPU_LABELS = ['gpu', 'UUID', 'modelName', 'GPU_I_PROFILE', 'GPU_I_ID'] as const;

/** A query that has the label `node` in place of both names of it. */
export function withNodeLabel(query: string): string {
  const [before, after] = DCGM_NODE_LABELS;
  return `label_replace(label_replace(${query}, "node", "$1", "${before}", "(.+)"), "node", "$1", "${after}", "(.+)")`;
}
