import { k8s } from 'cdk8s-plus-30';
import { dnsSubdomainProblems } from '../problem/names';
import { wholeNumberProblems } from '../problem/numbers';
import { Problem } from '../problem/problem';

const problem = (message: string, remedy: string): Problem => ({ check: 'volumes', message, remedy });

/** The names of objects in a volume, and of what they are, where nothing else asks. */
const NAMES = [
  ['ConfigMap', ({ configMap }: k8s.Volume) => configMap?.name, ({ configMap }: k8s.Volume) => configMap],
  ['Secret', ({ secret }: k8s.Volume) => secret?.secretName, ({ secret }: k8s.Volume) => secret],
  [
    'claim',
    ({ persistentVolumeClaim }: k8s.Volume) => persistentVolumeClaim?.claimName,
    ({ persistentVolumeClaim }: k8s.Volume) => persistentVolumeClaim,
  ],
] as const;

/** What of one volume of the user's the API server refuses. */
export function volumeShapeProblems(volume: k8s.Volume): Problem[] {
  const { name, ...sources } = volume;
  const stated = Object.entries(sources).filter(([, source]) => source !== undefined);
  const { configMap, secret, emptyDir } = volume;
  const items = [...(configMap?.items ?? []), ...(secret?.items ?? [])];
  const medium: unknown = emptyDir?.medium;
  return [
    // Without one it is an emptyDir.
    ...(stated.length > 1
      ? [problem(`The volume ${name} is ${stated.map(([source]) => source).join(' and ')}.`, 'Keep one of them.')]
      : []),
    ...NAMES.flatMap(([what, nameOf, sourceOf]) =>
      sourceOf(volume) === undefined
        ? []
        : nameOf(volume)
          ? what === 'claim'
            ? dnsSubdomainProblems(`claim of the volume ${name}`, nameOf(volume)!)
            : []
          : [problem(`The volume ${name} names no ${what}.`, 'Name the one that it shows.')],
    ),
    ...[configMap?.defaultMode, secret?.defaultMode, ...items.map(({ mode }) => mode)].flatMap((mode) =>
      wholeNumberProblems(`mode of the volume ${name}`, mode, 0, 0o777),
    ),
    ...items
      .filter(
        ({ path }) => path === '' || path.startsWith('/') || path.split('/').includes('..') || path.startsWith('..'),
      )
      .map(({ path }) =>
        problem(
          `The volume ${name} puts a file at ${JSON.stringify(path)}.`,
          'Use a path inside the volume, without "..".',
        ),
      ),
    ...([undefined, '', 'Memory'].includes(medium as string) || String(medium).startsWith('HugePages')
      ? []
      : [
          problem(
            `The volume ${name} is an emptyDir of the medium ${JSON.stringify(medium)}.`,
            "Use 'Memory', or none for disk.",
          ),
        ]),
  ];
}
