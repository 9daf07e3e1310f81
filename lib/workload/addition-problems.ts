import { downloaded } from '../plan/model-delivery';
import { dnsLabelProblems, dnsSubdomainProblems, environmentNameProblems, labelProblems } from '../problem/names';
import { Problem } from '../problem/problem';
import { additionalContainerProblems, mountProblems } from './container-problems';
import { CREDENTIALS_FOLDER, CREDENTIALS_VOLUME } from './credential-files';
import { InferencePodProps } from './inference-pod-props';
import { CACHE_VOLUME, fillingContainerName, ModelVolumesRequest, ownVolumes } from './model-volumes';
import { filesMounts, filesProblems } from './server-files';
import { tolerationProblems } from './toleration-problems';
import { volumeShapeProblems } from './volume-problems';

/**
 * What a user adds to the pod and the API server would refuse, or no container could start with. A StatefulSet is accepted
 * all the same: only its events say why it has no pods.
 */
export function additionProblems(
  props: InferencePodProps,
  serverName: string,
  own: Pick<ModelVolumesRequest, 'plan' | 'cache' | 'placed'>,
): Problem[] {
  const { contract } = own.plan;
  const { priorityClassName, runtimeClassName, imagePullSecrets = [], podAnnotations = {} } = props;
  const mine = [
    ...ownVolumes(own),
    { name: 'shm', path: '/dev/shm', holds: 'shared memory' },
    ...(contract.credentialSlots.some(({ fileVariable }) => fileVariable !== undefined)
      ? [{ name: CREDENTIALS_VOLUME, path: CREDENTIALS_FOLDER, holds: 'the credential of the server' }]
      : []),
    ...filesMounts(contract.files ?? []).map(({ name, mountPath }) => ({
      name,
      path: mountPath,
      holds: 'the configuration of the server',
    })),
    ...contract.writablePaths.map(({ name, path }) => ({ name, path, holds: `what the server writes to ${path}` })),
  ];
  return [
    ...volumeProblems(props, mine),
    ...(props.volumes ?? []).flatMap(volumeShapeProblems),
    ...placeProblems(props, mine),
    ...(props.volumeMounts ?? []).flatMap((mount) => mountProblems('the server', mount)),
    ...additionalContainerProblems(
      props,
      [...mine, ...(props.volumes ?? [])].map(({ name }) => name),
    ),
    ...tolerationProblems(props.tolerations ?? []),
    ...filesProblems(contract.files ?? []),
    ...containerProblems(
      props,
      serverName,
      downloaded(own.placed).map((artifact) => fillingContainerName(own.cache, artifact)),
    ),
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
  /** Where the server has it; undefined for what only init containers use. */
  readonly path?: string;
  readonly holds: string;
}

const twice = (names: readonly string[]) => [...new Set(names.filter((name, at) => names.indexOf(name) !== at))];

function volumeProblems({ volumes = [], volumeMounts = [] }: InferencePodProps, mine: readonly OwnVolume[]): Problem[] {
  const names = volumes.map(({ name }) => name);
  return [
    ...names.flatMap((name) => dnsLabelProblems('volume', name)),
    ...mine
      .filter(({ name }, at) => names.includes(name) && mine.findIndex((other) => other.name === name) === at)
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

function placeProblems({ volumeMounts = [] }: InferencePodProps, mine: readonly OwnVolume[]): Problem[] {
  const mounts = [
    ...mine.flatMap(({ name, path }) => (path === undefined ? [] : [{ name, path }])),
    ...volumeMounts.map(({ name, mountPath }) => ({ name, path: mountPath })),
  ];
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

function containerProblems(
  { initContainers = [], sidecars = [] }: InferencePodProps,
  serverName: string,
  mine: readonly string[],
): Problem[] {
  const names = [...initContainers, ...sidecars].map(({ name }) => name);
  return [
    ...names.flatMap((name) => dnsLabelProblems('container', name)),
    ...twice([serverName, ...mine, ...names]).map((name) => ({
      check: 'names',
      message: `Two containers of the pod are called ${name}${name === serverName ? ", which is the server's name" : ''}.`,
      remedy: 'Give each a name of its own.',
    })),
  ];
}
