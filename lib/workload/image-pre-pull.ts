import { k8s } from 'cdk8s-plus-30';
import { Construct } from 'constructs';
import { reportErrors } from '../checks/report';
import { GpuNodePool } from '../hardware/gpu-node-pool';
import { GpuNodeAffinity } from '../placement/gpu-node-affinity';
import { dnsLabelProblems, dnsSubdomainProblems } from '../problem/names';
import { attempt, Problem } from '../problem/problem';
import { ImageReference } from '../runtime/image-reference';
import { mebibytes, millicores } from './quantities';

export interface ImagePrePullProps {
  /** Name of the DaemonSet. @default - the construct's id */
  readonly name?: string;
  /** The pools whose nodes hold the images. */
  readonly nodePool: GpuNodePool | readonly GpuNodePool[];
  /** The images, as the services name them: `runtime.image.toString()`. At least one. */
  readonly images: readonly string[];
  /** Secrets to pull them with. They must exist in the namespace, or no image comes. @default - none */
  readonly imagePullSecrets?: readonly string[];
  /**
   * What is run in each image once, to have it pulled; exit code 0 is all that is asked of it. An image without a shell
   * needs another.
   * @default ['/bin/sh', '-c', 'true']
   */
  readonly command?: readonly string[];
  /** Image of the container that stays. @default - pause 3.10.1 of Kubernetes, by its digest */
  readonly pauseImage?: string;
  /** Labels of the pods beside ours. @default - none */
  readonly podLabels?: Readonly<Record<string, string>>;
}

/** The digest is the one that public repositories pin for this tag. */
export const PAUSE_IMAGE =
  'registry.k8s.io/pause:3.10.1@sha256:278fb9dbcca9518083ad1e11276933a2e96f23de604a3a08cc3c80002767d24c';

/** Enough to run a shell; nothing of it is used afterwards. */
const TINY: k8s.ResourceRequirements = {
  requests: { cpu: millicores(1), memory: mebibytes(16), 'ephemeral-storage': mebibytes(16) },
  limits: { memory: mebibytes(64), 'ephemeral-storage': mebibytes(16) },
};

/**
 * Has the images of the servers on every node of a pool before a server needs them: a pull of 10 GB and more is minutes of
 * every start on a new node.
 *
 * A DaemonSet that runs nothing: each image once, to have it pulled, and then a container that sleeps, so that the kubelet
 * does not take the images for garbage. No GPU, no network, no token. With a release in sight, name both images.
 */
export class ImagePrePull extends Construct {
  readonly daemonSet: k8s.KubeDaemonSet;

  constructor(scope: Construct, id: string, props: ImagePrePullProps) {
    super(scope, id);
    const { name = id, images, imagePullSecrets = [], command = ['/bin/sh', '-c', 'true'] } = props;
    const { pauseImage = PAUSE_IMAGE } = props;
    const problems: Problem[] = [
      ...dnsLabelProblems('DaemonSet', name),
      ...imagePullSecrets.flatMap((secret) => dnsSubdomainProblems('pull secret', secret)),
    ];
    [...images, pauseImage].forEach((image) => attempt(problems, () => ImageReference.parse(image)));
    if (images.length === 0) {
      problems.push({
        check: 'image-reference',
        message: 'No image is named, so nothing would be pulled.',
        remedy: 'Name those of the servers: runtime.image.toString().',
      });
    }
    reportErrors(this, problems);
    const { podSpec } = new GpuNodeAffinity(this, 'placement', { nodePools: props.nodePool });
    const selector = { 'app.kubernetes.io/name': 'image-pre-pull', 'app.kubernetes.io/instance': name };
    const labels = { ...selector, 'app.kubernetes.io/managed-by': 'cdk8s-gpu-inference' };
    this.daemonSet = new k8s.KubeDaemonSet(this, 'Default', {
      metadata: { name, labels },
      spec: {
        selector: { matchLabels: selector },
        // Nobody waits for one node after the other.
        updateStrategy: {
          type: 'RollingUpdate',
          rollingUpdate: { maxUnavailable: k8s.IntOrString.fromString('100%') },
        },
        template: {
          metadata: { labels: { ...props.podLabels, ...labels } },
          spec: {
            automountServiceAccountToken: false,
            enableServiceLinks: false,
            imagePullSecrets:
              imagePullSecrets.length > 0 ? imagePullSecrets.map((secret) => ({ name: secret })) : undefined,
            ...podSpec,
            terminationGracePeriodSeconds: 1,
            securityContext: {
              runAsNonRoot: true,
              runAsUser: 65535,
              runAsGroup: 65535,
              seccompProfile: { type: 'RuntimeDefault' },
            },
            initContainers: [...new Set(images)].map((image, at) => ({
              ...quiet(`pull-${at + 1}`, image),
              command: [...command],
              // Images for CUDA ask for every GPU where the container runtime hands them out by this variable.
              env: [{ name: 'NVIDIA_VISIBLE_DEVICES', value: 'void' }],
            })),
            containers: [quiet('pause', pauseImage)],
          },
        },
      },
    });
  }
}

const quiet = (name: string, image: string): k8s.Container => ({
  name,
  image,
  imagePullPolicy: 'IfNotPresent',
  resources: TINY,
  securityContext: {
    allowPrivilegeEscalation: false,
    capabilities: { drop: ['ALL'] },
    readOnlyRootFilesystem: true,
  },
});
