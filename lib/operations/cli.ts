#!/usr/bin/env node
import { runCommandLine } from './command-line';

void Promise.resolve(runCommandLine(process.argv.slice(2))).then(({ stdout, stderr, exitCode }) => {
  process.stdout.write(stdout);
  process.stderr.write(stderr);
  // Not process.exit(): what is written to a pipe must arrive.
  process.exitCode = exitCode;
});
