import { SignalName } from '../../lib/runtime/server-signals';
import { ServingRuntime } from '../../lib/runtime/serving-runtime';
import { withoutSignals } from '../../lib/runtime/signal-table';

/** Why it is gone, as messages repeat it. */
export const GONE = 'The test took it away.';

/** The same server without some of its metrics: what asks for one of them must fail to synthesize. */
export function lacking(runtime: ServingRuntime, ...signals: readonly SignalName[]): ServingRuntime {
  return {
    name: runtime.name,
    image: runtime.image,
    version: runtime.version,
    loadsEngines: runtime.loadsEngines,
    memoryProfile: (gpu, layout) => runtime.memoryProfile(gpu, layout),
    contract: (request) => {
      const contract = runtime.contract(request);
      return { ...contract, signals: contract.signals && withoutSignals(contract.signals, signals, GONE) };
    },
  };
}
