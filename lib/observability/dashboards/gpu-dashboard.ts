import { SERVICE_LABEL } from '../../signals/pod-selection';
import { DcgmFieldName, withNodeLabel } from '../dcgm-fields';
import { GPU_THRESHOLDS } from '../gpu-thresholds';
import { Dashboard, Panel, Query, Thresholds, Unit } from './dashboard';
import { ofGpus, SERVICES } from './selections';

const NO_GPUS = 'dcgm-exporter is not scraped, or does not collect it';

/** One curve for each GPU that a pod has. */
const LEGEND = '{{pod}} GPU {{gpu}} {{GPU_I_ID}}';
const BY_GPU = 'max by (namespace, pod, gpu, GPU_I_ID)';

interface GpuPanel {
  readonly id: number;
  readonly title: string;
  readonly description: string;
  readonly unit: Unit;
  /** Of the series of the GPUs that services have. */
  readonly query: string;
  readonly max?: number;
  readonly thresholds?: Thresholds;
  readonly alerts?: Panel['alerts'];
}

const field = (name: DcgmFieldName) => name;

const gpuPanel = ({ query, ...panel }: GpuPanel): Panel => ({
  ...panel,
  kind: 'timeseries',
  width: 8,
  queries: [{ expr: `${BY_GPU} (${ofGpus(query)})`, legend: LEGEND }],
  noValue: NO_GPUS,
});

interface Errors {
  /** Of all GPUs. */
  readonly series: string;
  /** What they are, in the legend. */
  readonly what: string;
  /** A label of its own that tells them apart. @default - none */
  readonly by?: string;
}

interface ErrorPanel {
  readonly id: number;
  readonly title: string;
  readonly description: string;
  /** Each is asked for itself: of two with the same labels `or` takes the first, even when it is 0. */
  readonly errors: readonly [Errors, ...Errors[]];
  readonly alerts: NonNullable<Panel['alerts']>;
}

/** Each GPU once: every slice of one tells what is wrong with all of it. */
const errorQuery = ({ series, what, by }: Errors): Query => ({
  expr: `max by (${['node', 'gpu', 'UUID', by ?? []].flat().join(', ')}) (${withNodeLabel(series)}) > 0`,
  legend: `{{node}} GPU {{gpu}} ${what}`,
});

/** Errors count on GPUs that no pod has, too: a broken one is often empty. */
function errorPanel({ errors, ...panel }: ErrorPanel): Panel {
  const [first, ...others] = errors;
  return {
    ...panel,
    kind: 'timeseries',
    unit: 'short',
    width: 8,
    queries: [errorQuery(first), ...others.map(errorQuery)],
    noValue: 'No error, or dcgm-exporter does not collect it',
  };
}

const increase = (name: DcgmFieldName) => `increase(${name}[1h])`;

const used = field('DCGM_FI_DEV_FB_USED');
const free = field('DCGM_FI_DEV_FB_FREE');

/** What the GPUs of the services do, and what is wrong with any. */
export const GPU_DASHBOARD: Dashboard = {
  uid: 'gpu-inference-gpu',
  title: 'GPU inference / GPUs',
  description: 'Which pod has which GPU, what that GPU does, and whether it is healthy.',
  variables: SERVICES,
  rows: [
    {
      id: 100,
      title: 'Work',
      height: 7,
      panels: [
        gpuPanel({
          id: 1,
          title: 'Engine active',
          description:
            'Is anything running on the GPU? Close to 100% is what a server under load looks like, and says nothing about how well it uses the GPU.',
          unit: 'percentunit',
          max: 1,
          query: field('DCGM_FI_PROF_GR_ENGINE_ACTIVE'),
          alerts: ['GpuAllocatedButIdle'],
        }),
        gpuPanel({
          id: 2,
          title: 'Tensor cores active',
          description: 'How much is computed? High while prompts are computed, low while tokens are written.',
          unit: 'percentunit',
          max: 1,
          query: field('DCGM_FI_PROF_PIPE_TENSOR_ACTIVE'),
        }),
        gpuPanel({
          id: 3,
          title: 'Memory interface active',
          description:
            'How much of the bandwidth of the memory is used? It is what limits the writing of tokens; close to 80% is all that there is.',
          unit: 'percentunit',
          max: 1,
          query: field('DCGM_FI_PROF_DRAM_ACTIVE'),
        }),
      ],
    },
    {
      id: 200,
      title: 'Memory and clocks',
      height: 7,
      panels: [
        gpuPanel({
          id: 4,
          title: 'Memory in use',
          description:
            'How much memory is taken? Most servers take their part at the start, so that a high and flat line is as it should be.',
          unit: 'mbytes',
          query: used,
        }),
        gpuPanel({
          id: 5,
          title: 'Memory free',
          description: 'How far is the server from running out of memory?',
          unit: 'mbytes',
          query: free,
        }),
        gpuPanel({
          id: 6,
          title: 'SM clock',
          description:
            'Do all GPUs run at the same speed? One that is slower than the others is held back: see what holds it.',
          unit: 'hertz',
          query: `(1000000 * ${field('DCGM_FI_DEV_SM_CLOCK')})`,
        }),
      ],
    },
    {
      id: 300,
      title: 'Power and heat',
      height: 7,
      panels: [
        gpuPanel({
          id: 7,
          title: 'Power',
          description: 'What does each GPU draw? At its limit the clock falls, which is normal under load.',
          unit: 'watt',
          query: field('DCGM_FI_DEV_POWER_USAGE'),
        }),
        gpuPanel({
          id: 8,
          title: 'GPU temperature',
          description: 'Is it cooled well enough?',
          unit: 'celsius',
          // Where DCGM knows none it writes a number beyond all temperatures.
          query: `(${field('DCGM_FI_DEV_GPU_TEMP')} < 200)`,
          thresholds: {
            steps: [{ from: GPU_THRESHOLDS.temperatureCelsius, colour: 'red' }],
            meaning: `Red from ${GPU_THRESHOLDS.temperatureCelsius} °C, where GpuTemperatureHigh fires by default: most data center GPUs slow down a few degrees above.`,
          },
          alerts: ['GpuTemperatureHigh', 'GpuThermalThrottling'],
        }),
        gpuPanel({
          id: 9,
          title: 'Memory temperature',
          description: 'Is the memory cooled well enough? GPUs with HBM tell it.',
          unit: 'celsius',
          query: `(${field('DCGM_FI_DEV_MEMORY_TEMP')} > 0 < 200)`,
          thresholds: {
            // What nvidia-smi calls the highest operating temperature of the memory of an A100 and an H100. [unverified]
            steps: [{ from: 95, colour: 'red' }],
            meaning: 'Red from 95 °C: what HBM is made for ends there.',
          },
        }),
      ],
    },
    {
      id: 400,
      title: 'Errors of all GPUs, also of those that no pod has',
      height: 7,
      panels: [
        errorPanel({
          id: 10,
          title: 'XID errors by code',
          description:
            'Which errors did the driver report? The code decides what to do: 13, 31 and 43 are of the program, 48, 79 and 95 of the GPU.',
          errors: [{ series: field('DCGM_EXP_XID_ERRORS_COUNT'), what: '{{xid}}', by: 'xid' }],
          alerts: ['GpuXidHardwareFault', 'GpuNvlinkXid', 'GpuXidApplicationError'],
        }),
        errorPanel({
          id: 11,
          title: 'What holds the clocks back',
          description:
            'In how many samples did heat, power or a setting hold the clocks back? The limit of power is normal under load.',
          errors: [
            {
              // A GPU with nothing to do lowers its clocks itself.
              series: `${field('DCGM_EXP_CLOCK_EVENTS_COUNT')}{clock_event!="gpu_idle"}`,
              what: '{{clock_event}}',
              by: 'clock_event',
            },
          ],
          alerts: ['GpuThermalThrottling', 'GpuPowerThrottling'],
        }),
        errorPanel({
          id: 12,
          title: 'Broken memory in the last hour',
          description:
            'Which GPUs read memory that they could not correct, replaced a row of it, or have none left to replace one with? Drain the node, then reset the GPU; one without a spare row must go.',
          errors: [
            { series: increase('DCGM_FI_DEV_UNCORRECTABLE_REMAPPED_ROWS'), what: 'replaced rows' },
            { series: increase('DCGM_FI_DEV_ECC_DBE_VOL_TOTAL'), what: 'double-bit errors' },
            { series: field('DCGM_FI_DEV_ROW_REMAP_FAILURE'), what: 'has no spare row' },
          ],
          alerts: ['GpuUncorrectableRowsRemapped', 'GpuEccDoubleBit', 'GpuRowRemapFailure'],
        }),
      ],
    },
    {
      id: 500,
      title: 'Who has which GPU',
      height: 8,
      panels: [
        {
          id: 13,
          kind: 'table',
          title: 'GPUs by service and pod',
          description: 'Which pod of which service has which GPU?',
          unit: 'short',
          width: 24,
          queries: [
            {
              expr: `group by (namespace, ${SERVICE_LABEL}, track, pod, gpu, modelName, UUID) (${ofGpus(used)})`,
              legend: '{{pod}}',
            },
          ],
          noValue: NO_GPUS,
        },
      ],
    },
  ],
};
