import { grouped } from './rounding';
import { CostAnswer } from './scorecard-cost';
import { ScorecardMemory, ScorecardScaling, ScorecardService } from './scorecard-service';

/** `12 min 10 s`, `45 s`, `1 h 2 min`: what a person says. */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60];
  const parts =
    hours > 0
      ? [
          [hours, 'h'],
          [minutes, 'min'],
        ]
      : [
          [minutes, 'min'],
          [rest, 's'],
        ];
  const said = parts.filter(([value]) => value !== 0).map(([value, unit]) => `${value} ${unit}`);
  return said.length === 0 ? '0 s' : said.join(' ');
}

/** `516 USD`, or that nobody knows. */
export function money(cost: CostAnswer, period: 'perHour' | 'perMonth'): string {
  const amount = cost[period];
  if (amount === undefined) return 'not known';
  return `${grouped(amount, period === 'perHour' ? 2 : 0)} ${cost.currency}`;
}

/** What a service costs a month, as part of a sentence. */
export function monthly(cost: CostAnswer): string {
  return cost.perMonth === undefined ? 'price not known' : `${money(cost, 'perMonth')} a month`;
}

/** `1 to 6 by KEDA: queue-depth 5`. */
export function scalingText({ by, minReplicas, maxReplicas, metrics }: ScorecardScaling): string {
  return `${grouped(minReplicas)} to ${grouped(maxReplicas)} by ${by}: ${metrics.join(', ')}`;
}

/** `1 replica`, `24 replicas`. */
export function some(number: number, what: string): string {
  return `${grouped(number)} ${what}${number === 1 ? '' : 's'}`;
}

/** `14.96 GiB` */
export const gib = (value: number) => `${value.toFixed(2)} GiB`;

/** What a memory holds, and what was promised. */
export function sequencesText({ sequences, maxModelLen, promisedSequences }: ScorecardMemory): string {
  const promise = promisedSequences === undefined ? '' : `, ${grouped(promisedSequences)} promised`;
  return `${grouped(sequences)} of ${grouped(maxModelLen)} tokens${promise}`;
}

/** The format of the weights, and what else is counted with them. */
export function weightsText({ weightFormat, loraGib, draftGib }: ScorecardMemory): string {
  const beside = [
    ...(loraGib === undefined ? [] : [`${gib(loraGib)} of LoRA slots`]),
    ...(draftGib === undefined ? [] : [`${gib(draftGib)} of draft model`]),
  ];
  return beside.length === 0 ? weightFormat : `${weightFormat}, ${beside.join(' and ')} included`;
}

/** Where a service is found: `nim/llama3-8b`. */
export const pathOf = ({ namespace, name }: Pick<ScorecardService, 'namespace' | 'name'>) => `${namespace}/${name}`;
