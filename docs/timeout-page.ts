import * as prettier from 'prettier';
import { RUNTIMES } from '../test/service/combinations';
import { ANSWERS, GATEWAYS, timeoutsOf } from '../test/service/timeouts';

/** What each does with an answer when nobody tells it anything. */
const DEFAULTS: Readonly<Record<string, string>> = {
  'Envoy Gateway':
    'Untold, it cuts every answer after 15 s, and one that is silent after 5 minutes. `connectionIdleTimeout` is the other way round: shorter than the 5 s for which uvicorn (vLLM, SGLang, NIM) keeps a connection that nothing uses, so that no request is sent on one that is just being closed.',
  GKE: 'Untold, it cuts every answer after 30 s, and at once when its pod goes. It refuses routes with timeouts (kserve/kserve#5311), so the policy of each Service has them. Its connections to pods stay open for 600 s, longer than servers keep them; a 502 now and then is that, and goes away when the server keeps them longer (`VLLM_HTTP_TIMEOUT_KEEP_ALIVE` of vLLM: 620).',
  'ingress-nginx':
    'Untold, it cuts after 60 s without a token. Its limits count from token to token; an answer in one piece is silent until it is whole. After a change of any Ingress it reads its configuration anew, and cuts what still runs 240 s later (`worker-shutdown-timeout` of its ConfigMap, which `workerShutdownTimeout` states): longer answers are a warning.',
  'any other': 'Only what Gateway API has words for. Whether the gateway has further limits says its documentation.',
};

/** The page with every limit of time between a client and a server, made from what is synthesized. */
export async function timeoutPage(): Promise<string> {
  const sections = Object.keys(GATEWAYS).map((gateway) =>
    [`## ${gateway}`, DEFAULTS[gateway], ...Object.keys(ANSWERS).map((answer) => table(gateway, answer))].join('\n\n'),
  );
  const text = [
    '# Timeouts on the way of an answer',
    'Made by `npm run docs` from what is synthesized for Llama 3 8B; the test `test/service/timeouts.test.ts` holds every one of them against the longest answer of the plan. All in seconds. A pod that goes waits in its grace period for the answers that it has begun.',
    ...sections,
  ].join('\n\n');
  return prettier.format(text, { parser: 'markdown', printWidth: 120 });
}

function table(gateway: string, answer: string): string {
  const rows = Object.keys(RUNTIMES).map((runtime) => ({ runtime, ...timeoutsOf(gateway, runtime, ANSWERS[answer]) }));
  const columns = [...new Set(rows.flatMap(({ timeouts }) => timeouts.map(({ where }) => where)))];
  const lines = rows.map(({ runtime, answerSeconds, timeouts }) => {
    const cells = columns.map((column) => timeouts.find(({ where }) => where === column)?.seconds ?? '-');
    return `| ${[runtime, answerSeconds, ...cells].join(' | ')} |`;
  });
  return [
    `${answer}:`,
    '',
    `| | longest answer | ${columns.join(' | ')} |`,
    `|${' --- |'.repeat(columns.length + 2)}`,
    ...lines,
  ].join('\n');
}
