import { k8s } from 'cdk8s-plus-30';

/** What evictions may take at once of the pods that the labels select. */
export function disruptionBudgetSpec(selector: Readonly<Record<string, string>>): k8s.PodDisruptionBudgetSpec {
  return {
    // One pod may always go, however many there are, so a drain never waits for ever; one that is not ready protects nothing.
    maxUnavailable: k8s.IntOrString.fromNumber(1),
    unhealthyPodEvictionPolicy: 'AlwaysAllow',
    selector: { matchLabels: { ...selector } },
  };
}
