import * as cdk8s from 'cdk8s';
import * as k8sPlus from 'cdk8s-plus-30';
import fc from 'fast-check';
import * as library from '../../../lib';
import { call, Code, code, joined, of, props, rarely } from './code';
import { GatewayKind, GATEWAYS } from './gateways';
import { PLACES, Place, secondPool } from './hardware';
import { FIRST, card, monitoring, OTHERS, tenant } from './platform';
import { SERVERS, Server } from './servers';
import { service } from './services';

const declared = (what: string, value: Code): Code => value.map((text) => `const ${what} = ${text};`);
const stated = (value: Code): Code => value.map((text) => `${text};`);

const among = <T>(all: readonly (readonly [weight: number, value: T])[]): fc.Arbitrary<T> =>
  fc.oneof({ withCrossShrink: true }, ...all.map(([weight, value]) => ({ weight, arbitrary: fc.constant(value) })));

const gatewayKind = among<GatewayKind>([
  [2, 'plain'],
  [3, 'envoy-gateway'],
  [2, 'gke'],
  [2, 'nginx'],
]);

function program(place: Place, kind: GatewayKind, one: Server, two: Server): Code {
  return joined(
    [
      declared('app', call('new InferenceApp', props({ outdir: code('outdir'), scorecard: rarely(card) }))),
      declared('pool', place.pool),
      declared('second', secondPool),
      declared('monitoring', monitoring),
      declared('edge', GATEWAYS[kind]),
      ...FIRST.map((each) => rarely(stated(each))),
      declared('tenant', call('new TenantNamespace', code('app'), of('models'), tenant)),
      stated(service('llama', place, one, kind)),
      rarely(stated(service('second', place, two, kind))),
      ...OTHERS.map((each) => rarely(stated(each))),
      fc.constant('app.synth();'),
    ],
    '\n',
  );
}

/** Programs of the public props, as text: mostly sound, with an odd value now and then. */
export const programs: Code = fc
  .tuple(among(PLACES), gatewayKind, among(SERVERS), among(SERVERS))
  .chain(([place, kind, one, two]) => program(place, kind, one, two));

/** As many programs, the same in every run. */
export const programTable = (numRuns: number, seed: number): readonly string[] =>
  fc.sample(programs, { seed, numRuns });

/** What of the world a program finds. */
const SCOPE = { ...library, ...cdk8s, k8s: k8sPlus.k8s, Cpu: k8sPlus.Cpu, EnvValue: k8sPlus.EnvValue, k8sPlus };

/** Runs a program as it stands, and lets it write into a folder. Throws what it throws. */
export function run(text: string, outdir: string): void {
  new Function(...Object.keys(SCOPE), 'outdir', text)(...Object.values(SCOPE), outdir);
}
