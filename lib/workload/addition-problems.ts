import { InferencePlan } from '../plan/inference-plan';
import { dnsLabelProblems, dnsSubdomainProblems, environmentNameProblems, labelProblems } from '../problem/names';
import { Problem } from '../problem/problem';
import { InferencePodProps } from './gpu-inference-stateful-set-props';
import { CACHE_VOLUME } from './pod-template';

/**
 * What a user adds to the pod and the API server would refuse, or no container could start with. A StatefulSet is accepted
 * all the same: only its events say why it has no pods.
 */
export function additionProblems(props: InferencePodProps, serverName: string, { contract }: InferencePlan): Problem[] {
  const { priorityClassName, runtimeClassName, imagePullSecrets = [], podAnnotations = {} } = props;
  const mine = [
    { name: CACHE_VOLUME, path: contract.cachePath, holds: 'the weights' },
    { name: 'shm', path: '/dev/shm', holds: 'shared memory' },
    ...contract.writablePaths.map(({ name, path }) => ({ name, path, holds: `what the server writes to ${path}` })),
  ];
  return [
    ...volumeProblems(props, mine),
    ...mountProblems(props, mine),
    ...containerProblems(props, serverName),
    ...Object.keys(props.env ?? {}).flatMap(environmentNameProblems),
    ...(priorityClassName === undefined ? [] : dnsSubdomainProblems('priority class', priorityClassName)),
    ...(runtimeClassName === undefined ? [] : dnsSubdomainProblems('runtime class', runtimeClassName)),
    ...imagePullSecrets.flatMap((name) => dnsSubdomainProblems('pull secret', name)),
    // Their keys are spelt like those of labels; their values may be anything.
    ...labelProblems('pod annotation', Object.fromEntries(Object.keys(podAnnotations).map((key) => [key, '']))),
  ];
}

/** A volume that the library makes. */
interface OwnVolume {
  readonly name: string;
  readonly path: string;
  readonly holds: string;
}

const twice = (names: readonly string[]) => [...new Set(names.filter((name, at) => names.indexOf(name) !== at))];

function volumeProblems({ volumes = [], volumeMounts = [] }: InferencePodProps, mine: readonly OwnVolume[]): Problem[] {
  const names = volumes.map(({ name }) => name);
  return [
    ...names.flatMap((name) => dnsLabelProblems('volume', name)),
    ...mine
      .filter(({ name }) => names.includes(name))
      .map(({ name, holds }) => ({
        check: 'volumes',
        message: `A volume ${name} exists already: it holds ${holds}.`,
        remedy: 'Give yours another name.',
      })),
    ...twice(names).map((name) => ({
      check: 'volumes',
      message: `The volume ${name} is given twice.`,
      remedy: 'Keep one, or give the other another name.',
    })),
    ...volumeMounts
      .filter(({ name }) => !names.includes(name) && name !== CACHE_VOLUME)
      .map(({ name }) => ({
        check: 'volumes',
        message: `A mount names the volume ${name}, which is not among the volumes.`,
        remedy: `Add a volume of that name.`,
      })),
  ];
}

function mountProblems({ volumeMounts = [] }: InferencePodProps, mine: readonly OwnVolume[]): Problem[] {
  const mounts = [...mine, ...volumeMounts.map(({ name, mountPath }) => ({ name, path: mountPath }))];
  const place = (path: string) => path.replace(/(?<=.)\/+$/, '');
  return [
    ...mounts
      .filter(({ path }) => !path.startsWith('/'))
      .map(({ name, path }) => ({
        check: 'volumes',
        message: `The volume ${name} is mounted at ${JSON.stringify(path)}, which is no absolute path.`,
        remedy: 'Begin it with "/".',
      })),
    ...twice(mounts.map(({ path }) => place(path))).map((path) => ({
      check: 'volumes',
      message: `Two volumes are mounted at ${path}: ${mounts
        .filter((mount) => place(mount.path) === path)
        .map(({ name }) => name)
        .join(' and ')}.`,
      remedy: 'Mount one of them elsewhere.',
    })),
  ];
}

function containerProblems({ initContainers = [], sidecars = [] }: InferencePodProps, serverName: string): Problem[] {
  const names = [...initContainers, ...sidecars].map(({ name }) => name);
  return [
    ...names.flatMap((name) => dnsLabelProblems('container', name)),
    ...twice([serverName, ...names]).map((name) => ({
      check: 'names',
      message: `Two containers of the pod are called ${name}${name === serverName ? ", which is the server's name" : ''}.`,
      remedy: 'Give each a name of its own.',
    })),
  ];
}
