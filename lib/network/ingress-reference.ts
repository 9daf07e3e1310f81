import { Duration } from 'cdk8s';
import { dnsLabelProblems, dnsSubdomainProblems } from '../problem/names';
import { wholeNumberProblems } from '../problem/numbers';
import { refuse } from '../problem/problem';
import { NetworkPeer } from './network-peer';

export interface NginxIngressProps {
  /** Name of the IngressClass. A wrong one is an Ingress that no controller reads. @default 'nginx' */
  readonly className?: string;
  /** Namespace of the controller's pods. @default 'ingress-nginx' */
  readonly namespace?: string;
  /**
   * Where requests come from when they reach the pods, for network policies.
   * @default - the controller's pods in its namespace, by the labels of its Helm chart
   */
  readonly peers?: readonly NetworkPeer[];
  /**
   * `worker-shutdown-timeout` of the controller's ConfigMap: how long answers have when it reads its configuration anew. Longer
   * ones are a warning (`answer-cut`).
   * @default Duration.seconds(240), the controller's own
   */
  readonly workerShutdownTimeout?: Duration;
}

/**
 * An Ingress controller that the platform team runs, for those who have not moved to Gateway API yet. It says less than a
 * Gateway does: a route that asks for more is refused.
 */
export class IngressReference {
  /**
   * ingress-nginx of the Kubernetes project. It is retired, which every route warns of (`ingress-nginx-retired`).
   */
  static nginx(props: NginxIngressProps = {}): IngressReference {
    const { className = 'nginx', namespace = 'ingress-nginx', workerShutdownTimeout = Duration.seconds(240) } = props;
    const seconds = workerShutdownTimeout.toSeconds({ integral: false });
    refuse(`IngressReference ${className}`, [
      ...dnsSubdomainProblems('IngressClass name', className),
      ...dnsLabelProblems('namespace', namespace),
      ...wholeNumberProblems('workerShutdownTimeout in seconds', seconds, 1),
    ]);
    const controller = { 'app.kubernetes.io/name': 'ingress-nginx', 'app.kubernetes.io/component': 'controller' };
    return new IngressReference(
      className,
      namespace,
      props.peers ?? [NetworkPeer.podsInNamespace(namespace, controller)],
      seconds,
    );
  }

  readonly implementation = 'ingress-nginx';

  private constructor(
    /** Of the IngressClass. */
    readonly name: string,
    readonly namespace: string,
    /** Where its requests come from; what `NimNetworkPolicy` takes as `gateways`. */
    readonly peers: readonly NetworkPeer[],
    /** Seconds that answers have when the controller reads its configuration anew. */
    readonly reloadSeconds: number,
  ) {}

  /** How messages name it. */
  get shown(): string {
    return `IngressClass ${this.name}`;
  }
}
