import { ApiObject, App, Chart, Testing } from 'cdk8s';
import { Construct } from 'constructs';
import * as fc from 'fast-check';
import { declarationOrder } from '../../lib/gitops/declaration-order';

const object = (scope: Construct, id: string) => new ApiObject(scope, id, { apiVersion: 'v1', kind: 'ConfigMap' });

function twoCharts() {
  const app = new App({ outdir: 'unused' });
  return { app, one: new Chart(app, 'one'), two: new Chart(app, 'two') };
}

function order(app: App): string[] {
  return declarationOrder(app.node.findAll()).objects.map(({ node }) => node.path);
}

test('without dependencies: as declared', () => {
  const { app, one, two } = twoCharts();
  object(two, 'a');
  object(one, 'c');
  object(one, 'b');
  expect(order(app)).toEqual(['one/c', 'one/b', 'two/a']);
});

test('an object comes right after what it depends on, and nothing else moves', () => {
  const { app, one } = twoCharts();
  const [a] = [object(one, 'a'), object(one, 'b'), object(one, 'c')];
  a.addDependency(object(one, 'd'));
  expect(order(app)).toEqual(['one/d', 'one/a', 'one/b', 'one/c']);
});

test('a construct stands for everything in it', () => {
  const { app, one } = twoCharts();
  const [first, second] = [new Construct(one, 'first'), new Construct(one, 'second')];
  for (const part of [first, second]) for (const id of ['a', 'b']) object(part, id);
  first.node.addDependency(second);
  expect(order(app)).toEqual(['one/second/a', 'one/second/b', 'one/first/a', 'one/first/b']);
});

test('the dependency of a construct holds for an object that others pull forward', () => {
  const { app, one } = twoCharts();
  const last = object(one, 'last');
  const group = new Construct(one, 'group');
  const member = object(group, 'member');
  last.addDependency(member);
  group.node.addDependency(object(one, 'first'));
  expect(order(app)).toEqual(['one/first', 'one/group/member', 'one/last']);
});

test('an object of one chart that depends on one of another puts the charts in order, as in cdk8s', () => {
  const { app, one, two } = twoCharts();
  object(one, 'a');
  object(one, 'b').addDependency(object(two, 'c'));
  object(two, 'd');
  expect(order(app)).toEqual(['two/c', 'two/d', 'one/a', 'one/b']);
});

test('a construct that depends on what is in it puts that first', () => {
  const { app, one } = twoCharts();
  object(one, 'a');
  one.node.addDependency(object(one, 'b'));
  expect(order(app)).toEqual(['one/b', 'one/a']);
});

test('an object that depends on its chart comes last', () => {
  const { app, one } = twoCharts();
  object(one, 'job').node.addDependency(one);
  object(new Construct(one, 'group'), 'a');
  expect(order(app)).toEqual(['one/group/a', 'one/job']);
});

test('asking charts for their JSON before changes nothing', () => {
  const make = () => {
    const { app, one, two } = twoCharts();
    object(one, 'a').addDependency(object(two, 'b'));
    object(one, 'c').addDependency(object(one, 'd'));
    object(two, 'e');
    return { app, one, two };
  };
  const [untouched, asked] = [make(), make()];
  Testing.synth(asked.one);
  Testing.synth(asked.two);
  expect(order(asked.app)).toEqual(order(untouched.app));
});

test('a chart in a chart stands where it was declared', () => {
  const { app, one } = twoCharts();
  object(one, 'a');
  object(new Chart(one, 'nested'), 'b');
  object(one, 'c');
  expect(order(app)).toEqual(['one/a', 'one/nested/b', 'one/c']);
});

test('a cycle is told with its way', () => {
  const { app, one } = twoCharts();
  const [a, b, c] = [object(one, 'a'), object(one, 'b'), object(one, 'c')];
  a.addDependency(b);
  b.addDependency(c);
  c.addDependency(a);
  const { objects, cycle } = declarationOrder(app.node.findAll());
  expect(cycle?.map(({ node }) => node.path)).toEqual(['one/a', 'one/b', 'one/c']);
  expect(objects).toHaveLength(3);
});

test('layers that depend on each other fully, where cdk8s needs exponential time', () => {
  const { app, one } = twoCharts();
  let below: ApiObject[] = [];
  for (let layer = 29; layer >= 0; layer--) {
    const objects = Array.from({ length: 10 }, (_, index) => object(one, `layer${layer}-${index}`));
    for (const each of objects) each.addDependency(...below);
    below = objects;
  }
  expect(order(app)).toHaveLength(300);
});

test('a chain longer than the stack', () => {
  const { app, one } = twoCharts();
  let previous: ApiObject | undefined;
  for (let index = 0; index < 20000; index++) {
    const next = object(one, `c${index}`);
    previous?.addDependency(next);
    previous = next;
  }
  expect(order(app)[0]).toBe('one/c19999');
});

test('every dependency between objects holds, and every object comes once', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(29), fc.nat(29)), { maxLength: 60 }), (pairs) => {
      const { app, one } = twoCharts();
      const groups = Array.from({ length: 5 }, (_, index) => new Construct(one, `g${index}`));
      const objects = Array.from({ length: 30 }, (_, index) => object(groups[index % 5]!, `o${index}`));
      const downhill = pairs.filter(([from, to]) => from < to);
      for (const [from, to] of downhill) objects[from]!.addDependency(objects[to]!);

      const paths = order(app);
      expect(new Set(paths).size).toBe(30);
      for (const [from, to] of downhill) {
        expect(paths.indexOf(objects[to]!.node.path)).toBeLessThan(paths.indexOf(objects[from]!.node.path));
      }
    }),
  );
});
