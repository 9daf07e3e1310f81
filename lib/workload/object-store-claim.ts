import { Chart, JsonPatch } from 'cdk8s';
import { k8s } from 'cdk8s-plus-30';
import { Construct } from 'constructs';
import { reportErrors } from '../checks/report';
import { dnsSubdomainProblems } from '../problem/names';
import { Problem } from '../problem/problem';

/** A bucket of S3, by Mountpoint for Amazon S3. */
export interface S3Store {
  readonly bucket: string;
  /** Folder inside the bucket. @default - the whole bucket */
  readonly prefix?: string;
  readonly region: string;
}

/** A container of Azure Blob Storage, by blobfuse. */
export interface AzureBlobStore {
  readonly account: string;
  readonly container: string;
  readonly resourceGroup: string;
  /** Folder inside the container. @default - the whole container */
  readonly prefix?: string;
}

export interface ObjectStoreClaimProps {
  /** Name of the claim. @default - the construct's id */
  readonly claimName?: string;
  /** Exactly one of `s3` and `azureBlob`. */
  readonly s3?: S3Store;
  /** Exactly one of `s3` and `azureBlob`. */
  readonly azureBlob?: AzureBlobStore;
}

/** Kubernetes wants a size; object stores have none, and the drivers ignore it. */
const CAPACITY = k8s.Quantity.fromString('1Ti');

/**
 * Weights in an object store as a claim, read-only, for stores whose CSI driver mounts claims only: Mountpoint for S3 and
 * blobfuse. Makes a volume and the claim that is bound to it; `ModelArtifact.claim(claimName)` serves from it.
 *
 * The driver must be in the cluster, and its node service may read the bucket. A volume belongs to no namespace, so its name
 * begins with that of the claim's. Nothing that the claim is deleted with reaches the store.
 */
export class ObjectStoreClaim extends Construct {
  readonly claimName: string;

  constructor(scope: Construct, id: string, props: ObjectStoreClaimProps) {
    super(scope, id);
    this.claimName = props.claimName ?? id;
    const namespace = Chart.of(this).namespace ?? 'default';
    const name = `${namespace}-${this.claimName}`;
    const store = props.s3 ? s3(name, props.s3) : props.azureBlob && azureBlob(name, props.azureBlob);
    const problems: Problem[] = [
      ...dnsSubdomainProblems('claim name', this.claimName),
      ...dnsSubdomainProblems('volume name', name),
    ];
    if ((props.s3 === undefined) === (props.azureBlob === undefined)) {
      problems.push({
        check: 'artifact-source',
        message: `${props.s3 ? 'Both s3 and azureBlob are' : 'Neither s3 nor azureBlob is'} given.`,
        remedy: 'State the one store that holds the weights.',
      });
    }
    reportErrors(this, problems);
    const volume = new k8s.KubePersistentVolume(this, 'volume', {
      metadata: { name },
      spec: {
        capacity: { storage: CAPACITY },
        accessModes: ['ReadOnlyMany'],
        persistentVolumeReclaimPolicy: 'Retain',
        // An empty class keeps the cluster's default provisioner from making a disk instead.
        storageClassName: '',
        claimRef: { namespace, name: this.claimName },
        ...store,
      },
    });
    // A chart puts its namespace on every object in it; a PersistentVolume is in none.
    if (Chart.of(this).namespace !== undefined) volume.addJsonPatch(JsonPatch.remove('/metadata/namespace'));
    new k8s.KubePersistentVolumeClaim(this, 'Default', {
      metadata: { name: this.claimName },
      spec: {
        accessModes: ['ReadOnlyMany'],
        storageClassName: '',
        volumeName: name,
        resources: { requests: { storage: CAPACITY } },
      },
    });
  }
}

/** awslabs/mountpoint-s3-csi-driver, docs/CONFIGURATION.md: static provisioning, the handle unique in the cluster. */
function s3(name: string, { bucket, prefix, region }: S3Store) {
  return {
    // The driver mounts for root unless told otherwise (its example non_root.yaml).
    mountOptions: [
      'read-only',
      'allow-other',
      `region ${region}`,
      ...(prefix === undefined ? [] : [`prefix ${folder(prefix)}`]),
    ],
    csi: { driver: 's3.csi.aws.com', volumeHandle: name, readOnly: true, volumeAttributes: { bucketName: bucket } },
  };
}

/** kubernetes-sigs/blob-csi-driver, docs/driver-parameters.md: static provisioning with blobfuse2. */
function azureBlob(name: string, { account, container, resourceGroup, prefix }: AzureBlobStore) {
  return {
    mountOptions: [
      '-o allow_other',
      '--read-only=true',
      ...(prefix === undefined ? [] : [`--subdirectory=${folder(prefix)}`]),
    ],
    csi: {
      driver: 'blob.csi.azure.com',
      volumeHandle: name,
      readOnly: true,
      volumeAttributes: { containerName: container, storageAccount: account, resourceGroup, protocol: 'fuse2' },
    },
  };
}

const folder = (prefix: string) => `${prefix.replace(/\/+$/, '')}/`;
