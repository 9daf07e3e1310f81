import { ModelDownload } from '../../lib/network/model-download';

const gke = { enforcedBy: 'gke-fqdn' as const };

test('none reaches nothing', () => {
  expect(ModelDownload.none()).toMatchObject({ addresses: [], hosts: undefined });
});

test('the internet is every public address, and no private one', () => {
  expect(
    ModelDownload.internet().addresses.map(({ peers, ports }) => [peers.map((peer) => peer.toPeer()), ports]),
  ).toEqual([
    [
      [
        {
          ipBlock: {
            cidr: '0.0.0.0/0',
            except: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', '169.254.0.0/16'],
          },
        },
      ],
      [443],
    ],
  ]);
});

test('hosts and private endpoints add up', () => {
  const both = ModelDownload.hosts(['api.ngc.nvidia.com'], gke).and(ModelDownload.privateEndpoints(['10.8.0.5/32']));
  expect(both.hosts?.hosts).toEqual(['api.ngc.nvidia.com']);
  expect(both.addresses).toHaveLength(1);
  expect(ModelDownload.none().and(both)).toEqual(both);
});

test.each([
  [
    'a bare name',
    () => ModelDownload.hosts(['ngc'], gke),
    /"ngc" is not a full host name\.\n {2}Use a name such as api\.ngc\.nvidia\.com/,
  ],
  ['an address', () => ModelDownload.hosts(['10.0.0.1'], gke), /"10\.0\.0\.1" is not a full host name\./],
  [
    'a URL',
    () => ModelDownload.hosts(['https://huggingface.co'], gke),
    /host "https:\/\/huggingface\.co" is not an RFC 1123 subdomain/,
  ],
  ['no host', () => ModelDownload.hosts([], gke), /No host is named\./],
  ['no port', () => ModelDownload.internet({ ports: [] }), /The download names no port, which would mean every port\./],
  [
    'a port out of range',
    () => ModelDownload.hosts(['hf.co'], { ...gke, ports: [70000] }),
    /The download names the port 70000\.\n {2}Use a whole number from 1 to 65535\./,
  ],
  ['no endpoint', () => ModelDownload.privateEndpoints([]), /No address is named\./],
  ['a bad endpoint', () => ModelDownload.privateEndpoints(['10.8.0.5']), /range "10\.8\.0\.5" is not a CIDR\./],
  [
    'two lists of hosts',
    () => ModelDownload.hosts(['hf.co'], gke).and(ModelDownload.hosts(['nvidia.com'], { enforcedBy: 'cilium' })),
    /Two lists of hosts are combined\.\n {2}Name all hosts in one ModelDownload\.hosts\(\.\.\.\)\./,
  ],
  [
    'hosts beside the internet',
    () => ModelDownload.internet().and(ModelDownload.hosts(['hf.co'], gke)),
    /A list of 1 hosts is combined with the whole internet, which makes the list idle\./,
  ],
])('%s is refused', (_, make, expected) => {
  expect(make).toThrow(expected);
});
