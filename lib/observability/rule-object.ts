import { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';
import { PrometheusRule } from '../../imports/monitoring.coreos.com';
import { ClusterRules, Rules } from '../../imports/monitoring.googleapis.com';
import { Monitoring } from './monitoring';
import { Rule, RuleGroup } from './rule';

export interface RuleObjectProps {
  /** Name of the object. */
  readonly name: string;
  /** Its labels, beside those by which Prometheus finds it. @default - none */
  readonly labels?: Readonly<Record<string, string>>;
  readonly monitoring: Monitoring;
  /** Rules; a group without rules is left out. */
  readonly groups: readonly RuleGroup[];
  /**
   * Whether the rules are about more than the namespace of the object. Google's Rules see nothing else; its ClusterRules do.
   * @default false
   */
  readonly everyNamespace?: boolean;
}

/** Google's rules must say how often they are asked; half a minute is what Prometheus' rules are usually asked. */
const GOOGLE_INTERVAL = '30s';

/** Rules as the object that the platform's monitoring reads: a PrometheusRule, or Google Cloud's Rules or ClusterRules. */
export class RuleObject extends Construct {
  readonly object: ApiObject;

  constructor(scope: Construct, id: string, props: RuleObjectProps) {
    super(scope, id);
    const { name, monitoring } = props;
    const metadata = { name, labels: { ...monitoring.labels, ...props.labels } };
    const groups = props.groups.filter(({ rules }) => rules.length > 0);
    const evaluated = monitoring.evaluationInterval;
    const GoogleRules = props.everyNamespace ? ClusterRules : Rules;
    this.object =
      monitoring.implementation === 'google-managed'
        ? new GoogleRules(this, 'Default', {
            metadata,
            spec: {
              groups: groups.map(({ name: group, interval = evaluated ?? GOOGLE_INTERVAL, rules }) => ({
                name: group,
                interval,
                rules: rules.map(googleRule),
              })),
            },
          })
        : new PrometheusRule(this, 'Default', {
            metadata,
            spec: {
              groups: groups.map(({ name: group, interval = evaluated, rules }) => ({
                name: group,
                ...(interval !== undefined && { interval }),
                rules: rules.map(operatorRule),
              })),
            },
          });
  }
}

function googleRule(rule: Rule) {
  return 'record' in rule
    ? operatorRule(rule)
    : {
        // Its rules know no keep_firing_for (googlecloudplatform/prometheus-engine doc/api.md).
        alert: rule.alert,
        expr: rule.expr,
        ...(rule.for !== undefined && { for: rule.for }),
        labels: { ...rule.labels },
        annotations: { ...rule.annotations },
      };
}

function operatorRule(rule: Rule) {
  if ('record' in rule) {
    return { record: rule.record, expr: rule.expr, ...(rule.labels && { labels: { ...rule.labels } }) };
  }
  return {
    alert: rule.alert,
    expr: rule.expr,
    ...(rule.for !== undefined && { for: rule.for }),
    ...(rule.keep_firing_for !== undefined && { keepFiringFor: rule.keep_firing_for }),
    labels: { ...rule.labels },
    annotations: { ...rule.annotations },
  };
}
