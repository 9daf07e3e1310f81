import { IConstruct } from 'constructs';
import { Declarations } from '../checks/declarations';
import { GpuNodePool } from '../hardware/gpu-node-pool';
import { ScorecardCosts, ScorecardOptions, scorecardCosts } from './scorecard-cost';
import { placeServices } from './scorecard-placement';
import { ScorecardException, scorecardExceptions } from './scorecard-exceptions';
import { findingsOf, ScorecardFindings } from './scorecard-findings';
import { Problem } from '../problem/problem';
import { declaredPools, ScorecardPool, scorecardPool } from './scorecard-pool';
import { ScorecardService, scorecardService } from './scorecard-service';

export type { ScorecardOptions } from './scorecard-cost';

/** What an app takes and costs, in total. */
export interface ScorecardTotal {
  readonly services: number;
  readonly replicas: number;
  readonly gpus: number;
  /** GPUs when every release stands at its largest step. */
  readonly gpusAtPeak: number;
  readonly nodes: number;
  readonly cost: ScorecardCosts['total'];
}

/** A quota, and how much of it is taken. */
export interface ScorecardQuota {
  readonly namespace: string;
  readonly resourceName: string;
  readonly gpus: number;
  readonly declaredGpus: number;
  readonly declaredGpusAtPeak: number;
}

/**
 * What a platform team wants to see of an app: GPUs, nodes, memory, starts, money, warnings and waivers. Plain JSON with
 * stable keys and order; numbers are rounded so that they change only when something changed. No timestamps.
 */
export interface Scorecard extends ScorecardFindings {
  /** Of the shape: keys may come, none change their meaning without a new number. */
  readonly version: 1;
  readonly total: ScorecardTotal;
  /** By name. */
  readonly pools: readonly ScorecardPool[];
  readonly quotas: readonly ScorecardQuota[];
  /** By namespace and name. */
  readonly services: readonly ScorecardService[];
  /** By rule. */
  readonly exceptions: readonly ScorecardException[];
}

/** True when the app declares anything that a scorecard could tell of. */
export function hasScorecard(app: IConstruct): boolean {
  return Declarations.of(app).workloads.length > 0;
}

/**
 * The scorecard of an app, from what its constructs declared. Pure: the same app gives the same card.
 *
 * @param constructs all constructs of the app, for a caller who has listed them already
 */
export function scorecard(
  app: IConstruct,
  options: ScorecardOptions = {},
  constructs: readonly IConstruct[] = app.node.findAll(),
): Scorecard {
  const declared = Declarations.of(app);
  const pools = declaredPools(declared.workloads.flatMap(({ request }) => request.nodePools));
  const keyOf = (pool: GpuNodePool) => pools.keys.get(pool)!;
  const gathered = declared.services();
  const placement = placeServices(gathered, pools.byKey, keyOf);
  const costs = scorecardCosts(gathered, placement, pools.byKey, options);
  const services = gathered.map((service) => scorecardService(service, keyOf, placement, costs));
  const sum = (of: (service: ScorecardService) => number) => services.reduce((total, each) => total + of(each), 0);
  const byNamespace = new Map<string | undefined, ScorecardService[]>();
  for (const service of services) {
    const neighbours = byNamespace.get(service.namespace);
    if (neighbours) neighbours.push(service);
    else byNamespace.set(service.namespace, [service]);
  }
  return {
    version: 1,
    total: {
      services: services.length,
      replicas: sum(({ replicas }) => replicas),
      gpus: sum(({ gpus }) => gpus),
      gpusAtPeak: sum(({ gpusAtPeak }) => gpusAtPeak),
      nodes: [...placement.nodes.values()].reduce((total, nodes) => total + nodes, 0),
      cost: costs.total,
    },
    pools: [...pools.byKey].map(([key, pool]) => scorecardPool(key, pool, placement, costs)),
    quotas: declared.quotas
      .map(({ namespace, resourceName, gpus }) => {
        const counted = (byNamespace.get(namespace) ?? []).filter((service) => service.resourceName === resourceName);
        return {
          namespace,
          resourceName,
          gpus,
          declaredGpus: counted.reduce((total, service) => total + service.gpus, 0),
          declaredGpusAtPeak: counted.reduce((total, service) => total + service.gpusAtPeak, 0),
        };
      })
      .sort((one, other) => (one.namespace + one.resourceName < other.namespace + other.resourceName ? -1 : 1)),
    services,
    exceptions: scorecardExceptions(declared),
    ...withCostWarnings(findingsOf(constructs), costs.findings.warnings),
  };
}

/** Prices that nobody knows make a sum unknown; the card says which, and nothing else does. */
function withCostWarnings(findings: ScorecardFindings, warnings: readonly Problem[]): ScorecardFindings {
  const told = warnings.map(({ check, message, remedy }) => ({ path: '', check, text: `${message}\n${remedy}` }));
  return { ...findings, warnings: [...findings.warnings, ...told] };
}

/** What is wrong with the options of a scorecard; empty when nothing is. */
export function scorecardProblems(options: ScorecardOptions): readonly Problem[] {
  return scorecardCosts(
    [],
    placeServices([], new Map(), () => ''),
    new Map(),
    options,
  ).findings.errors;
}
