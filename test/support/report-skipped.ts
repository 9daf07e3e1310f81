import { spawnSync } from 'node:child_process';
import { hasNginx } from './nginx';
import { promtools } from './promtool';

/** Before all tests, in a line each: Jest prints nothing that a skipped file has to say. */
export default function reportSkipped(): void {
  const missing = [
    ...(promtools().length > 0 ? [] : ['promtool']),
    ...(spawnSync('prometheus', ['--version']).status === 0 ? [] : ['prometheus']),
  ];
  if (missing.length > 0) {
    process.stderr.write(
      `Skipped: tests that try rules out, because there is no ${missing.join(' and no ')} (Debian: apt-get install prometheus). Queries are parsed and type-checked all the same.\n`,
    );
  }
  if (!hasNginx()) {
    process.stderr.write(
      'Skipped: tests that send requests through an Ingress, because there is no nginx or no openssl (Debian: apt-get install nginx openssl).\n',
    );
  }
}
