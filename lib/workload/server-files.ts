import { createHash } from 'node:crypto';
import { k8s } from 'cdk8s-plus-30';
import { Problem } from '../problem/problem';
import { ServerFile } from '../runtime/serving-runtime';

/** Name of the volume with the server's configuration files. */
export const FILES_VOLUME = 'server-files';

/** The API server refuses a ConfigMap above 1 MiB. */
const MOST_BYTES = 2 ** 20;

/** Key of a file in the ConfigMap: its path, as far as keys may be spelt like paths. */
const keyOf = ({ path }: ServerFile) => path.replace(/^\/+/, '').replace(/[^\w.-]/g, '_');

/** What the ConfigMap holds. */
export function filesData(files: readonly ServerFile[]): Record<string, string> {
  return Object.fromEntries(files.map((file) => [keyOf(file), file.content]));
}

/**
 * Changes when a file does, so that the pods are replaced: servers read their files once, and a file that is mounted alone
 * never changes under a container that runs. The key is the one that charts use for it.
 */
export function filesAnnotation(files: readonly ServerFile[]): Record<string, string> {
  if (files.length === 0) return {};
  const digest = createHash('sha256').update(JSON.stringify(files.map(({ path, content }) => [path, content])));
  return { 'checksum/config': digest.digest('hex') };
}

/** @param configMap name of the ConfigMap */
export function filesVolumes(files: readonly ServerFile[], configMap: string): k8s.Volume[] {
  return files.length === 0 ? [] : [{ name: FILES_VOLUME, configMap: { name: configMap } }];
}

/** One mount a file, so that the image's own files beside it stay. */
export function filesMounts(files: readonly ServerFile[]): k8s.VolumeMount[] {
  return files.map((file) => ({ name: FILES_VOLUME, mountPath: file.path, subPath: keyOf(file), readOnly: true }));
}

export function filesProblems(files: readonly ServerFile[]): Problem[] {
  const bytes = files.reduce((sum, { content }) => sum + Buffer.byteLength(content), 0);
  const keys = files.map(keyOf);
  const twice = files.filter((file, at) => keys.indexOf(keyOf(file)) !== at);
  return [
    ...(bytes > MOST_BYTES
      ? [
          {
            check: 'volumes',
            message: `The configuration files of the server have ${bytes} bytes; a ConfigMap holds ${MOST_BYTES}.`,
            remedy: 'Put what is large into the image or onto a volume.',
          },
        ]
      : []),
    ...twice.map(({ path }) => ({
      check: 'volumes',
      message: `The configuration file ${path} has the key ${keyOf({ path, content: '' })} in the ConfigMap, as another file has.`,
      remedy: 'Give one of them another path.',
    })),
  ];
}
