import { GpuNodePool } from '../hardware/gpu-node-pool';
import { shown } from '../problem/names';
import { Problem, refuse } from '../problem/problem';

/** GKE's Workload Identity Federation. */
export interface GkeIdentityProps {
  /**
   * Google service account that the pods act as, `name@project.iam.gserviceaccount.com`. It must let the pods' service account
   * use it (`roles/iam.workloadIdentityUser`).
   * @default - the pods' own service account is what the bucket lets in (`principal://…/ns/NAMESPACE/sa/NAME`)
   */
  readonly serviceAccount?: string;
}

/** EKS Pod Identity, or IAM roles for service accounts. */
export interface EksIdentityProps {
  /**
   * Role that the pods act as, by IAM roles for service accounts (IRSA). It must trust the cluster's identity provider.
   * @default - EKS Pod Identity: an association in EKS names namespace and service account, and nothing is written here
   */
  readonly roleArn?: string;
  /**
   * Region whose token service IRSA asks, such as `eu-west-1`. Needed where downloads are allowed by host name only, or the
   * token service is out of reach.
   * @default - the token service is reached as the rest of the internet is
   */
  readonly region?: string;
}

/** Microsoft Entra Workload ID. */
export interface AksIdentityProps {
  /** Client id of the managed identity or application, a UUID. It must trust the cluster and the pods' service account. */
  readonly clientId: string;
  /** Tenant of the identity, a UUID. @default - the tenant of the cluster */
  readonly tenantId?: string;
}

type Platform = 'gke' | 'eks' | 'aks';

/**
 * Whom the cloud takes the pods for when they read a bucket: no key exists that could be lost. What the platform wants is
 * written to the service account and the pods, and the network policy opens the address that hands out credentials.
 *
 * No token of Kubernetes is mounted for it: GKE and EKS Pod Identity answer on an address of the node, and for IRSA and Entra a
 * webhook adds a token of its own that Kubernetes' API does not take.
 */
export class WorkloadIdentity {
  static gke(props: GkeIdentityProps = {}): WorkloadIdentity {
    const { serviceAccount } = props;
    return new WorkloadIdentity('gke', {
      annotations: serviceAccount === undefined ? {} : { 'iam.gke.io/gcp-service-account': serviceAccount },
      metadataServer: 'gke',
      problems: matches(
        serviceAccount,
        /^[a-z][-a-z0-9]{4,28}[a-z0-9]@[a-z0-9][-.:a-z0-9]*\.iam\.gserviceaccount\.com$/,
        'Google service account',
        'llama-server@project.iam.gserviceaccount.com',
      ),
    });
  }

  static eks(props: EksIdentityProps = {}): WorkloadIdentity {
    const { roleArn, region } = props;
    return new WorkloadIdentity('eks', {
      annotations: roleArn === undefined ? {} : { 'eks.amazonaws.com/role-arn': roleArn },
      ...(roleArn === undefined && { metadataServer: 'eks' }),
      hosts: roleArn !== undefined && region !== undefined ? [`sts.${region}.amazonaws.com`] : [],
      needsHosts: roleArn !== undefined,
      problems: [
        ...matches(
          roleArn,
          /^arn:aws[-a-z]*:iam::\d{12}:role\/[\w+=,.@/-]{1,512}$/,
          'role',
          'arn:aws:iam::111122223333:role/llama',
        ),
        ...matches(region, /^[a-z]{2,}(-[a-z]+)+-\d$/, 'region', 'eu-west-1'),
        ...(roleArn === undefined && region !== undefined
          ? [
              problem(
                'EKS Pod Identity asks no token service, so its region does nothing.',
                'Remove region, or name roleArn.',
              ),
            ]
          : []),
      ],
    });
  }

  static aks(props: AksIdentityProps): WorkloadIdentity {
    const { clientId, tenantId } = props;
    const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
    return new WorkloadIdentity('aks', {
      annotations: {
        'azure.workload.identity/client-id': clientId,
        ...(tenantId !== undefined && { 'azure.workload.identity/tenant-id': tenantId }),
      },
      podLabels: { 'azure.workload.identity/use': 'true' },
      hosts: ['login.microsoftonline.com'],
      problems: [
        ...matches(clientId, uuid, 'client id', '00000000-0000-0000-0000-000000000000'),
        ...matches(tenantId, uuid, 'tenant id', '00000000-0000-0000-0000-000000000000'),
      ],
    });
  }

  /** Of the service account. */
  readonly annotations: Readonly<Record<string, string>>;
  readonly podLabels: Readonly<Record<string, string>>;
  /** Whose address hands out the credentials; undefined where they come from the internet. */
  readonly metadataServer?: 'gke' | 'eks';
  /** Hosts that tokens are exchanged at, TCP 443. */
  readonly hosts: readonly string[];
  /** True where a host is needed that nobody named. */
  readonly hostsUnknown: boolean;

  private constructor(
    readonly platform: Platform,
    facts: {
      readonly annotations: Readonly<Record<string, string>>;
      readonly podLabels?: Readonly<Record<string, string>>;
      readonly metadataServer?: 'gke' | 'eks';
      readonly hosts?: readonly string[];
      readonly needsHosts?: boolean;
      readonly problems: readonly Problem[];
    },
  ) {
    refuse(`WorkloadIdentity.${platform}`, facts.problems);
    this.annotations = facts.annotations;
    this.podLabels = facts.podLabels ?? {};
    this.metadataServer = facts.metadataServer;
    this.hosts = facts.hosts ?? [];
    this.hostsUnknown = (facts.needsHosts ?? false) && this.hosts.length === 0;
  }
}

/** What clouds call the platforms of pools. */
const PLATFORMS: Readonly<Record<GpuNodePool['platform'], Platform | undefined>> = {
  gke: 'gke',
  eks: 'eks',
  karpenter: 'eks',
  aks: 'aks',
  'on-prem': undefined,
};

/** Whose address hands out credentials on these pools, where nobody stated an identity. */
export function metadataServerOf(pools: readonly GpuNodePool[]): 'gke' | 'eks' | undefined {
  const platforms = pools.map(({ platform }) => PLATFORMS[platform]);
  return platforms.includes('gke') ? 'gke' : platforms.includes('eks') ? 'eks' : undefined;
}

export interface IdentityRequest {
  readonly identity?: WorkloadIdentity;
  /** Name of a service account that is not made here. */
  readonly serviceAccount?: string;
  readonly pools: readonly GpuNodePool[];
  /** True when containers of the pod ask the cloud who they are. */
  readonly needed: boolean;
}

/** An identity that the platform does not know, that nobody would write down, or that is missing. */
export function identityProblems({ identity, serviceAccount, pools, needed }: IdentityRequest): Problem[] {
  if (identity === undefined) {
    const aks = pools.find(({ platform }) => platform === 'aks');
    if (!needed || !aks || serviceAccount !== undefined) return [];
    return [
      problem(
        `The pods ask Azure who they are, and on AKS (pool ${aks.name}) a service account is nobody until it names an identity.`,
        'State workloadIdentity: WorkloadIdentity.aks({ clientId: … }), or a serviceAccount that has the annotation.',
      ),
    ];
  }
  const elsewhere = pools.find(({ platform }) => PLATFORMS[platform] !== identity.platform);
  return [
    ...(elsewhere
      ? [
          problem(
            `The identity is one of ${identity.platform.toUpperCase()}, but the pool ${elsewhere.name} is not on it (${elsewhere.platform}).`,
            'Name an identity of the platform that the pods run on.',
          ),
        ]
      : []),
    ...(serviceAccount !== undefined && Object.keys(identity.annotations).length > 0
      ? [
          problem(
            `The identity is written to the service account of the pods, but ${serviceAccount} is made elsewhere.`,
            `Annotate it there (${Object.keys(identity.annotations).join(', ')}), or leave serviceAccount out.`,
          ),
        ]
      : []),
  ];
}

function problem(message: string, remedy: string): Problem {
  return { check: 'workload-identity', message, remedy };
}

function matches(value: string | undefined, pattern: RegExp, what: string, such: string): Problem[] {
  if (value === undefined || pattern.test(value)) return [];
  return [problem(`${shown(String(value))} is no ${what}.`, `Use one such as ${such}.`)];
}
