import { Chart, Testing } from 'cdk8s';
import { toYaml } from '../../lib/gitops/yaml';
import './plain-text';

/** A Kubernetes object as the YAML will have it. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- tests look into every kind
  readonly [field: string]: any;
}

/** All objects of a chart. Fails when a construct in it reports a problem. */
export function manifestsOf(chart: Chart): Manifest[] {
  return Testing.synth(chart);
}

/** The object of that kind and name. */
export function manifestOf(chart: Chart, kind: string, name: string): Manifest {
  const found = manifestsOf(chart).find((object) => object.kind === kind && object.metadata.name === name);
  if (found === undefined) throw new Error(`the chart has no ${kind} ${name}`);
  return found;
}

/** `kind name` of every object, in order. */
export function inventoryOf(chart: Chart): string {
  return manifestsOf(chart)
    .map(({ kind, metadata }) => `${kind} ${metadata.name}`)
    .join('\n');
}

/**
 * Parts of an object as YAML text, one below the other: `yamlOf(chart, 'StatefulSet', 'llama', 'spec.updateStrategy')`.
 * A part that is not there is told as such. Without paths: all of it.
 */
export function yamlOf(chart: Chart, kind: string, name: string, ...paths: readonly string[]): string {
  const object = manifestOf(chart, kind, name);
  return paths.length === 0 ? toYaml(object) : partsOf(object, ...paths);
}

/** Parts of any object as YAML text. */
export function partsOf(object: object, ...paths: readonly string[]): string {
  return paths.map((path) => part(object, path)).join('');
}

/** Prefixes of paths that tests need most. */
export const POD = 'spec.template.spec';
export const SERVER = `${POD}.containers.0`;

function part(object: object, path: string): string {
  const keys = path.split('.');
  const found = keys.reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], object);
  const key = keys.at(-1)!;
  return found === undefined ? `# no ${key}\n` : toYaml({ [key]: found });
}
