import { isIP, isIPv4 } from 'node:net';
import { Problem } from '../problem/problem';

interface Range {
  readonly family: 4 | 6;
  /** First address of the range as a number. */
  readonly first: bigint;
  readonly prefix: number;
  /** Bits of an address of this family. */
  readonly bits: number;
}

function addressNumber(address: string): bigint {
  if (isIPv4(address)) return address.split('.').reduce((sum, part) => sum * 256n + BigInt(part), 0n);
  const [head = '', tail] = address.split('::');
  const groups = (part: string | undefined) => (part ? part.split(':') : []);
  const zeros = Array<string>(tail === undefined ? 0 : 8 - groups(head).length - groups(tail).length).fill('0');
  return [...groups(head), ...zeros, ...groups(tail)].reduce((sum, part) => sum * 65536n + BigInt(`0x${part}`), 0n);
}

function parse(cidr: string): Range | undefined {
  const [, address, length] = /^([0-9a-fA-F.:]+)\/(0|[1-9]\d{0,2})$/.exec(cidr) ?? [];
  if (address === undefined || length === undefined || isIP(address) === 0) return undefined;
  // Addresses such as ::ffff:10.0.0.1 mean different things to different network plugins.
  if (address.includes(':') && address.includes('.')) return undefined;
  const family = isIPv4(address) ? 4 : 6;
  const bits = family === 4 ? 32 : 128;
  const prefix = Number(length);
  return prefix > bits ? undefined : { family, first: addressNumber(address), prefix, bits };
}

/** What is wrong with one CIDR; empty when it is the network address of a range, such as `10.0.0.0/8` or `fd00::/8`. */
export function cidrProblems(what: string, cidr: string): Problem[] {
  const range = parse(cidr);
  if (!range) {
    return [
      {
        check: 'network-cidr',
        message: `${what} ${JSON.stringify(String(cidr).slice(0, 60))} is not a CIDR.`,
        remedy:
          'Write an address, "/" and the length of the prefix, such as 10.0.0.0/8, or 192.0.2.7/32 for one address.',
      },
    ];
  }
  if (range.first % 2n ** BigInt(range.bits - range.prefix) !== 0n) {
    return [
      {
        check: 'network-cidr',
        message: `${what} "${cidr}" has address bits behind its prefix of ${range.prefix}.`,
        remedy: `Write the first address of the range, or /${range.bits} for one address.`,
      },
    ];
  }
  return [];
}

/** True when `inner` is a part of `outer`, or all of it. Both must be valid. */
export const isWithin = (inner: string, outer: string) => inner === outer || isStrictlyInside(inner, outer);

/** True when `inner` is a part of `outer` and smaller than it, as Kubernetes demands of `except`. Both must be valid. */
export function isStrictlyInside(inner: string, outer: string): boolean {
  const [a, b] = [parse(inner), parse(outer)];
  if (!a || !b || a.family !== b.family || a.prefix <= b.prefix) return false;
  const size = 2n ** BigInt(b.bits - b.prefix);
  return a.first / size === b.first / size;
}
