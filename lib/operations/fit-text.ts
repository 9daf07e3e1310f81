import { FitVerdict } from '../plan/gpu-memory-plan';
import { Problem } from '../problem/problem';
import { FitAnswer, GpuJudgement, gpusPerCopy, cheapestWith } from './fit-answer';
import { FitQuestion } from './fit-arguments';
import { MachineOffer } from './machine-offers';
import { BAR_CHARACTERS, memoryBar, memoryLayout } from './memory-layout';
import { textTable } from './text-table';

const BAR_WIDTH = 64;
const MOST_OFFERS = 8;

const count = (value: number) => String(value).replace(/\B(?=(\d{3})+$)/g, ',');
const gib = (value: number) => value.toFixed(2);
const some = (number: number, what: string) => `${count(number)} ${what}${number === 1 ? '' : 's'}`;

const VERDICTS: Readonly<Record<FitVerdict, string>> = {
  fits: 'fits',
  tight: 'tight',
  'does-not-fit': 'does not fit',
};

/** The answer as a person reads it. */
export function fitText(answer: FitAnswer): string {
  const { question, judgements } = answer;
  const [only] = judgements;
  const body = question.named && only ? oneGpu(question, only) : allGpus(answer);
  return `${[...body, '', ...machines(answer)].join('\n')}\n`;
}

function oneGpu(question: FitQuestion, judgement: GpuJudgement): string[] {
  const { memory } = judgement;
  const { concurrency, maxModelLen, machine } = question;
  const split = gpusPerCopy(question);
  const device = split === 1 ? memory.device : `each of ${split} ${judgement.gpu.id}`;
  const on = machine ? `${device} of ${machine.type}` : device;
  const layout = memoryLayout(memory);
  const notes: Readonly<Record<string, string>> = {
    weights:
      memory.lora > 0 ? `${memory.weightFormat}, ${gib(memory.lora)} GiB of LoRA slots included` : memory.weightFormat,
    kvCache:
      layout.missingGib > 0
        ? `${gib(layout.missingGib)} GiB are missing`
        : memory.kvPerSequence === 0
          ? ''
          : `${some(memory.kvTokens, 'token')}`,
    unused: `the engine uses ${memory.utilization.toFixed(2)} of the memory`,
  };
  const figures = textTable(
    [{ title: '' }, { title: '' }, { title: '', align: 'right' }, { title: '' }],
    layout.parts.map(({ name, label, gib: size }) => [
      BAR_CHARACTERS[name],
      label,
      `${gib(size)} GiB`,
      notes[name] ?? '',
    ]),
  ).slice(1);
  const sequences = some(memory.sequencesAtMaxModelLen, 'sequence');
  return [
    `${question.model.id} on ${on}: ${gib(memory.total)} GiB, ${memory.request.profile.engine}`,
    '',
    memoryBar(layout, BAR_WIDTH),
    ...figures,
    '',
    ...(memory.kvPerSequence === 0
      ? [
          `a batch      ${some(memory.sequencesAtMaxModelLen, 'text')} of ${count(maxModelLen)} tokens; no KV cache is kept`,
        ]
      : [
          `a token      ${count(memory.kvBytesPerToken)} bytes of KV cache`,
          `a sequence   ${gib(memory.kvPerSequence)} GiB for ${count(maxModelLen)} tokens`,
          `room for     ${sequences} of ${count(maxModelLen)} tokens${concurrency === undefined ? '' : `; ${count(concurrency)} promised`}`,
          `longest      ${some(memory.longestModelLen, 'token')}, one sequence alone`,
        ]),
    '',
    `Verdict: ${VERDICTS[judgement.verdict]}`,
    ...[...judgement.problems, ...judgement.warnings].flatMap(problemLines),
  ];
}

const problemLines = ({ check, message, remedy }: Problem) => [
  `  ${check}`,
  ...`${message}\n${remedy}`.split('\n').map((line) => `    ${line}`),
];

function allGpus({ question, judgements, offers, verdict }: FitAnswer): string[] {
  const { concurrency, maxModelLen, model } = question;
  const promise = `${concurrency === undefined ? 'one sequence' : some(concurrency, 'sequence')} of ${count(maxModelLen)} tokens`;
  const split = gpusPerCopy(question) === 1 ? '' : `, split over ${gpusPerCopy(question)} GPUs`;
  const rows = judgements.map(({ gpu, memory, verdict: each, smallestTensorParallelSize: size }) => {
    const machine = cheapestWith(offers, gpu.id);
    return [
      gpu.id,
      gib(memory.total),
      gib(memory.weights),
      gib(Math.max(0, memory.kvCache)),
      count(memory.sequencesAtMaxModelLen),
      VERDICTS[each],
      size === undefined ? '-' : String(size),
      machine?.price ? machine.price.onDemand.toFixed(2) : '-',
    ];
  });
  const problems = sharedProblems(judgements);
  return [
    `${model.id}, ${promise}${split}, ${question.engine.name}; GiB of one GPU`,
    '',
    ...textTable(
      [
        { title: 'GPU' },
        { title: 'memory', align: 'right' },
        { title: 'weights', align: 'right' },
        { title: 'KV cache', align: 'right' },
        { title: 'sequences', align: 'right' },
        { title: 'verdict' },
        { title: 'fits with TP', align: 'right' },
        { title: 'USD/h from', align: 'right' },
      ],
      rows,
    ),
    '',
    `Verdict: ${verdict === 'does-not-fit' ? 'no GPU of the catalog does' : `${judgements.filter((one) => one.verdict === 'fits').length} of ${judgements.length} GPUs do`}`,
    ...problems.flatMap(problemLines),
  ];
}

/** What is wrong whatever the GPU, told once. */
function sharedProblems(judgements: readonly GpuJudgement[]): Problem[] {
  const texts = (problems: readonly Problem[]) => problems.map(({ message }) => message);
  return (judgements[0]?.problems ?? []).filter(({ message }) =>
    judgements.every(({ problems }) => texts(problems).includes(message)),
  );
}

function machines({ question, offers }: FitAnswer): string[] {
  const where = question.clouds.length === 1 ? ` of ${question.clouds[0]}` : '';
  if (offers.length === 0) {
    return [`No machine${where || ' of the catalog'} holds it for certain.`];
  }
  const rest = offers.length - MOST_OFFERS;
  return [
    `Machines${where} that hold it, cheapest first; price of the whole machine, on demand:`,
    ...textTable(
      [
        { title: 'USD/h', align: 'right' },
        { title: 'cloud' },
        { title: 'machine' },
        { title: 'GPUs' },
        { title: 'copies', align: 'right' },
        { title: 'region' },
        { title: 'price of' },
      ],
      offers.slice(0, MOST_OFFERS).map(offerCells),
    ),
    ...(rest > 0 ? [`and ${count(rest)} more; --json lists all.`] : []),
  ];
}

function offerCells({ machine, copies }: MachineOffer): string[] {
  const { price } = machine;
  return [
    price ? price.onDemand.toFixed(2) : '-',
    machine.cloud,
    machine.type,
    `${machine.gpus} x ${machine.gpu}`,
    String(copies),
    price?.region ?? '-',
    price?.date ?? '-',
  ];
}
