import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/** Runs the validators that kubernetes-models publishes as ES modules, in one process for all objects. */
const script = `
  const { NetworkPolicy } = await import('kubernetes-models/networking.k8s.io/v1/NetworkPolicy');
  const { HTTPRoute } = await import('@kubernetes-models/gateway-api/gateway.networking.k8s.io/v1/HTTPRoute');
  const chunks = [];
  for await (const chunk of process.stdin) chunks.push(chunk);
  const errors = [];
  for (const object of JSON.parse(Buffer.concat(chunks).toString())) {
    const kind = { NetworkPolicy, HTTPRoute }[object.kind];
    try { new kind(object).validate(); } catch (error) { errors.push(object.kind + ': ' + error.message); }
  }
  console.log(JSON.stringify(errors));
`;

/** What the schemas of Kubernetes and Gateway API have against NetworkPolicies and HTTPRoutes; one text an object. */
export function upstreamErrors(objects: readonly unknown[]): string[] {
  const output = execFileSync(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: join(__dirname, '../..'),
    input: JSON.stringify(objects),
    encoding: 'utf8',
  });
  return JSON.parse(output) as string[];
}
