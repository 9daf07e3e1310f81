import { GpuId } from './gpu-catalog';
import { Machine } from './machine';

const KARPENTER_TYPES = 'aws/karpenter-provider-aws@1d92708 website/content/en/preview/reference/instance-types.md';
const KARPENTER_PRICES = 'aws/karpenter-provider-aws@1d92708 pkg/providers/pricing/zz_generated.pricing_aws.go';
const GCE_TYPES = 'Cyclenerd/google-cloud-pricing-cost-calculator@dac3128 build/gcp.yml';
const GCE_PRICES = 'cloudpilot-ai/karpenter-provider-gcp@417f047 pkg/providers/pricing/initial-prices.json';
const T4_PRICES = 'kubernetes/autoscaler gce_price_info.go (T4 0.35, preemptible 0.11, undated)';
const AZURE_PRICES = 'Azure/karpenter-provider-azure@352646f pkg/providers/pricing/zz_generated.pricing.go';
const AZURE_TYPES = 'skypilot-org/skypilot-catalog@098741e catalogs/v6/azure/vms.csv';

/** Prices are USD per hour for the whole machine. EC2: on-demand in us-east-1 on 2026-07-20; spot moves by the hour. */
type Ec2Row = readonly [
  type: string,
  vcpu: number,
  memoryGib: number,
  gpus: number,
  gpu: GpuId,
  localSsdGb: number,
  maxPods: number,
  onDemand: number | undefined,
];

const EC2 = [
  ['g4dn.xlarge', 4, 16, 1, 'T4', 125, 29, 0.526],
  ['g4dn.2xlarge', 8, 32, 1, 'T4', 225, 29, 0.752],
  ['g4dn.4xlarge', 16, 64, 1, 'T4', 225, 29, 1.204],
  ['g4dn.8xlarge', 32, 128, 1, 'T4', 900, 58, 2.176],
  ['g4dn.12xlarge', 48, 192, 4, 'T4', 900, 234, 3.912],
  ['g4dn.16xlarge', 64, 256, 1, 'T4', 900, 58, 4.352],
  ['g4dn.metal', 96, 384, 8, 'T4', 1800, 737, 7.824],
  ['g5.xlarge', 4, 16, 1, 'A10G', 250, 58, 1.006],
  ['g5.2xlarge', 8, 32, 1, 'A10G', 450, 58, 1.212],
  ['g5.4xlarge', 16, 64, 1, 'A10G', 600, 234, 1.624],
  ['g5.8xlarge', 32, 128, 1, 'A10G', 900, 234, 2.448],
  ['g5.12xlarge', 48, 192, 4, 'A10G', 3800, 737, 5.672],
  ['g5.16xlarge', 64, 256, 1, 'A10G', 1900, 234, 4.096],
  ['g5.24xlarge', 96, 384, 4, 'A10G', 3800, 737, 8.144],
  ['g5.48xlarge', 192, 768, 8, 'A10G', 7600, 345, 16.288],
  ['g6.xlarge', 4, 16, 1, 'L4', 250, 58, 0.8048],
  ['g6.2xlarge', 8, 32, 1, 'L4', 450, 58, 0.9776],
  ['g6.4xlarge', 16, 64, 1, 'L4', 600, 234, 1.3232],
  ['g6.8xlarge', 32, 128, 1, 'L4', 900, 234, 2.0144],
  ['g6.12xlarge', 48, 192, 4, 'L4', 3760, 234, 4.6016],
  ['g6.16xlarge', 64, 256, 1, 'L4', 1880, 737, 3.3968],
  ['g6.24xlarge', 96, 384, 4, 'L4', 3760, 737, 6.6752],
  ['g6.48xlarge', 192, 768, 8, 'L4', 7520, 737, 13.3504],
  ['g6e.xlarge', 4, 32, 1, 'L40S', 250, 58, 1.861],
  ['g6e.2xlarge', 8, 64, 1, 'L40S', 450, 58, 2.24208],
  ['g6e.4xlarge', 16, 128, 1, 'L40S', 600, 234, 3.00424],
  ['g6e.8xlarge', 32, 256, 1, 'L40S', 900, 234, 4.52856],
  ['g6e.12xlarge', 48, 384, 4, 'L40S', 3800, 292, 10.49264],
  ['g6e.16xlarge', 64, 512, 1, 'L40S', 1900, 737, 7.57719],
  ['g6e.24xlarge', 96, 768, 4, 'L40S', 3800, 492, 15.06559],
  ['g6e.48xlarge', 192, 1536, 8, 'L40S', 7600, 492, 30.13118],
  ['g7e.2xlarge', 8, 64, 1, 'RTX-PRO-6000', 1900, 254, 3.36312],
  ['g7e.4xlarge', 16, 128, 1, 'RTX-PRO-6000', 1900, 506, 3.99816],
  ['g7e.8xlarge', 32, 256, 1, 'RTX-PRO-6000', 1900, 506, 5.26824],
  ['g7e.12xlarge', 48, 512, 2, 'RTX-PRO-6000', 3800, 632, 8.28608],
  ['g7e.24xlarge', 96, 1024, 4, 'RTX-PRO-6000', 7600, 632, 16.57216],
  ['g7e.48xlarge', 192, 2048, 8, 'RTX-PRO-6000', 15200, 632, 33.14432],
  ['p4d.24xlarge', 96, 1152, 8, 'A100-40GB', 8000, 737, 21.957642],
  ['p4de.24xlarge', 96, 1152, 8, 'A100-80GB', 8000, 737, 27.44705],
  ['p5.4xlarge', 16, 256, 1, 'H100-80GB', 3800, 118, 6.88],
  ['p5.48xlarge', 192, 2048, 8, 'H100-80GB', 30400, 100, 55.04],
  ['p5e.48xlarge', 192, 2048, 8, 'H200', 30400, 100, undefined],
  ['p5en.48xlarge', 192, 2048, 8, 'H200', 30400, 198, 63.296],
  ['p6-b200.48xlarge', 192, 2048, 8, 'B200', 30400, 198, 113.9328],
  ['p6-b300.48xlarge', 192, 4096, 8, 'B300', 30400, 198, 142.416],
] as const satisfies readonly Ec2Row[];

/** Compute Engine: us-central1 on 2026-08-03, except a3-megagpu-8g: us-east4. */
type GceRow = readonly [
  type: string,
  vcpu: number,
  memoryGib: number,
  gpus: number,
  gpu: GpuId,
  localSsdGb: number,
  onDemand: number | undefined,
  spot: number | undefined,
];

const GCE = [
  ['g2-standard-4', 4, 16, 1, 'L4', 0, 0.706832, 0.397336],
  ['g2-standard-8', 8, 32, 1, 'L4', 0, 0.853624, 0.479872],
  ['g2-standard-12', 12, 48, 1, 'L4', 0, 1.000416, 0.562408],
  ['g2-standard-16', 16, 64, 1, 'L4', 0, 1.147208, 0.644944],
  ['g2-standard-24', 24, 96, 2, 'L4', 0, 2.000833, 1.124816],
  ['g2-standard-32', 32, 128, 1, 'L4', 0, 1.734376, 0.975088],
  ['g2-standard-48', 48, 192, 4, 'L4', 0, 4.001665, 2.249632],
  ['g2-standard-96', 96, 384, 8, 'L4', 0, 8.00333, 4.499264],
  ['a2-highgpu-1g', 12, 85, 1, 'A100-40GB', 0, 3.673385, 1.92802],
  ['a2-highgpu-2g', 24, 170, 2, 'A100-40GB', 0, 7.34677, 3.85604],
  ['a2-highgpu-4g', 48, 340, 4, 'A100-40GB', 0, 14.69354, 7.71208],
  ['a2-highgpu-8g', 96, 680, 8, 'A100-40GB', 0, 29.38708, 15.42416],
  ['a2-megagpu-16g', 96, 1360, 16, 'A100-40GB', 0, 55.739504, 29.25568],
  ['a2-ultragpu-1g', 12, 170, 1, 'A100-80GB', 375, 5.068798, 2.759546],
  ['a2-ultragpu-2g', 24, 340, 2, 'A100-80GB', 750, 10.137596, 5.519093],
  ['a2-ultragpu-4g', 48, 680, 4, 'A100-80GB', 1500, 20.275192, 11.038185],
  ['a2-ultragpu-8g', 96, 1360, 8, 'A100-80GB', 3000, 40.550383, 22.07637],
  ['a3-highgpu-1g', 26, 234, 1, 'H100-80GB', 750, 11.06125, 6.326193],
  ['a3-highgpu-2g', 52, 468, 2, 'H100-80GB', 1500, 22.1225, 12.652385],
  ['a3-highgpu-4g', 104, 936, 4, 'H100-80GB', 3000, 44.245, 25.30477],
  ['a3-highgpu-8g', 208, 1872, 8, 'H100-80GB', 6000, 88.49, 50.609541],
  ['a3-megagpu-8g', 208, 1872, 8, 'H100-80GB', 6000, 92.937588, 23.275237],
  ['a3-ultragpu-8g', 224, 2952, 8, 'H200', 12000, undefined, undefined],
  ['a4-highgpu-8g', 224, 3968, 8, 'B200', 12000, undefined, undefined],
  ['g4-standard-48', 48, 180, 1, 'RTX-PRO-6000', 0, 4.49993, 1.79982],
  ['g4-standard-96', 96, 360, 2, 'RTX-PRO-6000', 0, 8.99986, 3.59964],
  ['g4-standard-192', 192, 720, 4, 'RTX-PRO-6000', 0, 17.99972, 7.19928],
  ['g4-standard-384', 384, 1440, 8, 'RTX-PRO-6000', 0, 35.99944, 14.39856],
] as const satisfies readonly GceRow[];

/** N1 machines have no GPU of their own; a T4 is attached. Prices without the T4. */
type N1Row = readonly [type: string, vcpu: number, memoryGib: number, onDemand: number, spot: number];

const N1 = [
  ['n1-standard-4', 4, 15, 0.189999, 0.06701],
  ['n1-standard-8', 8, 30, 0.379998, 0.13402],
  ['n1-standard-16', 16, 60, 0.759996, 0.26804],
  ['n1-standard-32', 32, 120, 1.519992, 0.53608],
] as const satisfies readonly N1Row[];

/** Azure: eastus on 2026-06-18, except ND96isr_H200_v5: westus2. Spot is older (about 2025). */
type AzureRow = readonly [
  size: string,
  vcpu: number,
  memoryGib: number,
  gpus: number,
  gpu: GpuId,
  onDemand: number,
  spot: number | undefined,
  verified: boolean,
];

const AZURE = [
  ['Standard_NC4as_T4_v3', 4, 28, 1, 'T4', 0.526, 0.062699, true],
  ['Standard_NC8as_T4_v3', 8, 56, 1, 'T4', 0.752, 0.089638, true],
  ['Standard_NC16as_T4_v3', 16, 110, 1, 'T4', 1.204, undefined, false],
  ['Standard_NC64as_T4_v3', 64, 440, 4, 'T4', 4.352, 0.518758, true],
  ['Standard_NC24ads_A100_v4', 24, 220, 1, 'A100-80GB', 3.673, undefined, false],
  ['Standard_NC48ads_A100_v4', 48, 440, 2, 'A100-80GB', 7.346, 0.888866, true],
  ['Standard_NC96ads_A100_v4', 96, 880, 4, 'A100-80GB', 14.692, 1.777732, true],
  ['Standard_NC40ads_H100_v5', 40, 320, 1, 'H100-NVL', 6.98, undefined, true],
  ['Standard_NC80adis_H100_v5', 80, 640, 2, 'H100-NVL', 13.96, undefined, true],
  ['Standard_NV36ads_A10_v5', 36, 440, 1, 'A10', 3.2, 0.8, true],
  ['Standard_NV36adms_A10_v5', 36, 880, 1, 'A10', 4.52, 1.13, true],
  ['Standard_NV72ads_A10_v5', 72, 880, 2, 'A10', 6.52, 1.63, true],
  ['Standard_ND96asr_v4', 96, 900, 8, 'A100-40GB', 27.197, 2.99167, true],
  ['Standard_ND96amsr_A100_v4', 96, 1800, 8, 'A100-80GB', 32.77, 3.6047, true],
  ['Standard_ND96isr_H100_v5', 96, 1900, 8, 'H100-80GB', 98.32, undefined, true],
  ['Standard_ND96isr_H200_v5', 96, 1850, 8, 'H200', 84.8, undefined, false],
  ['Standard_ND128isr_NDR_GB200_v6', 128, 900, 4, 'GB200', 108.16, undefined, false],
] as const satisfies readonly AzureRow[];

/** EC2 instance types with whole NVIDIA GPUs. */
export type EksInstanceType = (typeof EC2)[number][0];
/** Compute Engine machine types that come with GPUs. */
export type GceGpuMachineType = (typeof GCE)[number][0];
/** Compute Engine machine types to which T4 GPUs can be attached. */
export type GceN1MachineType = (typeof N1)[number][0];
/** Machine types of GPU node pools in GKE. An N1 also needs `attachedT4s`. */
export type GkeMachineType = GceGpuMachineType | GceN1MachineType;
/** Azure VM sizes with whole NVIDIA GPUs; sizes with a fraction of a card (vGPU) are left out. */
export type AksVmSize = (typeof AZURE)[number][0];

/** Machines of AWS. Local SSD, pods and prices as Karpenter's generated tables have them. */
export const EC2_MACHINES: readonly Machine[] = EC2.map(
  ([type, vcpu, memoryGib, gpus, gpu, localSsdGb, maxPods, onDemand]: Ec2Row): Machine => ({
    cloud: 'aws',
    type,
    vcpu,
    memoryGib,
    gpus,
    gpu,
    localSsdGb,
    maxPods,
    ...(onDemand !== undefined && {
      price: { onDemand, region: 'us-east-1', date: '2026-07-20', source: KARPENTER_PRICES },
    }),
    source: KARPENTER_TYPES,
    verified: true,
  }),
);

/** Machines of Google Cloud that come with GPUs. */
export const GCE_MACHINES: readonly Machine[] = GCE.map(
  ([type, vcpu, memoryGib, gpus, gpu, localSsdGb, onDemand, spot]: GceRow): Machine => ({
    cloud: 'gcp',
    type,
    vcpu,
    memoryGib,
    gpus,
    gpu,
    // Same card as in a3-highgpu, but GKE labels it by the machine's network.
    ...(type === 'a3-megagpu-8g' && { gkeAccelerator: 'nvidia-h100-mega-80gb' }),
    localSsdGb,
    ...(onDemand !== undefined && {
      price: {
        onDemand,
        ...(spot !== undefined && { spot }),
        region: type === 'a3-megagpu-8g' ? 'us-east4' : 'us-central1',
        date: '2026-08-03',
        source: GCE_PRICES,
      },
    }),
    source:
      type === 'a4-highgpu-8g'
        ? 'from memory; that the machine has B200 GPUs: public manifests'
        : type === 'a3-ultragpu-8g'
          ? 'vCPU and memory: a public manifest; local SSD from memory'
          : GCE_TYPES,
    verified: type !== 'a4-highgpu-8g' && type !== 'a3-ultragpu-8g',
  }),
);

/** Machines of Azure. Local SSD is 0 because nobody looked it up. */
export const AZURE_MACHINES: readonly Machine[] = AZURE.map(
  ([type, vcpu, memoryGib, gpus, gpu, onDemand, spot, verified]: AzureRow): Machine => ({
    cloud: 'azure',
    type,
    vcpu,
    memoryGib,
    gpus,
    gpu,
    localSsdGb: 0,
    price: {
      onDemand,
      ...(spot !== undefined && { spot }),
      region: type === 'Standard_ND96isr_H200_v5' ? 'westus2' : 'eastus',
      date: '2026-06-18',
      source: spot === undefined ? AZURE_PRICES : `${AZURE_PRICES}; spot: ${AZURE_TYPES} (undated)`,
    },
    source: verified ? AZURE_TYPES : 'vCPU: the name; memory and GPUs from memory',
    verified,
  }),
);

/** How many T4 GPUs Compute Engine attaches to one N1 machine. */
export type AttachedT4s = 1 | 2 | 4;

/** An N1 machine with T4 GPUs attached, as one machine. Undefined when it is no N1 machine type of the catalog. */
export function n1WithT4(type: string, t4s: AttachedT4s): Machine | undefined {
  const row: N1Row | undefined = N1.find(([name]) => name === type);
  if (row === undefined) return undefined;
  const [, vcpu, memoryGib, onDemand, spot] = row;
  return {
    cloud: 'gcp',
    type,
    vcpu,
    memoryGib,
    gpus: t4s,
    gpu: 'T4',
    localSsdGb: 0,
    price: {
      onDemand: usd(onDemand + 0.35 * t4s),
      spot: usd(spot + 0.11 * t4s),
      region: 'us-central1',
      date: '2026-08-03',
      source: `${GCE_PRICES}; ${T4_PRICES}`,
    },
    source: GCE_TYPES,
    verified: true,
  };
}

/** Rounded to a millionth, the precision of the tables, so that sums print as people write them. */
const usd = (amount: number) => Math.round(amount * 1e6) / 1e6;

/** Names of the N1 machine types to which T4 GPUs can be attached. */
export const GCE_N1_MACHINE_TYPES: readonly GceN1MachineType[] = N1.map(([type]) => type);

const byCloud: Readonly<Record<Machine['cloud'], readonly Machine[]>> = {
  gcp: GCE_MACHINES,
  aws: EC2_MACHINES,
  azure: AZURE_MACHINES,
};

/** All machines of a cloud that come with GPUs. */
export function machinesOf(cloud: Machine['cloud']): readonly Machine[] {
  return byCloud[cloud];
}

/** The machine type of a cloud; undefined when the catalog has none. N1 machines: see {@link n1WithT4}. */
export function findMachine(cloud: Machine['cloud'], type: string): Machine | undefined {
  return byCloud[cloud].find((machine) => machine.type === type);
}
