#!/usr/bin/env node
import { runCommandLine } from './command-line';

const { stdout, stderr, exitCode } = runCommandLine(process.argv.slice(2));
process.stdout.write(stdout);
process.stderr.write(stderr);
// Not process.exit(): what is written to a pipe must arrive.
process.exitCode = exitCode;
