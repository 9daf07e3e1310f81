import { identify, Manifest } from '../../checks/manifest-identity';
import { Cluster, lastLine } from './kubectl';
import { RehearsalImpossible } from './rehearsal-impossible';

/** What the API server takes, and what of the folder it therefore never sees. */
export class KnownKinds {
  /** Kinds that were left out, with their groups, such as `HTTPRoute.gateway.networking.k8s.io`. */
  readonly missing = new Set<string>();
  private known: ReadonlySet<string>;

  constructor(private readonly cluster: Cluster) {
    this.known = this.asked();
  }

  /** Asks again, after definitions were applied. */
  refresh(): void {
    this.cluster.run(['wait', '--for=condition=Established', 'crd', '--all', '--timeout=60s']);
    this.known = this.asked();
  }

  has(group: string, kind: string): boolean {
    return this.known.has(`${group}/${kind}`);
  }

  /** Whether a manifest can be applied; what cannot is remembered. */
  takes(manifest: Manifest): boolean {
    const { group, kind } = identify(manifest);
    if (this.has(group, kind)) return true;
    this.missing.add(`${kind}.${group}`);
    return false;
  }

  /** The last three columns of `kubectl api-resources`: version with its group, namespaced or not, kind. */
  private asked(): ReadonlySet<string> {
    const { ok, stdout, stderr } = this.cluster.run(['api-resources', '--no-headers']);
    // It also fails where a single extension of the API is down, and then tells the rest.
    if (!ok && stdout.trim() === '') {
      throw new RehearsalImpossible(`The cluster does not tell which kinds it knows: ${lastLine(stderr)}`);
    }
    const lines = stdout.split('\n').map((line) => /(\S+)\s+(?:true|false)\s+(\S+)\s*$/.exec(line));
    return new Set(
      lines.flatMap((match) =>
        match ? [`${match[1]!.includes('/') ? match[1]!.split('/')[0] : ''}/${match[2]}`] : [],
      ),
    );
  }
}
