import { derivedDownload, downloadProblems } from '../../lib/network/derived-download';
import { ModelDownload } from '../../lib/network/model-download';
import { NetworkPeer } from '../../lib/network/network-peer';

const opened = (download: ModelDownload) => [
  ...download.addresses.map(({ peers, ports }) => `${peers[0]!.toPeer().ipBlock?.cidr} ${ports.join(' ')}`),
  ...(download.hosts ? [`${download.hosts.hosts.join(' ')} ${download.hosts.ports.join(' ')}`] : []),
];

test.each`
  hosts                                   | ports          | enforcedBy    | what
  ${['huggingface.co']}                   | ${[443]}       | ${undefined}  | ${['0.0.0.0/0 443']}
  ${['s3.example.com']}                   | ${[9000]}      | ${undefined}  | ${['0.0.0.0/0 9000']}
  ${['huggingface.co', 's3.example.com']} | ${[443, 9000]} | ${'cilium'}   | ${['huggingface.co s3.example.com 443 9000']}
  ${['huggingface.co', 'minio']}          | ${[443, 9000]} | ${'gke-fqdn'} | ${['huggingface.co 443 9000']}
  ${['minio.storage.svc']}                | ${[9000]}      | ${'cilium'}   | ${[]}
  ${[]}                                   | ${[]}          | ${undefined}  | ${[]}
`('$hosts on $ports by $enforcedBy: $what', ({ hosts, ports, enforcedBy, what }) => {
  expect(opened(derivedDownload({ hosts, ports, enforcedBy }))).toEqual(what);
});

test.each`
  host                                 | closed
  ${'minio'}                           | ${true}
  ${'minio.storage.svc'}               | ${true}
  ${'minio.storage.svc.cluster.local'} | ${true}
  ${'weights.corp.internal'}           | ${true}
  ${'10.1.2.3'}                        | ${true}
  ${'172.20.0.1'}                      | ${true}
  ${'172.32.0.1'}                      | ${false}
  ${'192.168.1.4'}                     | ${true}
  ${'8.8.8.8'}                         | ${false}
  ${'svc.example.com'}                 | ${false}
  ${'internal.example.com'}            | ${false}
  ${'*.hf.co'}                         | ${false}
`('$host is closed: $closed', ({ host, closed }) => {
  expect(downloadProblems({ hosts: [host], ports: [443] })).toHaveLength(closed ? 1 : 0);
});

test('who says where it is needs no telling', () => {
  const request = { hosts: ['minio'], ports: [9000] };
  const extraEgress = [{ to: [NetworkPeer.namespace('storage')], ports: [9000] }];
  expect(downloadProblems({ ...request, extraEgress })).toEqual([]);
  expect(downloadProblems({ ...request, download: ModelDownload.privateEndpoints(['10.0.0.0/8']) })).toEqual([]);
});
