import { gpuRequests } from '../../lib/checks/gpu-requests';

const pod = (requests: object) => ({
  spec: { containers: [{ name: 'server', resources: { requests, limits: { 'nvidia.com/gpu': 1 } } }] },
});
const BARE = pod({});
const STATED = pod({ cpu: '1', memory: '8Gi' });

/** What is said of a container in each kind of workload. */
test.each`
  kind                 | spec                                                                            | missing
  ${'Pod'}             | ${BARE.spec}                                                                    | ${1}
  ${'StatefulSet'}     | ${{ template: BARE }}                                                           | ${1}
  ${'CronJob'}         | ${{ jobTemplate: { spec: { template: BARE } } }}                                | ${1}
  ${'CronJob'}         | ${{ jobTemplate: { spec: { template: STATED } } }}                              | ${0}
  ${'LeaderWorkerSet'} | ${{ leaderWorkerTemplate: { workerTemplate: BARE } }}                           | ${1}
  ${'LeaderWorkerSet'} | ${{ leaderWorkerTemplate: { leaderTemplate: BARE, workerTemplate: STATED } }}   | ${1}
  ${'LeaderWorkerSet'} | ${{ leaderWorkerTemplate: { leaderTemplate: BARE, workerTemplate: BARE } }}     | ${1}
  ${'LeaderWorkerSet'} | ${{ leaderWorkerTemplate: { leaderTemplate: STATED, workerTemplate: STATED } }} | ${0}
  ${'ConfigMap'}       | ${undefined}                                                                    | ${0}
`('$kind: $missing', ({ kind, spec, missing }: { kind: string; spec: unknown; missing: number }) => {
  const { warnings } = gpuRequests({ kind, metadata: { name: 'llama', namespace: 'nim' }, spec }, false);
  expect(warnings.map(({ message }) => message)).toEqual(
    Array<string>(missing).fill(
      `The container server of ${kind} nim/llama requests nvidia.com/gpu, but no cpu and no memory.`,
    ),
  );
});
