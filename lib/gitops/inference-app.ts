import { writeFileSync } from 'fs';
import { join } from 'path';
import { ApiObject, App, AppProps } from 'cdk8s';
import { IConstruct } from 'constructs';
import { LocatedManifest, ManifestReview } from '../checks/manifest-checks';
import { capacityRequest } from '../checks/capacity';
import { changesBetween } from '../checks/changes/change';
import { changeProblems } from '../checks/changes/change-guard';
import { concurrentRollouts } from '../checks/changes/concurrent-rollouts';
import { Declarations } from '../checks/declarations';
import { gpuRequests } from '../checks/gpu-requests';
import { gpuToleration } from '../checks/gpu-toleration';
import { LockedImages } from '../checks/image-lock';
import { literalSecretsIn } from '../checks/literal-secret';
import { lostValues } from '../checks/lost-value';
import { reportErrors, reportWarnings, standing } from '../checks/report';
import { waive, waiverFor } from '../checks/waivers';
import { ManifestSource } from '../operations/manifest-source';
import { hasScorecard, scorecard, ScorecardOptions, scorecardProblems } from '../operations/scorecard';
import { SCORECARD_PATHS, scorecardFiles } from '../operations/scorecard-files';
import { attempt, Problem } from '../problem/problem';
import { ImageLock } from '../runtime/image-lock';
import { WaiverProps } from '../workload/inference-contract-props';
import { declarationOrder } from './declaration-order';
import { Layout, layoutByConcern, pathProblem } from './layout';
import { carryOut, marked, planOutput, SYNTHESIZED } from './output-directory';
import { printWarnings, throwOn, told, ToldProblem } from './synthesis-report';
import { toYaml, UnrepresentableError } from './yaml';

/** The properties of cdk8s' own App that still mean something where the layout decides about files, and the layout. */
export interface InferenceAppProps
  extends Pick<AppProps, 'outdir' | 'recordConstructMetadata' | 'resolvers'>, WaiverProps {
  /**
   * In which file each object stands. A function of the manifest and its chart alone, so that the files of a service
   * do not depend on its neighbours.
   *
   * @default layoutByConcern - cluster, namespaces, secrets, then one file a service
   */
  readonly layout?: Layout;
  /**
   * Writes `SCORECARD.md`, `scorecard.html` and `scorecard.json5` beside the manifests, with GPUs, memory, starts and
   * money of every service; false for none. An app without inference workloads has none.
   *
   * @default true - with public prices, every service active in all hours
   */
  readonly scorecard?: boolean | ScorecardOptions;
  /**
   * Writes the digest of a lock behind the tag of every image, those of init containers, sidecars, Jobs and your own objects
   * included. An image that the lock lacks is refused: synthesis asks no registry, `npx cdk8s-gpu-inference lock` does.
   *
   * @default - images are written as they are stated
   */
  readonly imageLock?: ImageLock;
  /**
   * What is applied now, such as `ManifestSource.git('origin/main')`. A change of it that a cluster would refuse, or its
   * operators regret, is an error: immutable fields, data that pruning deletes, steps of a release that are skipped. Only
   * files that this library wrote are read. One that is not what the cluster has makes the guard blind, or too strict.
   *
   * @default - nothing is compared
   */
  readonly committed?: ManifestSource;
}

/** An object of the app and the file it stands in. */
export interface SynthesizedObject extends LocatedManifest {
  /** Path below the output directory, with `/` between folders. */
  readonly path: string;
}

interface ObjectWithText extends SynthesizedObject {
  readonly text: string;
}

/**
 * An App whose synthesis takes time in proportion to what it writes, tells all problems at once, and leaves the output
 * directory alone until there are none.
 *
 * cdk8s' own App resolves dependencies and validates the whole app again for each chart. This one does both once, turns
 * each object to JSON and to text once, and only then writes. It uses public API of cdk8s only; every construct works
 * in either App and with `Testing.synth(chart)`.
 *
 * What it writes (see {@link layoutByConcern}) begins with a comment that marks it as synthesized. Files with that
 * comment that are not written any more are removed; nothing else in the output directory is touched, so SOPS files
 * can live there. Give each App an output directory of its own that is not inside that of another.
 */
export class InferenceApp extends App {
  private readonly layout: Layout;
  private readonly recordsMetadata: boolean;
  private readonly scorecard: ScorecardOptions | undefined;
  private readonly committed: ManifestSource | undefined;

  constructor(props: InferenceAppProps = {}) {
    super(props);
    this.layout = props.layout ?? layoutByConcern;
    const { scorecard: card = true } = props;
    this.scorecard = card === true ? {} : card || undefined;
    this.committed = props.committed;
    reportErrors(this, waive(this, props.waivers ?? {}));
    Declarations.of(this).imageLock = props.imageLock;
    this.recordsMetadata = props.recordConstructMetadata ?? process.env.CDK8S_RECORD_CONSTRUCT_METADATA === 'true';
  }

  /**
   * Writes all manifests to the output directory, and warnings to stderr.
   *
   * @throws SynthesisError with all problems, of validations as of manifests. Nothing was written then.
   */
  override synth(): void {
    const pages = new Map<string, { readonly constructPath: string; readonly texts: Buffer[] }>();
    const { problems, constructs } = this.review(({ path, constructPath, text }) => {
      const page = pages.get(path);
      // as bytes, which the garbage collector does not have to walk through
      if (page === undefined) pages.set(path, { constructPath, texts: [Buffer.from(`---\n${text}`)] });
      else page.texts.push(Buffer.from(`---\n${text}`));
    });
    const card = this.scorecard && hasScorecard(this) ? this.scorecard : undefined;
    const clashes = clashingPaths([...(card ? SCORECARD_PATHS : []), ...pages.keys()]).map(([path, other]) =>
      told(pages.get(path)?.constructPath ?? '', {
        check: 'file-layout',
        message: `The layout writes both ${path} and ${other}, which not every file system keeps apart.`,
        remedy: 'Return paths that differ in more than case, and no file where another path has a folder.',
      }),
    );
    const cardProblems = card ? scorecardProblems(card).map((problem) => told('', problem)) : [];
    throwOn([...problems, ...clashes, ...cardProblems], constructs);

    const files = new Map<string, Buffer>();
    for (const [path, { texts }] of pages) files.set(path, Buffer.concat([marked(path, ''), ...texts]));
    if (card) {
      const data = scorecard(this, card, constructs);
      // Reasons and names stand on it that are in no manifest.
      const secrets = literalSecretsIn({ kind: 'Scorecard', ...data }, true).map((problem) => told('', problem));
      throwOn(secrets, constructs);
      const written = scorecardFiles(data);
      for (const path of SCORECARD_PATHS) files.set(path, marked(path, written[path]));
    }
    const plan = planOutput(this.outdir, files);
    const foreign = plan.foreign.map((path) =>
      told(pages.get(path)?.constructPath ?? '', {
        check: 'file-layout',
        message: `${join(this.outdir, path)} is there and was not synthesized: its first line is not ours.`,
        remedy: pages.has(path)
          ? 'Move it, or choose another path in the layout.'
          : 'Move it, or set scorecard to false.',
      }),
    );
    throwOn(foreign, constructs);

    printWarnings(constructs);
    carryOut(plan, this.outdir, files);
    if (this.recordsMetadata) this.recordMetadata(constructs);
  }

  /**
   * All manifests as one text, in the order of the files they would stand in.
   *
   * @throws SynthesisError with all problems, as {@link synth}
   */
  override synthYaml(): string {
    return this.reviewed()
      .map(({ text }) => text)
      .join('---\n');
  }

  /**
   * All objects with the files they would stand in, sorted by file, for tools and tests.
   *
   * @throws SynthesisError with all problems, as {@link synth}
   */
  manifests(): SynthesizedObject[] {
    return this.reviewed().map(({ path, constructPath, manifest }) => ({ path, constructPath, manifest }));
  }

  private reviewed(): ObjectWithText[] {
    const objects: ObjectWithText[] = [];
    const { problems, constructs } = this.review((object) => objects.push(object));
    throwOn(problems, constructs);
    return objects.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  }

  /**
   * The one pass: validates every construct, then hands over every object, in order of declaration, as JSON and text.
   * Objects are not kept, so that a big app needs memory for its text only.
   */
  private review(take: (object: ObjectWithText) => void): { problems: ToldProblem[]; constructs: IConstruct[] } {
    const constructs = this.node.findAll();
    const problems: ToldProblem[] = [];
    for (const { node } of constructs) {
      for (const text of node.validate()) problems.push({ constructPath: node.path, text });
    }
    const badlyNamed = new Set(problems.filter(isAboutNames).map((each) => each.constructPath));
    // A construct that told of its name need not be followed by everything inside it.
    const saidAbove = (path: string) => ancestors(path).some((each) => badlyNamed.has(each));
    const own = problems.filter((each) => !(isAboutNames(each) && saidAbove(parentOf(each.constructPath))));
    problems.splice(0, problems.length, ...own);

    const { objects, cycle } = declarationOrder(constructs);
    if (cycle !== undefined) problems.push(cycleProblem(cycle));

    const declared = Declarations.of(this);
    /** The objects of workloads, with the pools that their pods were placed on. */
    const ours = new Map(
      declared.workloads.map(({ construct, request }) => [construct.node.defaultChild, request.nodePools]),
    );
    const { imageLock } = declared;
    const images = imageLock && new LockedImages(imageLock);
    const review = new ManifestReview();
    const kept: LocatedManifest[] = [];
    for (const object of objects) {
      const constructPath = object.node.path;
      try {
        const stated = object.toJson() as LocatedManifest['manifest'];
        const { manifest, problems: unlocked } = images?.add(stated) ?? { manifest: stated, problems: [] };
        problems.push(...standing(object, unlocked).map((problem) => told(constructPath, problem)));
        if (this.committed) kept.push({ constructPath, manifest });
        const found = review
          .add({ constructPath, manifest }, ours.has(object))
          .filter(({ check }) => check !== 'names' || !saidAbove(constructPath));
        const pools = ours.get(object) ?? declared.placements.get(object) ?? [];
        const patched = [...lostValues(object, stated), ...gpuToleration(manifest, pools)];
        problems.push(...standing(object, [...found, ...patched]).map((problem) => told(constructPath, problem)));
        const requests = gpuRequests(manifest, ours.has(object));
        problems.push(...standing(object, requests.errors).map((problem) => told(constructPath, problem)));
        reportWarnings(object, requests.warnings);
        const secrets = literalSecretsIn(manifest, ours.has(object));
        problems.push(...standing(object, secrets).map((problem) => told(constructPath, problem)));
        const path = this.layout(manifest, object.chart);
        const wrong = pathProblem(path);
        if (wrong !== undefined) problems.push(told(constructPath, layoutProblem(path, wrong)));
        take({ path, constructPath, manifest, text: toYaml(manifest) });
      } catch (error) {
        problems.push(...serializationProblems(constructPath, error));
      }
    }
    const late = review.finish();
    const byPath = new Map(late.length === 0 ? [] : objects.map((object) => [object.node.path, object]));
    for (const problem of late) {
      const object = byPath.get(problem.constructPath)!;
      // What somebody wrote may be set right on its way, by a webhook.
      if (problem.check === 'pod-security' && !ours.has(object)) reportWarnings(object, [problem]);
      else problems.push(...standing(object, [problem]).map((each) => told(problem.constructPath, each)));
    }
    if (this.committed) problems.push(...this.changes(this.committed, kept, constructs));
    reportWarnings(this, images?.unused() ?? []);
    return { problems, constructs };
  }

  /** What the change from the committed state would do, as far as nobody waived it. */
  private changes(
    committed: ManifestSource,
    after: readonly LocatedManifest[],
    constructs: readonly IConstruct[],
  ): ToldProblem[] {
    const unreadable: Problem[] = [];
    const before = attempt(unreadable, () => committed.read(SYNTHESIZED))?.map(({ manifest }) => manifest);
    if (before === undefined) return unreadable.map((problem) => told('', problem));
    const declared = Declarations.of(this);
    const paths = new Map(
      declared
        .services()
        .map(({ namespace, name, tracks }) => [`${namespace}/${name}`, tracks[0]!.construct.node.path]),
    );
    const rollouts = concurrentRollouts(changesBetween(before, after), capacityRequest(declared));
    const found = [
      ...changeProblems(before, after),
      ...rollouts.map((problem) => ({ ...problem, constructPath: paths.get(problem.paths[0]!) ?? '' })),
    ];
    if (found.length === 0) return [];
    const byPath = new Map(constructs.map((construct) => [construct.node.path, construct]));
    return found
      .filter(({ constructPath, check }) => waiverFor(byPath.get(constructPath) ?? this, check) === undefined)
      .map((problem) => told(problem.constructPath, problem));
  }

  /** What plugins of `cdk8s synth` read, in the form in which cdk8s writes it. */
  private recordMetadata(constructs: readonly IConstruct[]): void {
    const resources: Record<string, { path: string }> = {};
    for (const construct of constructs) {
      if (ApiObject.isApiObject(construct)) resources[construct.name] = { path: construct.node.path };
    }
    writeFileSync(join(this.outdir, 'construct-metadata.json'), JSON.stringify({ version: '1.0.0', resources }));
  }
}

const isAboutNames = ({ text }: ToldProblem) => text.startsWith('names\n');

const parentOf = (path: string) => path.slice(0, Math.max(0, path.lastIndexOf('/')));

/** The path and all paths above it. */
function ancestors(path: string): string[] {
  const parts = path.split('/');
  return parts.map((_, index) => parts.slice(0, parts.length - index).join('/'));
}

function cycleProblem(cycle: readonly IConstruct[]): ToldProblem {
  const [first] = cycle;
  const way = [...cycle, first!].map((construct) => construct.node.path);
  return told(first!.node.path, {
    check: 'dependency-cycle',
    message: `Each of these waits for the next: ${way.join(' => ')}.`,
    remedy: 'Take away one addDependency() between them.',
  });
}

function layoutProblem(path: unknown, wrong: string): Problem {
  return {
    check: 'file-layout',
    message: `The layout puts it into ${JSON.stringify(path)}, which ${wrong}.`,
    remedy:
      'Return folders and a file joined by "/", such as "30-services/nim/llama.yaml": letters, digits, "-", "_", ".".',
  };
}

function serializationProblems(constructPath: string, error: unknown): ToldProblem[] {
  if (error instanceof UnrepresentableError) {
    // the check no-null has told where it is and what to do
    if (error.found === 'null') return [];
    const message = `${error.message}.`;
    return [
      told(constructPath, { check: 'yaml-value', message, remedy: 'Set a string, a finite number or a boolean.' }),
    ];
  }
  const text = error instanceof Error ? error.message : String(error);
  // What fast-json-patch says where the parent of a path is missing names neither patch nor path.
  const hint = /TypeError: Cannot \w+ propert/.test(text)
    ? '\nProbably a JSON patch has a path that the object does not have: add what is above it first.'
    : '';
  return [{ constructPath, text: text + hint }];
}

/** Pairs of paths that are the same where case does not count, or of which one is a folder of the other. */
function clashingPaths(paths: readonly string[]): [string, string][] {
  const clashes: [string, string][] = [];
  const files = new Map<string, string>();
  for (const path of paths) {
    const other = files.get(path.toLowerCase());
    if (other === undefined) files.set(path.toLowerCase(), path);
    else clashes.push([path, other]);
  }
  for (const path of paths) {
    for (let end = path.indexOf('/'); end >= 0; end = path.indexOf('/', end + 1)) {
      const other = files.get(path.slice(0, end).toLowerCase());
      if (other !== undefined) clashes.push([path, other]);
    }
  }
  return clashes;
}
