import { Agent, request } from 'node:http';

/** Keys of the clients that the gateway knows, made anew for each run. */
const KEYS = JSON.parse(process.env.TRAFFIC_KEYS ?? '{}') as Readonly<Record<string, string>>;

/** Many requests share few connections, as behind a load balancer. */
const agent = new Agent({ keepAlive: true, maxSockets: 16 });

export interface Call {
  readonly host: string;
  /** Of the gateway. @default - that of the routes in dist/ */
  readonly url?: string;
  /** Sent as it is, not normalized as a browser would. @default '/v1/chat/completions' */
  readonly path?: string;
  /** Who asks, by the key of `client-keys.ts`; nobody when false. @default 'tester' */
  readonly client?: string | false;
  readonly headers?: Readonly<Record<string, string>>;
  /** Address on loopback from which the client calls. @default '127.0.0.1' */
  readonly from?: string;
  /** @default - a chat of 8 tokens in one piece */
  readonly body?: { readonly stream?: boolean; readonly max_tokens?: number; readonly prompt?: string };
}

export interface Answer {
  readonly status: number;
  /** `namespace/service` that answered; undefined when it was the gateway itself. */
  readonly servedBy?: string;
  /** The path as the server got it. */
  readonly path?: string;
  /** The headers as the server got them; none when the gateway itself answered. */
  readonly received: Readonly<Record<string, string>>;
  /** Where the gateway sends the client instead. */
  readonly location?: string;
  /** Requests that the server has begun to answer, as those of the tests' own count them. */
  readonly requests?: number;
  readonly text: string;
  /** False when the connection ended in the middle of the answer. */
  readonly complete: boolean;
  /** When each piece of the answer was there. */
  readonly arrivals: readonly number[];
  /** Until the end. */
  readonly seconds: number;
}

/** Sends one request to the gateway. */
export function call(one: Call): Promise<Answer> {
  const {
    host,
    url = process.env.GATEWAY_URL!,
    path = '/v1/chat/completions',
    client = 'tester',
    headers = {},
    from,
    body = {},
  } = one;
  const key = client === false ? {} : { authorization: `Bearer ${KEYS[client]}` };
  const began = Date.now();
  return new Promise((done, fail) => {
    const { hostname, port } = new URL(url);
    const sent = request(
      {
        agent,
        hostname,
        port,
        localAddress: from,
        path,
        method: 'POST',
        headers: { 'content-type': 'application/json', ...key, ...headers, host },
      },
      (response) => {
        let text = '';
        const arrivals: number[] = [];
        const elapsed = () => (Date.now() - began) / 1000;
        response.setEncoding('utf8').on('data', (chunk: string) => {
          arrivals.push(elapsed());
          text += chunk;
        });
        response.on('error', () => undefined); // told by `complete`
        response.on('close', () =>
          done({
            status: response.statusCode!,
            servedBy: response.headers['x-served-by'] as string | undefined,
            path: response.headers['x-path'] as string | undefined,
            received: headersIn(response.headers['x-request-headers']),
            location: response.headers.location,
            requests: countIn(response.headers['x-requests']),
            text,
            complete: response.complete,
            arrivals,
            seconds: elapsed(),
          }),
        );
      },
    );
    sent.on('error', fail).end(JSON.stringify(body));
  });
}

const countIn = (told: string | string[] | undefined) => (told === undefined ? undefined : Number(told));

/** The stand-in tells them as JSON in base64. */
function headersIn(told: string | string[] | undefined): Record<string, string> {
  return told === undefined
    ? {}
    : (JSON.parse(Buffer.from(String(told), 'base64').toString()) as Record<string, string>);
}

/** Sends many, and counts who answered: `{ 'nim/llama3-8b': 100 }`. */
export async function tally(times: number, one: Call): Promise<Record<string, number>> {
  const answers = await Promise.all(Array.from({ length: times }, () => call(one)));
  const counts: Record<string, number> = {};
  for (const { servedBy, status } of answers) counts[servedBy ?? status] = (counts[servedBy ?? status] ?? 0) + 1;
  return counts;
}

interface Seen {
  readonly requests: number;
  readonly finished: number;
  readonly aborted: number;
  readonly bytesIn: number;
}

/** What the servers saw: requests that were cut, for instance. */
export async function seenBy(service: string): Promise<Seen> {
  const counts = (await (await fetch(process.env.TRAFFIC_COUNTS!)).json()) as Record<string, never>;
  return counts[service]!;
}
