import { ApiObject, Duration } from 'cdk8s';
import { Construct } from 'constructs';
import { reportErrors } from '../checks/report';
import { shown, wholeNumberProblems } from '../problem/numbers';
import { attempt, Problem } from '../problem/problem';
import { InferenceObjectives, objectiveProblems } from '../workload/inference-objectives';
import { BurnRatePolicy } from './burn-rate-policy';
import { MonitoredService } from './monitored-service';
import { Monitoring } from './monitoring';
import { RuleGroup } from './rule';
import { promDuration } from '../signals/rule-numbers';
import { RuleObject } from './rule-object';
import { serviceLevels } from './service-level';
import { freezeGroup, sloGroup, SloWatch } from './slo-rules';
import { unalertable } from './unalertable';

/** How promises are watched: what may be different from team to team, and from service to service. */
export interface SloPolicyProps {
  /**
   * Time over which the promises hold and the error budget is counted: whole days. A long one forgives less often; Prometheus
   * must keep its samples for as long, or the budget forgets earlier.
   * @default Duration.days(30)
   */
  readonly window?: Duration;
  /** When the burning of a budget is told. @default BurnRatePolicy.sreWorkbook() */
  readonly burnRates?: BurnRatePolicy;
  /**
   * Bad requests within an alert's long window, below which it stays silent: one failed request of a quiet night is half of all
   * requests and says nothing. 0 tells of each. With too many a service with few requests can fail unseen.
   * @default 5 - chance alone makes one or two
   */
  readonly minimumFailures?: number;
  /**
   * How long an alert stays when its reason is gone, so that one incident is told once.
   * @default Duration.minutes(10); google-managed rules do not know it
   */
  readonly keepFiringFor?: Duration;
}

export interface InferenceSloProps extends SloPolicyProps {
  /** Whose promises. */
  readonly service: MonitoredService;
  readonly monitoring: Monitoring;
  /** What is promised. */
  readonly objectives: InferenceObjectives;
}

/**
 * The promises of a service as rules: error ratios over the windows that matter, the error budget that is left, pages and
 * tickets when it burns too fast, and a record that says when changes should wait.
 *
 * The records have the names and labels of sloth, so that dashboards made for it work. All tracks count together: that is what
 * users get.
 */
export class InferenceSlo extends Construct {
  /** Undefined when nothing is promised, or when it cannot be watched. */
  readonly rules?: ApiObject;
  /** What is in it: one group for each promise, and one for the service. */
  readonly groups: readonly RuleGroup[];

  constructor(scope: Construct, id: string, props: InferenceSloProps) {
    super(scope, id);
    const { service, monitoring, objectives } = props;
    const { window = Duration.days(30), burnRates = BurnRatePolicy.sreWorkbook(), minimumFailures = 5 } = props;
    const { keepFiringFor = Duration.minutes(10) } = props;
    const periodSeconds = window.toSeconds({ integral: false });
    const problems: Problem[] = [...objectiveProblems(objectives), ...windowProblems(periodSeconds)];
    if (problems.length === 0) problems.push(...burnRates.problems(periodSeconds));
    problems.push(
      ...wholeNumberProblems('minimumFailures', minimumFailures, 0),
      ...keepProblems(keepFiringFor.toSeconds({ integral: false })),
    );
    const promised = problems.length > 0 ? [] : serviceLevels(service, objectives);
    const levels = promised.flatMap((make) => attempt(problems, make) ?? []);
    const keep = keepFiringFor.toSeconds({ integral: false });
    const watch: SloWatch = {
      service,
      monitoring,
      periodSeconds,
      alerts: burnRates.alerts(periodSeconds),
      minimumFailures,
      ...(keep > 0 && { keepFiringFor: promDuration(keep) }),
      evaluationSeconds: Number.parseInt(monitoring.evaluationInterval ?? '30s', 10),
    };
    problems.push(...unalertable(levels, watch.alerts));
    reportErrors(this, problems);
    this.groups =
      levels.length === 0 ? [] : [...levels.map((level) => sloGroup(watch, level)), freezeGroup(watch, levels)];
    if (this.groups.length === 0) return;
    this.rules = new RuleObject(this, 'rules', {
      name: `${service.name}-slo`,
      labels: {
        'app.kubernetes.io/name': 'inference-slo',
        'app.kubernetes.io/instance': service.name,
        'app.kubernetes.io/component': 'monitoring',
      },
      monitoring,
      groups: this.groups,
    }).object;
  }
}

function windowProblems(periodSeconds: number): Problem[] {
  const days = periodSeconds / 86_400;
  if (Number.isInteger(days) && days > 0) return [];
  return [
    { check: 'numbers', message: `The window is ${shown(days)} days.`, remedy: 'Use whole days, such as 28 or 30.' },
  ];
}

function keepProblems(seconds: number): Problem[] {
  if (Number.isInteger(seconds) && seconds >= 0) return [];
  return [{ check: 'numbers', message: `keepFiringFor is ${seconds} s.`, remedy: 'Use whole seconds, 0 or more.' }];
}
