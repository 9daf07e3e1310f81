import { ServingRole } from '../runtime/serving-runtime';

/**
 * Labels that scraping puts on every series of a service's pods, beside `namespace` and `pod`. Rules, dashboards and scalers
 * select by these, never by what a server happens to call its model.
 */
export const SERVICE_LABEL = 'inference_service';
export const MODEL_LABEL = 'inference_model';
export const TRACK_LABEL = 'track';
export const ROLE_LABEL = 'role';

/** What records keep of the labels of the pods: one series for each track and role of a service. */
export const RECORD_LABELS: readonly string[] = ['namespace', SERVICE_LABEL, TRACK_LABEL, ROLE_LABEL];

/** A series for each pod, and how one joins with what else is told of it. */
export const BY_POD: readonly string[] = ['namespace', 'pod'];
export const ON_POD = `on (${BY_POD.join(', ')})`;

/** Pods whose series are meant. */
export interface PodSelection {
  readonly namespace: string;
  readonly service: string;
  /** @default - both tracks */
  readonly track?: 'stable' | 'canary';
  /** @default - every role */
  readonly role?: ServingRole;
  /** Their names, as an expression of RE2: where labels do not tell them apart. @default - all names */
  readonly podNames?: string;
}

/** Matchers of PromQL, without the braces. */
export function podMatchers({ namespace, service, track, role, podNames }: PodSelection): string[] {
  const equal = (label: string, value: string | undefined) =>
    value === undefined ? [] : [`${label}=${JSON.stringify(value)}`];
  return [
    ...equal('namespace', namespace),
    ...equal(SERVICE_LABEL, service),
    ...equal(TRACK_LABEL, track),
    ...equal(ROLE_LABEL, role),
    ...(podNames === undefined ? [] : [`pod=~${JSON.stringify(podNames)}`]),
  ];
}
