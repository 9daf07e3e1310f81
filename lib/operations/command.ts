/** What a command prints and returns; the process around it only passes that on. */
export interface CommandResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}
