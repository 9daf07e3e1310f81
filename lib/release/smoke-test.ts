import { Duration } from 'cdk8s';
import { k8s } from 'cdk8s-plus-30';
import { Construct } from 'constructs';
import { createHash } from 'node:crypto';
import { reportErrors } from '../checks/report';
import { ModelDownload } from '../network/model-download';
import { NetworkPeer } from '../network/network-peer';
import { NimNetworkPolicy } from '../network/nim-network-policy';
import { dnsLabelProblems } from '../problem/names';
import { Problem } from '../problem/problem';
import { RCLONE_IMAGE } from '../workload/download-container';
import { gatewayProblems, peersOf, requestThrough, SmokeGateway, wayTo } from './smoke-gateway';
import { SmokeRequest, smokeScript } from './smoke-request';

/** A key in a Secret of the namespace. */
export interface SmokeKey {
  readonly secretName: string;
  /** Key inside the Secret. */
  readonly secretKey: string;
}

/** What of the test a user may want to be different. */
export interface SmokeTestOptions {
  /** What is asked. @default - a few tokens from the first OpenAI endpoint that the server offers to clients */
  readonly request?: SmokeRequest;
  /**
   * Image with sh, and wget, grep, sed and date as busybox has them. It is pulled on any node, so it should be small.
   * @default - the one with rclone that downloads models, which is busybox as well
   */
  readonly image?: string;
  /** Secrets to pull the image with. @default - none */
  readonly imagePullSecrets?: readonly string[];
  /**
   * Asks through the gateway with `x-model-track: canary`, so that the route and its authentication are tried too: the address
   * at which pods of the cluster reach it, such as `http://edge.gateways.svc.cluster.local`, without a path; of a Gateway of GKE its
   * IPv4 address. The test may reach the gateway's pods at this port alone, and those of Envoy Gateway also at the one to which it
   * moves it: proxies of others must listen at the port of their Service.
   * @default - the Service of the candidate is asked, which tries the server alone
   */
  readonly gatewayAddress?: string;
  /**
   * Key that is sent. Through a route with `authentication` there must be one, which the gateway takes.
   * @default - the one that the server asks every client for
   */
  readonly key?: SmokeKey;
}

export interface SmokeTestProps {
  /** Name of the Job, before a digest of what it asks, and of its policy. At most 52 characters. @default - the construct's id */
  readonly name?: string;
  /** Labels of its objects. Its pods have others, so that nothing which selects servers selects them. @default - none */
  readonly labels?: Readonly<Record<string, string>>;
  /** What is tried, such as its image and a digest of its pods: another candidate is another Job. */
  readonly candidate: string;
  /** Service of the candidate, and the labels of its pods. */
  readonly target: {
    readonly serviceName: string;
    readonly port: number;
    readonly podLabels: Readonly<Record<string, string>>;
  };
  readonly request: SmokeRequest;
  /** Asks through it. @default - the Service is asked */
  readonly gateway?: SmokeGateway;
  /** Sent with each request. @default - none */
  readonly key?: SmokeKey & {
    /** `authorization` sends it as `Bearer`, others as it is. */
    readonly header: string;
  };
  /** How long the candidate may take until it serves. The Job fails after it. */
  readonly startup: Duration;
  /** How long the answer may take. */
  readonly answer: Duration;
  /** @default - see {@link SmokeTestOptions.image} */
  readonly image?: string;
  readonly imagePullSecrets?: readonly string[];
}

/** Any plain user. */
const USER = 65534;
/** Hexadecimal digits of the digest in the name. */
const DIGEST_LENGTH = 10;

/** What tells one value from another in a name. */
export const digestOf = (value: unknown) =>
  createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, DIGEST_LENGTH);

/** Labels of the pods of the test: what a policy of the candidate must let in. */
export const smokeTestLabels = (name: string): Record<string, string> => ({
  'app.kubernetes.io/name': 'smoke-test',
  'app.kubernetes.io/instance': name,
});

/**
 * Asks a candidate one real question before any client does: a Job that waits until the candidate serves, sends a request,
 * and fails when the answer is not HTTP 200 or not well-formed. Flux shows the failure in the health of its Kustomization,
 * and nothing else stops: the stable pods serve on, and the next step is a commit that a person does not make.
 *
 * The template of a Job cannot be changed, so its name ends in a digest of the template. It has no time to live: Flux would
 * make one that is gone anew, for ever. It stays until the canary goes: another
 * candidate is another Job.
 */
export class SmokeTest extends Construct {
  readonly job: k8s.KubeJob;
  readonly networkPolicy: NimNetworkPolicy;
  /** Labels of its pods: what the network policy of the candidate must let in. */
  readonly podLabels: Readonly<Record<string, string>>;

  constructor(scope: Construct, id: string, props: SmokeTestProps) {
    super(scope, id);
    const { name = id, labels = {}, gateway, target } = props;
    const problems: Problem[] = [...dnsLabelProblems('Job', name, 63 - 1 - DIGEST_LENGTH), ...gatewayProblems(props)];
    this.podLabels = smokeTestLabels(name);
    const own = { ...labels, 'app.kubernetes.io/name': 'smoke-test', 'app.kubernetes.io/component': 'smoke-test' };
    new k8s.KubeServiceAccount(this, 'service-account', {
      metadata: { name, labels: own },
      automountServiceAccountToken: false,
    });
    const template = podTemplate(props, name, this.podLabels);
    const digest = digestOf(k8s.toJson_PodTemplateSpec(template));
    const [startup, answer] = [props.startup, props.answer].map((duration) => duration.toSeconds());
    this.job = new k8s.KubeJob(this, 'Default', {
      metadata: { name: `${name}-${digest}`, labels: own },
      spec: {
        // One question, one answer; only a pod that its node lost is asked again.
        backoffLimit: 0,
        podFailurePolicy: {
          rules: [{ action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] }],
        },
        activeDeadlineSeconds: startup! + answer! + 120,
        template,
      },
    });
    const { peers, ports } = gateway
      ? wayTo(gateway, problems)
      : { peers: peersOf(problems, () => NetworkPeer.pods(target.podLabels)), ports: [target.port] };
    this.networkPolicy = new NimNetworkPolicy(this, 'network-policy', {
      name,
      labels: own,
      podLabels: this.podLabels,
      clients: [],
      download: ModelDownload.none(),
      extraEgress: peers.length > 0 ? [{ to: peers, ports }] : [],
    });
    reportErrors(this, problems);
  }
}

function podTemplate(props: SmokeTestProps, name: string, podLabels: Readonly<Record<string, string>>) {
  const { request, gateway, target, key, imagePullSecrets = [] } = props;
  const through = gateway && requestThrough(gateway);
  const headers = Object.entries(through?.headers ?? {}).flatMap(([header, value]) => [
    '--header',
    `${header}: ${value}`,
  ]);
  const bearer = key?.header.toLowerCase() === 'authorization';
  const variables = {
    BASE: through?.base ?? `http://${target.serviceName}:${target.port}`,
    REQUEST_PATH: request.path,
    BODY: JSON.stringify(request.body),
    EXPECT: request.expect,
    KEY_HEADER: key ? (bearer ? 'Authorization: Bearer' : `${key.header}:`) : '',
    HOST: through?.hostname ?? '',
    TRACK: gateway ? 'canary' : '',
    WAIT_SECONDS: `${props.startup.toSeconds()}`,
    ANSWER_SECONDS: `${props.answer.toSeconds()}`,
    // Not read: it makes another candidate another Job.
    CANDIDATE: props.candidate,
  };
  const memory = k8s.Quantity.fromString('64Mi');
  return {
    metadata: { labels: { ...podLabels } },
    spec: {
      restartPolicy: 'Never',
      serviceAccountName: name,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      imagePullSecrets: imagePullSecrets.length > 0 ? imagePullSecrets.map((secret) => ({ name: secret })) : undefined,
      securityContext: {
        runAsNonRoot: true,
        runAsUser: USER,
        runAsGroup: USER,
        seccompProfile: { type: 'RuntimeDefault' },
      },
      containers: [
        {
          name: 'smoke-test',
          image: props.image ?? RCLONE_IMAGE,
          imagePullPolicy: 'IfNotPresent',
          command: ['/bin/sh', '-c'],
          // What follows the script is its name, and what it passes on.
          args: [smokeScript(), ...(headers.length > 0 ? ['smoke-test', ...headers] : [])],
          env: [
            ...Object.entries(variables).map(([variable, value]) => ({ name: variable, value })),
            key
              ? { name: 'KEY', valueFrom: { secretKeyRef: { name: key.secretName, key: key.secretKey } } }
              : { name: 'KEY', value: '' },
          ],
          resources: {
            requests: { cpu: k8s.Quantity.fromString('10m'), memory },
            limits: { memory },
          },
          securityContext: {
            allowPrivilegeEscalation: false,
            capabilities: { drop: ['ALL'] },
            readOnlyRootFilesystem: true,
          },
        },
      ],
    },
  } satisfies k8s.PodTemplateSpec;
}
