import { existsSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { ROOT } from './synthesized-program';

/** A Kubernetes object as JSON. */
export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly [key: string]: unknown;
}

/**
 * The module of the kubernetes-models project that knows a kind, or undefined. Its schemas come from the OpenAPI
 * document of Kubernetes 1.36 and from the definitions that Gateway API and External Secrets publish.
 */
export function upstreamModule({ apiVersion, kind }: KubernetesObject): string | undefined {
  const [group] = apiVersion.split('/');
  const publisher =
    {
      'argoproj.io': '@kubernetes-models/argo-rollouts',
      'gateway.networking.k8s.io': '@kubernetes-models/gateway-api',
      'external-secrets.io': '@kubernetes-models/external-secrets',
      'keda.sh': '@kubernetes-models/keda',
      'autoscaling.k8s.io': '@kubernetes-models/autoscaler',
      'grafana.integreatly.org': '@kubernetes-models/grafana-operator',
      'monitoring.coreos.com': '@kubernetes-models/prometheus-operator',
      'policies.kyverno.io': '@kubernetes-models/kyverno',
      'source.toolkit.fluxcd.io': '@kubernetes-models/flux-cd',
      'kustomize.toolkit.fluxcd.io': '@kubernetes-models/flux-cd',
    }[group!] ?? 'kubernetes-models';
  const module = `${publisher}/${apiVersion}/${kind}`;
  return existsSync(join(ROOT, 'node_modules', `${module}.js`)) ? module : undefined;
}

/** What the published schema has against an object; undefined when it accepts it. */
export function schemaError(object: KubernetesObject): string | undefined {
  const module = jest.requireActual<Record<string, new (data: object) => { validate(): void }>>(
    upstreamModule(object)!,
  );
  try {
    new module[object.kind]!(object).validate();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/**
 * What the published types have against objects: a field that Kubernetes does not know, and a value of another type.
 * The schemas let unknown fields pass, as the API server does unless it is asked to be strict; the TypeScript compiler
 * does not, where an object literal is assigned to a type.
 */
export function typeErrors(objects: readonly KubernetesObject[]): string[] {
  const file = join(ROOT, 'test', 'conformance', 'literals.ts');
  const literals = objects.map((object, index) => {
    const type = `import('${upstreamModule(object)}').I${object.kind}`;
    return `export const object${index}: ${type} = ${JSON.stringify(object, undefined, 1)};\n`;
  });
  const options: ts.CompilerOptions = {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    types: [],
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
  };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists } = host;
  host.fileExists = (path) => path === file || fileExists.call(host, path);
  host.getSourceFile = (path, ...rest) =>
    path === file
      ? ts.createSourceFile(path, literals.join(''), ts.ScriptTarget.ES2022)
      : getSourceFile.call(host, path, ...rest);
  return ts.getPreEmitDiagnostics(ts.createProgram([file], options, host)).map((diagnostic) => {
    const text = ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n');
    const at = literals.findIndex((_, index) => literals.slice(0, index + 1).join('').length > diagnostic.start!);
    return `${objects[at]?.kind}: ${text}`;
  });
}
