import { Duration } from 'cdk8s';
import { k8s } from 'cdk8s-plus-30';
import { Construct } from 'constructs';
import { createHash } from 'node:crypto';
import { reportErrors } from '../checks/report';
import { ModelDownload } from '../network/model-download';
import { NetworkPeer } from '../network/network-peer';
import { NimNetworkPolicy } from '../network/nim-network-policy';
import { dnsLabelProblems } from '../problem/names';
import { attempt, Problem } from '../problem/problem';
import { RCLONE_IMAGE } from '../workload/download-container';
import { SmokeRequest, smokeScript } from './smoke-request';

/** A key in a Secret of the namespace. */
export interface SmokeKey {
  readonly secretName: string;
  /** Key inside the Secret. */
  readonly secretKey: string;
}

/** The way through the gateway, by the header that leads to the candidate. */
export interface SmokeGateway {
  /**
   * Where pods of the cluster reach the gateway, without a path: `http://edge.gateways.svc.cluster.local`. Nobody but you knows
   * it: the host name of clients may lead nowhere from inside.
   */
  readonly address: string;
  /** Host name that the route is for. */
  readonly hostname: string;
  /** Pods of the gateway. */
  readonly peers: readonly NetworkPeer[];
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
   * at which pods of the cluster reach it, such as `http://edge.gateways.svc.cluster.local`, without a path.
   * @default - the Service of the candidate is asked, which tries the server alone
   */
  readonly gatewayAddress?: string;
  /** Key that is sent. @default - the one that the server asks every client for; none through a gateway */
  readonly key?: SmokeKey;
}

export interface SmokeTestProps {
  /** Name of the Job, before a digest of what it asks, and of its policy. At most 52 characters. @default - the construct's id */
  readonly name?: string;
  /** Labels of its objects. Its pods have others, so that nothing which selects servers selects them. @default - none */
  readonly labels?: Readonly<Record<string, string>>;
  /** What is tried, such as its image: another candidate is another Job. */
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
    const problems: Problem[] = [...dnsLabelProblems('Job', name, 63 - 1 - DIGEST_LENGTH), ...addressProblems(gateway)];
    this.podLabels = smokeTestLabels(name);
    const own = { ...labels, 'app.kubernetes.io/name': 'smoke-test', 'app.kubernetes.io/component': 'smoke-test' };
    new k8s.KubeServiceAccount(this, 'service-account', {
      metadata: { name, labels: own },
      automountServiceAccountToken: false,
    });
    const template = podTemplate(props, name, this.podLabels);
    const digest = createHash('sha256')
      .update(JSON.stringify(k8s.toJson_PodTemplateSpec(template)))
      .digest('hex')
      .slice(0, DIGEST_LENGTH);
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
    const to = gateway
      ? { peers: gateway.peers, port: portOf(gateway.address) }
      : { peers: [attempt(problems, () => NetworkPeer.pods(target.podLabels)) ?? []].flat(), port: target.port };
    this.networkPolicy = new NimNetworkPolicy(this, 'network-policy', {
      name,
      labels: own,
      podLabels: this.podLabels,
      clients: [],
      download: ModelDownload.none(),
      extraEgress: to.peers.length > 0 ? [{ to: to.peers, ports: [to.port] }] : [],
    });
    reportErrors(this, problems);
  }
}

function podTemplate(props: SmokeTestProps, name: string, podLabels: Readonly<Record<string, string>>) {
  const { request, gateway, target, key, imagePullSecrets = [] } = props;
  const base = gateway?.address.replace(/\/+$/, '') ?? `http://${target.serviceName}:${target.port}`;
  const bearer = key?.header.toLowerCase() === 'authorization';
  const variables = {
    BASE: base,
    REQUEST_PATH: request.path,
    BODY: JSON.stringify(request.body),
    EXPECT: request.expect,
    KEY_HEADER: key ? (bearer ? 'Authorization: Bearer' : `${key.header}:`) : '',
    HOST: gateway?.hostname ?? '',
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
          args: [smokeScript()],
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

/** 80 where the address names none; wget of busybox speaks TLS only where another program helps it. */
const portOf = (address: string) => Number(/^http:\/\/[^/]*:(\d+)/.exec(address)?.[1] ?? 80);

function addressProblems(gateway: SmokeGateway | undefined): Problem[] {
  if (gateway === undefined || /^http:\/\/[a-z0-9.-]+(:\d{1,5})?\/?$/.test(gateway.address)) return [];
  return [
    {
      check: 'smoke-test',
      message: `${JSON.stringify(gateway.address)} is no address at which the test can ask a gateway.`,
      remedy:
        'Use http://, a host and a port, without a path, such as http://edge.gateways.svc.cluster.local; or leave it out, and the Service of the candidate is asked.',
    },
  ];
}
