/** What an XID asks of people: the class decides who is told, and how loud. */
export type XidClass =
  /** The GPU is broken until it is reset, or for good. */
  | 'hardware'
  /** A link between GPUs. */
  | 'fabric'
  /** NVIDIA's catalog says reset the GPU, its device plugin says the application did it. */
  | 'context-switch'
  /** The process did it, and the process is restarted. */
  | 'application'
  /** A note for the history of the GPU. */
  | 'record';

/** What NVIDIA's catalog says to do at once. */
export type XidAction =
  'reboot the node' | 'reset the GPU' | 'check NVLink' | 'restart the pod' | 'follow the other XID' | 'nothing';

/** A number that the driver writes to the kernel's log when something about a GPU is wrong. */
export interface Xid {
  readonly name: string;
  readonly class: XidClass;
  readonly action: XidAction;
  /** What the number alone does not say. @default - nothing */
  readonly note?: string;
  readonly source: string;
}

const CATALOG = 'docs.nvidia.com/deploy/xid-errors/analyzing-xid-catalog.html';
/** Read in a reproduction of the catalog, not in NVIDIA's own page. */
const REPRODUCED = `${CATALOG}, by a reproduction`;

const xid = (name: string, of: XidClass, action: XidAction, note?: string, source = REPRODUCED): Xid => ({
  name,
  class: of,
  action,
  ...(note !== undefined && { note }),
  source,
});

/**
 * XIDs that data center GPUs write, by number. One that is not here raises no alert of its own; the dashboards show every
 * number. NVIDIA's k8s-device-plugin keeps a GPU in use after 13, 31, 43, 45, 68 and 109 (internal/rm/health.go@02597b97), and
 * takes it out of service after any other.
 */
export const XIDS: Readonly<Record<number, Xid>> = {
  13: xid('Graphics engine exception', 'application', 'restart the pod', undefined, CATALOG),
  31: xid('GPU memory page fault', 'application', 'restart the pod', 'An address that the process does not own.'),
  32: xid('PBDMA error', 'application', 'restart the pod'),
  43: xid('GPU stopped processing', 'application', 'nothing', 'The process has ended; the GPU has not suffered.'),
  45: xid(
    'Preemptive cleanup',
    'application',
    'follow the other XID',
    'It comes with another XID, or with a pod that was killed.',
  ),
  46: xid('GPU stopped processing', 'hardware', 'reset the GPU'),
  48: xid('Double-bit ECC error', 'hardware', 'reset the GPU', 'With 63 or 64: drain the node before.'),
  62: xid('Internal micro-controller halt', 'hardware', 'reset the GPU'),
  63: xid('Row remapping recorded', 'record', 'nothing', 'The remap takes effect at the next reset.'),
  64: xid('Row remapping failed', 'hardware', 'reset the GPU', 'If it comes back, the GPU is replaced.'),
  68: xid('Video decoder exception', 'application', 'restart the pod'),
  74: xid('NVLink error', 'fabric', 'check NVLink', 'Up to Hopper.'),
  79: xid(
    'GPU has fallen off the bus',
    'hardware',
    'reboot the node',
    'It does not answer: nvidia-smi cannot reset it.',
  ),
  92: xid('High rate of single-bit ECC errors', 'record', 'nothing', 'Tell the vendor when it comes back.'),
  94: xid(
    'Contained ECC error',
    'application',
    'restart the pod',
    'One process lost memory; the device plugin takes the GPU out of service until it is restarted itself.',
  ),
  95: xid('Uncontained ECC error', 'hardware', 'reset the GPU', 'Every process on the GPU may have wrong numbers.'),
  109: xid('Context switch timeout', 'context-switch', 'reset the GPU'),
  110: xid('Security fault', 'hardware', 'reset the GPU'),
  119: xid('GSP RPC timeout', 'hardware', 'reset the GPU'),
  120: xid('GSP error', 'hardware', 'reset the GPU'),
  136: xid('Link training failed (ALI)', 'hardware', 'reset the GPU', 'Hopper.'),
  140: xid('Unrecovered ECC error', 'hardware', 'reset the GPU'),
  143: xid('GPU initialization error', 'hardware', 'reset the GPU'),
  144: xid('NVLink 5 error', 'fabric', 'check NVLink', 'Blackwell.'),
  145: xid('NVLink 5 error', 'fabric', 'check NVLink', 'Blackwell.'),
  146: xid('NVLink 5 error', 'fabric', 'check NVLink', 'Blackwell.'),
  147: xid('NVLink 5 error', 'fabric', 'check NVLink', 'Blackwell.'),
  148: xid('NVLink 5 error', 'fabric', 'check NVLink', 'Blackwell.'),
  149: xid('NVLink 5 error', 'fabric', 'check NVLink', 'Blackwell.'),
  150: xid('NVLink 5 error', 'fabric', 'check NVLink', 'Blackwell.'),
  154: xid(
    'Recovery action of the GPU changed',
    'record',
    'follow the other XID',
    'Its text in the kernel log names the action.',
  ),
};

/** The numbers of a class as PromQL's regular expressions write them: `74|144|145`. */
export function xidPattern(of: XidClass): string {
  return Object.entries(XIDS)
    .filter(([, { class: each }]) => each === of)
    .map(([number]) => number)
    .join('|');
}
