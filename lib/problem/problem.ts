/**
 * One mistake, told so that its reader can mend it: what is wrong with the numbers, and what to change.
 */
export interface Problem {
  /** Stable id of the check that found it, such as `gpu-memory-fit`; what a waiver names. */
  readonly check: string;
  /** What is wrong, with the numbers. One or more full sentences. */
  readonly message: string;
  /** What to change, as an instruction. */
  readonly remedy: string;
}

/** The text of a problem as a person reads it: the id, then what is wrong, then what to change, indented by two. */
export function formatProblem(problem: Problem): string {
  return [problem.check, ...`${problem.message}\n${problem.remedy}`.split('\n').map((line) => `  ${line}`)].join('\n');
}

/**
 * Thrown by a value (a node pool, a runtime, a cache) that cannot be what it was told to be.
 * A value stands outside the construct tree, so it cannot wait for synthesis; it reports everything wrong with it at once.
 */
export class InvalidInputError extends Error {
  constructor(
    /** What the user was making, such as `GpuNodePool gpupool`. */
    readonly subject: string,
    readonly problems: readonly Problem[],
  ) {
    super(problems.map((problem) => `${subject}: ${formatProblem(problem)}`).join('\n'));
    this.name = 'InvalidInputError';
  }
}

/** Throws one {@link InvalidInputError} with all problems, or returns when there are none. */
export function refuse(subject: string, problems: readonly Problem[]): void {
  if (problems.length > 0) throw new InvalidInputError(subject, problems);
}

/**
 * Makes a value from user input inside a construct: what {@link InvalidInputError} reports is collected, so that it is
 * told together with everything else and with the construct's path.
 *
 * @returns the value, or undefined when it could not be made
 */
export function attempt<T>(problems: Problem[], make: () => T): T | undefined {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    problems.push(...error.problems);
    return undefined;
  }
}

/** What a check found: mistakes that stop synthesis, and risks that are told and written all the same. */
export interface Findings {
  readonly errors: readonly Problem[];
  readonly warnings: readonly Problem[];
}

/** Findings of several checks, in their order. */
export function mergeFindings(all: readonly Findings[]): Findings {
  return { errors: all.flatMap(({ errors }) => errors), warnings: all.flatMap(({ warnings }) => warnings) };
}
