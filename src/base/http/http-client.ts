// A small HTTP/1.1 client for services of our own house (an object store): whole answers with a limit, kept connections,
// bodies from memory or from a stream with back-pressure. It follows no redirects and repeats nothing.
import { Agent as PlainAgent, type IncomingMessage, request as plainRequest } from 'node:http';
import { Agent as TlsAgent, request as tlsRequest } from 'node:https';
import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import type { Clock, Timer } from '../clock.ts';
import { HTTP_CLIENT_CONNECTIONS_MAX, HTTP_EXCHANGE_MAX_MS, HTTP_STALL_MS } from './limits.ts';

export interface HttpCall {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'DELETE';
  /** `http:` or `https:`. */
  readonly url: URL;
  /** With the length of the body. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | AsyncIterable<Uint8Array>;
  /** An answer whose body is longer is a fault. */
  readonly answerMaxBytes: number;
}

export interface HttpAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

/** No whole answer: `network` before or in the middle of it, `stalled`, or `too-long`. The text names no header. */
export class HttpFault extends Error {
  readonly kind: 'network' | 'stalled' | 'too-long';

  constructor(kind: 'network' | 'stalled' | 'too-long', text: string, cause?: unknown) {
    super(text, { cause });
    this.name = 'HttpFault';
    this.kind = kind;
  }
}

/** Requests to one or a few servers. */
export class HttpClient {
  readonly #clock: Clock;
  readonly #plain: PlainAgent;
  readonly #tls: TlsAgent;

  constructor(clock: Clock) {
    const options = { keepAlive: true, maxSockets: HTTP_CLIENT_CONNECTIONS_MAX };
    this.#clock = clock;
    this.#plain = new PlainAgent(options);
    this.#tls = new TlsAgent(options);
  }

  /** Resolves with any whole answer, whatever its status. Rejects with HttpFault, or with what the body's source threw. */
  async call(call: HttpCall): Promise<HttpAnswer> {
    const isTls = call.url.protocol === 'https:';
    const { method, headers } = call;
    const exchange = isTls
      ? tlsRequest(call.url, { method, headers, agent: this.#tls })
      : plainRequest(call.url, { method, headers, agent: this.#plain });
    const stall = new StallWatch(this.#clock, (why) => exchange.destroy(new HttpFault('stalled', why)));
    exchange.on('socket', (socket) => stall.watch(socket));
    // The first one is heard below; later ones say nothing new.
    exchange.on('error', () => {});
    try {
      const answered = new Promise<IncomingMessage>((resolve, reject) => {
        exchange.once('response', resolve);
        exchange.once('error', reject);
      });
      const sent = send(exchange, call.body);
      // A server may answer, and close, before it has read the whole body: then the answer counts.
      sent.catch(() => {});
      const answer = await Promise.race([answered, sent.then(() => answered)]);
      const body = await readBody(answer, call.answerMaxBytes);
      return { status: answer.statusCode ?? 0, headers: answer.headers, body };
    } catch (error) {
      throw toFault(error);
    } finally {
      stall.end();
      // After a whole answer to a whole body the connection is kept; this changes nothing then.
      if (!exchange.writableFinished) exchange.destroy();
    }
  }

  /** Drops all connections. */
  close(): void {
    this.#plain.destroy();
    this.#tls.destroy();
  }
}

/** The source of a body has failed: not the network's fault. */
class BodyFault extends Error {}

async function send(exchange: ReturnType<typeof plainRequest>, body: HttpCall['body']): Promise<void> {
  if (body === undefined || body instanceof Uint8Array) {
    exchange.end(body);
    return;
  }
  const source = Readable.from(body, { objectMode: false });
  await new Promise<void>((resolve, reject) => {
    source.once('error', (error) => {
      exchange.destroy();
      reject(new BodyFault('the body cannot be read', { cause: error }));
    });
    exchange.once('close', () => {
      source.destroy();
      resolve();
    });
    exchange.once('finish', resolve);
    source.pipe(exchange);
  });
}

async function readBody(answer: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of answer as AsyncIterable<Buffer>) {
    length += piece.length;
    if (length > maxBytes) {
      answer.destroy();
      throw new HttpFault('too-long', `the answer is longer than ${maxBytes} octets`);
    }
    pieces.push(piece);
  }
  return pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces, length);
}

function toFault(error: unknown): unknown {
  if (error instanceof HttpFault) return error;
  if (error instanceof BodyFault) return error.cause;
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
  return new HttpFault('network', code === '' ? 'the connection broke' : `the connection broke (${code})`, error);
}

/** Ends an exchange on whose connection nothing moves, or that takes too long altogether. */
class StallWatch {
  readonly #clock: Clock;
  readonly #onStall: (why: string) => void;
  readonly #startedMs: number;
  #socket: Socket | null = null;
  #moved = 0;
  #timer: Timer;

  constructor(clock: Clock, onStall: (why: string) => void) {
    this.#clock = clock;
    this.#onStall = onStall;
    this.#startedMs = clock.monotonic();
    this.#timer = this.#plan();
  }

  watch(socket: Socket): void {
    this.#socket = socket;
    this.#moved = octetsOf(socket);
  }

  end(): void {
    this.#timer.cancel();
  }

  #plan(): Timer {
    return this.#clock.after(HTTP_STALL_MS, () => this.#look());
  }

  #look(): void {
    const moved = this.#socket === null ? 0 : octetsOf(this.#socket);
    if (this.#clock.monotonic() - this.#startedMs >= HTTP_EXCHANGE_MAX_MS) this.#onStall('it takes too long');
    // One that waits for a connection is let wait: those before it are watched.
    else if (this.#socket !== null && moved === this.#moved) this.#onStall('the server does not answer');
    else {
      this.#moved = moved;
      this.#timer = this.#plan();
    }
  }
}

/** What has moved on a connection so far. */
function octetsOf(socket: Socket): number {
  return socket.bytesRead + (socket.bytesWritten - socket.writableLength);
}
