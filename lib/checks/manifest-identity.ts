import { isDeepStrictEqual } from 'node:util';
import { apiGroup, isClusterScoped } from './cluster-scoped';

/** A Kubernetes object as JSON, as it will stand in the YAML. */
export type Manifest = Readonly<Record<string, unknown>>;

/** What tells one object from another in a cluster. */
export interface Identity {
  readonly group: string;
  readonly kind: string;
  /** Empty for kinds without a namespace, and where the manifest leaves it to the apply. */
  readonly namespace: string;
  readonly name: string;
}

export function identify(manifest: Manifest): Identity {
  const metadata = mapOf(manifest.metadata);
  const apiVersion = textOf(manifest.apiVersion);
  const kind = textOf(manifest.kind);
  return {
    group: apiGroup(apiVersion),
    kind,
    namespace: isClusterScoped(apiVersion, kind) ? '' : textOf(metadata.namespace),
    name: textOf(metadata.name),
  };
}

/** What a reference of an object names; Deployment of apps is what KEDA takes where the reference leaves it out. */
export function referenceOf(reference: unknown, from: Identity): Identity {
  const { apiVersion = 'apps/v1', kind = 'Deployment', name } = mapOf(reference);
  return { group: apiGroup(textOf(apiVersion)), kind: textOf(kind), namespace: from.namespace, name: textOf(name) };
}

/** The identity as one text. */
export function keyOf({ group, kind, namespace, name }: Identity): string {
  return `${group}/${kind}/${namespace}/${name}`;
}

/** As messages name it, such as `StatefulSet nim/llama`. */
export function show({ kind, namespace, name }: Identity): string {
  return `${kind} ${namespace === '' ? '' : `${namespace}/`}${name}`.trimEnd();
}

/** How a command begins that is about an object: `kubectl -n nim`, or without a namespace as the object has none. */
export function kubectl({ namespace }: Identity): string {
  return namespace === '' ? 'kubectl' : `kubectl -n ${namespace}`;
}

/** The value where it is an object, and an empty one elsewhere. */
export function mapOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

/** The value where it is a list, and an empty one elsewhere. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** Whether two values of manifests are the same, in whatever order their keys stand. */
export function same(one: unknown, other: unknown): boolean {
  return isDeepStrictEqual(one, other);
}
