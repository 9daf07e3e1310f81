import { App, Chart } from 'cdk8s';
import { ObjectStoreClaim, ObjectStoreClaimProps } from '../../lib/workload/object-store-claim';
import { refusalsOf } from '../support/messages';
import { manifestsOf, partsOf } from '../support/yaml-of';

const made = (props: ObjectStoreClaimProps) => {
  const chart = new Chart(new App(), 'nim', { namespace: 'nim' });
  new ObjectStoreClaim(chart, 'weights', props);
  return chart;
};

test('S3: a volume of no namespace, and the claim that alone may have it', () => {
  const [volume, claim] = manifestsOf(made({ s3: { bucket: 'weights', prefix: 'llama3-8b', region: 'us-east-1' } }));
  expect(partsOf(volume!, 'metadata', 'spec')).toMatchInlineSnapshot(`
metadata:
  name: nim-weights
spec:
  accessModes:
    - ReadOnlyMany
  storageClassName: ""
  capacity:
    storage: 1Ti
  claimRef:
    name: weights
    namespace: nim
  csi:
    driver: s3.csi.aws.com
    readOnly: true
    volumeAttributes:
      bucketName: weights
    volumeHandle: nim-weights
  mountOptions:
    - read-only
    - allow-other
    - region us-east-1
    - prefix llama3-8b/
  persistentVolumeReclaimPolicy: Retain
`);
  expect(partsOf(claim!, 'metadata', 'spec')).toMatchInlineSnapshot(`
metadata:
  name: weights
  namespace: nim
spec:
  accessModes:
    - ReadOnlyMany
  storageClassName: ""
  resources:
    requests:
      storage: 1Ti
  volumeName: nim-weights
`);
});

test('Azure', () => {
  const azureBlob = { account: 'weights', container: 'models', resourceGroup: 'ml', prefix: 'llama/' };
  const [volume] = manifestsOf(made({ azureBlob }));
  expect(partsOf(volume!.spec, 'mountOptions', 'csi')).toMatchInlineSnapshot(`
mountOptions:
  - "-o allow_other"
  - --read-only=true
  - --subdirectory=llama/
csi:
  driver: blob.csi.azure.com
  readOnly: true
  volumeAttributes:
    containerName: models
    protocol: fuse2
    resourceGroup: ml
    storageAccount: weights
  volumeHandle: nim-weights
`);
});

test('one store', () => {
  expect(refusalsOf(made({}))).toMatchInlineSnapshot(`
nim/weights: artifact-source
  Neither s3 nor azureBlob is given.
  State the one store that holds the weights.
`);
});
