import { identify, Manifest } from '../../checks/manifest-identity';
import { FiledManifest } from '../manifest-source';
import { Scorecard } from '../scorecard';

/** One state of the platform: what a commit has in its folder, and the plan of it. */
export interface RehearsedState {
  readonly name: string;
  readonly files: readonly FiledManifest[];
  readonly scorecard: Scorecard;
}

export const manifestsOf = ({ files }: RehearsedState): Manifest[] => files.map(({ manifest }) => manifest);

/** Where an object comes to stand: what names no namespace is applied into this one. */
export const namespaceOf = (manifest: Manifest) => identify(manifest).namespace || 'default';

export const listOf = (items: readonly Manifest[]) => JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
