import { Manifest } from '../../lib/checks/manifest-identity';
import { PodSecurity } from '../../lib/checks/pod-security';

const namespace = (level: string | undefined): Manifest => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name: 'nim', labels: level === undefined ? {} : { 'pod-security.kubernetes.io/enforce': level } },
});

const TIGHT = { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } };
const POD = { securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } } };

/** A pod that the level restricted takes, with changes of its container's security, of the container and of the pod. */
function pod(security: object = {}, container: object = {}, spec: object = {}): Manifest {
  const containers = [{ name: 'server', securityContext: { ...TIGHT, ...security }, ...container }];
  const template = { spec: { ...POD, containers, ...spec } };
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name: 'llama', namespace: 'nim' },
    spec: { template },
  };
}

function told(level: string | undefined, manifest: Manifest, hostPathIsJudged = false): string[] {
  const security = new PodSecurity();
  // Namespaces may be declared behind what is in them.
  security.add(manifest, 'nim/llama', hostPathIsJudged);
  security.add(namespace(level), 'nim', false);
  return security.problems().map(({ message }) => message.replace(/^.*StatefulSet nim\/llama: /, ''));
}

const volume = (volume: object) => ({ volumes: [{ name: 'v', ...volume }] });
const gone = (field: string) => ({ [field]: undefined });

test.each`
  what                                                  | manifest                                                                                                 | baseline                                                   | restricted
  ${'a pod of this library'}                            | ${pod()}                                                                                                 | ${[]}                                                      | ${[]}
  ${'escalation that nobody spoke of'}                  | ${pod(gone('allowPrivilegeEscalation'))}                                                                 | ${[]}                                                      | ${['the container server may escalate its privileges.']}
  ${'capabilities that are kept'}                       | ${pod(gone('capabilities'))}                                                                             | ${[]}                                                      | ${['the container server does not drop all capabilities.']}
  ${'a capability that is bound to'}                    | ${pod({ capabilities: { drop: ['ALL'], add: ['NET_BIND_SERVICE'] } })}                                   | ${[]}                                                      | ${[]}
  ${'a capability of the defaults'}                     | ${pod({ capabilities: { drop: ['ALL'], add: ['CHOWN'] } })}                                              | ${[]}                                                      | ${['the container server adds the capability CHOWN.']}
  ${'a capability beyond them'}                         | ${pod({ capabilities: { drop: ['ALL'], add: ['SYS_ADMIN'] } })}                                          | ${['the container server adds the capability SYS_ADMIN.']} | ${['the container server adds the capability SYS_ADMIN.']}
  ${'no security context of the pod'}                   | ${pod({}, {}, gone('securityContext'))}                                                                  | ${[]}                                                      | ${['the container server may run as root; the container server has no seccomp profile.']}
  ${'the same, said by the container'}                  | ${pod(POD.securityContext, {}, gone('securityContext'))}                                                 | ${[]}                                                      | ${[]}
  ${'root after all'}                                   | ${pod({ runAsUser: 0 })}                                                                                 | ${[]}                                                      | ${['the container server runs as the user 0.']}
  ${'root of its own users'}                            | ${pod({ runAsUser: 0 }, {}, { hostUsers: false })}                                                       | ${[]}                                                      | ${['the container server runs as the user 0, which hostUsers: false excuses from Kubernetes 1.35 on.']}
  ${'perhaps root of its own users'}                    | ${pod({ runAsNonRoot: false }, {}, { hostUsers: false })}                                                | ${[]}                                                      | ${['the container server may run as root, which hostUsers: false excuses from Kubernetes 1.35 on.']}
  ${'a pod that may be root, of which no container is'} | ${pod({ runAsNonRoot: true }, {}, { securityContext: { ...POD.securityContext, runAsNonRoot: false } })} | ${[]}                                                      | ${['runAsNonRoot of the pod is false.']}
  ${'no profile'}                                       | ${pod({ seccompProfile: { type: 'Unconfined' } })}                                                       | ${['the seccomp profile is Unconfined.']}                  | ${['the seccomp profile is Unconfined.']}
  ${'a privileged container'}                           | ${pod({ privileged: true })}                                                                             | ${['the container server is privileged.']}                 | ${['the container server is privileged.']}
  ${'a port of the node'}                               | ${pod({}, { ports: [{ containerPort: 80, hostPort: 80 }] })}                                             | ${['the container server has a hostPort.']}                | ${['the container server has a hostPort.']}
  ${'the network of the node'}                          | ${pod({}, {}, { hostNetwork: true })}                                                                    | ${['hostNetwork is true.']}                                | ${['hostNetwork is true.']}
  ${'a folder of the node'}                             | ${pod({}, {}, volume({ hostPath: { path: '/' } }))}                                                      | ${['the volume v is a hostPath.']}                         | ${['the volume v is a hostPath.']}
  ${'a network file system'}                            | ${pod({}, {}, volume({ nfs: { server: 'a', path: '/' } }))}                                              | ${[]}                                                      | ${['the volume v is a nfs.']}
  ${'a claim'}                                          | ${pod({}, {}, volume({ persistentVolumeClaim: { claimName: 'c' } }))}                                    | ${[]}                                                      | ${[]}
  ${'an init container without a word'}                 | ${pod({}, {}, { initContainers: [{ name: 'init' }] })}                                                   | ${[]}                                                      | ${['the container init may escalate its privileges; the container init does not drop all capabilities.']}
`('$what', ({ manifest, baseline, restricted }: { manifest: Manifest; baseline: string[]; restricted: string[] }) => {
  expect(told('baseline', manifest)).toEqual(baseline);
  expect(told('restricted', manifest)).toEqual(restricted);
  expect(told('privileged', manifest)).toEqual([]);
  expect(told(undefined, manifest)).toEqual([]);
});

test('a folder of the node, of which the check host-path has spoken', () => {
  expect(told('restricted', pod({}, {}, volume({ hostPath: { path: '/' } })), true)).toEqual([]);
});
