import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'cdk8s';
import { InferenceApp } from '../../lib';
import { ABOUT_A_COMMIT, CheckId, CHECKS, ONLY_IN_INFERENCE_APP } from '../../lib/checks/catalog';
import { scorecard } from '../../lib/operations/scorecard';
import { edited, MAIN, manifestsOfMain } from '../support/reference-platform';
import { BROKEN } from './broken-platforms';
import { Platform } from './platform';

let outdir: string;
let stderr: string;
beforeEach(() => {
  outdir = mkdtempSync(join(tmpdir(), 'every-check-'));
  stderr = '';
  jest.spyOn(process.stderr, 'write').mockImplementation((text) => {
    stderr += String(text);
    return true;
  });
});
afterEach(() => {
  rmSync(outdir, { recursive: true });
  jest.restoreAllMocks();
});

type Change = (platform: Platform) => void;

/** Runs main.ts with a change, up to its last line. */
function run(...changes: readonly Change[]): App {
  const platform = new Platform(outdir);
  for (const change of changes) change(platform);
  const app = platform.finish();
  app.synth();
  return app;
}

/** All that a person sees who runs it: the error, or the warnings. */
function printed(...changes: readonly Change[]): string {
  try {
    run(...changes);
    return stderr.trimEnd();
  } catch (error) {
    return (error as Error).message;
  }
}

const accept =
  (id: CheckId, reason: string): Change =>
  ({ accepted }) => {
    accepted[id] = reason;
  };

/** Ids that a text speaks of, as messages begin with them. */
const idsIn = (text: string) => [...text.matchAll(/^\S+(?: \S+)?: ([a-z-]+)$/gm)].map(([, id]) => id);

/** Each file below the output directory with its time of change and content. */
const present = () =>
  readdirSync(outdir, { recursive: true, encoding: 'utf8' })
    .filter((path) => statSync(join(outdir, path)).isFile())
    .sort()
    .map((path) => [path, statSync(join(outdir, path)).mtimeMs, readFileSync(join(outdir, path), 'utf8')]);

test('the platform that is broken here is the first team of main.ts, without its release', () => {
  const app = new Platform(outdir).finish() as InferenceApp;
  const withoutRelease = edited(MAIN, / {2}canary: [^\n]*\n/, '');
  const team = manifestsOfMain(withoutRelease).filter(
    ({ metadata: { name, namespace } }) => (namespace ?? name) === 'nim',
  );
  expect(app.manifests().map(({ manifest }) => manifest)).toEqual(team);
  expect(printed()).toBe('');
});

describe.each(CHECKS)('$id', ({ id, waivable }) => {
  const { broken, told, message, mended } = BROKEN[id];

  test('is told like this', () => {
    expect(printed(broken)).toBe(message);
    expect(idsIn(message)).toContain(id);
  });

  if (told === 'warning') {
    test('is a risk: everything is written all the same', () => {
      run(broken);
      expect(present().map(([path]) => path)).toContain('30-services/nim/llama3-8b.yaml');
    });
  } else {
    test('leaves an empty output directory empty, and a full one as it was', () => {
      expect(() => run(broken)).toThrow();
      expect(present()).toEqual([]);

      run();
      mkdirSync(join(outdir, 'sops'));
      writeFileSync(join(outdir, 'sops', 'key.yaml'), 'sops: {}\n');
      const before = present();
      expect(before.length).toBeGreaterThan(4);
      expect(() => run(broken)).toThrow();
      expect(present()).toEqual(before);
    });
  }

  test('is silent when it is mended', () => {
    expect(() => run(mended)).not.toThrow();
    expect(idsIn(stderr)).not.toContain(id);
    expect(present().map(([path]) => path)).toContain('30-services/nim/llama3-8b.yaml');
  });

  if (waivable) {
    const REASON = 'agreed with the platform team';

    test('can be waived with a reason', () => {
      expect(() => run(accept(id, REASON), broken)).not.toThrow();
      expect(idsIn(stderr)).not.toContain(id);
    });

    test(`leaves ${ABOUT_A_COMMIT.has(id) ? 'nothing' : 'its reason'} in the scorecard when it is waived`, () => {
      const { waivers } = scorecard(run(accept(id, REASON), broken));
      // What depends on the commit before must not be in what the next one is compared with.
      if (ABOUT_A_COMMIT.has(id)) return expect(waivers.filter(({ check }) => check === id)).toEqual([]);
      const text: unknown = expect.stringMatching(/\S/);
      expect(waivers).toContainEqual(expect.objectContaining({ check: id, reason: REASON, text }));
    });
  } else {
    test('cannot be waived', () => {
      expect(printed(accept(id, 'agreed with the platform team'))).toBe(`1 problem, nothing written:

nim/llama3-8b/stable: waivers
  The check ${id} cannot be waived: the cluster refuses what it finds.
  Mend what it finds.`);
    });
  }
});

describe('the catalog', () => {
  const SOURCES = join(__dirname, '..', '..', 'lib');
  const sources = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && path !== join('checks', 'catalog.ts'))
    .map((path) => readFileSync(join(SOURCES, path), 'utf8'));
  const found = new Set(sources.flatMap((text) => [...text.matchAll(/\bcheck: '([^']+)'/g)].map(([, id]) => id!)));
  test('has every id that occurs in lib/', () => {
    const known: readonly string[] = CHECKS.map(({ id }) => id);
    expect([...found].filter((id) => !known.includes(id))).toEqual([]);
  });

  test('has no id that nothing finds', () => {
    expect(CHECKS.map(({ id }) => id).filter((id) => !found.has(id))).toEqual([]);
  });

  test('has each id once, and a sentence about each', () => {
    const ids = CHECKS.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { protects, why } of CHECKS) {
      expect(protects).toMatch(/^\S.*\.$/);
      expect(why).toMatch(/^\S.*\.$/);
    }
  });
});

describe("in cdk8s' own App", () => {
  const inStockApp = (change: Change) => () => {
    const platform = new Platform(outdir, ({ outdir: directory }) => new App({ outdir: directory }));
    change(platform);
    platform.finish().synth();
  };

  test.each(CHECKS.filter(({ id }) => BROKEN[id].told === 'error').map(({ id }) => id))('%s', (id) => {
    const synthesis = inStockApp(BROKEN[id].broken);
    if (ONLY_IN_INFERENCE_APP.has(id)) expect(synthesis).not.toThrow(id);
    else expect(synthesis).toThrow(id);
  });
});
