import { ServerSignals } from '../runtime/server-signals';
import { ServingRole } from '../runtime/serving-runtime';
import { Track } from './inference-labels';

/** What a scaler must know of what it scales. A GpuInferenceWorkload derives it; of an object of yours, you state it. */
export interface ScalingTarget {
  readonly apiVersion: string;
  readonly kind: string;
  /** Name of the object. */
  readonly name: string;
  /** Namespace of the object; a scaler elsewhere does not find it. @default - that of the scaler's chart */
  readonly namespace?: string;
  /** Labels of the objects that belong to it. */
  readonly labels: Readonly<Record<string, string>>;
  /** Replicas when nobody calls. Must not be written in the object that is scaled: every apply would reset it. */
  readonly replicas: number;
  /** From a new pod to ready, when even the node and the image are missing, in whole seconds. */
  readonly rolloutSeconds: number;
  /** Name of the service by which scraping labels its series. */
  readonly service: string;
  /** Side of a release that the pods are. @default 'stable' */
  readonly track?: Track;
  /** What its pods do of each request. @default - all of it */
  readonly role?: ServingRole;
  /** The server as messages name it, such as `vllm 0.18.1`. */
  readonly server: string;
  /** What the server tells of itself. @default - nobody knows: nothing can be watched */
  readonly signals?: ServerSignals;
  /** Sequences of full length that a replica computes at once. @default - nobody knows */
  readonly sequences?: number;
  /** Service in front of its pods, for requests that wait for the first one. */
  readonly serviceName?: string;
  /** Port of that Service. */
  readonly port?: number;
  /** Labels that select its pods, where no disruption budget protects them yet. @default - one protects them */
  readonly unprotected?: Readonly<Record<string, string>>;
}

/** Something that can be scaled: it answers one question. */
export interface Scalable {
  toScalingTarget(): ScalingTarget;
}
