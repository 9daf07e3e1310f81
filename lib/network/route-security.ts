import { Construct } from 'constructs';
import {
  SecurityPolicy,
  SecurityPolicySpec,
  SecurityPolicySpecAuthorization,
  SecurityPolicySpecAuthorizationDefaultAction as Default,
  SecurityPolicySpecAuthorizationRules,
  SecurityPolicySpecAuthorizationRulesAction as Action,
  SecurityPolicySpecJwtProvidersLocalJwksType,
} from '../../imports/gateway.envoyproxy.io';
import { RouteAuthentication } from './route-authentication';

/** A header that leads past the weights of a route. */
export interface SmokeHeader {
  readonly header: string;
  readonly value: string;
}

export interface SecurityPolicyRequest {
  /** Name of the HTTPRoute, and of the policy about it. */
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly authentication: RouteAuthentication;
  /** @default - no header leads anywhere */
  readonly smokeHeader?: SmokeHeader;
}

/** Adds Envoy Gateway's policy about one route: who may call it. */
export function addSecurityPolicy(scope: Construct, request: SecurityPolicyRequest): void {
  const { name, labels, authentication } = request;
  const targetRefs = [{ group: 'gateway.networking.k8s.io', kind: 'HTTPRoute', name }];
  const authorization = authorizationOf(request);
  new SecurityPolicy(scope, 'security-policy', {
    metadata: { name, labels },
    spec: { targetRefs, ...methodOf(authentication), ...(authorization && { authorization }) },
  });
}

function methodOf({ method, keyHeader, clientIdHeader }: RouteAuthentication): SecurityPolicySpec {
  if (method.kind === 'api-keys') {
    return {
      apiKeyAuth: {
        credentialRefs: method.secretNames.map((name) => ({ name })),
        extractFrom: [{ headers: [keyHeader] }],
        forwardClientIdHeader: clientIdHeader,
        sanitize: true,
      },
    };
  }
  const { issuer, audiences, jwks, clientClaim } = method;
  const valueRef = (name: string) => ({ group: '', kind: 'ConfigMap', name });
  return {
    jwt: {
      providers: [
        {
          name: 'clients',
          issuer,
          audiences: [...audiences],
          ...('uri' in jwks
            ? { remoteJwks: { uri: jwks.uri } }
            : {
                localJwks: {
                  type: SecurityPolicySpecJwtProvidersLocalJwksType.VALUE_REF,
                  valueRef: valueRef(jwks.configMap),
                },
              }),
          claimToHeaders: [{ claim: clientClaim, header: clientIdHeader }],
        },
      ],
    },
  };
}

/** Who of those that the gateway knows may do what. Of several rules the first that fits decides. */
function authorizationOf({
  authentication: { clients, testers, clientIdHeader },
  smokeHeader,
}: SecurityPolicyRequest): SecurityPolicySpecAuthorization | undefined {
  const rule = (name: string, action: Action, headers: Readonly<Record<string, readonly string[]>>) => ({
    name,
    action,
    principal: { headers: Object.entries(headers).map(([header, values]) => ({ name: header, values: [...values] })) },
  });
  const candidate = smokeHeader && { [smokeHeader.header]: [smokeHeader.value] };
  const rules: SecurityPolicySpecAuthorizationRules[] = [
    ...(candidate && testers
      ? [
          rule('testers', Action.ALLOW, { [clientIdHeader]: testers, ...candidate }),
          rule('candidate', Action.DENY, candidate),
        ]
      : []),
    ...(clients ? [rule('clients', Action.ALLOW, { [clientIdHeader]: clients })] : []),
  ];
  if (rules.length === 0) return undefined;
  return { defaultAction: clients ? Default.DENY : Default.ALLOW, rules };
}
