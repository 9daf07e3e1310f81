import { spawnSync } from 'node:child_process';
import { promtools } from './promtool';

/** Before all tests, in one line: Jest prints nothing that a skipped file has to say. */
export default function reportSkipped(): void {
  const missing = [
    ...(promtools().length > 0 ? [] : ['promtool']),
    ...(spawnSync('prometheus', ['--version']).status === 0 ? [] : ['prometheus']),
  ];
  if (missing.length === 0) return;
  process.stderr.write(
    `Skipped: tests that try rules out, because there is no ${missing.join(' and no ')} (Debian: apt-get install prometheus). Queries are parsed and type-checked all the same.\n`,
  );
}
