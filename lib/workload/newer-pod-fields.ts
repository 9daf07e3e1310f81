import { ApiObject } from 'cdk8s';

type Json = Readonly<Record<string, unknown>>;

/**
 * Fields that pods have learnt since Kubernetes 1.30, whose types the L1 classes have; as the API spells them. What such a
 * class does not know it leaves out of the YAML.
 */
export interface NewerPodFields {
  /** Of the pod itself, such as `resourceClaims` by the name of a template. @default - none */
  readonly pod?: Json;
  /** Of its volumes, by their names, such as `image` for an OCI image. @default - none */
  readonly volumes?: Readonly<Record<string, Json>>;
  /** Of its containers and init containers, by their names. @default - none */
  readonly containers?: Readonly<Record<string, Json>>;
}

/**
 * Adds the fields to the pod template of an object when it is written. They come last, after the object's JSON patches: a
 * volume or container that a patch has removed stays removed, and everything else that a patch says stays said.
 *
 * @param path where the object has its pod template, such as `['spec', 'template']`
 */
export function addNewerPodFields(object: ApiObject, path: readonly string[], fields: NewerPodFields): void {
  if (Object.values(fields).every((own) => own === undefined || Object.keys(own as object).length === 0)) return;
  const written = object.toJson.bind(object);
  object.toJson = () => changed(written() as Json, [...path, 'spec'], (spec) => withFields(spec, fields));
}

function withFields(spec: Json, { pod, volumes = {}, containers = {} }: NewerPodFields): Json {
  return {
    ...spec,
    ...pod,
    ...named(spec, 'initContainers', containers),
    ...named(spec, 'containers', containers),
    ...named(spec, 'volumes', volumes),
  };
}

function named(spec: Json, list: string, fields: Readonly<Record<string, Json>>): Json {
  const members = spec[list] as readonly Json[] | undefined;
  return members ? { [list]: members.map((member) => ({ ...member, ...fields[String(member.name)] })) } : {};
}

/** A copy with another value at the path; the same where the path leads nowhere. */
function changed(json: Json, [key, ...rest]: readonly string[], change: (value: Json) => Json): Json {
  if (key === undefined) return change(json);
  const inner = json[key];
  if (typeof inner !== 'object' || inner === null) return json;
  return { ...json, [key]: changed(inner as Json, rest, change) };
}
