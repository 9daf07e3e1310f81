import { ApiObject, JsonPatch } from 'cdk8s';
import { Cpu, k8s } from 'cdk8s-plus-30';
import { GatewayReference, InferenceApp } from '../../lib';
import { refusalsOf } from '../support/messages';
import '../support/plain-text';
import { commit, forget, kubectl, list, namesOf, serving, unschedulable, until } from './cluster';
import { nim, platform } from './services';
import { folder, synthesized } from './synthesized';

const EDGE = {
  gateway: new GatewayReference({ name: 'edge', namespace: 'envoy-gateway-system' }),
  hostname: 'llama.example.com',
};

/** What synthesis says, as a person reads it. */
function refused(declare: (app: InferenceApp) => unknown, ...checks: readonly string[]): string {
  const app = new InferenceApp({ outdir: folder() });
  declare(app);
  return refusalsOf(app, ...checks);
}

describe('what a check refuses, the cluster would have refused too', () => {
  afterEach(async () => {
    await forget('cpu', 'cpu');
    await forget('quota', 'quota');
  });

  test('a CPU request for which the DaemonSets leave no room', async () => {
    expect(refused(platform('cpu', { resources: { cpu: Cpu.millis(3500) } }), 'node-fit')).toMatchInlineSnapshot(`
     cpu/llama/stable: node-fit
       A pod asks for 3,500m of cpu, sidecars and shared memory included; a node of the pool gpupool (g2-standard-4) leaves 3,320m (3,920m allocatable, 600m for DaemonSets).
       Ask for at most 3,300m, use a larger machine, or state daemonSets of the pool if yours ask for less.
    `);

    const past = (app: InferenceApp) =>
      platform('cpu')(app).stable.workload.addJsonPatch(
        // A plain '3500m' would be lost on its way through the typed object.
        JsonPatch.replace('/spec/template/spec/containers/0/resources/requests/cpu', k8s.Quantity.fromString('3500m')),
      );
    await commit('cpu', synthesized(past));
    expect(await unschedulable('cpu', 'llama-0')).toMatchInlineSnapshot(
      `0/3 nodes are available: 1 node(s) didn't match Pod's node affinity/selector, 2 Insufficient cpu. no new claims to deallocate, preemption: 0/3 nodes are available: 1 Preemption is not helpful for scheduling, 2 No preemption victims found for incoming pod.`,
    );

    // What the library derives instead fits the same nodes.
    await commit('cpu', synthesized(platform('cpu')));
    await kubectl('delete', 'pod', '-n', 'cpu', 'llama-0', '--ignore-not-found');
    await serving('cpu', 'llama-0');
  });

  test('a quota without a GPU for the canary: no pod is made, and only an event says so', async () => {
    const smoke = { canary: { runtime: nim('1.1.0'), step: 'smoke' as const }, route: EDGE };
    expect(refused(platform('quota', smoke, { gpus: 1 }), 'tenant-quota')).toMatchInlineSnapshot(`
     quota/llama/stable: tenant-quota
       The services of quota need 2 GPUs at the step smoke of quota/llama (quota/llama 2); the quota of nvidia.com/gpu allows 1, and pods beyond it are not made.
       Raise the quota of quota to 2.
    `);

    const past = (app: InferenceApp) => {
      const service = platform('quota', smoke, { gpus: 2 })(app);
      for (const child of service.node.scope!.node.findAll()) {
        if (ApiObject.isApiObject(child) && child.kind === 'ResourceQuota') {
          child.addJsonPatch(JsonPatch.replace('/spec/hard/requests.nvidia.com~1gpu', k8s.Quantity.fromString('1')));
        }
      }
    };
    await commit('quota', synthesized(past));
    const event = await until('the controller tells of the quota', async () =>
      (await list('quota', 'events')).find(
        ({ reason, involvedObject }) => reason === 'FailedCreate' && involvedObject.kind === 'StatefulSet',
      ),
    );
    expect(event.message).toContain(
      'exceeded quota: quota, requested: requests.nvidia.com/gpu=1, used: requests.nvidia.com/gpu=1, limited: requests.nvidia.com/gpu=1',
    );
    // The Job that asks the candidate takes no GPU, and has its pod.
    const servers = async () => namesOf(await list('quota', 'pods')).filter((name) => /^llama(-canary)?-0$/.test(name));
    await until('one of the two has a pod', async () => (await servers()).length === 1);
  });
});
