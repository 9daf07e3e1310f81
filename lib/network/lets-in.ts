import { Manifest, mapOf } from '../checks/manifest-identity';
import { NAMESPACE_NAME, NetworkPeer } from './network-peer';

/**
 * Whether one of these network policies lets a peer in, as far as names of namespaces and labels of pods tell it. Where one side states
 * none, it counts as let in: who that is stands elsewhere.
 *
 * @param policies all NetworkPolicies that select the pods
 */
export function letsIn(policies: readonly Manifest[], peer: NetworkPeer): boolean {
  const { namespaceSelector, podSelector } = peer.toPeer();
  const namespace = namespaceSelector?.matchLabels?.[NAMESPACE_NAME];
  if (namespace === undefined) return true;
  const labels = podSelector?.matchLabels;
  return policies.some(({ spec }) => {
    const { ingress } = mapOf(spec);
    return listOf(ingress).some(
      ({ from }) => from === undefined || listOf(from).some((each) => may(each, namespace, labels)),
    );
  });
}

function may(
  { namespaceSelector, podSelector, ipBlock }: Record<string, unknown>,
  namespace: string,
  labels: Readonly<Record<string, string>> | undefined,
): boolean {
  if (ipBlock !== undefined) return true;
  // Pods of the policy's own namespace, where no gateway is.
  if (namespaceSelector === undefined) return false;
  const { [NAMESPACE_NAME]: named = namespace } = mapOf(mapOf(namespaceSelector).matchLabels);
  const wanted = Object.entries(mapOf(mapOf(podSelector).matchLabels));
  return named === namespace && (labels === undefined || wanted.every(([key, value]) => labels[key] === value));
}

const listOf = (value: unknown) => (Array.isArray(value) ? value.map(mapOf) : []);
