import { k8s } from 'cdk8s-plus-30';
import { Construct } from 'constructs';
import { RequestDefaults } from '../checks/quota-parts';
import { reportErrors } from '../checks/report';
import { wholeNumberProblems } from '../problem/numbers';
import { Problem } from '../problem/problem';
import { mebibytes, millicores, toMebibytes, toMillicores } from '../workload/quantities';
import { ContainerDefaults } from './tenant-namespace-props';

const DEFAULT_LIMIT_MIB = 512;

/**
 * A LimitRange with defaults for containers that state nothing, as a quota of CPU and memory demands of every pod.
 *
 * It has no maximum. One of CPU would become a default limit for all containers, one of GPUs would refuse every pod that
 * asks for none; both are what the API server makes of them.
 */
export class ContainerLimits extends Construct {
  /** What a container gets that states nothing. */
  readonly requests: RequestDefaults;
  /** The limit of memory that it gets, in MiB; undefined for none. */
  readonly memoryLimitMib?: number;

  constructor(scope: Construct, id: string, defaults: ContainerDefaults | false) {
    super(scope, id);
    const { cpu, memory, memoryLimit } = defaults || {};
    const limitMib = toMebibytes(memoryLimit) ?? DEFAULT_LIMIT_MIB;
    if (defaults) this.memoryLimitMib = limitMib;
    this.requests = defaults
      ? { cpuMillis: toMillicores(cpu) ?? 100, memoryMib: toMebibytes(memory) ?? 256 }
      : { cpuMillis: 0, memoryMib: 0 };
    if (!defaults) return;
    const { cpuMillis, memoryMib } = this.requests;
    reportErrors(this, [
      ...wholeNumberProblems('containerDefaults.cpu in thousandths of a core', cpuMillis, 1),
      ...wholeNumberProblems('containerDefaults.memory in MiB', memoryMib, 1),
      ...wholeNumberProblems('containerDefaults.memoryLimit in MiB', limitMib, 1),
      ...(memoryMib > limitMib
        ? [
            {
              check: 'resources',
              message: `The default request of memory is ${memoryMib} MiB, above the default limit of ${limitMib} MiB.`,
              remedy: 'Raise containerDefaults.memoryLimit, or lower containerDefaults.memory.',
            },
          ]
        : []),
    ]);
    new k8s.KubeLimitRange(this, 'Default', {
      metadata: { name: 'container-defaults' },
      spec: {
        limits: [
          {
            type: 'Container',
            defaultRequest: { cpu: millicores(cpuMillis), memory: mebibytes(memoryMib) },
            default: { memory: mebibytes(limitMib) },
          },
        ],
      },
    });
  }
}

/** What the API server makes of a container that requests more than the limit which it is given. */
export function limitProblems(
  { memoryLimitMib }: ContainerLimits,
  unlimited: readonly { readonly path: string; readonly mib: number }[],
): Problem[] {
  return unlimited
    .filter(({ mib }) => memoryLimitMib !== undefined && mib > memoryLimitMib)
    .map(({ path, mib }) => ({
      check: 'resources',
      message: `A container of ${path} requests ${Math.ceil(mib)} MiB of memory and states no limit; its namespace gives it one of ${memoryLimitMib} MiB, and the API server refuses the pod.`,
      remedy: 'State a limit of memory for the container, or raise containerDefaults.memoryLimit.',
    }));
}
