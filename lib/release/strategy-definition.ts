import { Problem } from '../problem/problem';
import { ReleaseStep } from './release-step';

/** A step before it is known which one follows. */
export type UnlinkedStep = Omit<ReleaseStep, 'next'>;

/** What a way of releasing consists of: its steps are computed from the number of stable replicas. */
export interface StrategyDefinition {
  /** Short name for messages, such as `weighted twins`. */
  readonly name: string;
  /** What it is good for, what it costs, and what it needs: a line of the table in docs/release.md each. */
  readonly about: StrategyAbout;
  /** True when the candidate has pods and a Service of its own. */
  readonly hasCanary: boolean;
  /** The steps in order. */
  steps(stableReplicas: number): readonly UnlinkedStep[];
  /** How it is written with this many canary pods. @default - their number follows from the stable ones alone */
  readonly sized?: (canaryReplicas: number) => string;
  /** What is wrong with the options, or with this many replicas. */
  problems(stableReplicas: number): readonly Problem[];
}

export interface StrategyAbout {
  readonly when: string;
  readonly costs: string;
  readonly needs: string;
}
