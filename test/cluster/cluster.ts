import { execFile, ExecFileException } from 'node:child_process';
import { Manifest } from '../support/yaml-of';

/** An object as the cluster has it. */
export interface LiveObject extends Manifest {
  readonly metadata: Manifest['metadata'] & {
    readonly uid: string;
    readonly generation?: number;
    readonly resourceVersion: string;
    readonly deletionTimestamp?: string;
  };
}

/** What a command said, and whether it was content. */
export interface Outcome {
  readonly ok: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

/** Longest time that one command may take, in ms: nothing hangs for ever. */
const COMMAND_LIMIT = 80_000;

/** Runs a command to its end, whatever it says. */
export function attempt(command: string, args: readonly string[], input?: string): Promise<Outcome> {
  return new Promise((done) => {
    const child = execFile(
      command,
      args,
      { timeout: COMMAND_LIMIT, maxBuffer: 1 << 26 },
      (error: ExecFileException | null, stdout, stderr) => done({ ok: error === null, stdout, stderr }),
    );
    child.stdin?.end(input);
  });
}

/** kubectl's answer; what it refuses fails the test with its own words. */
export async function kubectl(...args: readonly string[]): Promise<string> {
  const { ok, stdout, stderr } = await attempt('kubectl', args);
  if (!ok) throw new Error(`kubectl ${args.join(' ')}: ${stderr.trim()}`);
  return stdout;
}

/** An object of the cluster; undefined when there is none. `kind` is a resource name, such as `pod`. */
export async function find(namespace: string, kind: string, name: string): Promise<LiveObject | undefined> {
  const text = await kubectl('get', kind, name, '-n', namespace, '-o', 'json', '--ignore-not-found');
  return text.trim() === '' ? undefined : (JSON.parse(text) as LiveObject);
}

/** An object that must be there. */
export async function get(namespace: string, kind: string, name: string): Promise<LiveObject> {
  const found = await find(namespace, kind, name);
  if (found === undefined) throw new Error(`there is no ${kind} ${namespace}/${name}`);
  return found;
}

/** All objects of a kind in a namespace, by name. */
export async function list(namespace: string, kind: string): Promise<LiveObject[]> {
  const { items } = JSON.parse(await kubectl('get', kind, '-n', namespace, '-o', 'json')) as { items: LiveObject[] };
  return items;
}

export const namesOf = (objects: readonly LiveObject[]) => objects.map(({ metadata }) => metadata.name).sort();

/**
 * Creates or replaces objects past Flux: nodes, for instance. Without the validation for which kubectl reads the schemas of all
 * kinds first, some seconds of two cores.
 */
export async function apply(...objects: readonly object[]): Promise<void> {
  const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects });
  const { ok, stderr } = await attempt('kubectl', ['apply', '--server-side', '--validate=false', '-f', '-'], input);
  if (!ok) throw new Error(stderr.trim());
}

/** Asks again until the answer is one; what it was at last is in the failure. */
export async function until<T>(
  what: string,
  ask: () => Promise<T | false | undefined>,
  tell: () => Promise<string> = async () => '',
  seconds = 40,
): Promise<T> {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const answer = await ask();
    if (answer !== false && answer !== undefined) return answer;
    if (Date.now() > end) throw new Error(`not within ${seconds} s: ${what}\n${await tell()}`);
    await new Promise((next) => setTimeout(next, 200));
  }
}

/** The next commit: hands a folder to Flux and returns its verdict; a refusal fails the test in Flux's words. */
export async function commit(name: string, folder: string, options: { healthy?: boolean } = {}): Promise<string> {
  const wait = options.healthy ? [] : ['-wait=false'];
  const apply = () => attempt('flux-apply', ['-name', name, ...wait, folder]);
  const first = await apply();
  // Whatever cleans /tmp takes Flux's own folder away too: that is no verdict on what it was to build.
  const { ok, stdout, stderr } = /kustomization-\d+: no such file/.test(first.stderr) ? await apply() : first;
  if (!ok) throw new Error(stderr.trim());
  return stdout.trim();
}

/**
 * Takes a commit's objects out of the cluster again. Namespaces end by themselves: that takes ten seconds and more, so a test
 * that wants one of the same name waits for `gone`.
 */
export async function forget(name: string, ...namespaces: readonly string[]): Promise<void> {
  const kinds = ['kustomization.kustomize.toolkit.fluxcd.io', 'gitrepository.source.toolkit.fluxcd.io'];
  for (const kind of kinds) await kubectl('delete', kind, name, '-n', 'flux-system', '--ignore-not-found');
  if (namespaces.length > 0) await kubectl('delete', 'namespace', ...namespaces, '--ignore-not-found', '--wait=false');
}

/** Waits until namespaces are gone. */
export async function gone(...namespaces: readonly string[]): Promise<void> {
  await until(
    `${namespaces.join(', ')} are gone`,
    async () => (await kubectl('get', 'namespace', ...namespaces, '--ignore-not-found', '-o', 'name')).trim() === '',
    () => kubectl('get', 'namespaces', '-o', 'yaml'),
    120,
  );
}

/** Conditions of a pod by type. */
export const isTrue = (object: LiveObject, condition: string) =>
  ((object.status?.conditions ?? []) as { type: string; status: string }[]).some(
    ({ type, status }) => type === condition && status === 'True',
  );

/** A pod that takes requests: ready, and not told to go. */
export const serves = (pod: LiveObject) => isTrue(pod, 'Ready') && pod.metadata.deletionTimestamp === undefined;

/** Waits until a pod of that name serves, and returns it. */
export function serving(namespace: string, name: string): Promise<LiveObject> {
  return until(
    `the pod ${namespace}/${name} serves`,
    async () => {
      const pod = await find(namespace, 'pod', name);
      return pod !== undefined && serves(pod) && pod;
    },
    () => kubectl('get', 'pods,pvc,events', '-n', namespace, '-o', 'wide'),
  );
}

/** Waits until the scheduler has said why it places a pod nowhere, and returns its words. */
export function unschedulable(namespace: string, name: string): Promise<string> {
  return until(
    `the pod ${namespace}/${name} is refused by the scheduler`,
    async () => {
      const pod = await find(namespace, 'pod', name);
      const conditions = (pod?.status?.conditions ?? []) as { type: string; reason?: string; message?: string }[];
      return conditions.find(({ type, reason }) => type === 'PodScheduled' && reason === 'Unschedulable')?.message;
    },
    () => kubectl('get', 'pods,pvc,events', '-n', namespace, '-o', 'wide'),
  );
}
