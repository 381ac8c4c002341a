// A small POP3 client: sign in, list, retrieve, delete. One command at a time. RFC 1939, RFC 2595 (STLS), RFC 5034 (AUTH).
import { connect, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import { formatCommand } from '../format.ts';
import type { Pop3Command } from '../commands.ts';
import { REPLY_TIMEOUT_MS, RESPONSE_MAX_OCTETS } from './limits.ts';
import { ResponseReader } from './response-reader.ts';

export interface Pop3ClientOptions {
  readonly host: string;
  readonly port: number;
  /** TLS from the first octet, as on port 995. */
  readonly implicitTls?: boolean;
  /** Certificate checks and the like, for implicit TLS and STLS. */
  readonly tls?: ConnectionOptions;
  readonly timeoutMs?: number;
  readonly responseMaxOctets?: number;
}

/** The server answered -ERR; `code` is the extended response code without brackets, or null. RFC 2449 §8. */
export class Pop3Refusal extends Error {
  readonly code: string | null;

  constructor(line: string) {
    super(line);
    this.name = 'Pop3Refusal';
    this.code = /^-ERR \[([^\]]+)\]/u.exec(line)?.[1] ?? null;
  }
}

export interface ListedMessage {
  readonly number: number;
  /** The size of LIST or the unique-id of UIDL. */
  readonly value: string;
}

/** One connection, after its greeting. Every method rejects with Pop3Refusal, or with an Error when the connection fails. */
export class Pop3Client {
  readonly #options: Pop3ClientOptions;
  #socket: Socket;
  #reader: ResponseReader;
  #failure: Error | null = null;
  #wake: (() => void) | null = null;

  private constructor(socket: Socket, options: Pop3ClientOptions) {
    this.#options = options;
    this.#socket = socket;
    this.#reader = new ResponseReader(options.responseMaxOctets ?? RESPONSE_MAX_OCTETS);
    this.#listen(socket);
  }

  /** Connects and reads the greeting. */
  static async connect(options: Pop3ClientOptions): Promise<Pop3Client> {
    const { host, port, tls = {} } = options;
    const socket = options.implicitTls === true ? connectTls({ host, port, ...tls }) : connect(port, host);
    socket.setNoDelay(true);
    const client = new Pop3Client(socket, options);
    await client.#readStatus();
    return client;
  }

  /** CAPA: one line each. */
  async capabilities(): Promise<string[]> {
    return splitLines(await this.#commandWithLines({ verb: 'CAPA' }));
  }

  /** STLS and the handshake. */
  async startTls(): Promise<void> {
    await this.#command({ verb: 'STLS' });
    const plain = this.#socket;
    plain.removeAllListeners('data');
    this.#reader = new ResponseReader(this.#options.responseMaxOctets ?? RESPONSE_MAX_OCTETS);
    const socket = connectTls({ socket: plain, ...this.#options.tls });
    this.#socket = socket;
    this.#listen(socket);
    let secure = false;
    socket.once('secureConnect', () => {
      secure = true;
      this.#wake?.();
    });
    await this.#until(() => secure || null);
  }

  /** USER and PASS. */
  async signIn(name: string, password: string): Promise<void> {
    await this.#command({ verb: 'USER', name });
    await this.#command({ verb: 'PASS', password });
  }

  /** AUTH PLAIN with an initial response. */
  async authPlain(name: string, password: string): Promise<void> {
    const initialResponse = Buffer.from(`\0${name}\0${password}`).toString('base64');
    await this.#command({ verb: 'AUTH', mechanism: 'PLAIN', initialResponse });
  }

  /** STAT. */
  async status(): Promise<{ count: number; octets: number }> {
    const [count, octets] = (await this.#command({ verb: 'STAT' })).split(' ').map(Number);
    return { count: count ?? 0, octets: octets ?? 0 };
  }

  /** UIDL of all messages. */
  async uniqueIds(): Promise<ListedMessage[]> {
    return splitLines(await this.#commandWithLines({ verb: 'UIDL', message: null })).map(parseListed);
  }

  /** LIST of all messages. */
  async sizes(): Promise<ListedMessage[]> {
    return splitLines(await this.#commandWithLines({ verb: 'LIST', message: null })).map(parseListed);
  }

  /** RETR: the message's octets, ending in CRLF. */
  retrieve(message: number): Promise<Buffer> {
    return this.#commandWithLines({ verb: 'RETR', message });
  }

  /** TOP: the header and the first lines of the body. */
  top(message: number, lines: number): Promise<Buffer> {
    return this.#commandWithLines({ verb: 'TOP', message, lines });
  }

  /** DELE. */
  async delete(message: number): Promise<void> {
    await this.#command({ verb: 'DELE', message });
  }

  /** QUIT: what was deleted goes, and the connection ends. */
  async quit(): Promise<void> {
    await this.#command({ verb: 'QUIT' });
    this.#socket.end();
  }

  /** Ends the connection at once, deleting nothing. */
  abort(): void {
    this.#socket.destroy();
  }

  async #command(command: Pop3Command): Promise<string> {
    this.#socket.write(`${formatCommand(command)}\r\n`);
    return this.#readStatus();
  }

  async #commandWithLines(command: Pop3Command): Promise<Buffer> {
    await this.#command(command);
    return this.#until(() => this.#reader.takeLines());
  }

  async #readStatus(): Promise<string> {
    const line = await this.#until(() => this.#reader.takeLine());
    if (line === '+OK' || line.startsWith('+OK ')) return line.slice(4);
    if (line === '-ERR' || line.startsWith('-ERR ')) throw new Pop3Refusal(line);
    throw new Error('the server does not speak POP3');
  }

  async #until<T>(take: () => T | null): Promise<T> {
    const timer = setTimeout(
      () => this.#fail(new Error('no answer in time')),
      this.#options.timeoutMs ?? REPLY_TIMEOUT_MS,
    );
    try {
      for (;;) {
        const taken = take();
        if (taken !== null) return taken;
        if (this.#failure !== null) throw this.#failure;
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    } finally {
      clearTimeout(timer);
    }
  }

  #listen(socket: Socket): void {
    socket.on('data', (chunk: Buffer) => {
      try {
        this.#reader.push(chunk);
      } catch (error) {
        this.#fail(error as Error);
      }
      this.#wake?.();
    });
    socket.on('error', (error) => this.#fail(error));
    socket.on('close', () => this.#fail(new Error('the server closed the connection')));
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#socket.destroy();
    this.#wake?.();
  }
}

function splitLines(lines: Buffer): string[] {
  return lines.toString('utf8').split('\r\n').slice(0, -1);
}

function parseListed(line: string): ListedMessage {
  const space = line.indexOf(' ');
  return { number: Number(line.slice(0, space)), value: line.slice(space + 1) };
}
