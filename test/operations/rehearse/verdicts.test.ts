import { LiveObject } from '../../../lib/operations/rehearse/kubectl';
import { Observation, ObservedTrack } from '../../../lib/operations/rehearse/observation';
import { isService, NO_HISTORY, serviceOf } from '../../../lib/operations/rehearse/pod-history';
import { changeVerdicts } from '../../../lib/operations/rehearse/release-promise';
import { RehearsedState } from '../../../lib/operations/rehearse/rehearsed-state';
import { Verdict, verdictsOf } from '../../../lib/operations/rehearse/verdicts';
import { Scorecard } from '../../../lib/operations/scorecard';
import { ScorecardService } from '../../../lib/operations/scorecard-service';

/** The plan of one service on one pool, as far as verdicts read it. */
function card(service: object = {}, pool: object = {}): Scorecard {
  return {
    services: [
      {
        namespace: 'chat',
        name: 'llama',
        resourceName: 'nvidia.com/gpu',
        gpus: 2,
        tracks: [{ track: 'stable', replicas: 2, gpusPerReplica: 1, pools: ['l4'] }],
        ...service,
      },
    ],
    pools: [{ key: 'l4', name: 'l4', resourceName: 'nvidia.com/gpu', gpus: 2, ...pool }],
    quotas: [{ namespace: 'chat', resourceName: 'nvidia.com/gpu', gpus: 4, declaredGpus: 2, declaredGpusAtPeak: 2 }],
  } as unknown as Scorecard;
}

/** A cluster that did as the plan says, but for what a test changes. */
function seen(track: Partial<ObservedTrack> = {}, more: Partial<Observation> = {}): Observation {
  const stable = { track: 'stable', placed: { l4: 2 }, ready: 2, pending: [], notMade: [], ...track };
  return {
    services: [{ service: 'chat/llama', gpus: 2, tracks: [stable], admission: [], history: NO_HISTORY }],
    others: [],
    quotas: [quota(2)],
    gpusByPool: { l4: 2 },
    nodes: { l4: { all: 2, used: 2 } },
    deleted: [],
    ...more,
  };
}

const quota = (used: number, usedByOthers = 0) => ({
  namespace: 'chat',
  name: 'quota',
  resourceName: 'requests.nvidia.com/gpu',
  hard: 4,
  used,
  usedByOthers,
});

const lines = (verdicts: readonly Verdict[]) =>
  verdicts.filter(({ kept }) => !kept).map(({ subject, planned, seen: was }) => `${subject}: ${planned}; ${was}`);

const scaling = { by: 'KEDA', minReplicas: 0, maxReplicas: 3, gpusAtMaximum: 3, metrics: [] };
const tracks = (...all: object[]) => ({ tracks: all });
const group = { track: 'stable', replicas: 1, podsPerReplica: 2, gpusPerReplica: 16, pools: ['l4'] };
const waits = { name: 'llama-1', reason: '0/2 nodes are available.' };
const others = (more: object) => [{ namespace: 'chat', placed: 1, pending: [], notMade: [], ...more }];

test.each`
  what                                                     | plan                   | cluster                                                                                          | broken
  ${'all as planned'}                                      | ${card()}              | ${seen()}                                                                                        | ${[]}
  ${'a pod on the pool of somebody else'}                  | ${card()}              | ${seen({ placed: { l4: 1, h100: 1 } })}                                                          | ${['chat/llama stable: 2 pods on l4; 1 pod on l4, 1 pod on h100']}
  ${'a pod that never becomes ready'}                      | ${card()}              | ${seen({ ready: 1 })}                                                                            | ${['chat/llama stable: 2 pods on l4; 2 pods on l4; 1 ready']}
  ${'two pods that wait for the same'}                     | ${card()}              | ${seen({ placed: {}, ready: 0, pending: [waits, { ...waits, name: 'llama-2' }] })}               | ${['chat/llama stable: 2 pods on l4; none; llama-1, llama-2 pending: 0/2 nodes are available.']}
  ${'a pod that the server does not make'}                 | ${card()}              | ${seen({ placed: { l4: 1 }, ready: 1, notMade: ['no'] })}                                        | ${['chat/llama stable: 2 pods on l4; 1 pod on l4; no']}
  ${'a refusal that was over in the end'}                  | ${card()}              | ${seen({ notMade: ['no'] })}                                                                     | ${[]}
  ${'a group: all of its pods'}                            | ${card(tracks(group))} | ${seen({ placed: { l4: 1 }, ready: 1 })}                                                         | ${['chat/llama stable: 2 pods on l4; 1 pod on l4']}
  ${'a scaler that asks nobody'}                           | ${card({ scaling })}   | ${seen({ placed: {}, ready: 0 }, { gpusByPool: {}, quotas: [quota(0)] })}                        | ${[]}
  ${'a scaler at its most'}                                | ${card({ scaling })}   | ${seen({ placed: { l4: 3 }, ready: 3 }, { gpusByPool: { l4: 3 }, quotas: [quota(3)] })}          | ${[]}
  ${'a scaler beyond its most'}                            | ${card({ scaling })}   | ${seen({ placed: { l4: 4 }, ready: 4 }, { gpusByPool: { l4: 4 } })}                              | ${['chat/llama stable: 0 to 3 pods on l4; 4 pods on l4', 'pool l4: 0 to 3 GPUs in use; 4']}
  ${'a scaler that leaves more than its service may have'} | ${card({ scaling })}   | ${seen({ placed: { l4: 3 }, ready: 3 }, { gpusByPool: { l4: 3 }, quotas: [quota(4)] })}          | ${['quota of chat: 0 to 3 of 4 GPUs; 4 of 4']}
  ${'a quota that counts more'}                            | ${card()}              | ${seen({}, { quotas: [quota(3)] })}                                                              | ${['quota of chat: 2 of 4 GPUs; 3 of 4']}
  ${'a placeholder that counts in the quota'}              | ${card()}              | ${seen({}, { quotas: [quota(3, 1)] })}                                                           | ${[]}
  ${'no quota at all'}                                     | ${card()}              | ${seen({}, { quotas: [] })}                                                                      | ${['quota of chat: 2 of 4 GPUs; no such quota']}
  ${'a router that has no node'}                           | ${card()}              | ${seen({}, { others: others({ placed: 0, pending: [{ ...waits, name: 'router' }] }) as never })} | ${['other pods of chat: a node for each; 0 on nodes; router pending: 0/2 nodes are available.']}
  ${'a Job whose pod is refused'}                          | ${card()}              | ${seen({}, { others: others({ placed: 0, notMade: ['no'] }) as never })}                         | ${['other pods of chat: a node for each; 0 on nodes; no']}
  ${'a service that the cluster has never heard of'}       | ${card()}              | ${seen({}, { services: [] })}                                                                    | ${['chat/llama stable: 2 pods on l4; none']}
`('$what', ({ plan, cluster, broken }: { plan: Scorecard; cluster: Observation; broken: string[] }) => {
  expect(lines(verdictsOf(plan, cluster))).toEqual(broken);
});

test('devices that pods claim are not judged: nobody publishes them', () => {
  const resourceName = 'gpu.nvidia.com.deviceclass.resource.k8s.io/devices';
  const plan = card({ resourceName }, { resourceName });
  const [own] = plan.quotas;
  const claimed = { ...plan, quotas: [{ ...own!, resourceName }] };
  expect(verdictsOf(claimed, seen({ placed: {}, ready: 0, pending: [waits] }, { gpusByPool: {} }))).toEqual([
    { subject: 'chat/llama', kept: true, planned: 'nothing changed by admission', seen: 'nothing' },
  ]);
});

test.each`
  what                        | labels                                                                         | owner            | copy
  ${'a copy'}                 | ${{ 'app.kubernetes.io/instance': 'llama', track: 'stable' }}                  | ${'StatefulSet'} | ${'chat/llama'}
  ${'a copy that only reads'} | ${{ 'app.kubernetes.io/instance': 'llama', track: 'stable', role: 'prefill' }} | ${'StatefulSet'} | ${'chat/llama-prefill'}
  ${'its router'}             | ${{ 'app.kubernetes.io/instance': 'llama', role: 'router' }}                   | ${'ReplicaSet'}  | ${undefined}
  ${'a placeholder'}          | ${{ 'app.kubernetes.io/instance': 'llama' }}                                   | ${'ReplicaSet'}  | ${undefined}
  ${'a Job with its labels'}  | ${{ 'app.kubernetes.io/instance': 'llama', track: 'stable' }}                  | ${'Job'}         | ${undefined}
`(
  'whose pod it is: $what',
  ({ labels, owner, copy }: { labels: Record<string, string>; owner: string; copy?: string }) => {
    const metadata = { name: 'a', namespace: 'chat', labels, ownerReferences: [{ kind: owner, name: 'a' }] };
    const pod: LiveObject = { metadata, spec: {} };
    expect(isService(pod) ? serviceOf(pod) : undefined).toBe(copy);
  },
);

describe('what a change promises', () => {
  /** A state with one workload of an image, kept by a controller with its settings. */
  function state(image: string, kind: string, settings: object, service: Partial<ScorecardService>): RehearsedState {
    const labels = { 'app.kubernetes.io/instance': 'llama', track: 'stable' };
    const template = { metadata: { labels }, spec: { containers: [{ name: 'server', image }] } };
    const spec = kind === 'LeaderWorkerSet' ? { leaderWorkerTemplate: { workerTemplate: template } } : { template };
    const manifest = { kind, metadata: { name: 'llama', namespace: 'chat' }, spec: { ...spec, ...settings } };
    return { name: image, files: [{ path: 'a.yaml', manifest }], scorecard: card(service) };
  }
  const three = { gpus: 3, tracks: [{ track: 'stable', replicas: 3, gpusPerReplica: 1, pools: [] }] };
  const rolling = (maxSurge: unknown, maxUnavailable: unknown) => ({
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge, maxUnavailable } },
  });

  test.each`
    what                                       | kind                 | settings                                    | image   | most | least
    ${'nothing of the pods'}                   | ${'StatefulSet'}     | ${{}}                                       | ${'v1'} | ${3} | ${3}
    ${'a StatefulSet goes pod by pod'}         | ${'StatefulSet'}     | ${{}}                                       | ${'v2'} | ${3} | ${2}
    ${'a StatefulSet that waits for a person'} | ${'StatefulSet'}     | ${{ updateStrategy: { type: 'OnDelete' } }} | ${'v2'} | ${3} | ${3}
    ${'a group goes copy by copy'}             | ${'LeaderWorkerSet'} | ${{}}                                       | ${'v2'} | ${3} | ${2}
    ${'a Deployment with a spare GPU'}         | ${'Deployment'}      | ${rolling(1, 0)}                            | ${'v2'} | ${5} | ${3}
    ${'a Deployment without one'}              | ${'Deployment'}      | ${rolling(0, 1)}                            | ${'v2'} | ${4} | ${2}
    ${'a Deployment by its defaults'}          | ${'Deployment'}      | ${{}}                                       | ${'v2'} | ${5} | ${3}
    ${'a Deployment that stops first'}         | ${'Deployment'}      | ${{ strategy: { type: 'Recreate' } }}       | ${'v2'} | ${3} | ${0}
    ${'a Rollout with two sides'}              | ${'Rollout'}         | ${{ strategy: { blueGreen: {} } }}          | ${'v2'} | ${6} | ${3}
  `(
    '$what: at most $most GPUs, at least $least ready',
    ({
      kind,
      settings,
      image,
      most,
      least,
    }: {
      kind: string;
      settings: object;
      image: string;
      most: number;
      least: number;
    }) => {
      const [before, after] = ['v1', image].map((each) => state(each, kind, settings, three as never));
      const moved = (mostGpus: number, leastReady: number) =>
        changeVerdicts(before!, after!, {
          ...seen(),
          services: [
            {
              service: 'chat/llama',
              gpus: 3,
              tracks: [],
              admission: [],
              history: { ...NO_HISTORY, mostGpus, leastReady },
            },
          ],
        }).map(({ kept }) => kept);
      expect(moved(most, least)).toEqual([true, true]);
      expect(moved(most + 1, least - 1)).toEqual([false, false]);
    },
  );

  const planned = (before: RehearsedState, after: RehearsedState) =>
    changeVerdicts(before, after, seen()).map((verdict) => verdict.planned);
  const parts = (partition: number) => ({ updateStrategy: { rollingUpdate: { partition } } });
  const groups = (partition: number) => ({ rolloutStrategy: { rollingUpdateConfiguration: { partition } } });

  test.each`
    what                                           | kind                 | from         | to           | was     | becomes | least
    ${'prepared: another template, and all below'} | ${'StatefulSet'}     | ${{}}        | ${parts(3)}  | ${'v1'} | ${'v2'} | ${3}
    ${'the partition sinks by one'}                | ${'StatefulSet'}     | ${parts(3)}  | ${parts(2)}  | ${'v2'} | ${'v2'} | ${2}
    ${'that of groups does'}                       | ${'LeaderWorkerSet'} | ${groups(3)} | ${groups(2)} | ${'v2'} | ${'v2'} | ${2}
    ${'it rises, which brings nothing back'}       | ${'StatefulSet'}     | ${parts(1)}  | ${parts(3)}  | ${'v2'} | ${'v2'} | ${3}
    ${'it goes after the last pod'}                | ${'StatefulSet'}     | ${parts(0)}  | ${{}}        | ${'v2'} | ${'v2'} | ${3}
    ${'the way back: the old template, for all'}   | ${'StatefulSet'}     | ${parts(2)}  | ${{}}        | ${'v2'} | ${'v1'} | ${2}
  `(
    'by partition, $what: at least $least ready',
    ({ kind, from, to, was, becomes, least }: Record<string, string> & { from: object; to: object; least: number }) => {
      expect(planned(state(was!, kind!, from, three as never), state(becomes!, kind!, to, three as never))).toEqual([
        'at most 3 GPUs on the way',
        `at least ${least} ready on the way`,
      ]);
    },
  );

  test('a controller of releases brings the new pods first, as many as its largest step says', () => {
    const walked = { ...three, gpusAtPeak: 6, release: { strategy: 'Argo Rollouts', steps: [] } } as never;
    expect(planned(state('v1', 'Deployment', {}, walked), state('v2', 'Deployment', {}, walked))).toEqual([
      'at most 6 GPUs on the way',
      'at least 3 ready on the way',
    ]);
  });
});
