import { k8s } from 'cdk8s-plus-30';
import { ServerContract } from '../runtime/serving-runtime';

/** Ports that a Service offers. Those of a group guard themselves by nothing and are not among them. */
export function servicePorts({ ports }: ServerContract): k8s.ServicePort[] {
  return ports
    .filter(({ purpose }) => purpose !== 'group')
    .map(({ name, port, appProtocol }) => ({
      name,
      port,
      targetPort: k8s.IntOrString.fromString(name),
      protocol: 'TCP',
      appProtocol,
    }));
}
