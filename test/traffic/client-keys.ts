import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments, stringify } from 'yaml';
import { folder } from '../cluster/synthesized';

/** Everybody whom the gateway knows, at every route that asks for a key. */
const CLIENTS = ['tester', 'red', 'blue', 'batch', 'quality', 'stranger'] as const;

interface SecurityPolicy {
  readonly kind: string;
  readonly metadata: { readonly namespace?: string };
  readonly spec: {
    readonly apiKeyAuth?: { readonly credentialRefs: readonly { readonly name: string }[] };
    readonly jwt?: {
      readonly providers: readonly { readonly localJWKS?: { readonly valueRef: { readonly name: string } } }[];
    };
  };
}

/**
 * What a cluster has beside the manifests: the Secrets and ConfigMaps that the policies name, with keys that are made anew for
 * each run, and the same keys for the tests.
 */
export function clientKeys(manifests: readonly string[]): { file: string; environment: Record<string, string> } {
  const keys = Object.fromEntries(CLIENTS.map((client) => [client, randomBytes(24).toString('base64url')]));
  const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const keySet = { keys: [{ ...pair.publicKey.export({ format: 'jwk' }), kid: 'run', alg: 'RS256', use: 'sig' }] };
  const data = Object.fromEntries(
    Object.entries(keys).map(([client, key]) => [client, Buffer.from(key).toString('base64')]),
  );

  const policies = manifests
    .flatMap(filesIn)
    .flatMap((path) => parseAllDocuments(readFileSync(path, 'utf8')).map((one) => one.toJS() as SecurityPolicy))
    .filter((object) => object?.kind === 'SecurityPolicy');
  const objects = policies.flatMap(({ metadata: { namespace }, spec }) => [
    ...(spec.apiKeyAuth?.credentialRefs ?? []).map(({ name }) => ({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name, namespace },
      data,
    })),
    ...(spec.jwt?.providers ?? []).flatMap(({ localJWKS }) =>
      localJWKS
        ? {
            apiVersion: 'v1',
            kind: 'ConfigMap',
            metadata: { name: localJWKS.valueRef.name, namespace },
            data: { jwks: JSON.stringify(keySet) },
          }
        : [],
    ),
  ]);
  const once = new Map(objects.map((object) => [`${object.kind} ${JSON.stringify(object.metadata)}`, object]));
  const file = join(folder(), 'client-keys.yaml');
  writeFileSync(file, [...once.values()].map((object) => stringify(object)).join('---\n'));
  return {
    file,
    environment: {
      TRAFFIC_KEYS: JSON.stringify(keys),
      TRAFFIC_SIGNING_KEY: pair.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
    },
  };
}

function filesIn(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => join(path, name));
}
