import { identify } from '../lib/checks/manifest-identity';
import { MAIN, manifestsOfMain } from './support/reference-platform';
import { STATES } from './traffic/states';

const objects = manifestsOfMain(MAIN).map(identify);

test('the reference platform brings every namespace that it writes into: Flux applies nothing while one is missing', () => {
  const written = new Set(objects.map(({ namespace }) => namespace).filter((name) => name !== ''));
  const brought = objects.filter(({ kind }) => kind === 'Namespace').map(({ name }) => name);
  expect(brought.sort()).toEqual([...written].sort());
  expect(brought).toEqual(['chat', 'gpu-operator', 'monitoring', 'nim', 'search']);
});

test.each(Object.entries(STATES))(
  'its state "%s", through which requests are sent, can be made',
  (_, { main, namespace }) => {
    const names = manifestsOfMain(main)
      .filter((each) => each.kind === 'HTTPRoute')
      .map((each) => identify(each).namespace);
    expect(names).toEqual([namespace]);
  },
);
