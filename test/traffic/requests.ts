import { Agent, request } from 'node:http';

/** Many requests share few connections, as behind a load balancer. */
const agent = new Agent({ keepAlive: true, maxSockets: 16 });

export interface Call {
  readonly host: string;
  /** Sent as it is, not normalized as a browser would. @default '/v1/chat/completions' */
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** @default - a chat of 8 tokens in one piece */
  readonly body?: { readonly stream?: boolean; readonly max_tokens?: number };
}

export interface Answer {
  readonly status: number;
  /** `namespace/service` that answered; undefined when it was the gateway itself. */
  readonly servedBy?: string;
  /** The path as the server got it. */
  readonly path?: string;
  /** Where the gateway sends the client instead. */
  readonly location?: string;
  readonly text: string;
  /** False when the connection ended in the middle of the answer. */
  readonly complete: boolean;
  readonly seconds: number;
}

/** Sends one request to the gateway. */
export function call({ host, path = '/v1/chat/completions', headers = {}, body = {} }: Call): Promise<Answer> {
  const began = Date.now();
  return new Promise((done, fail) => {
    const { hostname, port } = new URL(process.env.GATEWAY_URL!);
    const sent = request(
      {
        agent,
        hostname,
        port,
        path,
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers, host },
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        response.on('error', () => undefined); // told by `complete`
        response.on('close', () =>
          done({
            status: response.statusCode!,
            servedBy: response.headers['x-served-by'] as string | undefined,
            path: response.headers['x-path'] as string | undefined,
            location: response.headers.location,
            text,
            complete: response.complete,
            seconds: (Date.now() - began) / 1000,
          }),
        );
      },
    );
    sent.on('error', fail).end(JSON.stringify(body));
  });
}

/** Sends many, and counts who answered: `{ 'nim/llama3-8b': 100 }`. */
export async function tally(times: number, one: Call): Promise<Record<string, number>> {
  const answers = await Promise.all(Array.from({ length: times }, () => call(one)));
  const counts: Record<string, number> = {};
  for (const { servedBy, status } of answers) counts[servedBy ?? status] = (counts[servedBy ?? status] ?? 0) + 1;
  return counts;
}

/** What the servers saw: requests that were cut, for instance. */
export async function seenBy(service: string): Promise<{ requests: number; finished: number; aborted: number }> {
  const counts = (await (await fetch(process.env.TRAFFIC_COUNTS!)).json()) as Record<string, never>;
  return counts[service]!;
}
