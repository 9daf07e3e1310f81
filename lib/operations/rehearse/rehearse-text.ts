import { textTable } from '../text-table';
import { Observation } from './observation';
import { Rehearsal, RehearsedStep } from './rehearsal';
import { Verdict } from './verdicts';

/** Columns of a terminal on which all of it is read without a fold. */
const WIDTH = 100;

/** The report of a rehearsal, for a terminal. */
export function rehearsalText({ steps, notes }: Rehearsal): string {
  const verdicts = steps.flatMap((step) => step.verdicts);
  const allKept = verdicts.every(({ kept }) => kept);
  const refused = steps.some((step) => step.refused);
  return `${[
    ...steps.map((step, at) => stepText(step, steps[at - 1])),
    ...(notes.length > 0 ? [notes.flatMap((note) => wrapped(`Note: ${note}`, '', '  ')).join('\n')] : []),
    refused
      ? 'The rest was not applied.'
      : allKept
        ? `All ${verdicts.length} promises of the plan came true.`
        : wrapped(brokenText(verdicts), '', '  ').join('\n'),
  ].join('\n\n')}\n`;
}

function brokenText(verdicts: readonly Verdict[]): string {
  const broken = verdicts.filter(({ kept }) => !kept);
  const subjects = [...new Set(broken.map(({ subject }) => subject))].join(', ');
  return `${broken.length} of ${verdicts.length} promises of the plan ${broken.length === 1 ? 'was' : 'were'} broken: ${subjects}.`;
}

function stepText({ name, applied, refused, observation, verdicts }: RehearsedStep, before?: RehearsedStep): string {
  if (refused) {
    return [
      `${name}: the server refused ${refused.object}`,
      ...refused.words.split('\n').flatMap((line) => wrapped(line, '  ', '  ')),
    ].join('\n');
  }
  const pools = Object.entries(observation?.nodes ?? {}).map(([pool, { all, used }]) => `${pool} ${used} of ${all}`);
  return [
    `${name}: ${applied} objects applied`,
    ...(pools.length > 0 ? wrapped(`nodes in use: ${pools.join(', ')}`, '  ', '    ') : []),
    ...(observation && before ? movesOf(observation) : []),
    ...(before ? news(verdicts, before, observation) : table(verdicts)),
  ].join('\n');
}

/** What a change did to the pods, and what it took away. A first state only comes, which the table tells. */
function movesOf({ services, deleted }: Observation): string[] {
  const moved = services.flatMap(({ service, history: { replaced, came, went } }) => {
    const parts = Object.entries({ replaced, came, went }).filter(([, names]) => names.length > 0);
    const told = parts.map(([word, names]) => `${word} ${names.join(', ')}`).join('; ');
    return told === '' ? [] : wrapped(`${service}: ${told}`, '  ', '    ');
  });
  return [...(deleted.length > 0 ? wrapped(`deleted: ${deleted.join(', ')}`, '  ', '    ') : []), ...moved];
}

/** Of a later state: what is broken, what is not as before, and how the services fared that moved. */
function news(verdicts: readonly Verdict[], before: RehearsedStep, observation: Observation | undefined): string[] {
  const told = new Set(before.verdicts.map((verdict) => JSON.stringify(verdict)));
  const moved = new Set(
    (observation?.services ?? [])
      .filter(({ history: { replaced, came, went } }) => replaced.length + came.length + went.length > 0)
      .map(({ service }) => service),
  );
  const shown = verdicts.filter(
    (verdict) => !verdict.kept || (verdict.change ? moved.has(verdict.subject) : !told.has(JSON.stringify(verdict))),
  );
  const rest = verdicts.length - shown.length;
  return [
    ...(shown.length > 0 ? table(shown) : []),
    ...(rest > 0 ? [`  and ${rest} promise${rest === 1 ? '' : 's'} about what did not change: kept`] : []),
  ];
}

/** A line for each promise; what does not fit stands below it. */
function table(verdicts: readonly Verdict[]): string[] {
  const widest = (of: (verdict: Verdict) => string) => Math.max(...verdicts.map((verdict) => of(verdict).length));
  const left = '  BROKEN'.length + widest(({ subject }) => subject) + widest(({ planned }) => planned) + 3 * 2;
  const room = Math.max(LEAST_ROOM, WIDTH - left);
  const below: (readonly string[])[] = [];
  const rows = verdicts.map(({ subject, kept, planned, seen }) => {
    const long = seen.length > room;
    below.push(long ? wrapped(seen, '          ', '          ') : []);
    return [kept ? '  ok' : '  BROKEN', subject, planned, long ? 'see below' : seen];
  });
  const [head, ...lines] = textTable(
    [{ title: '' }, { title: 'promise' }, { title: 'planned' }, { title: 'seen' }],
    rows,
  );
  return [head!, ...lines.flatMap((line, at) => [line, ...below[at]!])];
}

/** Characters for what was seen, however long the other columns are. What is longer stands below its row. */
const LEAST_ROOM = 26;

/** Words on as many lines as they take. */
function wrapped(text: string, first: string, indent: string): string[] {
  const lines: string[] = [];
  let line = first;
  let empty = true;
  for (const word of text.split(' ')) {
    if (!empty && line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      [line, empty] = [indent, true];
    }
    line += empty ? word : ` ${word}`;
    empty = false;
  }
  return [...lines, line];
}
