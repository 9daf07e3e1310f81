import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { Scorecard } from '../../lib/operations/scorecard';
import { Manifest } from '../support/yaml-of';
import { LiveObject } from './cluster';

/** What is committed. */
export const DIST = join(__dirname, '..', '..', 'dist');
/** Its folders in the order in which they are applied. */
export const FOLDERS = ['00-cluster', '10-namespaces', '20-secrets', '30-services'];
export const TEAMS = ['chat', 'nim', 'search'];

/** What the plan says of the platform. */
export const scorecard = JSON.parse(readFileSync(join(DIST, 'scorecard.json5'), 'utf8')) as Scorecard;

/** Every object of it. */
export const manifests: Manifest[] = FOLDERS.flatMap((name) =>
  readdirSync(join(DIST, name), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.yaml'))
    .flatMap((file) => parseAllDocuments(readFileSync(join(DIST, name, file), 'utf8'))),
).map((document) => document.toJS() as Manifest);
export const workloads = manifests.filter(({ kind }) => ['StatefulSet', 'LeaderWorkerSet'].includes(kind));

/** The template of which a pod was made. */
export function templateOf({ metadata }: LiveObject): Manifest {
  const { namespace, labels } = metadata;
  const { spec } = workloads.find(
    (object) =>
      object.metadata.namespace === namespace &&
      object.metadata.labels!['app.kubernetes.io/instance'] === labels!['app.kubernetes.io/instance'] &&
      object.metadata.labels!.track === labels!.track,
  )!;
  if (spec.template !== undefined) return spec.template as Manifest;
  const leads = labels!['leaderworkerset.sigs.k8s.io/worker-index'] === '0';
  return spec.leaderWorkerTemplate[leads ? 'leaderTemplate' : 'workerTemplate'] as Manifest;
}
