import { IConstruct } from 'constructs';
import { Problem } from '../problem/problem';
import { Declarations, DeclaredPriorityClass, DeclaredTrack } from './declarations';

/** A risk and the construct that has it. */
interface PreemptionRisk {
  readonly at: IConstruct;
  readonly problem: Problem;
}

/**
 * Services that a service of a higher class may end, with nothing that holds one replica back. Those that yield by design,
 * canaries, are not told; nor are classes whose value nobody declared.
 */
export function preemptionRisks(declared: Declarations): PreemptionRisk[] {
  const classes = classesOf(declared);
  const stable = declared
    .services()
    .flatMap(({ tracks }) => tracks.filter(({ track }) => track === 'stable'))
    .flatMap((track) => {
      const priority = priorityOf(track, classes);
      return priority ? [{ track, priority }] : [];
    });
  return stable.flatMap(({ track: victim, priority: lower }) => {
    if (victim.replicas !== 1) return [];
    const stronger = stable.find(
      ({ track, priority }) =>
        priority.preempts && priority.value > lower.value && sharedPool(track, victim) !== undefined,
    );
    if (!stronger) return [];
    const { startup } = victim.plan;
    const minutes = Math.ceil((startup.imagePullSeconds + startup.coldSeconds) / 60);
    return [
      {
        at: victim.construct,
        problem: {
          check: 'preemption',
          message:
            `${pathOf(victim)} has one replica and no disruption budget, and ${classText(lower)}; ${pathOf(stronger.track)} ` +
            `has ${classText(stronger.priority)} in the pool ${sharedPool(stronger.track, victim)}, so the scheduler ends the only ` +
            `pod when that one needs its GPU. A new one takes ${minutes} minutes.`,
          remedy: `Give it the class ${stronger.priority.name}, a second replica, or a pool of its own.`,
        },
      },
    ];
  });
}

/** The priority classes that the app declares, by name. */
export const classesOf = ({ priorities }: Declarations): ReadonlyMap<string, DeclaredPriorityClass> =>
  new Map((priorities?.classes ?? []).map((each) => [each.name, each]));

/** A class that the app declares, or none at all, which is 0 and never preempts. */
export function priorityOf({ pod }: DeclaredTrack, classes: ReadonlyMap<string, DeclaredPriorityClass>) {
  const { priorityClassName: name } = pod;
  return name === undefined ? { name: undefined, value: 0, preempts: false } : classes.get(name);
}

const classText = ({ name, value }: { readonly name?: string; readonly value: number }) =>
  name === undefined ? 'no priority class (0)' : `the priority class ${name} (${value})`;

const pathOf = ({ namespace, service }: DeclaredTrack) => `${namespace ?? 'default'}/${service}`;

const sharedPool = (one: DeclaredTrack, other: DeclaredTrack): string | undefined =>
  one.request.nodePools.find(({ name, platform }) =>
    other.request.nodePools.some((pool) => pool.name === name && pool.platform === platform),
  )?.name;
