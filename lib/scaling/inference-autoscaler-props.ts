import { Duration } from 'cdk8s';
import { Scalable } from '../workload/scaling-target';
import { ScalingMetric } from './scaling-metric';
import { ScalingSchedule } from './scaling-schedule';

/** How a service without a pod finds out that somebody calls: KEDA's HTTP add-on, 0.14 or later, in front of it. */
export interface ScaleToZeroProps {
  /**
   * The longest that a first caller may wait for the first pod: node, image, weights, warm-up. A cold start that takes longer
   * by the plan is refused (`cold-start`).
   */
  readonly acceptColdStart: Duration;
  /** Host names that requests carry when they reach the interceptor. Others it does not hand on. */
  readonly hosts: readonly string[];
  /**
   * Requests under way, waiting ones too, for each replica.
   * @default - the sequences of full length that the memory plan finds room for; refused where nobody knows
   */
  readonly concurrency?: number;
  /** Where the add-on counts requests. @default 'keda-add-ons-http-external-scaler.keda:9090' */
  readonly scalerAddress?: string;
}

/** When how many replicas. */
export interface ScalingProps {
  /** Replicas when nobody calls. @default - those that the workload states; none beside `scaleToZero` */
  readonly minReplicas?: number;
  /**
   * The most replicas. More than pools and quota hold beside the other services at rest is refused.
   * @default - as many as they hold. Two services that share a pool may then each want what is left, and the first gets it.
   */
  readonly maxReplicas?: number;
  /**
   * What is looked at; the one that wants most decides. A metric that the server does not tell is refused.
   * @default - the queue; where the server tells none, running requests
   */
  readonly metrics?: readonly ScalingMetric[];
  /** Times at which there are more replicas in any case. Takes KEDA. @default - none */
  readonly schedules?: readonly ScalingSchedule[];
  /**
   * Replicas when nobody tells the metrics any more, as when Prometheus is gone: what runs stays, and fewer than these
   * become these; fewer than `minReplicas` are refused. Takes KEDA: a HorizontalPodAutoscaler keeps what runs. So does KEDA beside `scaleToZero` when the add-on's
   * scaler is gone; these come when it answers with an error.
   * @default - halfway from the least to the most: nobody sees the load, and others may want the GPUs too
   */
  readonly fallbackReplicas?: number;
  /**
   * No pod when nobody calls. The metrics of pods that are not there say nothing, so that requests are counted in front of
   * them, and no other metric is. Takes KEDA.
   * @default - at least one replica
   */
  readonly scaleToZero?: ScaleToZeroProps;
  /**
   * Who scales. The HorizontalPodAutoscaler reads records (`SignalRecords`) by way of the Prometheus adapter, which must have
   * the rules of docs/scaling.md.
   * @default - keda where a server address is known, hpa elsewhere
   */
  readonly by?: 'keda' | 'hpa';
  /**
   * Where KEDA asks Prometheus, such as `http://prometheus-operated.monitoring:9090`. A wrong one is as if Prometheus were
   * gone; refused where nobody asks, which is beside `by: 'hpa'` and `scaleToZero`.
   * @default - none; for an InferenceService that of its monitoring
   */
  readonly serverAddress?: string;
}

export interface InferenceAutoscalerProps extends ScalingProps {
  /** What is scaled: a GpuInferenceWorkload, or an object of yours that says what a scaler must know. */
  readonly target: Scalable;
  /** Name of the scaler. @default - that of what it scales */
  readonly name?: string;
}
