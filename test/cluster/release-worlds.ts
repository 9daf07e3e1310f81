import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { JsonPatch, Size } from 'cdk8s';
import { Cpu, k8s } from 'cdk8s-plus-30';
import { parseAllDocuments } from 'yaml';
import {
  CanaryStrategy,
  GatewayReference,
  GpuNodePool,
  InferenceApp,
  ModelCache,
  ProgressiveDelivery,
  ReleaseStepName,
  TenantNamespace,
} from '../../lib';
import { ManifestSource } from '../../lib/operations/manifest-source';
import { RehearsedState } from '../../lib/operations/rehearse/rehearsed-state';
import { Scorecard } from '../../lib/operations/scorecard';
import { refusalsOf } from '../support/messages';
import { llama, nim } from './services';
import { folder, synthesized } from './synthesized';

/** A service that is released in a namespace and on a machine of its own. */
export interface World {
  readonly namespace: string;
  /** @default - a Deployment, in which another image is the whole release */
  readonly strategy?: CanaryStrategy;
  readonly replicas: number;
  /** GPUs of its machine. There is no other. */
  readonly gpus: number;
  /** How long a server loads, in seconds. */
  readonly loads: number;
  /** True when the new version never becomes ready. */
  readonly bad: boolean;
  /** True when the Deployment has the strategy that Kubernetes gives it, not that of the library. */
  readonly asKubernetesDoes?: boolean;
  /** True when Argo Rollouts releases the Deployment. */
  readonly argo?: boolean;
}

/** Where a release stands: not begun, at one of its steps, or over. */
export type Stage = 'before' | ReleaseStepName | 'done';

/** A commit: the folder that Flux gets, and what the plan says of it. */
export interface Commit extends RehearsedState {
  readonly name: Stage;
  readonly folder: string;
}

const OLD = nim('1.0.0');
const NEW = nim('1.1.0');
const EDGE = new GatewayReference({ name: 'edge', namespace: 'gateways' });
const PROMETHEUS = 'http://prometheus.monitoring:9090';
const DISK = ModelCache.perReplica(Size.gibibytes(50));

export const poolOf = ({ namespace, gpus }: World) =>
  GpuNodePool.onPrem({
    name: namespace,
    gpu: 'L4',
    gpusPerNode: gpus,
    maxNodes: 1,
    cpu: Cpu.units(8 * gpus),
    memory: Size.gibibytes(32 * gpus),
    labels: { 'example.com/world': namespace },
  });

const declared = (world: World, stage: Stage, waivers: Readonly<Record<string, string>>) => (app: InferenceApp) => {
  const { namespace, strategy, replicas, loads, bad, asKubernetesDoes, argo } = world;
  const step = stage === 'before' || stage === 'done' ? undefined : stage;
  const tenant = new TenantNamespace(app, namespace, { quota: false });
  const service = llama(tenant, {
    replicas,
    nodePool: poolOf(world),
    runtime: stage === 'done' ? NEW : OLD,
    canary: step && { runtime: NEW, strategy, step },
    workload: strategy ? 'StatefulSet' : 'Deployment',
    ...(argo && {
      progressiveDelivery: ProgressiveDelivery.argoRollouts({ weights: [50], prometheusAddress: PROMETHEUS }),
    }),
    cache: strategy ? DISK : ModelCache.ephemeral(Size.gibibytes(20)),
    route: { gateway: EDGE, hostname: `${namespace}.example.com` },
    // A Deployment replaces what drains at once, so that is made to be seen.
    podAnnotations: { 'simulated/ready-after': `${loads}s`, 'simulated/drains-for': strategy ? '1s' : '5s' },
    waivers: {
      'image-pinning': 'a test',
      'open-endpoint': 'a test',
      'canary-shadow': 'a test',
      ...(argo && { 'canary-unwatched': 'a test' }),
      ...waivers,
    },
  });
  const candidate = service.canary ?? (stage === 'before' ? undefined : service.stable);
  if (bad) {
    candidate?.workload.addJsonPatch(
      JsonPatch.add('/spec/template/metadata/annotations/simulated~1never-ready', 'true'),
    );
  }
  if (argo) {
    const backend = { service: { name: service.name, port: { number: service.stable.port } } };
    const paths = [{ path: '/', pathType: 'Prefix', backend }];
    const spec = { ingressClassName: 'nginx', rules: [{ host: `${namespace}.example.com`, http: { paths } }] };
    new k8s.KubeIngress(tenant, 'ingress', { metadata: { name: service.name }, spec });
  }
  if (asKubernetesDoes) service.stable.workload.addJsonPatch(JsonPatch.remove('/spec/strategy'));
};

/** What synthesis has against a stage for want of GPUs; nothing where it lets it pass. */
export function refusedForWantOfGpus(world: World, stage: Stage): string {
  const app = new InferenceApp({ outdir: folder() });
  declared(world, stage, {})(app);
  return refusalsOf(app, 'rollout-surge');
}

/**
 * Leaves a Rollout as the library wrote it, but for what the cluster lacks or a test cannot wait for: it moves weights in an
 * Ingress, as there is no plugin for gateways; it asks no Prometheus; and it pauses and gives up in seconds.
 */
function hurryRollout(file: string, bad: boolean): void {
  const documents = parseAllDocuments(readFileSync(file, 'utf8'));
  const rollout = documents.find((document) => document.get('kind') === 'Rollout')!;
  const canary = ['spec', 'strategy', 'canary'];
  const { steps } = (rollout.toJS() as { spec: { strategy: { canary: { steps: { pause?: object }[] } } } }).spec
    .strategy.canary;
  rollout.setIn([...canary, 'trafficRouting'], { nginx: { stableIngress: 'llama' } });
  rollout.setIn(
    [...canary, 'steps'],
    steps.map((step) => (step.pause ? { pause: { duration: '3s' } } : step)),
  );
  rollout.setIn([...canary, 'scaleDownDelaySeconds'], 3);
  rollout.setIn([...canary, 'abortScaleDownDelaySeconds'], 1);
  rollout.deleteIn([...canary, 'analysis']);
  if (bad) rollout.setIn(['spec', 'progressDeadlineSeconds'], 30);
  writeFileSync(
    file,
    documents.map((document) => `---\n${document.toString({ directives: false }).replace(/^---\n/, '')}`).join(''),
  );
}

/** Synthesizes a stage, whether or not there are GPUs for it. */
export function commitOf(world: World, stage: Stage): Commit {
  const path = synthesized(declared(world, stage, { 'rollout-surge': 'the cluster is to judge' }));
  if (world.argo) hurryRollout(join(path, '30-services', world.namespace, 'llama.yaml'), world.bad);
  return {
    name: stage,
    folder: path,
    files: ManifestSource.folder(path).read(),
    scorecard: JSON.parse(readFileSync(join(path, 'scorecard.json5'), 'utf8')) as Scorecard,
  };
}

/** The stages of a release from its beginning to its end. */
export const wayOn = ({ strategy, replicas }: World): readonly Stage[] => [
  ...(strategy?.steps(replicas) ?? []).map(({ name }) => name),
  'done',
];
