import { execFile } from 'node:child_process';
import { createServer, IncomingMessage, Server, ServerResponse } from 'node:http';
import { AddressInfo } from 'node:net';
import { existsSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { SmokeRequest, smokeRequestFor, smokeScript } from '../../lib/release/smoke-request';

describe('what a server is asked', () => {
  test.each`
    paths                                                        | asked
    ${['/v1/chat/completions', '/v1/completions', '/v1/models']} | ${'/v1/chat/completions'}
    ${['/v1/completions', '/v1/models']}                         | ${'/v1/completions'}
    ${['/v1/embeddings', '/v1/models']}                          | ${'/v1/embeddings'}
    ${['/v1/ranking', '/v1/models']}                             | ${undefined}
    ${['/v2/models/ensemble']}                                   | ${undefined}
    ${[]}                                                        | ${undefined}
  `('$paths: $asked', ({ paths, asked }: { paths: string[]; asked?: string }) => {
    expect(smokeRequestFor(paths)?.path).toBe(asked);
  });
});

const installed = (tool: string) =>
  (process.env.PATH ?? '')
    .split(delimiter)
    .map((dir) => join(dir, tool))
    .find((path) => existsSync(path));

// The image has busybox: that which `BUSYBOX` names is tried, or that of this machine, or else its own wget and grep.
const BUSYBOX = process.env.BUSYBOX ?? installed('busybox');
const hasWget = BUSYBOX !== undefined || installed('wget') !== undefined;

/** A candidate that answers as it is told. */
type Answer = (request: IncomingMessage, body: string) => { status: number; body: object | string };

const MODELS = { object: 'list', data: [{ id: 'meta/llama', permission: [{ id: 'modelperm-1' }] }] };
const CHAT = { choices: [{ message: { content: 'yes' }, finish_reason: 'stop' }] };

(hasWget ? describe : describe.skip)('the script, against a server', () => {
  let server: Server;
  let seen: { url: string; headers: IncomingMessage['headers']; body: string }[] = [];
  let answer: Answer;
  let tools: string | undefined;

  beforeAll(async () => {
    server = createServer((request: IncomingMessage, response: ServerResponse) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        seen.push({ url: request.url!, headers: request.headers, body });
        const { status, body: text } = answer(request, body);
        response.writeHead(status, { 'Content-Type': 'application/json', Connection: 'close' });
        response.end(typeof text === 'string' ? text : JSON.stringify(text));
      });
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    if (BUSYBOX) {
      tools = mkdtempSync(join(tmpdir(), 'busybox-'));
      for (const tool of ['sh', 'wget', 'grep', 'sed', 'head', 'date', 'tr', 'sleep', 'timeout'])
        symlinkSync(BUSYBOX, join(tools, tool));
    }
  });
  afterAll(() => {
    server.close();
    if (tools) rmSync(tools, { recursive: true });
  });
  beforeEach(() => {
    seen = [];
  });

  function run(
    variables: Readonly<Record<string, string>> = {},
    request: SmokeRequest = smokeRequestFor(['/v1/chat/completions'])!,
    passedOn: readonly string[] = [],
  ) {
    const env = {
      PATH: tools ?? process.env.PATH,
      BASE: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      REQUEST_PATH: request.path,
      BODY: JSON.stringify(request.body),
      EXPECT: request.expect,
      KEY: '',
      KEY_HEADER: '',
      HOST: '',
      TRACK: '',
      WAIT_SECONDS: '0',
      ANSWER_SECONDS: '5',
      ...variables,
    };
    return new Promise<{ code: number; said: string }>((done) => {
      execFile('/bin/sh', ['-c', smokeScript(), 'smoke-test', ...passedOn], { env }, (error, stdout, stderr) =>
        done({ code: typeof error?.code === 'number' ? error.code : 0, said: `${stdout}${stderr}`.trim() }),
      );
    });
  }
  const answers =
    (chat: ReturnType<Answer>): Answer =>
    ({ url }) =>
      url === '/v1/models' ? { status: 200, body: MODELS } : chat;

  test('asks the model by the name that the server tells, and takes a finished answer', async () => {
    answer = answers({ status: 200, body: CHAT });
    expect(await run()).toEqual({ code: 0, said: 'It serves meta/llama.\nThe answer is well-formed.' });
    expect(seen.map(({ url }) => url)).toEqual(['/v1/models', '/v1/chat/completions']);
    expect(JSON.parse(seen[1]!.body)).toEqual({
      model: 'meta/llama',
      messages: [{ role: 'user', content: 'Say yes.' }],
      max_tokens: 8,
    });
    expect(seen[1]!.headers['content-type']).toBe('application/json');
  });

  test.each<[string, ReturnType<Answer>]>([
    ['HTTP 500', { status: 500, body: CHAT }],
    ['an answer that never ended', { status: 200, body: { choices: [{ finish_reason: null }] } }],
    ['an error that calls itself 200', { status: 200, body: { error: { message: 'CUDA error' } } }],
    ['a page of somebody else', { status: 200, body: '<html>hello</html>' }],
  ])('fails for %s', async (_, chat) => {
    answer = answers(chat);
    expect((await run()).code).not.toBe(0);
  });

  test('waits for a server that tells no model yet, and gives up after a while', async () => {
    answer = () => ({ status: 503, body: {} });
    expect(await run()).toMatchObject({
      code: 1,
      said: expect.stringMatching(/The candidate tells no model after 0 s\.$/) as string,
    });
  });

  test('sends the key of the server, and the headers that lead through a gateway', async () => {
    answer = answers({ status: 200, body: CHAT });
    await run({ KEY: 'secret', KEY_HEADER: 'Authorization: Bearer', HOST: 'llama.example.com', TRACK: 'canary' });
    expect(seen).toHaveLength(2);
    for (const { headers } of seen) {
      expect(headers).toMatchObject({
        authorization: 'Bearer secret',
        host: 'llama.example.com',
        'x-model-track': 'canary',
      });
    }
  });

  test('passes on further headers, and asks below a prefix', async () => {
    answer = ({ url }) =>
      answers({ status: 200, body: CHAT })({ url: url!.replace('/llama', '') } as IncomingMessage, '');
    const BASE = `http://127.0.0.1:${(server.address() as AddressInfo).port}/llama`;
    const passedOn = ['--header', 'x-model: llama 3, the large', '--header', 'x-team: a'];
    expect((await run({ BASE }, undefined, passedOn)).code).toBe(0);
    expect(seen.map(({ url }) => url)).toEqual(['/llama/v1/models', '/llama/v1/chat/completions']);
    for (const { headers } of seen) {
      expect(headers).toMatchObject({ 'x-model': 'llama 3, the large', 'x-team': 'a' });
    }
  });

  test('names the model wherever the request asks for it', async () => {
    const body = { model: 'MODEL', fallback: { model: 'MODEL' }, prompt: 'MODEL is a name' };
    answer = answers({ status: 200, body: CHAT });
    await run({}, { path: '/v1/completions', body, expect: 'stop' });
    expect(JSON.parse(seen[1]!.body)).toEqual({
      model: 'meta/llama',
      fallback: { model: 'meta/llama' },
      prompt: 'MODEL is a name',
    });
  });

  test('knows a well-formed embedding', async () => {
    const request = smokeRequestFor(['/v1/embeddings'])!;
    answer = answers({ status: 200, body: { data: [{ embedding: [-0.5, 0.25] }] } });
    expect((await run({}, request)).code).toBe(0);
    answer = answers({ status: 200, body: { data: [{ embedding: [] }] } });
    expect((await run({}, request)).code).not.toBe(0);
  });
});
