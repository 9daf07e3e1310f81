import { Construct } from 'constructs';
import {
  HttpRoute,
  HttpRouteSpecRules,
  HttpRouteSpecRulesFiltersType,
  HttpRouteSpecRulesMatchesPathType,
} from '../../imports/gateway.networking.k8s.io';
import { reportWarnings } from '../checks/report';
import { formatProblem } from '../problem/problem';
import { shareClientKeys } from './client-keys';
import { gatewayDuration } from './gateway-duration';
import { InferenceRouteProps, RouteBackend } from './inference-route-props';
import { addRoutePolicies } from './route-policies';
import { routeProblems, routeWarnings } from './route-problems';

/**
 * The way from a Gateway to the model: one HTTPRoute with the paths that clients may call, the weights of releases, and
 * a timeout that covers the whole stream; and, where the gateway knows them, who may call and how often.
 */
export class InferenceRoute extends Construct {
  readonly route: HttpRoute;

  constructor(scope: Construct, id: string, props: InferenceRouteProps) {
    super(scope, id);
    const {
      name = id,
      gateway,
      hostnames,
      backends,
      smokeRoute,
      requestTimeout,
      paths = ['/v1'],
      authentication,
    } = props;

    const timeout = gatewayDuration(requestTimeout);
    // The backend may use all of the request's time: a retry would pay for the same answer twice.
    const timeouts = { request: timeout, backendRequest: timeout };
    const matches = paths.map((value) => ({ path: { type: HttpRouteSpecRulesMatchesPathType.PATH_PREFIX, value } }));
    const backendRef = ({ service, port, weight }: RouteBackend) => ({
      name: service,
      port,
      ...(weight !== undefined && { weight }),
    });

    // Envoy takes API keys out by itself; a token would go on to the server.
    const filters = authentication?.method.kind === 'jwt' && {
      filters: [
        {
          type: HttpRouteSpecRulesFiltersType.REQUEST_HEADER_MODIFIER,
          requestHeaderModifier: { remove: [authentication.keyHeader] },
        },
      ],
    };
    const rules: HttpRouteSpecRules[] = [{ matches, ...filters, backendRefs: backends.map(backendRef), timeouts }];
    if (smokeRoute) {
      const { header = 'x-model-track', value, backend } = smokeRoute;
      const headers = [{ name: header, value }];
      const { service, port } = backend;
      rules.unshift({
        matches: matches.map((match) => ({ ...match, headers })),
        ...filters,
        backendRefs: [backendRef({ service, port })],
        timeouts,
      });
    }

    const { sectionName } = gateway;
    this.route = new HttpRoute(this, 'Default', {
      metadata: { name, labels: props.labels },
      spec: {
        parentRefs: [{ name: gateway.name, namespace: gateway.namespace, ...(sectionName && { sectionName }) }],
        hostnames: [...hostnames],
        rules,
      },
    });

    const problems = routeProblems(name, props);
    if (authentication) {
      const { header = 'x-model-track', value } = smokeRoute ?? {};
      addRoutePolicies(this, {
        name,
        labels: props.labels,
        authentication,
        ...(value !== undefined && { smokeHeader: { header, value } }),
      });
      const { method } = authentication;
      if (method.kind === 'api-keys') problems.push(...shareClientKeys(this, method));
    }
    reportWarnings(this, routeWarnings(props));
    this.node.addValidation({ validate: () => problems.map(formatProblem) });
  }
}
