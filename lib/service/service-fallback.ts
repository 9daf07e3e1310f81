import { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';
import { Declarations, DeclaredTrack } from '../checks/declarations';
import { identify, Manifest, mapOf } from '../checks/manifest-identity';
import { standing } from '../checks/report';
import { letsIn } from '../network/lets-in';
import { formatProblem, Problem } from '../problem/problem';
import { ServiceRoute } from './service-route';

/** The name that clients ask for, where it is known. */
const nameOf = ({ request }: DeclaredTrack) => request.servedModelName ?? request.model?.id;

/**
 * Tells, when everything is declared, that the fallback cannot answer: it has another name, and would say 404 to every request,
 * or its network policy keeps the gateway out.
 */
export function watchFallback(scope: Construct, service: string, { fallback, gateway }: ServiceRoute): void {
  if (!fallback) return;
  const problem = (message: string, remedy: string): Problem => ({ check: 'route-fallback', message, remedy });
  const problems = (): Problem[] => {
    const { workloads } = Declarations.of(scope);
    const own = workloads.find((each) => each.service === service && each.construct.node.scope === scope);
    const other = workloads.find((each) => each.service === fallback.service && each.namespace === own?.namespace);
    if (!own || !other) return [];
    const [wanted, answered] = [nameOf(own), nameOf(other)];
    const policies = policiesOf(other);
    const closed = policies.length > 0 && !gateway.peers.some((peer) => letsIn(policies, peer));
    return [
      ...(wanted === undefined || answered === undefined || wanted === answered
        ? []
        : [
            problem(
              `Clients of ${service} ask for the model ${wanted}; the fallback ${fallback.service} answers to ${answered} only, and would say 404.`,
              `Give both the same servedModelName, such as '${wanted}'.`,
            ),
          ]),
      ...(closed
        ? [
            problem(
              `The network policy of the fallback ${fallback.service} does not let the Gateway ${gateway.name} in: each request that it should answer would be dropped.`,
              `Add the gateway to network.clients of ${fallback.service}: clients: gateway.peers. Or give it a route of its own there.`,
            ),
          ]
        : []),
    ];
  };
  scope.node.addValidation({ validate: () => standing(scope, problems()).map(formatProblem) });
}

/** The network policies of this app that name the service. */
function policiesOf({ construct, namespace, service }: DeclaredTrack): Manifest[] {
  return construct.node.root.node
    .findAll()
    .filter((node): node is ApiObject => ApiObject.isApiObject(node) && node.kind === 'NetworkPolicy')
    .map((object) => object.toJson() as Manifest)
    .filter((manifest) => {
      const labels = mapOf(mapOf(mapOf(manifest.spec).podSelector).matchLabels);
      return identify(manifest).namespace === (namespace ?? '') && labels['app.kubernetes.io/instance'] === service;
    });
}
