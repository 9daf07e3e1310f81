import { isDeviceQuota } from '../../hardware/device-claim';
import { Scorecard, ScorecardQuota } from '../scorecard';
import { ScorecardService, ScorecardTrack } from '../scorecard-service';
import { Observation, ObservedOthers, ObservedService, ObservedTrack } from './observation';
import { NO_HISTORY } from './pod-history';

/** A promise of the plan, and what became of it. */
export interface Verdict {
  /** What it is about, such as `chat/llama3-70b`. */
  readonly subject: string;
  readonly kept: boolean;
  /** True when it is about the way from the state before. */
  readonly change?: true;
  /** What was promised, in a few words. */
  readonly planned: string;
  /** What was seen. */
  readonly seen: string;
}

/** Every promise of a scorecard against what a cluster made of the manifests. */
export function verdictsOf(card: Scorecard, seen: Observation): Verdict[] {
  return [
    ...card.services.flatMap((service) => serviceVerdicts(service, observed(service, seen))),
    ...seen.others.map(othersVerdict),
    ...poolVerdicts(card, seen),
    ...card.quotas
      .filter(({ resourceName }) => !isDeviceQuota(resourceName))
      .map((quota) => quotaVerdict(quota, card, seen)),
  ];
}

const keyOf = ({ namespace, name }: ScorecardService) => `${namespace}/${name}`;

const observed = (service: ScorecardService, { services }: Observation): ObservedService =>
  services.find((one) => one.service === keyOf(service)) ?? {
    service: keyOf(service),
    tracks: [],
    gpus: 0,
    admission: [],
    history: NO_HISTORY,
  };

function serviceVerdicts(service: ScorecardService, seen: ObservedService): Verdict[] {
  const claims = isDeviceQuota(service.resourceName);
  return [
    // No driver publishes devices of simulated nodes, so claims wait for ever and say nothing.
    ...(claims ? [] : service.tracks.map((track) => trackVerdict(service, track, seen))),
    {
      subject: keyOf(service),
      kept: seen.admission.length === 0,
      planned: 'nothing changed by admission',
      seen: seen.admission.length === 0 ? 'nothing' : seen.admission.join('; '),
    },
  ];
}

const NO_PODS: Omit<ObservedTrack, 'track'> = { placed: {}, ready: 0, pending: [], notMade: [] };

function trackVerdict(service: ScorecardService, track: ScorecardTrack, { tracks }: ObservedService): Verdict {
  const { placed, ready, pending, notMade } = tracks.find((one) => one.track === track.track) ?? NO_PODS;
  const { least, most } = podsOf(service, track);
  const pools = track.pools.map(poolName);
  const elsewhere = Object.keys(placed).filter((pool) => !pools.includes(pool));
  const where = Object.entries(placed).map(([pool, count]) => `${pods(count)} on ${pool}`);
  return {
    subject: `${keyOf(service)} ${track.track}`,
    kept: ready >= least && ready <= most && elsewhere.length === 0 && pending.length === 0,
    planned: most === 0 ? 'no pods' : `${range(least, most)} on ${pools.join(' or ')}`,
    seen: [
      where.join(', ') || 'none',
      ...(ready === sum(Object.values(placed)) ? [] : [`${ready} ready`]),
      ...waiting(pending),
      ...(ready < least ? notMade : []),
    ].join('; '),
  };
}

/** Pods that there may be: those that are written down, or what a scaler may make of them. */
function podsOf({ scaling }: ScorecardService, track: ScorecardTrack): { least: number; most: number } {
  const each = track.podsPerReplica ?? 1;
  const stated = track.replicas * each;
  if (!scaling || track.track !== 'stable') return { least: stated, most: stated };
  // Without metrics a scaler leaves one copy, whatever its minimum; with none of its own, the workload has its default of one.
  return { least: Math.min(1, scaling.minReplicas) * each, most: Math.max(1, scaling.maxReplicas) * each };
}

/** Routers, Jobs and whatever else stands beside the services. */
const othersVerdict = ({ namespace, placed, pending, notMade }: ObservedOthers): Verdict => ({
  subject: `other pods of ${namespace}`,
  kept: pending.length === 0 && notMade.length === 0,
  planned: 'a node for each',
  seen: [`${placed} on nodes`, ...waiting(pending), ...notMade].join('; '),
});

/** Pods that wait for the same reason wait together. */
function waiting(pending: ObservedTrack['pending']): string[] {
  const byReason = new Map<string, string[]>();
  for (const { name, reason } of pending) byReason.set(reason, [...(byReason.get(reason) ?? []), name]);
  return [...byReason].map(([reason, names]) => `${names.join(', ')} pending: ${reason}`);
}

function poolVerdicts({ pools, services }: Scorecard, seen: Observation): Verdict[] {
  const judged = pools.filter(({ resourceName }) => !isDeviceQuota(resourceName));
  // Namesakes are one to whoever looks at nodes.
  return [...new Set(judged.map(({ name }) => name))].map((name): Verdict => {
    const own = judged.filter((pool) => pool.name === name);
    const planned = sum(own.map(({ gpus }) => gpus));
    const scaled = services.filter(
      ({ scaling, tracks }) =>
        scaling && tracks.some((track) => track.pools.some((key) => own.some((pool) => pool.key === key))),
    );
    const used = seen.gpusByPool[name] ?? 0;
    const { least, most } = gpusOf(scaled, planned);
    return {
      subject: `pool ${name}`,
      kept: used >= least && used <= most,
      planned: `${least === most ? gpuCount(most) : `${least} to ${gpuCount(most)}`} in use`,
      seen: `${used}`,
    };
  });
}

/** GPUs that there may be where some of those that are declared are of services that scalers scale. */
function gpusOf(scaled: readonly ScorecardService[], declared: number): { least: number; most: number } {
  let [least, most] = [declared, declared];
  for (const service of scaled) {
    const stable = service.tracks.find(({ track }) => track === 'stable');
    if (!stable) continue;
    const range = podsOf(service, stable);
    const gpusPerPod = stable.gpusPerReplica / (stable.podsPerReplica ?? 1);
    const stated = stable.replicas * stable.gpusPerReplica;
    least += range.least * gpusPerPod - stated;
    most += range.most * gpusPerPod - stated;
  }
  return { least: Math.max(0, least), most };
}

function quotaVerdict(quota: ScorecardQuota, { services }: Scorecard, { quotas }: Observation): Verdict {
  const { namespace, resourceName, gpus, declaredGpus } = quota;
  const seen = quotas.find((each) => each.namespace === namespace && each.resourceName === `requests.${resourceName}`);
  const scaled = services.filter(
    (service) => service.namespace === namespace && service.resourceName === resourceName && service.scaling,
  );
  const { least, most } = gpusOf(scaled, declaredGpus);
  const used = seen ? seen.used - seen.usedByOthers : 0;
  return {
    subject: `quota of ${namespace}`,
    kept: seen !== undefined && seen.hard === gpus && used >= least && used <= most,
    planned: `${least === most ? most : `${least} to ${most}`} of ${gpuCount(gpus)}`,
    seen: seen
      ? `${used} of ${seen.hard}${seen.usedByOthers > 0 ? `, and ${seen.usedByOthers} of pods of no service` : ''}`
      : 'no such quota',
  };
}

const pods = (count: number) => `${count} pod${count === 1 ? '' : 's'}`;
const gpuCount = (count: number) => `${count} GPU${count === 1 ? '' : 's'}`;
const range = (least: number, most: number) => (least === most ? pods(most) : `${least} to ${pods(most)}`);
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

/** The key of a namesake has a number behind it; the nodes know the name. */
const poolName = (key: string) => key.replace(/#\d+$/, '');
