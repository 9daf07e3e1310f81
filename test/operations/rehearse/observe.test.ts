import { Manifest } from '../../../lib/checks/manifest-identity';
import { LiveObject } from '../../../lib/operations/rehearse/kubectl';
import { observe } from '../../../lib/operations/rehearse/observe';
import { PodHistory } from '../../../lib/operations/rehearse/pod-history';
import { RehearsedState } from '../../../lib/operations/rehearse/rehearsed-state';
import { TemplatesOfPods } from '../../../lib/operations/rehearse/templates-of-pods';
import { Scorecard } from '../../../lib/operations/scorecard';
import { pod, StandInCluster } from './stand-in-cluster';

const state = (...manifests: readonly Manifest[]): RehearsedState => ({
  name: 'dist',
  files: manifests.map((manifest) => ({ path: 'a.yaml', manifest })),
  scorecard: { pools: [], services: [] } as unknown as Scorecard,
});

describe('a pod that the server did not take', () => {
  const labels = { 'app.kubernetes.io/instance': 'llama3-8b', role: 'router' };
  const router: Manifest = {
    ...{ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'router', namespace: 'nim' } },
    spec: { template: { metadata: { labels }, spec: {} } },
  };
  const event = {
    reason: 'FailedCreate',
    message: 'Error creating: pods "router-5d4-x" is forbidden: exceeded quota',
    involvedObject: { kind: 'ReplicaSet', namespace: 'nim', name: 'router-5d4' },
  };
  const owner = (kind: string, spec: object, status: object) => ({
    ...{ kind, metadata: { name: 'router-5d4', namespace: 'nim' } },
    ...{ spec, status },
  });

  test.each`
    what                                  | owner                                                                                     | told
    ${'and does not take'}                | ${owner('ReplicaSet', { replicas: 2 }, { replicas: 1 })}                                  | ${true}
    ${'and took at the next attempt'}     | ${owner('ReplicaSet', { replicas: 2 }, { replicas: 2 })}                                  | ${false}
    ${'and nobody wants any more'}        | ${undefined}                                                                              | ${false}
    ${'of a Job that waits for it'}       | ${owner('Job', {}, {})}                                                                   | ${true}
    ${'of a Job that has it'}             | ${owner('Job', {}, { active: 1 })}                                                        | ${false}
    ${'of a Job that is over'}            | ${owner('Job', {}, { succeeded: 1, conditions: [{ type: 'Complete', status: 'True' }] })} | ${false}
    ${'of a DaemonSet that waits for it'} | ${owner('DaemonSet', {}, { desiredNumberScheduled: 2, currentNumberScheduled: 1 })}       | ${true}
  `('$what: told $told', ({ owner: live, told }: { owner?: LiveObject; told: boolean }) => {
    const involvedObject = { ...event.involvedObject, kind: live?.kind ?? 'ReplicaSet' };
    const cluster = new StandInCluster({
      'get events': { items: [{ ...event, involvedObject }] },
      'get replicasets,statefulsets,daemonsets,jobs': { items: live ? [live] : [] },
    });
    const { others } = observe(cluster, state(router), new PodHistory(cluster), new TemplatesOfPods(), []);
    expect(others.flatMap(({ notMade }) => notMade)).toEqual(
      told ? ['the server says: forbidden: exceeded quota'] : [],
    );
  });
});

describe('a pod beside the template of its track', () => {
  const labels = { 'app.kubernetes.io/instance': 'llama3-8b', track: 'stable', team: 'search' };
  const spec = (image: string) => ({ containers: [{ name: 'server', image }] });
  const workload = (namespace: string | undefined, image = 'v1'): Manifest => ({
    ...{ apiVersion: 'apps/v1', kind: 'StatefulSet', metadata: { name: 'a', ...(namespace && { namespace }) } },
    spec: { template: { metadata: { labels }, spec: spec(image) } },
  });
  const changesOf = (more: object, namespace: string | undefined = 'nim', image = 'v1') => {
    const templates = new TemplatesOfPods();
    templates.add(state(workload(namespace), workload(namespace, 'v2')));
    const metadata = { name: 'a-0', namespace: 'nim', labels: { ...labels, ...more } };
    return templates.changesOf({ ...pod('a-0'), metadata, spec: spec(image) });
  };

  test.each`
    what                                     | labels                                                               | image   | told
    ${'nothing'}                             | ${{}}                                                                | ${'v1'} | ${[]}
    ${'one of another state'}                | ${{}}                                                                | ${'v2'} | ${[]}
    ${'labels that controllers add'}         | ${{ 'pod-template-hash': 'x', 'apps.kubernetes.io/pod-index': '0' }} | ${'v1'} | ${[]}
    ${'another image and a label rewritten'} | ${{ team: 'else' }}                                                  | ${'v3'} | ${['label team is else, not search', 'containers.server.image is v3, not v1']}
    ${'a label that is gone'}                | ${{ team: undefined }}                                               | ${'v1'} | ${['label team is gone']}
    ${'a Rollout, which writes the track'}   | ${{ track: 'canary', 'rollouts-pod-template-hash': 'x' }}            | ${'v1'} | ${[]}
    ${'a track that nobody has here'}        | ${{ track: 'canary' }}                                               | ${'v1'} | ${['no template here is that of a-0']}
  `('$what', ({ labels: more, image, told }: { labels: object; image: string; told: string[] }) => {
    expect(changesOf(more, 'nim', image)).toEqual(told);
  });

  test('a manifest without a namespace makes pods in default', () => {
    const templates = new TemplatesOfPods();
    templates.add(state(workload(undefined)));
    const of = (namespace: string) =>
      templates.changesOf({ ...pod('a-0'), metadata: { name: 'a-0', namespace, labels }, spec: spec('v3') });
    expect(of('default')).toEqual(['containers.server.image is v3, not v1']);
    expect(of('nim')).toEqual(['no template here is that of a-0']);
  });
});
