import { IServiceAccount, k8s } from 'cdk8s-plus-30';
import { Construct } from 'constructs';
import { reportErrors } from '../checks/report';
import { CatalogModelId } from '../model/catalog';
import { LoraAdapters } from '../model/lora-adapter';
import { Model, WeightFormat } from '../model/model';
import { ModelArtifact } from '../model/model-artifact';
import { ModelCache } from '../model/model-cache';
import { ModelCredentials } from '../model/model-credentials';
import { resolveModel } from '../model/resolve-model';
import { derivedDownload, downloadProblems } from '../network/derived-download';
import { ModelDownload } from '../network/model-download';
import { NimNetworkPolicy } from '../network/nim-network-policy';
import { downloaded, planDelivery } from '../plan/model-delivery';
import { dnsLabelProblems } from '../problem/names';
import { attempt, Problem } from '../problem/problem';
import { ModelSecrets } from '../tenancy/model-secrets';
import { DownloadOrigin, downloadImage, usesIdentity } from '../workload/download-container';
import { LONGEST_JOB_NAME, modelCacheJob } from '../workload/model-cache-job';
import { shareClaim } from '../workload/shared-model-cache';
import { identityProblems, WorkloadIdentity } from '../workload/workload-identity';

export interface ModelCacheWarmerProps {
  /** Name of the Job, before a digest of what it does; and of the claim. At most 52 characters. @default - the construct's id */
  readonly name?: string;
  /** What is downloaded: `ModelArtifact.download(…)`, the same value that the services get. */
  readonly artifact: ModelArtifact;
  /** Adapters that are downloaded with it. @default - none */
  readonly lora?: LoraAdapters;
  /** What the weights are of: from it follows the size of the cache. @default - the size is stated */
  readonly model?: CatalogModelId | Model;
  /** Format of the weights. @default - the one that their makers published */
  readonly weightFormat?: WeightFormat;
  /** `ModelCache.shared(…)`, or `ModelCache.claim(…)` for a claim that exists. @default ModelCache.shared() */
  readonly cache?: ModelCache;
  /** For a download without credentials of its own. @default ModelCredentials.keyless() */
  readonly credentials?: ModelCredentials;
  /** Image that downloads from Hugging Face, such as the server's. @default - what the artifact states */
  readonly image?: string;
  /** Where the Job may run. It needs no GPU. @default - on any node without taints */
  readonly placement?: Pick<k8s.PodSpec, 'affinity' | 'tolerations'>;
  /** Service account of the Job. Its token is not mounted. @default - one of its own without any rights */
  readonly serviceAccount?: IServiceAccount;
  /** Secrets to pull images with, besides the one of the credentials. @default - none */
  readonly imagePullSecrets?: readonly string[];
  /** Where the Job may fetch from; false for a network policy of your own. @default - the internet, by the ports of the source */
  readonly download?: ModelDownload | false;
  /**
   * Whom the cloud takes the Job for, when it reads a bucket without a key.
   * @default - nobody in particular: GKE and EKS Pod Identity know it by its service account all the same
   */
  readonly workloadIdentity?: WorkloadIdentity;
}

/**
 * Fills a shared cache once, before the servers and without a GPU: a Job that downloads and verifies, as an init container
 * would. Give its `cache` and the same artifact to the services: their pods wait until the weights are there, and mount them
 * read-only, without any key and without a way out.
 *
 * Another revision is another Job beside weights that still serve; what is no longer served is yours to delete.
 */
export class ModelCacheWarmer extends Construct {
  /** For the services: the claim, which they wait for. */
  readonly cache: ModelCache;
  readonly artifact: ModelArtifact;
  readonly job: k8s.KubeJob;
  readonly networkPolicy?: NimNetworkPolicy;

  constructor(scope: Construct, id: string, props: ModelCacheWarmerProps) {
    super(scope, id);
    const { name = id, artifact, credentials = ModelCredentials.keyless() } = props;
    const problems: Problem[] = [...dnsLabelProblems('Job', name, LONGEST_JOB_NAME)];
    const model = props.model === undefined ? undefined : attempt(problems, () => resolveModel(props.model!));
    const delivery = planDelivery({
      ...props,
      model,
      credentials: credentials.kind,
      cache: props.cache ?? ModelCache.shared(),
      podsHaveDisks: false,
      claimName: name,
    });
    problems.push(...delivery.problems, ...cacheProblems(delivery.cache), ...shareClaim(this, delivery.cache));
    const origins = downloaded(delivery.placed).map((each) => each.artifact.origin as DownloadOrigin);
    problems.push(...originProblems(artifact, origins, props.image));
    problems.push(
      ...identityProblems({
        identity: props.workloadIdentity,
        serviceAccount: props.serviceAccount?.name,
        pools: [],
        needed: origins.some(usesIdentity),
      }),
    );
    this.artifact = artifact;
    this.cache = ModelCache.filledByJob(delivery.cache.claimName ?? name, { subPath: delivery.cache.subPath });

    const labels = { 'app.kubernetes.io/name': 'model-cache-warmer', 'app.kubernetes.io/instance': name };
    if (props.credentials) new ModelSecrets(this, 'secrets', { credentials: props.credentials });
    if (!props.serviceAccount) {
      new k8s.KubeServiceAccount(this, 'service-account', {
        metadata: { name, labels, annotations: props.workloadIdentity?.annotations },
        automountServiceAccountToken: false,
      });
    }
    this.job = new k8s.KubeJob(
      this,
      'Default',
      modelCacheJob({
        name,
        labels,
        podLabels: props.workloadIdentity?.podLabels,
        cache: delivery.cache,
        placed: delivery.placed,
        credentials,
        image: props.image,
        serviceAccountName: props.serviceAccount?.name ?? name,
        pullSecretNames: [...new Set([credentials.pullSecretName ?? [], props.imagePullSecrets ?? []].flat())],
        placement: props.placement,
      }),
    );
    if (props.download !== false) {
      const request = {
        hosts: [...new Set(origins.flatMap(({ source }) => source.hosts))],
        ports: [...new Set(origins.flatMap(({ source }) => source.ports))],
        download: props.download,
      };
      problems.push(...downloadProblems(request));
      this.networkPolicy = new NimNetworkPolicy(this, 'network-policy', {
        name: `${name}-download`,
        labels,
        podLabels: labels,
        clients: [],
        download: derivedDownload(request),
        workloadIdentity: props.workloadIdentity ? props.workloadIdentity.metadataServer : metadataServer(origins),
      });
    }
    reportErrors(this, problems);
  }
}

/** A Job has no node pools that say the platform. Google's stores know a pod by its service account on GKE only. */
const metadataServer = (origins: readonly DownloadOrigin[]) =>
  origins.some((origin) => origin.source.kind === 'gcs' && usesIdentity(origin)) ? 'gke' : undefined;

function cacheProblems(cache: ModelCache): Problem[] {
  if ((cache.kind === 'shared' || cache.kind === 'claim') && !cache.readOnly) return [];
  return [
    {
      check: 'model-cache',
      message: `A Job cannot fill a cache ${cache.readOnly ? 'that is mounted read-only' : `of the kind ${cache.kind}`}: other pods would not see it.`,
      remedy: 'Use ModelCache.shared(), or ModelCache.claim of a ReadWriteMany claim.',
    },
  ];
}

function originProblems(artifact: ModelArtifact, origins: readonly DownloadOrigin[], image?: string): Problem[] {
  const problem = (message: string, remedy: string) => ({ check: 'artifact-source', message, remedy });
  return [
    ...(origins.length === 0
      ? [
          problem(
            `There is nothing to download: the artifact is of the kind ${artifact.origin.kind}.`,
            'Use ModelArtifact.download(…).',
          ),
        ]
      : []),
    ...origins
      .filter((origin) => downloadImage(origin, image) === undefined)
      .map(({ source }) =>
        problem(
          `${source.name} takes a tool for which no image is known here.`,
          'State image: for Hugging Face that of the server, for NGC one that holds ngc.',
        ),
      ),
  ];
}
