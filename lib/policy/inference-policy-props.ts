import { Duration } from 'cdk8s';
import { GpuNodePool } from '../hardware/gpu-node-pool';
import { PolicyNamespacesProps } from './policy-namespaces';
import { PolicyMode } from './policy-rule';
import { PolicyRuleId } from './policy-rules';

export interface InferencePolicyProps extends PolicyNamespacesProps {
  /**
   * All GPU pools of the cluster. Their labels are what a GPU pod must require, their taints what it must tolerate, and the
   * GPUs of their largest node are what it may ask for at most. A pool that is missing here is one that no pod may use.
   */
  readonly pools: readonly GpuNodePool[];
  /**
   * Registries, or folders of them, that images may come from: `nvcr.io/nim`, `registry.example.com`. Images without a
   * registry are those of `docker.io`, and of `docker.io/library` when they have no folder. Everything else breaks the rule
   * `image-registry`.
   */
  readonly registries: readonly string[];
  /**
   * What all rules do to an object that breaks them. Begin with `warn`: a rule that refuses pods of a running service stops
   * its next restart.
   *
   * @default 'warn'
   */
  readonly mode?: PolicyMode;
  /** Rules with a mode of their own, or none. @default - all rules in the mode of the policy */
  readonly rules?: Readonly<Partial<Record<PolicyRuleId, PolicyMode | 'off'>>>;
  /**
   * An image must state its digest; a version tag is not enough.
   * @default false
   */
  readonly digestsOnly?: boolean;
  /** GPUs, slices or shares that one pod may ask for. @default - what the largest node of the pools has */
  readonly maxGpusPerPod?: number;
  /** Keys of labels that a GPU pod must have. @default - app.kubernetes.io/name and app.kubernetes.io/instance */
  readonly requiredLabels?: readonly string[];
  /**
   * The longest time for which a namespace can be exempt, in whole hours. Its label `inference-policy/exempt-until` names
   * the day, such as `2026-12-31`, on which the exemption ends at 0:00 UTC; a day further away than this exempts nothing yet.
   *
   * @default Duration.days(90)
   */
  readonly longestExemption?: Duration;
}
