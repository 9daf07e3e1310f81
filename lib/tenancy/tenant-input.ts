import { toMebibytes, toMillicores } from '../workload/quantities';
import { deviceQuotaName, QuotaAmounts } from '../plan/tenant-quota';
import { dnsLabelProblems, dnsSubdomainProblems, labelProblems } from '../problem/names';
import { wholeNumberProblems } from '../problem/numbers';
import { Problem } from '../problem/problem';
import { TenantNamespaceProps, TenantTeam } from './tenant-namespace-props';

/** The stated quota by Kubernetes' names; doors past the gateway are shut unless stated. */
export function statedQuota({
  gpus,
  gpuResourceName = 'nvidia.com/gpu',
  quota = {},
}: TenantNamespaceProps): QuotaAmounts {
  const whole = gpus === undefined ? {} : { [deviceQuotaName(gpuResourceName)]: gpus };
  if (quota === false) return whole;
  const { devices = {}, storageByClass = {} } = quota;
  return defined({
    ...whole,
    ...Object.fromEntries(Object.entries(devices).map(([name, count]) => [deviceQuotaName(name), count])),
    'requests.cpu': toMillicores(quota.cpu),
    'requests.memory': toMebibytes(quota.memory),
    pods: quota.pods,
    'requests.storage': toMebibytes(quota.storage),
    persistentvolumeclaims: quota.volumeClaims,
    ...Object.fromEntries(
      Object.entries(storageByClass).map(([name, size]) => [
        `${name}.storageclass.storage.k8s.io/requests.storage`,
        toMebibytes(size),
      ]),
    ),
    'services.loadbalancers': quota.loadBalancers ?? 0,
    'services.nodeports': quota.nodePorts ?? 0,
  });
}

const defined = (amounts: Readonly<Record<string, number | undefined>>): QuotaAmounts =>
  Object.fromEntries(Object.entries(amounts).filter((entry): entry is [string, number] => entry[1] !== undefined));

/** Everything that cannot be in what a user states of a namespace. */
export function tenantProblems(name: string, props: TenantNamespaceProps): Problem[] {
  const { gpuResourceName = 'nvidia.com/gpu', labels = {}, podSecurityVersion, priorityClasses = [] } = props;
  return [
    ...dnsLabelProblems('namespace', name),
    ...labelProblems('namespace label', labels),
    ...wholeNumberProblems('gpus', props.gpus, 0),
    ...resourceNameProblems(gpuResourceName),
    ...quotaProblems(props),
    ...(podSecurityVersion === undefined || /^(latest|v1\.\d{1,3})$/.test(podSecurityVersion)
      ? []
      : [
          {
            check: 'names',
            message: `podSecurityVersion is ${JSON.stringify(podSecurityVersion)}, which is no minor version of Kubernetes.`,
            remedy: 'Use one such as v1.36, or latest.',
          },
        ]),
    ...priorityClasses.flatMap((each) => dnsSubdomainProblems('priority class', each)),
    ...teamProblems(props.team ?? {}),
    ...(props.flux?.serviceAccountName === undefined
      ? []
      : dnsSubdomainProblems("Flux's service account", props.flux.serviceAccountName)),
  ];
}

function quotaProblems({ quota, gpus, gpuResourceName = 'nvidia.com/gpu' }: TenantNamespaceProps): Problem[] {
  if (!quota) return [];
  const { devices = {}, storageByClass = {} } = quota;
  return [
    ...Object.entries(devices).flatMap(([name, count]) => [
      ...(name.includes('/') ? resourceNameProblems(name) : dnsSubdomainProblems('device class', name)),
      ...wholeNumberProblems(`quota.devices of ${name}`, count, 0),
    ]),
    ...(gpus !== undefined && gpuResourceName in devices
      ? [
          {
            check: 'tenant-quota',
            message: `gpus says ${gpus} and quota.devices says ${devices[gpuResourceName]} for ${gpuResourceName}.`,
            remedy: 'State it once.',
          },
        ]
      : []),
    ...wholeNumberProblems('quota.cpu in thousandths of a core', toMillicores(quota.cpu), 0),
    ...wholeNumberProblems('quota.memory in MiB', toMebibytes(quota.memory), 0),
    ...wholeNumberProblems('quota.pods', quota.pods, 0),
    ...wholeNumberProblems('quota.storage in MiB', toMebibytes(quota.storage), 0),
    ...wholeNumberProblems('quota.volumeClaims', quota.volumeClaims, 0),
    ...Object.entries(storageByClass).flatMap(([name, size]) => [
      ...dnsSubdomainProblems('storage class', name),
      ...wholeNumberProblems(`quota.storageByClass of ${name} in MiB`, toMebibytes(size), 0),
    ]),
    ...wholeNumberProblems('quota.loadBalancers', quota.loadBalancers, 0),
    ...wholeNumberProblems('quota.nodePorts', quota.nodePorts, 0),
  ];
}

function resourceNameProblems(name: string): Problem[] {
  if (/^[a-z0-9.-]+\.[a-z]+\/[\w.-]+$/.test(name)) return [];
  return [
    {
      check: 'names',
      message: `The quota counts ${JSON.stringify(name)}, which is not the name of an extended resource.`,
      remedy: 'Use the resourceName of the node pool, such as nvidia.com/gpu.',
    },
  ];
}

function teamProblems({ viewers = [], debuggers = [], deployers = [] }: TenantTeam): Problem[] {
  return [...viewers, ...debuggers, ...deployers]
    .filter((group) => group.trim() === '' || group.startsWith('system:'))
    .map((group) => ({
      check: 'names',
      message: `${JSON.stringify(group)} is not a group of a team.`,
      remedy: 'Name the group as the identity provider sends it; those of "system:" belong to Kubernetes.',
    }));
}
