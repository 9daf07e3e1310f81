import { Dns } from '../../lib/network/dns';
import { NetworkPeer } from '../../lib/network/network-peer';

const message = (make: () => unknown): string => {
  try {
    make();
  } catch (error) {
    return (error as Error).message;
  }
  return 'no error';
};

test.each([
  [
    'a namespace',
    NetworkPeer.namespace('monitoring'),
    { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } } },
  ],
  [
    'namespaces by label',
    NetworkPeer.namespaceLabels({ team: 'edge' }),
    { namespaceSelector: { matchLabels: { team: 'edge' } } },
  ],
  ['pods next door', NetworkPeer.pods({ app: 'chat' }), { podSelector: { matchLabels: { app: 'chat' } } }],
  [
    'pods elsewhere, in one element so that both must hold',
    NetworkPeer.podsInNamespace('monitoring', { app: 'prometheus' }),
    {
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } },
      podSelector: { matchLabels: { app: 'prometheus' } },
    },
  ],
  ['a range', NetworkPeer.cidr('10.0.0.0/8'), { ipBlock: { cidr: '10.0.0.0/8' } }],
  [
    'a range with a hole',
    NetworkPeer.cidr('10.0.0.0/8', ['10.1.0.0/16']),
    { ipBlock: { cidr: '10.0.0.0/8', except: ['10.1.0.0/16'] } },
  ],
  [
    'IPv6',
    NetworkPeer.cidr('2001:db8::/32', ['2001:db8:1::/48']),
    { ipBlock: { cidr: '2001:db8::/32', except: ['2001:db8:1::/48'] } },
  ],
])('%s', (_, peer, expected) => {
  expect(peer.toPeer()).toEqual(expected);
});

test.each([
  ['pods', () => NetworkPeer.pods({})],
  ['podsInNamespace', () => NetworkPeer.podsInNamespace('monitoring', {})],
])('%s without a label would be everybody', (factory, make) => {
  expect(message(make)).toBe(
    `NetworkPeer.${factory}: network-peer\n` +
      '  No pod label is given, which would mean everybody.\n' +
      '  Name at least one label, or use NetworkPeer.namespace(name) for all pods of one namespace.',
  );
});

test('namespaces without a label would be everybody', () => {
  expect(message(() => NetworkPeer.namespaceLabels({}))).toContain('No namespace label is given');
});

test('every mistake is told at once', () => {
  expect(
    message(() => NetworkPeer.podsInNamespace('Monitoring', { 'a/b/c': 'x y' })).match(/^NetworkPeer/gm),
  ).toHaveLength(3);
});

test.each([
  '10.0.0.0',
  '10.0.0.0/33',
  '010.0.0.0/8',
  '10.0.0/8',
  '10.0.0.0/08',
  '10.0.0.0/-1',
  'example.com/24',
  '::/129',
  '::ffff:10.0.0.0/104',
  'fe80::%eth0/10',
  '',
])('%j is no CIDR', (cidr) => {
  expect(message(() => NetworkPeer.cidr(cidr))).toBe(
    `NetworkPeer.cidr: network-cidr\n  range ${JSON.stringify(cidr)} is not a CIDR.\n` +
      '  Write an address, "/" and the length of the prefix, such as 10.0.0.0/8, or 192.0.2.7/32 for one address.',
  );
});

test.each([
  ['10.1.2.3/8', 8, 32],
  ['2001:db8::1/64', 64, 128],
])('%s is an address with a prefix, not a range', (cidr, prefix, bits) => {
  expect(message(() => NetworkPeer.cidr(cidr))).toBe(
    `NetworkPeer.cidr: network-cidr\n  range "${cidr}" has address bits behind its prefix of ${prefix}.\n` +
      `  Write the first address of the range, or /${bits} for one address.`,
  );
});

test.each(['11.0.0.0/16', '10.0.0.0/8', '0.0.0.0/0', 'fd00::/64'])('%s cannot be left out of 10.0.0.0/8', (except) => {
  expect(message(() => NetworkPeer.cidr('10.0.0.0/8', [except]))).toBe(
    `NetworkPeer.cidr: network-cidr\n  The exception "${except}" does not lie within "10.0.0.0/8", or is all of it.\n` +
      '  Except only smaller ranges of the range itself.',
  );
});

test.each([
  ['kubeDns', Dns.kubeDns(), 1, 53],
  ['nodeLocal: the address and the pods that Dataplane V2 redirects to', Dns.nodeLocal(), 2, 53],
  ['cloudDns', Dns.cloudDns(), 1, 53],
  ['custom', Dns.custom(NetworkPeer.namespace('openshift-dns'), 5353), 1, 5353],
])('DNS: %s', (_, dns, peers, port) => {
  expect(dns.peers).toHaveLength(peers);
  expect(dns.port).toBe(port);
});

test('DNS: an address that is none is refused', () => {
  expect(message(() => Dns.nodeLocal('cache'))).toContain('range "cache/32" is not a CIDR.');
});
