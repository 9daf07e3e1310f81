import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ts from 'typescript';
import { parseAllDocuments } from 'yaml';

const root = join(__dirname, '..');
const read = (folder: string) =>
  Object.fromEntries(
    readdirSync(folder)
      .sort()
      .map((file) => [file, readFileSync(join(folder, file), 'utf8')]),
  );

interface Schema {
  readonly type?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly enum?: readonly string[];
}

interface Definition {
  readonly spec: {
    readonly group: string;
    readonly names: { readonly kind: string };
    readonly versions: readonly { readonly name: string; readonly schema: { readonly openAPIV3Schema: Schema } }[];
  };
}

const definitions = readdirSync(join(root, 'crds'))
  .filter((file) => file.endsWith('.yaml'))
  .flatMap((file) =>
    parseAllDocuments(readFileSync(join(root, 'crds', file), 'utf8')).map((document) => ({
      file,
      definition: document.toJS() as Definition,
    })),
  );

describe('imports/', () => {
  test('is exactly what `npm run import` writes from crds/', () => {
    const folder = mkdtempSync(join(tmpdir(), 'imports-'));
    try {
      execFileSync(process.execPath, ['-r', 'ts-node/register/transpile-only', join(root, 'crds/import.ts'), folder], {
        cwd: root,
        stdio: 'ignore',
      });
      expect(Object.keys(read(join(root, 'imports')))).toEqual(Object.keys(read(folder)));
      expect(read(join(root, 'imports'))).toEqual(read(folder));
    } finally {
      rmSync(folder, { recursive: true });
    }
  }, 120_000);
});

describe.each(definitions.map(({ file, definition }) => [definition.spec.names.kind, file, definition] as const))(
  'the definition of %s',
  (kind, file, { spec }) => {
    test('stands in the file of its group and has one version, which gets the plain class name', () => {
      expect(file).toBe(`${spec.group}.yaml`);
      expect(spec.versions).toHaveLength(1);
      expect(JSON.stringify(spec)).not.toContain('"description":"');
    });

    const upstream = {
      'gateway.networking.k8s.io': '@kubernetes-models/gateway-api',
      'external-secrets.io': '@kubernetes-models/external-secrets',
    }[spec.group];
    if (!upstream) return;
    test(`has no field and no value that ${upstream} lacks`, () => {
      for (const { name: version, schema } of spec.versions) {
        const path = join(root, 'node_modules', upstream, spec.group, version, `${kind}.d.ts`);
        expect(fieldsUnknownTo(path, `I${kind}`, schema.openAPIV3Schema)).toEqual([]);
      }
    }, 60_000);
  },
);

/** Paths of a schema that the interface in a declaration file does not have. */
function fieldsUnknownTo(path: string, name: string, schema: Schema): string[] {
  const program = ts.createProgram([path], {
    noEmit: true,
    moduleResolution: ts.ModuleResolutionKind.Node16,
    module: ts.ModuleKind.Node16,
  });
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(path)!;
  const declaration = checker
    .getExportsOfModule(checker.getSymbolAtLocation(source)!)
    .find((symbol) => symbol.name === name)!;
  const unknown: string[] = [];

  const compare = (wanted: Schema, type: ts.Type, at: string): void => {
    const known = checker.getNonNullableType(type);
    for (const value of wanted.enum ?? []) {
      const values = known.isUnion() ? known.types : [known];
      const open = values.some((one) => one.flags & ts.TypeFlags.String);
      if (!open && !values.some((one) => one.isStringLiteral() && one.value === value)) unknown.push(`${at}=${value}`);
    }
    for (const [field, inner] of Object.entries(wanted.properties ?? {})) {
      const property = checker.getPropertyOfType(known, field);
      if (property) compare(inner, checker.getTypeOfSymbolAtLocation(property, source), `${at}.${field}`);
      else unknown.push(`${at}.${field}`);
    }
    if (wanted.items) {
      const element = checker.getIndexTypeOfType(known, ts.IndexKind.Number);
      if (element) compare(wanted.items, element, `${at}[]`);
      else unknown.push(`${at}[]`);
    }
  };
  compare(schema, checker.getDeclaredTypeOfSymbol(declaration), name.slice(1));
  return unknown;
}
