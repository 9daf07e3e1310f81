import { Construct } from 'constructs';
import { ResourceClaimTemplate } from '../../imports/resource.k8s.io';
import { DeviceClaim } from '../hardware/device-claim';

/** Name of the claim within a pod, and of the one request in it. */
export const CLAIM = 'gpu';

/**
 * Name of the template of a claim. A template can never be changed, so what it asks for is part of its name: other GPUs are
 * another template, which pods of the next rollout name, while those of the last still have theirs.
 */
export const claimTemplateName = (serviceName: string, { count, slug }: DeviceClaim) =>
  `${serviceName}-${count}x-${slug}`;

/** Of which each pod of a service gets a claim of its own. */
export function deviceClaimTemplate(
  scope: Construct,
  serviceName: string,
  labels: Readonly<Record<string, string>>,
  claim: DeviceClaim,
): ResourceClaimTemplate {
  return new ResourceClaimTemplate(scope, 'device-claim', {
    metadata: { name: claimTemplateName(serviceName, claim), labels: { ...labels } },
    spec: {
      spec: {
        devices: {
          requests: [
            {
              name: CLAIM,
              exactly: {
                deviceClassName: claim.deviceClassName,
                count: claim.count,
                selectors: [{ cel: { expression: claim.selector } }],
              },
            },
          ],
        },
      },
    },
  });
}
