import { App } from 'cdk8s';
import { InferenceApp } from '../lib/gitops/inference-app';
import { addService } from './services';

/** What one synthesis cost, in a process of its own. */
export interface Measurement {
  /** Making the constructs, in ms. The same for both Apps. */
  readonly construct: number;
  /** `app.synth()`, in ms. */
  readonly synth: number;
  /** Largest resident set of the process, in MB; that of one service is Node and the loaded modules. */
  readonly peakMb: number;
}

/** Usage: `measure.ts stock|ours SERVICES OUTPUT_DIRECTORY`; prints a {@link Measurement} as JSON. */
function measure([which, services, outdir]: readonly string[]): Measurement {
  const start = performance.now();
  const app = which === 'stock' ? new App({ outdir }) : new InferenceApp({ outdir });
  for (let number = 0; number < Number(services); number++) addService(app, number);
  const constructed = performance.now();
  app.synth();
  const synthesized = performance.now();
  return {
    construct: constructed - start,
    synth: synthesized - constructed,
    peakMb: process.resourceUsage().maxRSS / 1024,
  };
}

if (require.main === module) process.stdout.write(JSON.stringify(measure(process.argv.slice(2))));
