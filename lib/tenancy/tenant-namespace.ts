import { Chart, JsonPatch, Lazy } from 'cdk8s';
import { k8s } from 'cdk8s-plus-30';
import { Construct } from 'constructs';
import { Declarations } from '../checks/declarations';
import { namespaceConsumers, NamespaceConsumers } from '../checks/namespace-consumers';
import { reportErrors, reportWarnings, standing } from '../checks/report';
import { waive } from '../checks/waivers';
import { amountText, deviceQuotaName, largestNeed, QuotaAmounts, tenantQuotaFindings } from '../plan/tenant-quota';
import { formatProblem, Problem } from '../problem/problem';
import { ContainerLimits, limitProblems } from './container-limits';
import { TenantLocalQueue } from './inference-queue';
import { AllowedPriorities } from './inference-priority-classes';
import { statedQuota, tenantProblems } from './tenant-input';
import { TenantNamespaceProps } from './tenant-namespace-props';
import { FluxAccount, TeamRoles } from './tenant-roles';

/**
 * The namespace of a model team: Pod Security, default deny, a quota of everything that costs money, defaults for
 * containers, and the rights of people and of Flux. A chart, so that what is put in it is in the namespace.
 *
 * The quota is what the team's services need at their largest, unless it is stated; then they are checked against it.
 */
export class TenantNamespace extends Chart {
  private readonly limits: ContainerLimits;
  private warned = false;

  constructor(scope: Construct, id: string, props: TenantNamespaceProps = {}) {
    const name = props.name ?? id;
    super(scope, id, { namespace: name });
    const { podSecurity = 'restricted', podSecurityVersion = 'v1.36', labels = {} } = props;
    reportErrors(this, [...waive(this, props.waivers ?? {}), ...tenantProblems(name, props)]);
    const namespace = new k8s.KubeNamespace(this, 'Default', {
      metadata: {
        name,
        labels: {
          ...labels,
          'pod-security.kubernetes.io/enforce': podSecurity,
          'pod-security.kubernetes.io/enforce-version': podSecurityVersion,
          'pod-security.kubernetes.io/warn': 'restricted',
          'pod-security.kubernetes.io/warn-version': podSecurityVersion,
        },
        // Pruning a namespace would take every disk with weights along; whoever means it deletes it by hand.
        annotations: { 'kustomize.toolkit.fluxcd.io/prune': 'disabled' },
      },
    });
    // A chart puts its namespace on every object in it; a Namespace is in none.
    namespace.addJsonPatch(JsonPatch.remove('/metadata/namespace'));
    if (props.defaultDeny ?? true) {
      new k8s.KubeNetworkPolicy(this, 'default-deny', {
        metadata: { name: 'default-deny' },
        spec: { podSelector: {}, policyTypes: ['Ingress', 'Egress'] },
      });
    }
    this.limits = new ContainerLimits(this, 'container-defaults', props.containerDefaults ?? {});
    this.limitQuota(name, props);
    if (props.priorityClasses) new AllowedPriorities(this, 'allowed-priorities', props.priorityClasses);
    if (props.team) new TeamRoles(this, 'team', props.team);
    if (props.flux) new FluxAccount(this, 'flux', props.flux);
    if (props.queue) new TenantLocalQueue(this, 'queue', props.queue);
    this.node.addValidation({ validate: () => this.judge(name, props).map(formatProblem) });
  }

  private limitQuota(namespace: string, props: TenantNamespaceProps): void {
    const stated = statedQuota(props);
    const { gpuResourceName = 'nvidia.com/gpu' } = props;
    for (const { resourceName, gpus } of [
      ...(props.gpus === undefined ? [] : [{ resourceName: gpuResourceName, gpus: props.gpus }]),
      ...Object.entries((props.quota || undefined)?.devices ?? {}).map(([device, gpus]) => ({
        resourceName: device.includes('/') ? device : deviceQuotaName(device),
        gpus,
      })),
    ]) {
      Declarations.of(this).quotas.push({ namespace, resourceName, gpus });
    }
    if (Object.keys(stated).length === 0) return;
    const derived = () => (props.quota === false ? {} : derivedQuota(this.consumers(namespace)));
    new k8s.KubeResourceQuota(this, 'quota', {
      metadata: { name: 'quota' },
      // Services are declared after their namespace.
      spec: { hard: Lazy.any({ produce: () => quantities({ ...derived(), ...stated }) }) as QuantityMap },
    });
  }

  /** What the validation found, for the text that is written next: to read every object again costs as much as to write it. */
  private judged?: NamespaceConsumers;

  private consumers(namespace: string): NamespaceConsumers {
    const judged = this.judged ?? namespaceConsumers(this, namespace, this.limits.requests);
    this.judged = undefined;
    return judged;
  }

  /** What is declared against what is stated, when everything is. */
  private judge(namespace: string, props: TenantNamespaceProps): Problem[] {
    this.judged = namespaceConsumers(this, namespace, this.limits.requests);
    const { consumers, priorityClasses, unlimitedMemory } = this.judged;
    const { quotas } = Declarations.of(this);
    // The capacity plan judges those, release by release.
    const judged = new Set(quotas.map(({ resourceName }) => deviceQuotaName(resourceName)));
    const stated = Object.entries(statedQuota(props)).filter(([name]) => !judged.has(name));
    const { errors, warnings } = tenantQuotaFindings(namespace, Object.fromEntries(stated), consumers);
    if (!this.warned) reportWarnings(this, warnings);
    this.warned = true;
    const allowed = props.priorityClasses;
    const forbidden = priorityClasses.filter(({ name }) => allowed && !allowed.includes(name));
    return standing(this, [
      ...errors,
      ...limitProblems(this.limits, unlimitedMemory),
      ...forbidden.map(({ path, name }) => ({
        check: 'priority-class',
        message: `${path} has the priority class ${name}; ${namespace} allows ${allowed!.join(', ') || 'none'}, and its pods are not made.`,
        remedy: `Add ${name} to priorityClasses of the namespace, or give the service one of those.`,
      })),
    ]);
  }
}

type QuantityMap = Record<string, k8s.Quantity>;

/**
 * A storage class has a limit only where one is stated; ports of nodes and load balancers are none unless stated. Storage
 * has none where a claim of yours is mounted: its size is not known here, and a limit without it would refuse that claim.
 */
function derivedQuota({ consumers, expectedClaims }: NamespaceConsumers): QuotaAmounts {
  const limited = (name: string) =>
    !name.includes('.storageclass.') &&
    !name.startsWith('services.') &&
    !(name === 'requests.storage' && expectedClaims.length > 0);
  return Object.fromEntries(Object.entries(largestNeed(consumers)).filter(([name]) => limited(name)));
}

const quantities = (amounts: QuotaAmounts): QuantityMap =>
  Object.fromEntries(
    Object.entries(amounts).map(([name, amount]) => [name, k8s.Quantity.fromString(amountText(name, amount))]),
  );
