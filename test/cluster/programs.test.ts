import { outcomeOf, shortened, WrittenObject } from '../support/programs/outcome';
import { programTable } from '../support/programs/programs';
import { ApiServer } from './api-server';
import { kubectl } from './cluster';

/**
 * Is anything accepted that should not be, or the reverse? Programs that fast-check makes of the public props, the same in
 * every run: synthesis refuses each in words, or the API server takes every object that it writes.
 */
const PROGRAMS = programTable(500, 2026);

/** Kinds that are written for newer controllers than the cluster has the definitions of; only their schemas are asked elsewhere. */
const UNDEFINED = ['ClusterQueue', 'ClusterRules', 'InterceptorRoute', 'LocalQueue', 'ResourceFlavor'];

const server = new ApiServer();
const namespaces = new Map<string, Promise<boolean>>();
const notDefined = new Set<string>();

/** Objects are in namespaces that exist; true when it was made for this test. */
function namespace(name: string): Promise<boolean> {
  const made =
    namespaces.get(name) ??
    server
      .create('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
      .then(({ status }) => status === 201);
  namespaces.set(name, made);
  return made;
}

/** What the API server says against an object; undefined when it takes it. */
async function refusalOf({ manifest, text }: WrittenObject): Promise<string | undefined> {
  const { apiVersion, kind, metadata } = manifest;
  if (metadata.namespace !== undefined) await namespace(metadata.namespace);
  const answer = await server.wouldTake({ apiVersion, kind, metadata }, text);
  if (answer === undefined) notDefined.add(kind);
  return answer === undefined || answer.status < 300 ? undefined : `${kind} ${metadata.name}: ${answer.message}`;
}

/** What synthesis or the API server did that it should not have done with a program; undefined when all is well. */
async function flawOf(program: string): Promise<{ readonly told: string; readonly same: string } | undefined> {
  const outcome = outcomeOf(program);
  if (outcome.kind === 'refused') return undefined;
  if (outcome.kind === 'broken') return { told: outcome.how, same: outcome.how.split('\n')[0]! };
  written.add(program);
  const [told] = (await Promise.all(outcome.objects.map(refusalOf))).filter((each) => each !== undefined);
  // The same field of the same kind is the same flaw, whatever the object is called.
  return told === undefined ? undefined : { told, same: told.replace(/"[^"]*"|\d+/g, '…').slice(0, 120) };
}

const written = new Set<string>();

beforeAll(() => jest.spyOn(process.stderr, 'write').mockReturnValue(true));

afterAll(async () => {
  jest.restoreAllMocks();
  const made = (await Promise.all([...namespaces].map(async ([name, own]) => ((await own) ? [name] : [])))).flat();
  if (made.length > 0) await kubectl('delete', 'namespace', ...made, '--ignore-not-found', '--wait');
  server.close();
});

test('each of 500 programs is refused by synthesis in words, or all of its objects are taken', async () => {
  const flaws: string[] = [];
  const known = new Set<string>();
  for (const [at, program] of PROGRAMS.entries()) {
    const flaw = await flawOf(program);
    if (flaw === undefined || known.has(flaw.same)) continue;
    known.add(flaw.same);
    const short =
      known.size > 3
        ? program
        : await shortened(program, async (candidate) => (await flawOf(candidate))?.same === flaw.same);
    flaws.push(`program ${at}: ${flaw.told}\n\n${short}`);
  }
  expect(flaws.join('\n\n')).toBe('');
  // A table of which nearly all is refused would ask the API server nothing.
  expect(written.size).toBeGreaterThanOrEqual(200);
  expect(written.size).toBeLessThanOrEqual(450);
  expect([...notDefined].filter((kind) => !UNDEFINED.includes(kind))).toEqual([]);
  jest.mocked(process.stderr.write).mockRestore();
  process.stderr.write(
    `${PROGRAMS.length} programs: ${written.size} taken, ${PROGRAMS.length - written.size} refused\n`,
  );
}, 300_000);
