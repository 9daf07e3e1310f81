import { ApiObject, Chart } from 'cdk8s';
import { IConstruct } from 'constructs';

/** The order of objects, or the way around a circle of dependencies. */
export interface DeclarationOrder {
  /** All API objects: as they were declared, but each after everything that it depends on. */
  readonly objects: readonly ApiObject[];
  /** Constructs of which each depends on the next and the last on the first. The order ignores dependencies then. */
  readonly cycle?: readonly IConstruct[];
}

/**
 * Orders the API objects among `constructs` by declaration and by `addDependency`, in time proportional to constructs
 * and dependencies.
 *
 * cdk8s' own `DependencyGraph` spells a dependency between two constructs out as one between each pair of their
 * objects, and walks every path through them: exponential where dependencies fan out. Here each construct has three
 * moments, *before* anything of it, *itself*, and *after* everything in it, and a dependency is one edge from the
 * target's *after* to the source's *before*. The moments are then sorted once.
 *
 * As in cdk8s, a dependency between objects of two charts puts all of the one chart after all of the other. Unlike
 * there, a chart is not put after the charts nested in it: that order is for the numbers in cdk8s' file names only.
 * (`Chart.toJson()`, and so `Testing.synth`, leaves it behind as dependencies of the objects; they count like any other.)
 *
 * @param constructs all constructs of the app, parents before children (`node.findAll()`)
 */
export function declarationOrder(constructs: readonly IConstruct[]): DeclarationOrder {
  const dependencies = constructs.flatMap(dependenciesOf);
  if (dependencies.length === 0) return { objects: constructs.filter(isApiObject) };

  const moments = new Moments(constructs);
  for (const [source, target] of dependencies) moments.require(source, target);
  const sorted = moments.sort();
  return Array.isArray(sorted)
    ? { objects: sorted.filter(isApiObject) }
    : { objects: constructs.filter(isApiObject), ...sorted };
}

type Dependency = readonly [source: IConstruct, target: IConstruct];

function dependenciesOf(source: IConstruct): Dependency[] {
  const targets = source.node.dependencies;
  if (targets.length === 0) return [];
  return targets.flatMap((target): Dependency[] => {
    const [from, to] = [chartOf(source), chartOf(target)];
    const chartsNested = from !== undefined && to !== undefined && (contains(from, to) || contains(to, from));
    const dependency: Dependency = [source, target];
    return from === undefined || to === undefined || chartsNested ? [dependency] : [dependency, [from, to]];
  });
}

const BEFORE = 0;
const ITSELF = 1;
const AFTER = 2;

class Moments {
  private readonly index: ReadonlyMap<IConstruct, number>;
  /** Moments that a moment waits for because of dependencies, beside those that follow from the tree. */
  private readonly required = new Map<number, number[]>();

  constructor(private readonly constructs: readonly IConstruct[]) {
    this.index = new Map(constructs.map((construct, index) => [construct, index]));
  }

  require(source: IConstruct, target: IConstruct): void {
    if (!this.index.has(source) || !this.index.has(target)) return;
    if (contains(source, target)) {
      for (const moment of this.rest(source, target, BEFORE)) this.wait(moment, this.at(target, AFTER));
    } else if (contains(target, source)) {
      for (const moment of this.rest(target, source, AFTER)) this.wait(this.at(source, BEFORE), moment);
    } else {
      this.wait(this.at(source, BEFORE), this.at(target, AFTER));
    }
  }

  /** All constructs in order, or a cycle. Depth-first without recursion: chains may be longer than the stack. */
  sort(): IConstruct[] | { cycle: IConstruct[] } {
    const sorted: IConstruct[] = [];
    const state = new Uint8Array(3 * this.constructs.length);
    const [WAITING, DONE] = [1, 2];
    const stack: { readonly moment: number; readonly waitsFor: readonly number[]; next: number }[] = [];
    const enter = (moment: number) => {
      state[moment] = WAITING;
      stack.push({ moment, waitsFor: this.waitsFor(moment), next: 0 });
    };
    for (let index = 0; index < this.constructs.length; index++) {
      if (state[3 * index + ITSELF] !== DONE) enter(3 * index + ITSELF);
      for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
        const earlier = top.waitsFor[top.next++];
        if (earlier === undefined) {
          state[top.moment] = DONE;
          if (top.moment % 3 === ITSELF) sorted.push(this.constructAt(top.moment));
          stack.pop();
        } else if (state[earlier] === WAITING) {
          const from = stack.findIndex(({ moment }) => moment === earlier);
          const around = stack.slice(from).map(({ moment }) => this.constructAt(moment));
          // the moments of one construct follow each other, also where the circle closes
          return { cycle: around.filter((construct, i) => construct !== around.at(i + 1 - around.length)) };
        } else if (state[earlier] !== DONE) {
          enter(earlier);
        }
      }
    }
    return sorted;
  }

  private waitsFor(moment: number): readonly number[] {
    const construct = this.constructAt(moment);
    const required = this.required.get(moment) ?? [];
    switch (moment % 3) {
      case BEFORE: {
        const parent = construct.node.scope;
        return parent !== undefined && this.index.has(parent) ? [this.at(parent, BEFORE), ...required] : required;
      }
      case ITSELF:
        return [this.at(construct, BEFORE), ...required];
      default:
        return [this.at(construct, ITSELF), ...construct.node.children.map((child) => this.at(child, AFTER))];
    }
  }

  /** Moments that together stand for everything in `whole` but not in `part`, which is in it. */
  private rest(whole: IConstruct, part: IConstruct, moment: typeof BEFORE | typeof AFTER): number[] {
    const rest: number[] = [];
    for (let inner = part; inner !== whole;) {
      const outer = inner.node.scope!;
      const taken = inner;
      rest.push(this.at(outer, ITSELF));
      rest.push(...outer.node.children.filter((child) => child !== taken).map((child) => this.at(child, moment)));
      inner = outer;
    }
    return rest;
  }

  private wait(moment: number, earlier: number): void {
    const required = this.required.get(moment);
    if (required === undefined) this.required.set(moment, [earlier]);
    else required.push(earlier);
  }

  private at(construct: IConstruct, moment: number): number {
    return 3 * this.index.get(construct)! + moment;
  }

  private constructAt(moment: number): IConstruct {
    return this.constructs[Math.floor(moment / 3)]!;
  }
}

function isApiObject(construct: IConstruct): construct is ApiObject {
  return ApiObject.isApiObject(construct);
}

function contains(outer: IConstruct, inner: IConstruct): boolean {
  return outer === inner || inner.node.scopes.includes(outer);
}

function chartOf(construct: IConstruct): Chart | undefined {
  return construct.node.scopes.reverse().find((scope): scope is Chart => Chart.isChart(scope));
}
