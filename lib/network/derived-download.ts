import { Problem } from '../problem/problem';
import { HostEnforcer, ModelDownload } from './model-download';
import { NetworkEgress } from './nim-network-policy';

/** What is downloaded from where, and what the user has opened. */
export interface DownloadRequest {
  /** Empty when nothing is downloaded. */
  readonly hosts: readonly string[];
  /** TCP ports of them. */
  readonly ports: readonly number[];
  readonly enforcedBy?: HostEnforcer;
  /** @default - derived */
  readonly download?: ModelDownload;
  /** @default - none */
  readonly extraEgress?: readonly NetworkEgress[];
}

/** Names that only a cluster or a company answers, and addresses of PRIVATE_RANGES. RFC 6762, and ICANN on `.internal`. */
const PRIVATE = /^[^.]+$|\.(svc|local|internal|lan)\.?$|^(10|192\.168|172\.(1[6-9]|2\d|3[01])|169\.254)\./;

/** Whether nobody on the internet answers to it. */
export const isPrivate = (host: string) => PRIVATE.test(host);

/** Where the pods may download from: what was stated, or what follows from hosts and ports. */
export function derivedDownload({ hosts, ports, enforcedBy, download }: DownloadRequest): ModelDownload {
  const open = hosts.filter((host) => !isPrivate(host));
  if (download !== undefined) return download;
  if (open.length === 0) return ModelDownload.none();
  return enforcedBy ? ModelDownload.hosts(open, { enforcedBy, ports }) : ModelDownload.internet({ ports });
}

/** Hosts that the derived policy cannot open, because their addresses are not of the internet and nobody said which they are. */
export function downloadProblems({ hosts, ports, download, extraEgress = [] }: DownloadRequest): Problem[] {
  const closed = hosts.filter(isPrivate);
  if (closed.length === 0 || download !== undefined || extraEgress.length > 0) return [];
  return [
    {
      check: 'network-download',
      message: `The pods download from ${closed.join(' and ')}, whose address is none of the internet: the derived network policy does not open it, and the download would wait until it gives up.`,
      remedy: `For addresses state download: ModelDownload.privateEndpoints(['10.…'], { ports: [${ports.join(', ')}] }); for pods of this cluster network.extraEgress: [{ to: [NetworkPeer.namespace('…')], ports: […] }], with the port that they listen on.`,
    },
  ];
}
