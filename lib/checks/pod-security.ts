import { Problem } from '../problem/problem';
import { identify, Manifest, mapOf, show, textOf } from './manifest-identity';
import { at, podSpecPaths } from './pod-spec-path';

/** The label with which a namespace has pods refused. */
const ENFORCE = 'pod-security.kubernetes.io/enforce';

/** Capabilities that the level baseline lets containers add. */
const BASELINE_CAPABILITIES = new Set([
  ...['AUDIT_WRITE', 'CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'FSETID', 'KILL', 'MKNOD', 'NET_BIND_SERVICE', 'SETFCAP'],
  ...['SETGID', 'SETPCAP', 'SETUID', 'SYS_CHROOT'],
]);

/** Kinds of volumes that the level restricted refuses; newer kinds are left to the server. */
const REFUSED_VOLUMES = [
  ...['awsElasticBlockStore', 'azureDisk', 'azureFile', 'cephfs', 'cinder', 'fc', 'flexVolume', 'flocker'],
  ...['gcePersistentDisk', 'gitRepo', 'glusterfs', 'iscsi', 'nfs', 'photonPersistentDisk', 'portworxVolume', 'quobyte'],
  ...['rbd', 'scaleIO', 'storageos', 'vsphereVolume'],
];

/** A pod that breaks a level: what is wrong with it, and what would be right. */
interface Violation {
  readonly wrong: string;
  readonly right: string;
}

interface Pods {
  readonly shown: string;
  readonly namespace: string;
  readonly constructPath: string;
  readonly baseline: readonly Violation[];
  readonly restricted: readonly Violation[];
}

/**
 * Pods that the Pod Security level of their namespace refuses, as far as the app itself declares that namespace. The server
 * takes the workload and refuses its pods one by one, in an event that nobody reads.
 *
 * @source https://kubernetes.io/docs/concepts/security/pod-security-standards/ without SELinux, AppArmor, sysctls and Windows
 */
export class PodSecurity {
  private readonly levels = new Map<string, string>();
  private readonly pods: Pods[] = [];

  /** @param hostPathIsJudged true when the check host-path has spoken of the volumes */
  add(manifest: Manifest, constructPath: string, hostPathIsJudged: boolean): void {
    const { group, kind, namespace, name } = identify(manifest);
    if (group === '' && kind === 'Namespace') {
      this.levels.set(name, textOf(mapOf(mapOf(manifest.metadata).labels)[ENFORCE]));
      return;
    }
    const specs = podSpecPaths(manifest)
      .map((path) => mapOf(at(manifest, path)))
      .filter(({ containers }) => Array.isArray(containers));
    const baseline = distinct(specs.flatMap((spec) => baselineViolations(spec, hostPathIsJudged)));
    const restricted = distinct(specs.flatMap(restrictedViolations));
    if (baseline.length + restricted.length === 0) return;
    this.pods.push({ shown: show(identify(manifest)), namespace, constructPath, baseline, restricted });
  }

  problems(): (Problem & { readonly constructPath: string })[] {
    return this.pods.flatMap(({ shown, namespace, constructPath, baseline, restricted }) => {
      const level = this.levels.get(namespace);
      const found =
        level === 'restricted' ? [...baseline, ...restricted] : level === 'baseline' ? baseline : ([] as Violation[]);
      if (found.length === 0) return [];
      return [
        {
          constructPath,
          check: 'pod-security',
          message: `The namespace ${namespace} enforces the Pod Security level ${level}, which refuses the pods of ${shown}: ${found.map(({ wrong }) => wrong).join('; ')}.`,
          remedy: `Set ${[...new Set(found.map(({ right }) => right))].join(', ')}; where a JSON patch changed that, leave it out.`,
        },
      ];
    });
  }
}

type Json = Record<string, unknown>;

const listOf = (value: unknown): Json[] => (Array.isArray(value) ? value.map(mapOf) : []);

/** All containers of a pod, with what each says of its security. */
function containersOf(spec: Json): { readonly name: string; readonly container: Json; readonly security: Json }[] {
  return [spec.initContainers, spec.containers, spec.ephemeralContainers].flatMap(listOf).map((container) => ({
    name: `the container ${textOf(container.name)}`,
    container,
    security: mapOf(container.securityContext),
  }));
}

function baselineViolations(spec: Json, hostPathIsJudged: boolean): Violation[] {
  const ofThePod = ['hostNetwork', 'hostPID', 'hostIPC']
    .filter((field) => spec[field] === true)
    .map((field) => ({ wrong: `${field} is true`, right: `no ${field}` }));
  const paths = hostPathIsJudged ? [] : listOf(spec.volumes).filter(({ hostPath }) => hostPath !== undefined);
  const unconfined = { wrong: 'the seccomp profile is Unconfined', right: 'seccompProfile.type: RuntimeDefault' };
  return [
    ...ofThePod,
    ...paths.map(({ name }) => ({
      wrong: `the volume ${textOf(name)} is a hostPath`,
      right: 'a claim or an emptyDir',
    })),
    ...(profileOf(mapOf(spec.securityContext)) === 'Unconfined' ? [unconfined] : []),
    ...containersOf(spec).flatMap(({ name, container, security }) => [
      ...(security.privileged === true ? [{ wrong: `${name} is privileged`, right: 'no privileged' }] : []),
      ...(profileOf(security) === 'Unconfined' ? [unconfined] : []),
      ...added(security)
        .filter((capability) => !BASELINE_CAPABILITIES.has(capability))
        .map((capability) => ({ wrong: `${name} adds the capability ${capability}`, right: 'no such capability' })),
      ...(![undefined, 'Default'].includes(security.procMount as undefined)
        ? [{ wrong: `${name} has a procMount`, right: 'no procMount' }]
        : []),
      ...(listOf(container.ports).some(({ hostPort = 0 }) => hostPort !== 0)
        ? [{ wrong: `${name} has a hostPort`, right: 'no hostPort' }]
        : []),
    ]),
  ];
}

/** @source k8s.io/pod-security-admission policy, check_runAsNonRoot.go and check_runAsUser.go, for what is said of root */
function restrictedViolations(spec: Json): Violation[] {
  const pod = mapOf(spec.securityContext);
  const root = (wrong: string): Violation => ({
    // Root of a user namespace of the pod's own is nobody on the node, and no manifest says how old the server is that judges.
    wrong: spec.hostUsers === false ? `${wrong}, which hostUsers: false excuses from Kubernetes 1.35 on` : wrong,
    right: 'runAsNonRoot: true and no runAsUser: 0',
  });
  return [
    ...listOf(spec.volumes).flatMap((volume) =>
      REFUSED_VOLUMES.filter((kind) => volume[kind] !== undefined).map((kind) => ({
        wrong: `the volume ${textOf(volume.name)} is a ${kind}`,
        right: 'a claim in its place',
      })),
    ),
    ...(pod.runAsUser === 0 ? [root('runAsUser of the pod is 0')] : []),
    // Refused whatever its containers say.
    ...(pod.runAsNonRoot === false ? [root('runAsNonRoot of the pod is false')] : []),
    ...containersOf(spec).flatMap(({ name, security }) => [
      ...(security.allowPrivilegeEscalation === false
        ? []
        : [{ wrong: `${name} may escalate its privileges`, right: 'allowPrivilegeEscalation: false' }]),
      ...((security.runAsNonRoot ?? pod.runAsNonRoot) === true ? [] : [root(`${name} may run as root`)]),
      ...(security.runAsUser === 0 ? [root(`${name} runs as the user 0`)] : []),
      ...((profileOf(security) ?? profileOf(pod)) === undefined
        ? [{ wrong: `${name} has no seccomp profile`, right: 'seccompProfile.type: RuntimeDefault' }]
        : []),
      ...(dropped(security).includes('ALL')
        ? []
        : [{ wrong: `${name} does not drop all capabilities`, right: "capabilities.drop: ['ALL']" }]),
      ...added(security)
        .filter((capability) => capability !== 'NET_BIND_SERVICE' && BASELINE_CAPABILITIES.has(capability))
        .map((capability) => ({ wrong: `${name} adds the capability ${capability}`, right: 'no such capability' })),
    ]),
  ];
}

const profileOf = (security: Json): string | undefined => textOf(mapOf(security.seccompProfile).type) || undefined;
const capabilities = (security: Json, field: string): string[] => {
  const list = mapOf(security.capabilities)[field];
  return Array.isArray(list) ? list.map(String) : [];
};
const added = (security: Json) => capabilities(security, 'add');
const dropped = (security: Json) => capabilities(security, 'drop');

const distinct = (violations: readonly Violation[]): Violation[] => [
  ...new Map(violations.map((violation) => [violation.wrong, violation])).values(),
];
