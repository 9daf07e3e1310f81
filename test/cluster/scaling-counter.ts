import { createServer, Http2Server, ServerHttp2Session, ServerHttp2Stream } from 'node:http2';
import { AddressInfo } from 'node:net';
import { find, LiveObject } from './cluster';

/**
 * What the scaler of KEDA's HTTP add-on tells KEDA, by the protocol that KEDA publishes for scalers of others: how many requests
 * are under way in front of a service, and how many one replica should have by its InterceptorRoute. The interceptor in front,
 * which would count them, is not there: a test says how many there are.
 *
 * @source kedacore/keda pkg/scalers/externalscaler/externalscaler.proto
 */
export class RequestCounter {
  private readonly server: Http2Server;
  private readonly watchers = new Set<ServerHttp2Stream>();
  private readonly sessions = new Set<ServerHttp2Session>();
  private underWay = 0;
  private route?: LiveObject;

  constructor() {
    this.server = createServer();
    this.server.on('session', (session) => {
      this.sessions.add(session);
      session.on('close', () => this.sessions.delete(session));
    });
    this.server.on('stream', (stream: ServerHttp2Stream, headers) => {
      const method = String(headers[':path']).split('/').at(-1)!;
      const chunks: Buffer[] = [];
      stream.on('error', () => this.watchers.delete(stream));
      stream.on('close', () => this.watchers.delete(stream));
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => void this.answer(stream, method, Buffer.concat(chunks).subarray(FRAME)));
    });
  }

  /** Returns its address, as a ScaledObject names it. */
  async listen(): Promise<string> {
    await new Promise<void>((listening) => this.server.listen(0, '127.0.0.1', listening));
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** So many requests are under way from now on. */
  requests(count: number): void {
    this.underWay = count;
    for (const stream of this.watchers) stream.write(frame(this.isActive()));
  }

  stop(): void {
    this.server.close();
    for (const session of this.sessions) session.destroy();
  }

  private async answer(stream: ServerHttp2Stream, method: string, message: Buffer): Promise<void> {
    const head = { ':status': 200, 'content-type': 'application/grpc' };
    const unary = method === 'IsActive' ? this.isActive() : await this.metric(method, message);
    // KEDA asks anew when its ScaledObject changes, and no longer listens to what it asked before.
    if (stream.destroyed) return;
    if (method !== 'StreamIsActive' && unary === undefined) {
      stream.respond({ ...head, 'grpc-status': String(UNIMPLEMENTED) }, { endStream: true });
      return;
    }
    stream.respond(head, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    if (unary) {
      stream.end(frame(unary));
      return;
    }
    stream.write(frame(this.isActive()));
    this.watchers.add(stream);
  }

  private isActive(): Buffer {
    return varintField(1, this.underWay > 0 ? 1 : 0);
  }

  /** Target and value of the one metric; undefined for what need not be answered. */
  private async metric(method: string, message: Buffer): Promise<Buffer | undefined> {
    if (method === 'GetMetrics') return bytesField(1, named(this.underWay));
    if (method !== 'GetMetricSpec') return undefined;
    const reference = fields(message);
    const metadata = new Map(
      reference
        .filter(({ number }) => number === 3)
        .map(({ bytes }) => {
          const [key, value] = fields(bytes);
          return [String(key!.bytes), String(value!.bytes)];
        }),
    );
    const namespace = String(reference.find(({ number }) => number === 2)!.bytes);
    const name = metadata.get('interceptorRoute')!;
    this.route ??= await find(namespace, 'interceptorroute', name);
    return this.route && bytesField(1, named(this.route.spec.scalingMetric.concurrency.targetValue as number));
  }
}

const UNIMPLEMENTED = 12;
/** In front of a message: whether it is compressed, and its length. */
const FRAME = 5;

function frame(message: Buffer): Buffer {
  const head = Buffer.alloc(FRAME);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

/** MetricSpec and MetricValue alike: a name, and a whole number. */
const named = (value: number) => Buffer.concat([bytesField(1, Buffer.from('concurrency')), varintField(2, value)]);

const varintField = (number: number, value: number) => Buffer.from([number << 3, ...varint(value)]);
const bytesField = (number: number, bytes: Buffer) =>
  Buffer.concat([Buffer.from([(number << 3) | 2, ...varint(bytes.length)]), bytes]);

const varint = (value: number): number[] => (value < 128 ? [value] : [(value & 127) | 128, ...varint(value >>> 7)]);

/** The fields of a message that has texts and messages only. */
function fields(message: Buffer): { readonly number: number; readonly bytes: Buffer }[] {
  const found: { number: number; bytes: Buffer }[] = [];
  let at = 0;
  const next = () => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = message[at++]!;
      value |= (byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  while (at < message.length) {
    const number = next() >> 3;
    const length = next();
    found.push({ number, bytes: message.subarray(at, at + length) });
    at += length;
  }
  return found;
}
