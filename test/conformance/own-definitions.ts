import Ajv, { ValidateFunction } from 'ajv-8';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { ROOT } from './synthesized-program';
import { KubernetesObject } from './upstream';

type Schema = Record<string, unknown>;

interface Definition {
  readonly spec: {
    readonly group: string;
    readonly names: { readonly kind: string };
    readonly versions: readonly { readonly name: string; readonly schema: { readonly openAPIV3Schema: Schema } }[];
  };
}

const compiled = new Map<string, ValidateFunction>();
const ajv = new Ajv({ strict: false, allErrors: true });
for (const file of readdirSync(join(ROOT, 'crds')).filter((name) => name.endsWith('.yaml'))) {
  for (const document of parseAllDocuments(readFileSync(join(ROOT, 'crds', file), 'utf8'))) {
    const { spec } = document.toJS() as Definition;
    for (const { name, schema } of spec.versions) {
      const { properties, ...rest } = schema.openAPIV3Schema;
      const whole = {
        ...rest,
        properties: {
          ...(properties as Schema),
          apiVersion: { type: 'string' },
          kind: { type: 'string' },
          metadata: {
            type: 'object',
            required: ['name'],
            properties: {
              name: { type: 'string' },
              namespace: { type: 'string' },
              labels: { type: 'object', additionalProperties: { type: 'string' } },
              annotations: { type: 'object', additionalProperties: { type: 'string' } },
            },
          },
        },
      };
      compiled.set(`${spec.group}/${name}/${spec.names.kind}`, ajv.compile(closed(whole)));
    }
  }
}

/** Whether crds/ defines the kind. */
export function isDefined({ apiVersion, kind }: KubernetesObject): boolean {
  return compiled.has(`${apiVersion}/${kind}`);
}

/** What the definition in crds/ has against an object, unknown fields included. */
export function definitionErrors(object: KubernetesObject): string[] {
  const { apiVersion, kind } = object;
  const validate = compiled.get(`${apiVersion}/${kind}`)!;
  if (validate(object)) return [];
  return validate.errors!.map(
    ({ instancePath, message, params }) =>
      `${kind}${instancePath} ${message}${params.additionalProperty ? `: ${params.additionalProperty}` : ''}`,
  );
}

/** The schema without room for fields that it does not name. */
function closed(schema: Schema): Schema {
  const inner = Object.entries(schema).map(([key, value]) => {
    if (key === 'properties') {
      return [
        key,
        Object.fromEntries(Object.entries(value as Schema).map(([name, of]) => [name, closed(of as Schema)])),
      ];
    }
    return [key, key === 'items' ? closed(value as Schema) : value];
  });
  const open = 'additionalProperties' in schema || schema['x-kubernetes-preserve-unknown-fields'] === true;
  return { ...Object.fromEntries(inner), ...(schema.type === 'object' && !open && { additionalProperties: false }) };
}
