import fc from 'fast-check';
import { load } from 'js-yaml';
import { parseAllDocuments } from 'yaml';
import { InferenceApp, InvalidInputError, SynthesizedObject } from '../../lib';
import { KubernetesObject, schemaError, upstreamModule } from '../conformance/upstream';

/** How often inputs were refused, and how often they became YAML: a property where either is rare tests little. */
export interface Tally {
  refused: number;
  accepted: number;
}

/**
 * Runs a program on odd input. Either it is refused in words that say what to change, or it becomes YAML that any
 * parser reads back and any API server takes.
 */
export function judge<T>(
  arbitrary: fc.Arbitrary<T>,
  program: (app: InferenceApp, input: T) => void,
  numRuns = 120,
): Tally {
  const tally: Tally = { refused: 0, accepted: 0 };
  fc.assert(
    fc.property(arbitrary, (input) => {
      const synthesized = attemptSynthesis((app) => program(app, input));
      if (synthesized === undefined) tally.refused++;
      else {
        tally.accepted++;
        judgeObjects(synthesized.objects);
        judgeText(synthesized.text, synthesized.objects);
      }
    }),
    { numRuns, seed: Number(process.env.PROPERTY_SEED ?? 7) },
  );
  return tally;
}

function attemptSynthesis(program: (app: InferenceApp) => void) {
  try {
    const app = new InferenceApp({ outdir: '/nowhere' });
    program(app);
    return { objects: app.manifests(), text: app.synthYaml() };
  } catch (error) {
    judgeRefusal(error);
    return undefined;
  }
}

/** A refusal speaks of the user's input: what is wrong, then what to change. */
function judgeRefusal(error: unknown): void {
  if (error instanceof InvalidInputError) {
    expect(error.problems.length).toBeGreaterThan(0);
    for (const { check, message, remedy } of error.problems) {
      expect(check).toMatch(/^[a-z-]+$/);
      expect(message.length).toBeGreaterThan(10);
      expect(remedy).toMatch(/^[A-Z"].{5,}/s);
    }
    return;
  }
  const { name, message } = error as Error;
  // Everything else has come from inside.
  if (name !== 'SynthesisError' || !/^\d+ problems?, nothing written:\n\n/.test(message)) throw error;
  for (const problem of message.split(/\n\n(?=\S)/).slice(1)) {
    expect(problem).toMatch(/^(?:\(app\)|[^\n]*): [a-z0-9-]+\n {2}\S[^]*\n {2}\S/);
  }
}

const LABEL = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/;
const SUBDOMAIN = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/;

/** What every object must be, whatever made it. */
export function judgeObjects(objects: readonly Pick<SynthesizedObject, 'manifest'>[]): void {
  const identities = objects.map(({ manifest }) => {
    const object = manifest as KubernetesObject & {
      metadata: { name: string; namespace?: string; labels?: Record<string, string> };
    };
    const { name, namespace = '', labels = {} } = object.metadata;
    expect(name).toMatch(SUBDOMAIN);
    expect(name.length).toBeLessThanOrEqual(253);
    if (['Service', 'StatefulSet', 'Namespace'].includes(object.kind)) expect(name).toMatch(LABEL);
    for (const value of Object.values(labels)) expect(value).toMatch(/^(?:[A-Za-z0-9](?:[-\w.]{0,61}[A-Za-z0-9])?)?$/);
    judgeValue(object, '');
    if (upstreamModule(object)) expect(schemaError(object)).toBeUndefined();
    return [object.apiVersion, object.kind, namespace, name].join();
  });
  expect(new Set(identities).size).toBe(identities.length);
}

/** No null, no number that is none, no variable of Flux, and no text that a lost number has become. */
function judgeValue(value: unknown, path: string): void {
  if (typeof value === 'object' && value !== null) {
    for (const [key, inner] of Object.entries(value)) {
      expect(key).not.toContain('${');
      judgeValue(inner, `${path}/${key}`);
    }
    return;
  }
  const fine =
    typeof value === 'string'
      ? !value.includes('${') && (isFree(path) || !LOST.test(value))
      : typeof value === 'boolean' || Number.isFinite(value);
  if (!fine) throw new Error(`${path} is ${JSON.stringify(value)} (${String(value)}).`);
}

/** What a number or an object that nobody looked at becomes as a text. */
const LOST = /NaN|Infinity|\[object Object\]/;

/** Values that are the user's own words, whatever they are. */
const isFree = (path: string): boolean => /\/env\/\d+\/value$|\/annotations\/|\/args\/|\/labels\//i.test(path);

function judgeText(text: string, objects: readonly SynthesizedObject[]): void {
  const manifests = objects.map(({ manifest }) => manifest);
  for (const version of ['1.1', '1.2'] as const) {
    expect(parseAllDocuments(text, { version }).map((document) => document.toJS() as unknown)).toEqual(manifests);
  }
  expect(text.split(/^---\n/m).map((document) => load(document))).toEqual(manifests);
}
