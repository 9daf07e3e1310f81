import { ApiObject, App, Chart } from 'cdk8s';
import { Construct } from 'constructs';
import { toYaml } from '../../lib/gitops/yaml';
import { refusalsOf, warningsOf } from './messages';

/** All that props lead to: the YAML, and what synthesis refuses or warns of. Valid or not. */
export function traceOf(make: (chart: Chart) => Construct | void): string {
  const chart = new Chart(new App(), 'nim');
  make(chart);
  const objects = chart.node.findAll().filter(ApiObject.isApiObject);
  return [...objects.map((object) => toYaml(object.toJson())), refusalsOf(chart), warningsOf(chart)].join('---\n');
}
