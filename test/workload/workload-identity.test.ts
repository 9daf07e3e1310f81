import { App, Chart, Size } from 'cdk8s';
import { DownloadCredentials } from '../../lib/model/download-credentials';
import { ModelArtifact } from '../../lib/model/model-artifact';
import { ModelCache } from '../../lib/model/model-cache';
import { ModelSource } from '../../lib/model/model-source';
import { InvalidInputError } from '../../lib/problem/problem';
import { VllmRuntime } from '../../lib/runtime/vllm/vllm';
import { InferenceService, InferenceServiceProps } from '../../lib/service/inference-service';
import { ModelCacheWarmer } from '../../lib/service/model-cache-warmer';
import { WorkloadIdentity } from '../../lib/workload/workload-identity';
import { definitionErrors } from '../conformance/own-definitions';
import { POOLS } from '../support/pools';
import { manifestOf, POD, yamlOf } from '../support/yaml-of';

const ROLE = 'arn:aws:iam::111122223333:role/llama-weights';
const CLIENT_ID = '5ee25a5c-0a0b-4f2c-9a3b-0d6f3e1b2c3d';
const options = { checksum: 'f'.repeat(64), credentials: DownloadCredentials.workloadIdentity() };
const FROM = {
  gcs: ModelArtifact.download(ModelSource.gcs({ bucket: 'weights', key: 'llama' }), options),
  s3: ModelArtifact.download(ModelSource.s3({ bucket: 'weights', key: 'llama', region: 'eu-west-1' }), options),
  azure: ModelArtifact.download(ModelSource.azureBlob({ account: 'weights', container: 'llama', key: 'v1' }), options),
} as const;

function serviceOf(props: Partial<InferenceServiceProps>): { chart: Chart; problems: string[] } {
  const chart = new Chart(new App(), 'models', { namespace: 'models' });
  const service = new InferenceService(chart, 'llama', {
    model: 'meta-llama/Llama-3.2-1B-Instruct',
    runtime: new VllmRuntime({ image: 'vllm/vllm-openai:v0.20.0' }),
    nodePool: POOLS['GKE, one L4'],
    cache: ModelCache.perReplica(Size.gibibytes(20)),
    maxModelLen: 4096,
    network: { clients: [] },
    ...props,
  });
  return { chart, problems: service.node.findAll().flatMap(({ node }) => node.validate()) };
}

/** Peers and ports of the egress rules that lead to link-local addresses. */
function metadataServers(chart: Chart): string[] {
  const { egress = [] } = manifestOf(chart, 'NetworkPolicy', 'llama').spec as {
    egress?: { to: { ipBlock?: { cidr: string } }[]; ports: { port: number }[] }[];
  };
  return egress.flatMap(({ to, ports }) =>
    to.flatMap(({ ipBlock }) =>
      ipBlock && /^169\.254\.1[67]|^fd00/.test(ipBlock.cidr) && ports[0]?.port !== 53
        ? `${ipBlock.cidr}:${ports.map(({ port }) => port).join()}`
        : [],
    ),
  );
}

const GKE = ['169.254.169.252/32:988', '169.254.169.254/32:80'];
const EKS = ['169.254.170.23/32:80', 'fd00:ec2::23/128:80'];

describe('what each platform is told', () => {
  test.each<[string, Partial<InferenceServiceProps>, Record<string, string>, boolean, string[]]>([
    ['GKE, by the name of the service account', { artifact: FROM.gcs }, {}, false, GKE],
    ['GKE, stated', { artifact: FROM.gcs, workloadIdentity: WorkloadIdentity.gke() }, {}, false, GKE],
    [
      'GKE, as another account',
      { workloadIdentity: WorkloadIdentity.gke({ serviceAccount: 'weights@project-1.iam.gserviceaccount.com' }) },
      { 'iam.gke.io/gcp-service-account': 'weights@project-1.iam.gserviceaccount.com' },
      false,
      GKE,
    ],
    ['GKE, when nobody asks', {}, {}, false, []],
    ['EKS Pod Identity, by name', { artifact: FROM.s3, nodePool: POOLS['EKS managed'] }, {}, false, EKS],
    [
      'EKS Pod Identity on Karpenter, stated',
      { artifact: FROM.s3, nodePool: POOLS['Karpenter by GPU'], workloadIdentity: WorkloadIdentity.eks() },
      {},
      false,
      EKS,
    ],
    [
      'IAM roles for service accounts, which ask the internet',
      { artifact: FROM.s3, nodePool: POOLS['EKS managed'], workloadIdentity: WorkloadIdentity.eks({ roleArn: ROLE }) },
      { 'eks.amazonaws.com/role-arn': ROLE },
      false,
      [],
    ],
    [
      'Entra',
      { artifact: FROM.azure, nodePool: POOLS.AKS, workloadIdentity: WorkloadIdentity.aks({ clientId: CLIENT_ID }) },
      { 'azure.workload.identity/client-id': CLIENT_ID },
      true,
      [],
    ],
  ])('%s', (_, props, annotations, labelled, opened) => {
    const { chart, problems } = serviceOf(props);
    expect(problems).toEqual([]);
    const account = manifestOf(chart, 'ServiceAccount', 'llama');
    expect(account.metadata).toEqual({
      ...account.metadata,
      ...(Object.keys(annotations).length > 0 ? { annotations } : { annotations: undefined }),
    });
    expect(account.automountServiceAccountToken).toBe(false);
    const { template } = manifestOf(chart, 'StatefulSet', 'llama').spec as {
      template: { metadata: { labels: Record<string, string> }; spec: { automountServiceAccountToken: boolean } };
    };
    expect(template.metadata.labels['azure.workload.identity/use']).toBe(labelled ? 'true' : undefined);
    expect(template.spec.automountServiceAccountToken).toBe(false);
    expect(metadataServers(chart)).toEqual(opened);
  });

  test('nothing empty is written where there is nothing to say', () => {
    const { chart } = serviceOf({ workloadIdentity: WorkloadIdentity.gke() });
    expect(yamlOf(chart, 'ServiceAccount', 'llama')).not.toContain('annotations');
  });

  test('hosts that tokens are exchanged at are among those that may be reached by name', () => {
    const network = { clients: [], downloadHostsEnforcedBy: 'cilium' } as const;
    const aks = {
      artifact: FROM.azure,
      nodePool: POOLS.AKS,
      workloadIdentity: WorkloadIdentity.aks({ clientId: CLIENT_ID }),
      network,
    };
    const hosts = serviceOf(aks).chart;
    expect(yamlOf(hosts, 'CiliumNetworkPolicy', 'llama')).toContain('matchName: login.microsoftonline.com');
    expect(definitionErrors(manifestOf(hosts, 'CiliumNetworkPolicy', 'llama'))).toEqual([]);

    const eks = (region?: string) =>
      serviceOf({
        artifact: FROM.s3,
        nodePool: POOLS['EKS managed'],
        workloadIdentity: WorkloadIdentity.eks({ roleArn: ROLE, region }),
        network,
      });
    expect(yamlOf(eks('eu-west-1').chart, 'CiliumNetworkPolicy', 'llama')).toContain(
      'matchName: sts.eu-west-1.amazonaws.com',
    );
    expect(eks().problems).toMatchInlineSnapshot(`
     [
       workload-identity
       The role is asked for at the token service of a region, which is not among the hosts that the pods may reach.
       Name it: WorkloadIdentity.eks({ roleArn: …, region: 'eu-west-1' }).,
     ]
    `);
  });

  test('a Job that fills a cache has it too', () => {
    const chart = new Chart(new App(), 'models', { namespace: 'models' });
    new ModelCacheWarmer(chart, 'weights', {
      artifact: FROM.azure,
      cache: ModelCache.shared(Size.gibibytes(20)),
      workloadIdentity: WorkloadIdentity.aks({ clientId: CLIENT_ID, tenantId: CLIENT_ID }),
    });
    expect(yamlOf(chart, 'ServiceAccount', 'weights')).toContain(`azure.workload.identity/tenant-id: "${CLIENT_ID}"`);
  });
});

describe('what is refused', () => {
  test.each<[string, Partial<InferenceServiceProps>, string]>([
    [
      'AKS without an identity',
      { artifact: FROM.azure, nodePool: POOLS.AKS },
      `workload-identity
  The pods ask Azure who they are, and on AKS (pool a100) a service account is nobody until it names an identity.
  State workloadIdentity: WorkloadIdentity.aks({ clientId: … }), or a serviceAccount that has the annotation.`,
    ],
    [
      'another platform',
      { nodePool: POOLS.AKS, workloadIdentity: WorkloadIdentity.gke() },
      `workload-identity
  The identity is one of GKE, but the pool a100 is not on it (aks).
  Name an identity of the platform that the pods run on.`,
    ],
    [
      'a service account that is made elsewhere',
      {
        nodePool: POOLS['EKS managed'],
        workloadIdentity: WorkloadIdentity.eks({ roleArn: ROLE }),
        serviceAccount: { name: 'shared' } as never,
      },
      `workload-identity
  The identity is written to the service account of the pods, but shared is made elsewhere.
  Annotate it there (eks.amazonaws.com/role-arn), or leave serviceAccount out.`,
    ],
    [
      'an address of another platform',
      { nodePool: POOLS.AKS, network: { clients: [], workloadIdentity: 'eks' } },
      `network-platform
  workloadIdentity is eks, but the pool a100 is not on EKS (aks).
  Remove it; hosts can be enforced by 'cilium' where the cluster runs it.`,
    ],
  ])('%s', (_, props, problem) => {
    expect(serviceOf(props).problems).toEqual([problem]);
  });

  test.each<[string, () => WorkloadIdentity, string[]]>([
    [
      'an account of a person',
      () => WorkloadIdentity.gke({ serviceAccount: 'ann@example.com' }),
      ['"ann@example.com" is no Google service account.'],
    ],
    [
      'a user for a role',
      () => WorkloadIdentity.eks({ roleArn: 'arn:aws:iam::111122223333:user/ann', region: 'Europe' }),
      ['"arn:aws:iam::111122223333:user/ann" is no role.', '"Europe" is no region.'],
    ],
    [
      'a region without a role',
      () => WorkloadIdentity.eks({ region: 'eu-west-1' }),
      ['EKS Pod Identity asks no token service, so its region does nothing.'],
    ],
    [
      'names for ids',
      () => WorkloadIdentity.aks({ clientId: 'llama-identity', tenantId: '' }),
      ['"llama-identity" is no client id.', '"" is no tenant id.'],
    ],
  ])('%s', (_, make, messages) => {
    let told: string[] = [];
    try {
      make();
    } catch (error) {
      told = (error as InvalidInputError).problems.map(({ message }) => message);
    }
    expect(told).toEqual(messages);
  });
});

describe('users of the pod alone', () => {
  const newer = { ...POOLS['GKE, one L4'], kubernetesVersion: '1.36' } as never;

  test('are in every pod of the service', () => {
    const { chart, problems } = serviceOf({ hostUsers: false, nodePool: newer });
    expect(problems).toEqual([]);
    expect(yamlOf(chart, 'StatefulSet', 'llama', `${POD}.hostUsers`)).toBe('hostUsers: false\n');
    expect(yamlOf(serviceOf({}).chart, 'StatefulSet', 'llama', `${POD}.hostUsers`)).toBe('# no hostUsers\n');
  });
});
