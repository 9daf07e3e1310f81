import { Manifest, mapOf } from '../checks/manifest-identity';
import { NAMESPACE_NAME, NetworkPeer } from './network-peer';

/**
 * Whether one of these network policies lets a peer in. Peers and policies that name no namespace count as let in: who that is stands
 * elsewhere.
 *
 * @param policies all NetworkPolicies that select the pods
 */
export function letsIn(policies: readonly Manifest[], peer: NetworkPeer): boolean {
  const namespace = peer.toPeer().namespaceSelector?.matchLabels?.[NAMESPACE_NAME];
  if (namespace === undefined) return true;
  return policies.some(({ spec }) => {
    const { ingress } = mapOf(spec);
    return listOf(ingress).some(({ from }) => from === undefined || listOf(from).some((each) => may(each, namespace)));
  });
}

function may({ namespaceSelector, ipBlock }: Record<string, unknown>, namespace: string): boolean {
  if (ipBlock !== undefined) return true;
  // Pods of the policy's own namespace, where no gateway is.
  if (namespaceSelector === undefined) return false;
  const { [NAMESPACE_NAME]: named = namespace } = mapOf(mapOf(namespaceSelector).matchLabels);
  return named === namespace;
}

const listOf = (value: unknown) => (Array.isArray(value) ? value.map(mapOf) : []);
