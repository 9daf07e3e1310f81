import { Manifest } from '../../../lib/checks/manifest-identity';
import { Answer, Cluster, LiveObject, WatchEvent } from '../../../lib/operations/rehearse/kubectl';

/** A pod of nim/llama3-8b, on a node and ready where a test says nothing else. */
export const pod = (
  name: string,
  rest: Partial<LiveObject> & { uid?: string; ready?: boolean; track?: string } = {},
): LiveObject => {
  const { uid = name, ready = true, track = 'stable', spec, ...more } = rest;
  return {
    metadata: { name, namespace: 'nim', uid, labels: { 'app.kubernetes.io/instance': 'llama3-8b', track } },
    spec: {
      nodeName: 'gpupool-rehearsal-1',
      containers: [{ name: 'nim', resources: { limits: { 'nvidia.com/gpu': '1' } } }],
      ...spec,
    },
    status: { conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] },
    ...more,
  } as LiveObject;
};

/** A cluster that tells what a test says. */
export class StandInCluster implements Cluster {
  readonly asked: string[] = [];
  readonly inputs: string[] = [];
  /** The kind of which the watch ends at once. */
  breaks?: string;
  take: (event: WatchEvent) => void = () => {};

  constructor(private readonly answers: Readonly<Record<string, object | string>> = {}) {}

  run(args: readonly string[], input = ''): Answer {
    const asked = args.join(' ');
    this.asked.push(asked);
    this.inputs.push(input);
    const known = Object.entries(this.answers).find(([start]) => asked.startsWith(start))?.[1];
    if (typeof known === 'string' && /^error/i.test(known)) return { ok: false, stdout: '', stderr: known };
    return { ok: true, stdout: typeof known === 'string' ? known : JSON.stringify(known ?? { items: [] }), stderr: '' };
  }

  /** Names of the objects of a kind that it was given. */
  made(kind: string): string[] {
    return this.inputs
      .flatMap((input) => (input === '' ? [] : ((JSON.parse(input) as { items?: Manifest[] }).items ?? [])))
      .filter((manifest) => manifest.kind === kind)
      .map(({ metadata }) => (metadata as { name: string }).name);
  }

  watch(kind: string, take: (event: WatchEvent) => void, ended: () => void) {
    if (kind === this.breaks) ended();
    if (kind === 'nodes') {
      for (const object of this.arriving) take({ type: 'ADDED', object });
      return { stop: () => {} };
    }
    this.take = take;
    for (const object of this.pods) take({ type: 'ADDED', object });
    return { stop: () => {} };
  }

  pods: LiveObject[] = [];
  /** Nodes that come while it goes on. */
  arriving: LiveObject[] = [];
}
