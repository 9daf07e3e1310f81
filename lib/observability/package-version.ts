import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Version of the installed package: that of the nearest package.json above this file, in `lib/` as in `build/lib/`. */
export function packageVersion(): string {
  for (let folder = __dirname; folder !== dirname(folder); folder = dirname(folder)) {
    try {
      const { name, version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Record<
        string,
        string
      >;
      if (name === 'cdk8s-gpu-inference' && version) return version;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
  return 'unknown';
}
