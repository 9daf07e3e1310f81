import { IConstruct } from 'constructs';
import { WAIVED, WaivedProblem, WARNING } from '../checks/report';

/** A risk that was told and written all the same. */
export interface ScorecardWarning {
  /** Path of the construct that it is about. */
  readonly path: string;
  readonly check: string;
  /** What is wrong and what to change, as synthesis prints it. */
  readonly text: string;
}

/** A problem that was found and waived. */
export interface ScorecardWaiver {
  readonly path: string;
  readonly check: string;
  readonly text: string;
  /** Why it is accepted. */
  readonly reason: string;
}

export interface ScorecardFindings {
  /** In the order of the construct tree. */
  readonly warnings: readonly ScorecardWarning[];
  readonly waivers: readonly ScorecardWaiver[];
}

/** Warnings and waivers that constructs left for synthesis, each once. */
export function findingsOf(constructs: readonly IConstruct[]): ScorecardFindings {
  const warnings = new Map<string, ScorecardWarning>();
  const waivers = new Map<string, ScorecardWaiver>();
  for (const { node } of constructs) {
    for (const { type, data } of node.metadata) {
      if (type === WARNING) {
        const [check = '', ...lines] = String(data).split('\n');
        const text = lines.map((line) => line.trim()).join('\n');
        warnings.set(`${node.path}\n${data}`, { path: node.path, check, text });
      } else if (type === WAIVED) {
        const { check, message, reason } = data as WaivedProblem;
        waivers.set(`${node.path}\n${check}\n${message}`, { path: node.path, check, text: message, reason });
      }
    }
  }
  return { warnings: [...warnings.values()], waivers: [...waivers.values()] };
}
