import { createServer, Server } from 'node:http';
import { AddressInfo } from 'node:net';

/** How a request asks the stand-in to answer, by its headers. Times are in seconds. */
export const ASK = {
  firstToken: 'x-mock-first-token',
  betweenTokens: 'x-mock-between-tokens',
  status: 'x-mock-status',
  /** The server dies in the middle of its work. */
  reset: 'x-mock-reset',
} as const;

/**
 * A stand-in for an inference server on loopback: a chat endpoint of OpenAI that is as slow or as broken as a header asks. It says
 * who it is in `x-served-by`, in `x-path` what it was asked for, and in `x-requests` how often.
 */
export class InferenceServer {
  static async start(name: string): Promise<InferenceServer> {
    const server = new InferenceServer(name);
    await new Promise<void>((resolve) => server.http.listen(0, '127.0.0.1', resolve));
    return server;
  }

  /** Requests that it began to compute. */
  requests = 0;
  /** Of them, those whose client went away before the end. */
  aborted = 0;
  private readonly http: Server;

  private constructor(private readonly name: string) {
    this.http = createServer((request, response) => {
      const said: Buffer[] = [];
      const seconds = (header: string) => 1000 * Number(request.headers[header] ?? 0);
      const wait = (milliseconds: number) => new Promise((next) => setTimeout(next, milliseconds));
      request.on('data', (chunk: Buffer) => said.push(chunk));
      request.on('end', () => void answer());
      const answer = async () => {
        this.requests++;
        response.on('close', () => (this.aborted += response.writableFinished ? 0 : 1));
        await wait(seconds(ASK.firstToken));
        if (request.headers[ASK.reset] !== undefined) request.socket.destroy();
        if (response.destroyed) return;
        const body = JSON.parse(Buffer.concat(said).toString() || '{}') as { stream?: boolean; max_tokens?: number };
        const headers = {
          'x-served-by': this.name,
          'x-path': request.url ?? '',
          'x-requests': String(this.requests),
        };
        const status = Number(request.headers[ASK.status] ?? 200);
        if (body.stream !== true || status !== 200) {
          response.writeHead(status, { ...headers, 'content-type': 'application/json' }).end('{}');
          return;
        }
        response.writeHead(200, { ...headers, 'content-type': 'text/event-stream' });
        for (let token = 0; token < (body.max_tokens ?? 8) && !response.destroyed; token++) {
          response.write(`data: {"token":${token}}\n\n`);
          await wait(seconds(ASK.betweenTokens));
        }
        response.end('data: [DONE]\n\n');
      };
    });
  }

  get port(): number {
    return (this.http.address() as AddressInfo).port;
  }

  stop(): void {
    this.http.close();
    this.http.closeAllConnections();
  }
}
