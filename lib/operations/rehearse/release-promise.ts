import { Manifest, mapOf, same } from '../../checks/manifest-identity';
import { isDeviceQuota } from '../../hardware/device-claim';
import { ScorecardService } from '../scorecard-service';
import { Observation } from './observation';
import { NO_HISTORY } from './pod-history';
import { manifestsOf, RehearsedState } from './rehearsed-state';
import { copiesOf, templateOf } from './templates-of-pods';
import { Verdict } from './verdicts';

/** What a change from one state to the next promised, against what happened meanwhile. */
export function changeVerdicts(before: RehearsedState, after: RehearsedState, seen: Observation): Verdict[] {
  return after.scorecard.services.flatMap((service) => {
    const old = before.scorecard.services.find((one) => keyOf(one) === keyOf(service));
    if (!old || isDeviceQuota(service.resourceName)) return [];
    const { history = NO_HISTORY } = seen.services.find((one) => one.service === keyOf(service)) ?? {};
    const changes = tracksOf(old, service).map((track) => changeOf(track, old, service, before, after));
    const least = changes.reduce((sum, change) => sum + change.leastReady, 0);
    const surge = changes.reduce((sum, change) => sum + change.surge, 0);
    const gpusPerReplica = Math.max(...[...old.tracks, ...service.tracks].map((track) => track.gpusPerReplica));
    const most = Math.max(gpusOf(old), gpusOf(service)) + surge * gpusPerReplica;
    return [
      {
        subject: keyOf(service),
        change: true,
        kept: history.mostGpus <= most,
        planned: `at most ${most} GPU${most === 1 ? '' : 's'} on the way`,
        seen: `${history.mostGpus}`,
      },
      {
        subject: keyOf(service),
        change: true,
        kept: history.leastReady >= least,
        planned: `at least ${least} ready on the way`,
        seen: `${history.leastReady}`,
      },
    ];
  });
}

const keyOf = ({ namespace, name }: ScorecardService) => `${namespace}/${name}`;

/** What the step says where a release is under way; a scaler may have gone to its most, and a controller to its last step. */
function gpusOf(service: ScorecardService): number {
  const { gpus, gpusAtPeak, release, scaling } = service;
  const step = release?.steps.find(({ name }) => name === release.current);
  return Math.max(gpus, walksByItself(service) ? gpusAtPeak : (step?.gpus ?? 0), scaling?.gpusAtMaximum ?? 0);
}

const tracksOf = (...services: readonly ScorecardService[]) => [
  ...new Set(services.flatMap(({ tracks }) => tracks.map(({ track }) => track))),
];

interface TrackChange {
  /** Copies that serve all the way. */
  readonly leastReady: number;
  /** Copies that may come before others go. */
  readonly surge: number;
}

/** Of a track whose template stays, nobody stops; of one that changes, as many as its controller may take at once. */
function changeOf(
  track: string,
  old: ScorecardService,
  service: ScorecardService,
  before: RehearsedState,
  after: RehearsedState,
): TrackChange {
  const replicasOf = ({ tracks, scaling }: ScorecardService) => {
    const replicas = tracks.find((each) => each.track === track)?.replicas ?? 0;
    // A scaler decides, at any time, between its least and its most.
    return scaling && track === 'stable' ? Math.min(replicas, scaling.minReplicas) : replicas;
  };
  const replicas = Math.min(replicasOf(old), replicasOf(service));
  const [was, becomes] = [workloadOf(before, service, track), workloadOf(after, service, track)];
  if (!was || !becomes) return { leastReady: 0, surge: 0 };
  if (was.kind !== becomes.kind) return { leastReady: 0, surge: replicas };
  const replaced = replacedBetween(was, becomes, replicas);
  // A controller of releases brings the new ones before the old ones go; its steps say how many.
  if (replaced === 0 || walksByItself(service)) return { leastReady: replicas, surge: 0 };
  const { unavailable, surge } = disruptionOf(becomes, replicas);
  return { leastReady: Math.max(0, replicas - Math.min(unavailable, replaced)), surge };
}

/** Copies that a controller replaces: those from the partition on, once the template is another or the partition has sunk. */
function replacedBetween(was: Manifest, becomes: Manifest, replicas: number): number {
  const kept = (manifest: Manifest) => Math.min(replicas, partitionOf(manifest));
  const unchanged = [true, false].every((leader) => same(templateOf(was, leader), templateOf(becomes, leader)));
  return unchanged ? Math.max(0, kept(was) - kept(becomes)) : replicas - kept(becomes);
}

function partitionOf({ spec }: Manifest): number {
  const { updateStrategy, rolloutStrategy } = mapOf(spec);
  const { partition = mapOf(mapOf(rolloutStrategy).rollingUpdateConfiguration).partition } = mapOf(
    mapOf(updateStrategy).rollingUpdate,
  );
  return Number(partition ?? 0);
}

/** Nobody names the step of a release that a controller of the cluster walks. */
const walksByItself = ({ release }: ScorecardService) => release !== undefined && release.current === undefined;

/** How many copies a controller replaces at once, by its own defaults where the manifest is silent. */
function disruptionOf({ kind, spec }: Manifest, replicas: number): { unavailable: number; surge: number } {
  const { strategy, updateStrategy, rolloutStrategy } = mapOf(spec);
  const portion = (value: unknown, round: (value: number) => number) => {
    const percent = /^(\d+)%$/.exec(String(value));
    return percent ? round((Number(percent[1]) * replicas) / 100) : Number(value);
  };
  if (kind === 'StatefulSet') {
    if (mapOf(updateStrategy).type === 'OnDelete') return { unavailable: 0, surge: 0 };
    const { maxUnavailable = 1 } = mapOf(mapOf(updateStrategy).rollingUpdate);
    return { unavailable: Math.max(1, portion(maxUnavailable, Math.ceil)), surge: 0 };
  }
  if (kind === 'LeaderWorkerSet') {
    const { maxUnavailable = 1, maxSurge = 0 } = mapOf(mapOf(rolloutStrategy).rollingUpdateConfiguration);
    return { unavailable: portion(maxUnavailable, Math.floor), surge: portion(maxSurge, Math.ceil) };
  }
  const { type, rollingUpdate, canary, blueGreen } = mapOf(strategy);
  if (type === 'Recreate') return { unavailable: replicas, surge: 0 };
  if (blueGreen !== undefined) return { unavailable: 0, surge: replicas };
  const { maxSurge = '25%', maxUnavailable = '25%' } = mapOf(rollingUpdate ?? canary);
  const [unavailable, surge] = [portion(maxUnavailable, Math.floor), portion(maxSurge, Math.ceil)];
  // It counts no pod that ends (KEP-3973), so the next new ones come while those drain and hold their GPUs: as many as it ends at
  // once, where a server drains no longer than the next one loads.
  return { unavailable, surge: Math.min(replicas, surge + surge + unavailable) };
}

/** What keeps the pods of a track. */
const workloadOf = (state: RehearsedState, service: ScorecardService, track: string) =>
  manifestsOf(state).find((manifest) => {
    const copies = copiesOf(manifest);
    return copies?.service === keyOf(service) && copies.track === track;
  });
