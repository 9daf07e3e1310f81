import { dnsSubdomainProblems } from '../problem/names';
import { Problem } from '../problem/problem';
import { NodePlatform } from './daemon-set-allowance';
import { Gpu, MigProfile } from './gpu';
import { GpuNodePoolProps } from './gpu-node-pool-props';
import { kubernetesMinor } from './kubernetes-version';

/** Devices that a pod claims by Dynamic Resource Allocation, as `resource.k8s.io/v1` spells them. */
export interface DeviceClaim {
  readonly deviceClassName: string;
  /** CEL expression that is true for the devices of the pod's pools and of no other GPU. */
  readonly selector: string;
  /** What the claim is about in a name: GPUs and profiles, such as `l4` or `a100-80gb-1g.10gb`. */
  readonly slug: string;
  readonly count: number;
}

/** What must be known of a pool to claim its devices. */
interface ClaimablePool {
  readonly gpu: Gpu;
  readonly migProfile?: MigProfile;
  readonly deviceClass?: string;
}

/** First version that serves `resource.k8s.io/v1`, on by default. */
const GENERAL_AVAILABILITY = 34;

/** Domain of the attributes that NVIDIA's driver publishes, whole GPUs and slices alike. */
const DOMAIN = 'gpu.nvidia.com';

const QUOTA_SUFFIX = '.deviceclass.resource.k8s.io/devices';

/** The class of a pool's devices; undefined where a device plugin hands them out. */
export function deviceClassOf({ deviceAllocation, deviceClass, mig }: GpuNodePoolProps): string | undefined {
  if (deviceAllocation !== 'dra') return undefined;
  return deviceClass ?? (mig ? 'mig.nvidia.com' : 'gpu.nvidia.com');
}

/** The name under which a ResourceQuota counts the devices of a class. */
export const quotaNameOf = (deviceClass: string) => `${deviceClass}${QUOTA_SUFFIX}`;

/** Whether a name stands for devices that pods claim; a device plugin's resources have other ones. */
export const isDeviceQuota = (resourceName: string) => resourceName.endsWith(QUOTA_SUFFIX);

/** Problems of a pool whose devices are to be claimed. */
export function deviceAllocationProblems(platform: NodePlatform, props: GpuNodePoolProps): Problem[] {
  const { deviceAllocation, deviceClass, kubernetesVersion, sharing } = props;
  const problem = (message: string, remedy: string): Problem => ({ check: 'node-pool', message, remedy });
  if (deviceAllocation !== undefined && deviceAllocation !== 'dra' && deviceAllocation !== 'device-plugin') {
    return [
      problem(
        `deviceAllocation is ${JSON.stringify(deviceAllocation)}.`,
        "Use 'device-plugin' or 'dra', or leave it out.",
      ),
    ];
  }
  if (deviceAllocation !== 'dra') {
    return deviceClass === undefined
      ? []
      : [
          problem(
            `deviceClass is ${JSON.stringify(deviceClass)}, but a device plugin hands out the GPUs and knows no classes.`,
            "Set deviceAllocation to 'dra', or remove deviceClass.",
          ),
        ];
  }
  const minor = kubernetesVersion === undefined ? undefined : kubernetesMinor(kubernetesVersion);
  return [
    ...(minor !== undefined && minor >= GENERAL_AVAILABILITY
      ? []
      : [
          problem(
            kubernetesVersion === undefined
              ? "deviceAllocation is 'dra', and kubernetesVersion is not stated: clusters before 1.34 refuse the claims."
              : `deviceAllocation is 'dra', but Kubernetes ${kubernetesVersion} does not serve resource.k8s.io/v1.`,
            "State kubernetesVersion: '1.34' or later if the cluster has it, or leave deviceAllocation out.",
          ),
        ]),
    ...(sharing === undefined
      ? []
      : [
          problem(
            `deviceAllocation is 'dra', and sharing has ${sharing.replicas} replicas: shares are what a device plugin makes.`,
            "Remove sharing, or use deviceAllocation 'device-plugin'.",
          ),
        ]),
    ...(platform === 'karpenter'
      ? [
          problem(
            "deviceAllocation is 'dra', but Karpenter starts no node for a claim: it cannot know the devices of a machine that does not exist yet.",
            "Use a managed node group, or deviceAllocation 'device-plugin'.",
          ),
        ]
      : []),
    ...(deviceClass === undefined ? [] : dnsSubdomainProblems('device class', deviceClass)),
  ];
}

/**
 * The claim of a pod that may run in any of these pools; undefined where a device plugin hands out their GPUs.
 *
 * Names of class, attributes and capacity: kubernetes-sigs/dra-driver-nvidia-gpu, "ResourceSlice device attributes".
 */
export function deviceClaim(pools: readonly ClaimablePool[], count: number): DeviceClaim | undefined {
  const deviceClassName = pools[0]?.deviceClass;
  if (deviceClassName === undefined) return undefined;
  const conditions = [...new Set(pools.map(condition))];
  const slugs = pools.map(({ gpu, migProfile }) => `${gpu.id}${migProfile ? `-${migProfile.name}` : ''}`);
  return {
    deviceClassName,
    selector: conditions.length === 1 ? conditions[0]! : conditions.map((one) => `(${one})`).join(' || '),
    slug: [...new Set(slugs)]
      .join('-')
      .toLowerCase()
      .replace(/[^a-z0-9.]+/g, '-'),
    count,
  };
}

/**
 * The product by the name that GPU feature discovery makes of it, with dashes for spaces, so that a claim and a node label
 * say the same; by its memory where nobody knows that name. A slice by its profile too.
 */
function condition({ gpu, migProfile }: ClaimablePool): string {
  const attributes = `device.attributes['${DOMAIN}']`;
  const labels = gpu.productLabels.map((label) => `'${label}'`).join(', ');
  const product =
    labels === ''
      ? `device.capacity['${DOMAIN}'].memory.compareTo(quantity('${leastMemoryGib(migProfile ?? gpu)}Gi')) >= 0`
      : `${attributes}.productName.replace(' ', '-') in [${labels}]`;
  return migProfile ? `${product} && ${attributes}.profile == '${migProfile.name}'` : product;
}

/** What is left of a nameplate's GB when the driver has taken its part, rounded down. */
const leastMemoryGib = ({ memoryGb }: { readonly memoryGb: number }) =>
  Math.max(1, Math.floor((0.9 * memoryGb * 1e9) / 2 ** 30));
