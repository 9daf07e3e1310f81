import { Gpu } from '../hardware/gpu';
import { findGpu } from '../hardware/gpu-catalog';
import { AlertStatement } from './alert-rule';
import { DcgmExporter } from './dcgm-exporter';
import { DCGM_FIELDS, DCGM_NODE_LABELS, DcgmFieldName, withNodeLabel } from './dcgm-fields';
import { GpuThresholds } from './gpu-thresholds';
import { KUBE_METRICS } from './kube-metrics';
import { Severity } from './monitoring';
import { decimal } from '../signals/rule-numbers';
import { XidClass, xidPattern } from './xids';

/** What the query of an alert depends on. */
export interface GpuAlertContext {
  readonly exporter: DcgmExporter;
  readonly thresholds: GpuThresholds;
  /** Nodes that should have GPUs, as a query with the label `node`. */
  readonly gpuNodes: string;
  /** Fields of alerts that are written, which every GPU of the pools has, so that their absence means something. */
  readonly expected: readonly DcgmFieldName[];
}

/** A query, and the fields without which it would say nothing for ever. */
interface Form {
  readonly needs: readonly DcgmFieldName[];
  readonly expr: (context: GpuAlertContext) => string;
}

/** An alert about GPUs. */
interface GpuAlert {
  readonly severity: Severity;
  readonly summary: string;
  readonly description: string;
  readonly for?: string;
  /** The best first; the first whose fields the exporter collects is written. */
  readonly forms: readonly [Form, ...Form[]];
}

const NODE = DCGM_NODE_LABELS.map((label) => `{{ $labels.${label} }}`).join('');
const GPU = `GPU {{ $labels.gpu }} ({{ $labels.modelName }}, {{ $labels.UUID }}) of node ${NODE}`;

const by = ({ exporter }: GpuAlertContext, ...more: readonly string[]) => [...exporter.labels, ...more].join(', ');

/**
 * Errors of a class. The count has a series for each number, so that a later number hides none; the field of the last error
 * has the number as a label, and a window that keeps the ones before it.
 */
const xids = (of: XidClass): [Form, Form] => [
  {
    needs: ['DCGM_EXP_XID_ERRORS_COUNT'],
    expr: (context) =>
      `max by (${by(context, 'xid')}) (max_over_time(DCGM_EXP_XID_ERRORS_COUNT{xid=~"${xidPattern(of)}"}[15m])) > 0`,
  },
  {
    needs: ['DCGM_FI_DEV_XID_ERRORS'],
    expr: (context) =>
      `max by (${by(context, 'err_code')}) (max_over_time(DCGM_FI_DEV_XID_ERRORS{err_code=~"${xidPattern(of)}"}[15m])) > 0`,
  },
];

const XID = '{{ with $labels.xid }}{{ . }}{{ else }}{{ $labels.err_code }}{{ end }}';

/** Reasons for which the driver holds clocks back; the limit of power is normal under load, and is none of these. */
const clockEvents = (events: string): [Form] => [
  {
    needs: ['DCGM_EXP_CLOCK_EVENTS_COUNT'],
    expr: (context) =>
      `max by (${by(context, 'clock_event')}) (DCGM_EXP_CLOCK_EVENTS_COUNT{clock_event=~"${events}"}) > 0`,
  },
];

const one = (field: DcgmFieldName, expr: (context: GpuAlertContext) => string): [Form] => [{ needs: [field], expr }];

/** Every alert about GPUs that needs the exporter. Each has a page in docs/runbooks under its name. */
export const GPU_ALERTS = {
  GpuXidHardwareFault: {
    severity: 'critical',
    summary: 'A GPU is broken until it is reset or replaced.',
    description: `${GPU} reported XID ${XID}.`,
    forms: xids('hardware'),
  },
  GpuNvlinkXid: {
    severity: 'warning',
    summary: 'A link between GPUs reported an error.',
    description: `${GPU} reported XID ${XID}.`,
    forms: xids('fabric'),
  },
  GpuXidContextSwitchTimeout: {
    severity: 'warning',
    summary: 'A GPU could not change from one process to another in time.',
    description: `${GPU} reported XID ${XID}.`,
    forms: xids('context-switch'),
  },
  GpuXidApplicationError: {
    severity: 'info',
    summary: 'A process on a GPU made an error that ended it.',
    description: `${GPU} reported XID ${XID}.`,
    forms: xids('application'),
  },
  GpuXidRecord: {
    severity: 'info',
    summary: 'A GPU noted something for its history.',
    description: `${GPU} reported XID ${XID}.`,
    forms: xids('record'),
  },
  GpuRowRemapFailure: {
    severity: 'critical',
    summary: 'A GPU has no spare memory left for a broken row.',
    description: `${GPU} could not remap a row.`,
    forms: one(
      'DCGM_FI_DEV_ROW_REMAP_FAILURE',
      (context) => `max by (${by(context)}) (DCGM_FI_DEV_ROW_REMAP_FAILURE) == 1`,
    ),
  },
  GpuUncorrectableRowsRemapped: {
    severity: 'warning',
    summary: 'A GPU replaced a row of memory that it could not correct.',
    description: `${GPU} remapped {{ $value }} rows in a day.`,
    forms: one(
      'DCGM_FI_DEV_UNCORRECTABLE_REMAPPED_ROWS',
      (context) => `max by (${by(context)}) (increase(DCGM_FI_DEV_UNCORRECTABLE_REMAPPED_ROWS[1d])) > 0`,
    ),
  },
  GpuEccDoubleBit: {
    severity: 'critical',
    summary: 'A GPU read memory that it could not correct.',
    description: `${GPU} had double-bit ECC errors within 15 minutes.`,
    forms: one(
      'DCGM_FI_DEV_ECC_DBE_VOL_TOTAL',
      (context) => `max by (${by(context)}) (increase(DCGM_FI_DEV_ECC_DBE_VOL_TOTAL[15m])) > 0`,
    ),
  },
  GpuThermalThrottling: {
    severity: 'warning',
    summary: 'A GPU runs slower because it is too hot.',
    description: `${GPU} slows down for {{ $labels.clock_event }}.`,
    for: '10m',
    forms: clockEvents('hw_thermal|sw_thermal|hw_slowdown'),
  },
  GpuPowerThrottling: {
    severity: 'warning',
    summary: 'A GPU runs slower because its machine limits its power.',
    description: `${GPU} slows down for {{ $labels.clock_event }}.`,
    for: '10m',
    forms: clockEvents('hw_power_brake'),
  },
  GpuTemperatureHigh: {
    severity: 'warning',
    summary: 'A GPU is hotter than it should be.',
    description: `${GPU} has {{ $value }} degrees Celsius.`,
    for: '10m',
    // Where DCGM knows no temperature it writes a number of 19 digits.
    forms: one(
      'DCGM_FI_DEV_GPU_TEMP',
      (context) =>
        `max by (${by(context)}) (avg_over_time(DCGM_FI_DEV_GPU_TEMP[5m])) > ${decimal(context.thresholds.temperatureCelsius)} < 200`,
    ),
  },
  GpuPcieReplayRateHigh: {
    severity: 'warning',
    summary: 'A GPU repeats what it sends over PCIe.',
    description: `${GPU} repeats {{ $value }} times a second.`,
    for: '15m',
    forms: one(
      'DCGM_FI_DEV_PCIE_REPLAY_COUNTER',
      (context) =>
        `max by (${by(context)}) (rate(DCGM_FI_DEV_PCIE_REPLAY_COUNTER[15m])) > ${decimal(context.thresholds.pcieReplaysPerSecond)}`,
    ),
  },
  GpuNvlinkErrors: {
    severity: 'warning',
    summary: 'A link between GPUs had to be brought up again.',
    description: `${GPU} recovered its links within 15 minutes.`,
    forms: one(
      'DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_COUNT_TOTAL',
      (context) => `max by (${by(context)}) (increase(DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_COUNT_TOTAL[15m])) > 0`,
    ),
  },
  GpuAllocatedButIdle: {
    severity: 'info',
    summary: 'A pod has a GPU and does not use it.',
    description: `${GPU} has been idle for two hours.`,
    for: '1h',
    forms: [
      {
        needs: ['DCGM_FI_PROF_GR_ENGINE_ACTIVE'],
        expr: (context) => idle(context, 'DCGM_FI_PROF_GR_ENGINE_ACTIVE', context.thresholds.idleUtilization),
      },
      {
        needs: ['DCGM_FI_DEV_GPU_UTIL'],
        expr: (context) => idle(context, 'DCGM_FI_DEV_GPU_UTIL', context.thresholds.idleUtilization * 100),
      },
    ],
  },
  GpuTelemetryMissing: {
    severity: 'warning',
    summary: 'Nobody sees the GPUs of a node.',
    description: 'Node {{ $labels.node }} has GPUs, and dcgm-exporter tells nothing of them.',
    for: '15m',
    forms: one(
      'DCGM_FI_DEV_GPU_TEMP',
      ({ gpuNodes }) =>
        `${gpuNodes} unless on (node) ${withNodeLabel(`group by (${DCGM_NODE_LABELS.join(', ')}) (DCGM_FI_DEV_GPU_TEMP)`)}`,
    ),
  },
  GpuFieldMissing: {
    severity: 'warning',
    summary: 'dcgm-exporter does not collect what an alert needs.',
    description: `The exporter of node ${NODE} does not collect {{ $labels.field }}, so that alerts on it cannot fire.`,
    for: '15m',
    forms: one('DCGM_FI_DEV_GPU_TEMP', ({ expected }) => expected.map(missing).join(' or ')),
  },
} as const satisfies Readonly<Record<string, GpuAlert>>;

export type GpuAlertName = keyof typeof GPU_ALERTS;

function idle(context: GpuAlertContext, field: DcgmFieldName, below: number): string {
  const [, pod] = context.exporter.podLabels;
  return `max by (${by(context)}) (avg_over_time(${field}{${pod}!=""}[1h])) < ${decimal(below)}`;
}

function missing(field: DcgmFieldName): string {
  const nodes = DCGM_NODE_LABELS.join(', ');
  const without = `group by (${nodes}) (DCGM_FI_DEV_GPU_TEMP) unless on (${nodes}) ${field}`;
  return `label_replace(${without}, "field", "${field}", "", "")`;
}

/** Series of such a field are there only after the first event, so that nobody can tell their absence from good news. */
const appearsLate = (field: DcgmFieldName) => field.startsWith('DCGM_EXP_');

/**
 * Fields of alerts whose absence on a GPU means that the exporter has another list: those of every GPU, and where all of them have
 * it, ECC. It stands for the counts that appear late too, since no list of others has it.
 *
 * @param gpus of the pools: all of the catalog have ECC; of others nobody knows
 */
export function expectedFields(
  names: readonly GpuAlertName[],
  exporter: DcgmExporter,
  gpus: readonly Pick<Gpu, 'id'>[],
): DcgmFieldName[] {
  const had: readonly string[] = gpus.every(({ id }) => findGpu(id) !== undefined) ? ['all', 'ecc'] : ['all'];
  const needed = names.flatMap((name) => formFor((GPU_ALERTS[name] as GpuAlert).forms, exporter)?.needs ?? []);
  return [...new Set(needed)].filter(
    (field) => field !== 'DCGM_FI_DEV_GPU_TEMP' && !appearsLate(field) && had.includes(DCGM_FIELDS[field].of),
  );
}

/** True when the exporter collects too little for an alert. One that has nothing to ask is not blind. */
export const isBlind = (name: GpuAlertName, exporter: DcgmExporter): boolean =>
  formFor((GPU_ALERTS[name] as GpuAlert).forms, exporter) === undefined;

const formFor = (forms: readonly Form[], exporter: DcgmExporter) =>
  forms.find(({ needs }) => needs.every((field) => exporter.collects(field)));

/** The alert with its query; undefined when the exporter collects too little for it, or nothing is expected that could be missing. */
export function gpuAlert(name: GpuAlertName, context: GpuAlertContext): AlertStatement | undefined {
  const { severity, summary, description, forms, ...rest } = GPU_ALERTS[name] as GpuAlert;
  const form = formFor(forms, context.exporter);
  if (!form) return undefined;
  const expr = form.expr(context);
  return expr === '' ? undefined : { alert: name, severity, summary, description, expr, ...rest };
}

/** What an alert would need at least. */
export function neededBy(name: GpuAlertName): readonly DcgmFieldName[] {
  return (GPU_ALERTS[name] as GpuAlert).forms.at(-1)!.needs;
}

/** Nodes that offer GPUs, with the label `node`. */
export const nodesWithGpus = (resources: string) =>
  `(sum by (node) (${KUBE_METRICS.nodeAllocatable.metric}{${resources}}) > 0)`;
