import { edited, MAIN } from '../support/reference-platform';

/** A state of main.ts that answers beside dist/ at the same gateway: in a namespace and under a host name of its own. */
export interface State {
  readonly namespace: string;
  readonly host: string;
  /** The text of main.ts in that state. */
  readonly main: string;
}

/** main.ts with the service whose release is walked, and none of the others: these stand in dist/ already. */
const NIM = edited(MAIN, /(\nnew InferenceService\(nim, [^]*?\n\}\);\n)[^]*(?=\napp\.synth\(\))/, '$1');

function state(name: string, change: (main: string) => string): State {
  const namespace = `nim-${name}`;
  const host = `${name}.example.com`;
  const elsewhere = edited(
    edited(NIM, /new TenantNamespace\(app, 'nim'/, `new TenantNamespace(app, '${namespace}'`),
    /hostname: 'llama\.example\.com'/,
    `hostname: '${host}'`,
  );
  return { namespace, host, main: change(elsewhere) };
}

const atStep = (step: string) => (main: string) => edited(main, /step: '[^']+'/, `step: '${step}'`);
const withoutCanary = (main: string) => edited(main, /\n *canary: \{[^\n]*\},/, '');

/** Longest answer of the state `short`, in seconds; that of dist/ is minutes. */
export const SHORT = 3;

export const STATES = {
  smoke: state('smoke', atStep('smoke')),
  '5%': state('five', atStep('5%')),
  '20%': state('twenty', atStep('20%')),
  '50%': state('fifty', atStep('50%')),
  '100%': state('all', atStep('100%')),
  promote: state('promote', atStep('promote')),
  done: state('done', withoutCanary),
  short: state('short', (main) =>
    edited(main, /nodePool: l4,/, `nodePool: l4, longestAnswer: Duration.seconds(${SHORT}),`),
  ),
} as const;
