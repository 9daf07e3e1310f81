/** A taint as Kubernetes writes it on nodes. */
export interface Taint {
  readonly key: string;
  /** @default - a taint without a value */
  readonly value?: string;
  readonly effect: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute';
}
