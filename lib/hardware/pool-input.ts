import { Size, SizeRoundingBehavior } from 'cdk8s';
import { Cpu } from 'cdk8s-plus-30';
import { dnsLabelProblems, dnsSubdomainProblems, labelProblems } from '../problem/names';
import { wholeNumberProblems } from '../problem/numbers';
import { Problem } from '../problem/problem';
import { NodePlatform } from './daemon-set-allowance';
import { deviceAllocationProblems } from './device-claim';
import { kubernetesVersionProblems } from './kubernetes-version';
import { Machine } from './machine';
import {
  EksGpuNodePoolProps,
  GpuNodePoolProps,
  KarpenterGpuNodePoolProps,
  OnPremGpuNodePoolProps,
} from './gpu-node-pool-props';
import { rdmaProblems } from './rdma';

type AnyPoolProps = GpuNodePoolProps & { readonly name: string; readonly minNodes?: number } & Partial<
    Pick<EksGpuNodePoolProps, 'maxPods' | 'bootDisk'> &
      Pick<KarpenterGpuNodePoolProps, 'gpusPerNode'> &
      Pick<OnPremGpuNodePoolProps, 'cpu' | 'memory'>
  >;

/** Everything that is wrong with a pool before its machine and GPU are known. */
export function poolProblems(platform: NodePlatform, props: AnyPoolProps): Problem[] {
  return [
    ...nameProblems(platform, props.name),
    ...nodeCountProblems(props),
    ...wholeNumberProblems('maxPods', props.maxPods, 1),
    ...wholeNumberProblems('gpusPerNode', props.gpusPerNode, 1),
    ...wholeNumberProblems('bootDisk in MiB', props.bootDisk && memoryMib(props.bootDisk), 1),
    ...zoneProblems(props.zones),
    ...ownLabelProblems(props.labels ?? {}),
    ...taintProblems(props),
    ...halfNodeProblems(props),
    ...kubernetesVersionProblems(props.kubernetesVersion),
    ...deviceAllocationProblems(platform, props),
    ...rdmaProblems(props.rdma),
  ];
}

/** Machines that should keep ephemeral storage on local SSDs and have none. */
export function localSsdProblems(
  props: { readonly localSsdAsEphemeralStorage?: boolean },
  machines: readonly Machine[],
): Problem[] {
  if (!props.localSsdAsEphemeralStorage) return [];
  return machines
    .filter(({ localSsdGb }) => localSsdGb === 0)
    .map(({ type }) => ({
      check: 'node-pool',
      message: `localSsdAsEphemeralStorage is set, but ${type} has no local SSD.`,
      remedy: 'Remove it and state bootDisk, or use a machine type with local SSD.',
    }));
}

/** What the platforms accept as the name of a pool, and Kubernetes as the label that carries it. */
const POOL_NAMES: Readonly<Partial<Record<NodePlatform, { readonly pattern: RegExp; readonly rule: string }>>> = {
  gke: {
    pattern: /^[a-z]([-a-z0-9]{0,38}[a-z0-9])?$/,
    rule: 'at most 40 lower-case letters, digits and "-", beginning with a letter, ending with a letter or digit',
  },
  eks: {
    pattern: /^[A-Za-z0-9]([-_A-Za-z0-9]{0,61}[A-Za-z0-9])?$/,
    rule: 'at most 63 letters, digits, "-" and "_", beginning and ending with a letter or digit',
  },
  aks: { pattern: /^[a-z][a-z0-9]{0,11}$/, rule: 'at most 12 lower-case letters and digits, beginning with a letter' },
};

function nameProblems(platform: NodePlatform, name: string): Problem[] {
  const rules = POOL_NAMES[platform];
  if (rules === undefined) {
    // A NodePool may have dots in its name, but nodes carry the name as a label value, which ends at 63 characters.
    return platform === 'karpenter' && name.length <= 63
      ? dnsSubdomainProblems('node pool name', name)
      : dnsLabelProblems('node pool name', name);
  }
  if (rules.pattern.test(name)) return [];
  const shown = name.length > 80 ? `${name.slice(0, 77)}...` : name;
  return [
    {
      check: 'names',
      message: `Node pool name ${JSON.stringify(shown)} is not one that ${platform.toUpperCase()} accepts.`,
      remedy: `Use ${rules.rule}.`,
    },
  ];
}

function nodeCountProblems({ minNodes = 0, maxNodes }: AnyPoolProps): Problem[] {
  const problems = [
    ...wholeNumberProblems('maxNodes', maxNodes ?? NaN, 1),
    ...wholeNumberProblems('minNodes', minNodes, 0),
  ];
  if (problems.length === 0 && maxNodes < minNodes) {
    problems.push({
      check: 'node-pool',
      message: `maxNodes ${maxNodes} is below minNodes ${minNodes}.`,
      remedy: `Raise maxNodes to ${minNodes}, or lower minNodes.`,
    });
  }
  return problems;
}

function zoneProblems(zones: readonly string[] | undefined): Problem[] {
  if (zones === undefined) return [];
  if (!Array.isArray(zones)) {
    return [
      {
        check: 'node-pool',
        message: `zones is ${JSON.stringify(zones)}, which is no list.`,
        remedy: 'Write a list, such as zones: ["us-central1-a"].',
      },
    ];
  }
  if (zones.length === 0) {
    return [
      {
        check: 'node-pool',
        message: 'zones is an empty list: no node could be anywhere.',
        remedy: 'Name the zones, or remove zones when any will do.',
      },
    ];
  }
  const twice = zones.filter((zone, index) => zones.indexOf(zone) !== index);
  return [
    ...zones
      .filter((zone) => zone === '')
      .map(() => ({ check: 'node-pool', message: 'A zone is an empty text.', remedy: 'Name the zone.' })),
    ...zones.flatMap((zone) => labelProblems('zone', { 'topology.kubernetes.io/zone': zone })),
    ...[...new Set(twice)].map((zone) => ({
      check: 'node-pool',
      message: `Zone ${zone} is listed more than once.`,
      remedy: 'List it once.',
    })),
  ];
}

/** Labels that the other props decide: what a pool says about them itself would contradict it. */
const DERIVED_LABELS = new RegExp(
  [
    'cloud\\.google\\.com/gke-(nodepool|accelerator|accelerator-count|gpu|gpu-partition-size|spot)',
    'cloud\\.google\\.com/gke-(gpu-sharing-strategy|max-shared-clients-per-gpu)',
    'eks\\.amazonaws\\.com/(nodegroup|capacityType)',
    'karpenter\\.(sh|k8s\\.aws)/.*',
    'kubernetes\\.azure\\.com/(agentpool|accelerator|scalesetpriority)',
    'nvidia\\.com/(gpu\\.(present|product|count|replicas)|mig\\.strategy)',
    'node\\.kubernetes\\.io/instance-type',
    'topology\\.kubernetes\\.io/(zone|region)',
  ]
    .map((pattern) => `^${pattern}$`)
    .join('|'),
);

function ownLabelProblems(labels: Readonly<Record<string, string>>): Problem[] {
  return [
    ...labelProblems('label', labels),
    ...Object.keys(labels)
      .filter((key) => DERIVED_LABELS.test(key))
      .map((key) => ({
        check: 'node-pool',
        message: `Label ${key} is set by the platform, not by you.`,
        remedy: 'Remove it from labels; it is derived from the other props.',
      })),
  ];
}

const EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

function taintProblems({ taints = [] }: AnyPoolProps): Problem[] {
  const seen = new Set<string>();
  return taints.flatMap(({ key, value, effect }) => {
    const problems = labelProblems('taint', { [key]: value ?? '' });
    if (!EFFECTS.includes(effect)) {
      problems.push({
        check: 'node-pool',
        message: `Taint ${key} has the effect ${JSON.stringify(effect)}.`,
        remedy: `Use one of ${EFFECTS.join(', ')}.`,
      });
    }
    const identity = `${key}:${effect}`;
    if (seen.has(identity)) {
      problems.push({
        check: 'node-pool',
        message: `Taint ${identity} is listed more than once.`,
        remedy: 'List each key and effect once.',
      });
    }
    seen.add(identity);
    return problems;
  });
}

function halfNodeProblems({ cpu, memory }: AnyPoolProps): Problem[] {
  if ((cpu === undefined) === (memory === undefined)) return [];
  return [
    {
      check: 'node-pool',
      message: `${cpu === undefined ? 'memory' : 'cpu'} of a node is given without ${cpu === undefined ? 'cpu' : 'memory'}.`,
      remedy: 'Give both, or neither.',
    },
  ];
}

/** Nodes on which nothing but their DaemonSets has room. */
export function daemonSetProblems(
  node: { readonly cpuMillis: number; readonly memoryMib: number },
  daemonSets: { readonly cpuMillis: number; readonly memoryMib: number },
): Problem[] {
  const left = (what: string, offered: number, taken: number, unit: string): Problem[] =>
    offered > taken
      ? []
      : [
          {
            check: 'node-pool',
            message: `A node offers ${offered} ${unit} of ${what}, and its DaemonSets ask for ${taken}: no pod has room.`,
            remedy: `Use a larger machine, or state the ${what} of daemonSets if yours ask for less.`,
          },
        ];
  return [
    ...left('cpu', node.cpuMillis, daemonSets.cpuMillis, 'thousandths of a core'),
    ...left('memory', node.memoryMib, daemonSets.memoryMib, 'MiB'),
  ];
}

/** Thousandths of a core. */
export function cpuMillis(cpu: Cpu): number {
  return cpu.amount.endsWith('m') ? Number(cpu.amount.slice(0, -1)) : Math.round(Number(cpu.amount) * 1000);
}

/** MiB, rounded down. */
export function memoryMib(size: Size): number {
  // cdk8s rounds only where it converts: a Size that is in MiB already comes back as it is.
  return Math.floor(size.toMebibytes({ rounding: SizeRoundingBehavior.FLOOR }));
}
