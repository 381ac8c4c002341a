// An SMTP server for tests that does what it is told: hangs, drops, answers garbage or any reply at any stage, and keeps
// everything that it was sent. Loopback only.
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { TLSSocket, type SecureContext } from 'node:tls';

export type SinkStage =
  | 'connect'
  | 'ehlo'
  | 'helo'
  | 'starttls'
  | 'auth'
  | 'mail'
  | 'rcpt'
  | 'data'
  | 'body'
  | 'rset'
  | 'quit'
  | 'other';

export interface SinkEvent {
  readonly stage: SinkStage;
  /** The command line, or '' for connect and body. */
  readonly line: string;
  /** Connections are numbered from 1. */
  readonly connection: number;
  /** How often this stage came on this connection, from 1. */
  readonly count: number;
  readonly tls: boolean;
}

/**
 * undefined: the usual reply. A string: this reply (lines joined by CRLF are sent as they are). 'hang': nothing more is
 * said on the connection. 'drop': the connection is reset. { say, drop }: says it and closes.
 */
export type SinkAction = undefined | string | { readonly say: string; readonly drop: true };
export type SinkScript = (event: SinkEvent) => SinkAction;

export interface SinkMessage {
  readonly connection: number;
  readonly mail: string;
  /** The accepted RCPT lines. */
  readonly rcpts: readonly string[];
  /** As received; dots unstuffed. */
  readonly octets: Buffer;
  readonly bdat: boolean;
  readonly tls: boolean;
}

export interface SinkOptions {
  /** EHLO keywords. */
  readonly extensions?: readonly string[];
  readonly script?: SinkScript;
  readonly lmtp?: boolean;
  readonly secureContext?: SecureContext;
  readonly implicitTls?: boolean;
  /** Instead of a port of the system's choice: the one of a sink that was closed. */
  readonly port?: number;
}

const UNTIL_DEADLINE_MS = 20_000;

export const HANG = 'hang';
export const DROP = 'drop';

/** Listens on a port of the system's choice, or its old one. */
export class SmtpSink {
  readonly messages: SinkMessage[] = [];
  /** Every command line, with the number of its connection in front. */
  readonly lines: string[] = [];
  /** Every chunk as it was read: shows what travelled together. */
  readonly flights: string[] = [];
  script: SinkScript;
  extensions: readonly string[];
  /** Says 354 even when no recipient was taken. */
  careless = false;
  port = 0;
  /** TLS handshakes that used an earlier session. */
  resumed = 0;
  connections = 0;
  open = 0;
  readonly options: SinkOptions;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #watchers: (() => void)[] = [];

  private constructor(options: SinkOptions) {
    this.options = options;
    this.script = options.script ?? (() => undefined);
    this.extensions = options.extensions ?? ['PIPELINING', '8BITMIME'];
    this.#server = createServer({ noDelay: true }, (socket) => this.#accept(socket));
  }

  static async start(options: SinkOptions = {}): Promise<SmtpSink> {
    const sink = new SmtpSink(options);
    await new Promise<void>((resolve) => sink.#server.listen(options.port ?? 0, '127.0.0.1', resolve));
    sink.port = (sink.#server.address() as AddressInfo).port;
    return sink;
  }

  /** Resolves once `condition` holds; looks whenever something arrives. Rejects when it takes far too long. */
  async until(condition: () => boolean): Promise<void> {
    let late = false;
    const deadline = setTimeout(() => {
      late = true;
      this.touched();
    }, UNTIL_DEADLINE_MS);
    while (!condition()) {
      await new Promise<void>((resolve) => this.#watchers.push(resolve));
      if (late) throw new Error(`not in time: ${condition.toString()}; the sink heard:\n${this.lines.join('\n')}`);
    }
    clearTimeout(deadline);
  }

  /** Cuts every connection. */
  dropAll(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.dropAll();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  /** For sessions: something happened. */
  touched(): void {
    const watchers = this.#watchers;
    this.#watchers = [];
    for (const watcher of watchers) watcher();
  }

  #accept(socket: Socket): void {
    this.connections++;
    this.open++;
    this.#sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => {
      this.open--;
      this.#sockets.delete(socket);
      this.touched();
    });
    const session = new SinkSession(this, this.connections);
    if (this.options.implicitTls === true) session.secure(socket);
    else session.attach(socket);
    session.greet();
  }
}

class SinkSession {
  readonly #sink: SmtpSink;
  readonly #connection: number;
  #socket!: Socket;
  #rest: Buffer = Buffer.alloc(0);
  #mode: 'command' | 'data' | 'bdat' | 'auth' | 'dead' = 'command';
  #mail = '';
  #rcpts: string[] = [];
  #chunks: Buffer[] = [];
  #bdatLeft = 0;
  #bdatLast = false;
  #tls = false;
  readonly #counts = new Map<SinkStage, number>();

  constructor(sink: SmtpSink, connection: number) {
    this.#sink = sink;
    this.#connection = connection;
  }

  attach(socket: Socket): void {
    this.#socket = socket;
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => {
      this.#sink.flights.push(chunk.toString('latin1'));
      this.#rest = Buffer.concat([this.#rest, chunk]);
      this.#consume();
      this.#sink.touched();
    });
  }

  secure(socket: Socket): void {
    this.#tls = true;
    const { secureContext } = this.#sink.options;
    const secure = new TLSSocket(socket, { isServer: true, ...(secureContext === undefined ? {} : { secureContext }) });
    secure.on('secure', () => {
      if (secure.isSessionReused()) this.#sink.resumed++;
    });
    this.attach(secure);
  }

  greet(): void {
    this.#answer('connect', '', '220 sink ESMTP');
    this.#sink.touched();
  }

  /** Says what the script wants, else `usual`; true when it was `usual`. */
  #answer(stage: SinkStage, line: string, usual: string): boolean {
    const count = (this.#counts.get(stage) ?? 0) + 1;
    this.#counts.set(stage, count);
    const action = this.#sink.script({ stage, line, connection: this.#connection, count, tls: this.#tls });
    if (action === undefined) {
      if (usual !== '') this.#socket.write(`${usual}\r\n`);
      return true;
    }
    if (action === DROP) this.#kill(() => this.#socket.resetAndDestroy());
    else if (action === HANG) this.#mode = 'dead';
    else if (typeof action === 'string') this.#socket.write(`${action}\r\n`);
    else this.#kill(() => this.#socket.end(`${action.say}\r\n`));
    return typeof action === 'string' && /^[23]/.test(action);
  }

  #kill(how: () => void): void {
    this.#mode = 'dead';
    how();
  }

  #consume(): void {
    for (;;) {
      if (this.#mode === 'dead') return;
      if (this.#mode === 'bdat') {
        if (!this.#consumeChunk()) return;
        continue;
      }
      if (this.#mode === 'data') {
        if (!this.#consumeData()) return;
        continue;
      }
      const end = this.#rest.indexOf('\r\n');
      if (end === -1) return;
      const line = this.#rest.toString('utf8', 0, end);
      this.#rest = this.#rest.subarray(end + 2);
      this.#sink.lines.push(`${this.#connection} ${line}`);
      this.#command(line);
    }
  }

  #consumeData(): boolean {
    const atOnce = this.#rest.subarray(0, 3).equals(Buffer.from('.\r\n'));
    const end = atOnce ? 0 : this.#rest.indexOf('\r\n.\r\n');
    if (end === -1) return false;
    const stuffed = this.#rest.toString('latin1', 0, atOnce ? 0 : end + 2);
    this.#rest = this.#rest.subarray(end + (atOnce ? 3 : 5));
    this.#mode = 'command';
    this.#finish(Buffer.from(stuffed.replace(/(^|\r\n)\.\./g, '$1.'), 'latin1'), false);
    return true;
  }

  #consumeChunk(): boolean {
    const taken = this.#rest.subarray(0, this.#bdatLeft);
    this.#chunks.push(Buffer.from(taken));
    this.#rest = this.#rest.subarray(taken.length);
    this.#bdatLeft -= taken.length;
    if (this.#bdatLeft > 0) return false;
    this.#mode = 'command';
    if (this.#bdatLast) this.#finish(Buffer.concat(this.#chunks), true);
    else this.#socket.write('250 2.0.0 chunk\r\n');
    return true;
  }

  #finish(octets: Buffer, bdat: boolean): void {
    const { lmtp } = this.#sink.options;
    const rcpts = this.#rcpts;
    const replies = lmtp === true ? rcpts : [''];
    const message = { connection: this.#connection, mail: this.#mail, rcpts, octets, bdat, tls: this.#tls };
    this.#rcpts = [];
    this.#mail = '';
    this.#chunks = [];
    if (rcpts.length === 0) return void this.#socket.write('554 5.5.1 no valid recipients\r\n');
    let taken = false;
    for (const rcpt of replies) if (this.#answer('body', rcpt, '250 2.0.0 queued')) taken = true;
    if (taken) this.#sink.messages.push(message);
  }

  #command(line: string): void {
    const verb = line.split(' ')[0]!.toUpperCase();
    if (this.#mode === 'auth') {
      this.#mode = 'command';
      this.#answer('auth', line, '235 2.7.0 welcome');
    } else if (verb === 'EHLO' || verb === 'LHLO') {
      const list = this.#sink.extensions.filter((extension) => !(this.#tls && extension === 'STARTTLS'));
      const all = ['sink', ...list];
      this.#answer('ehlo', line, all.map((text, at) => `250${at === all.length - 1 ? ' ' : '-'}${text}`).join('\r\n'));
    } else if (verb === 'HELO') this.#answer('helo', line, '250 sink');
    else if (verb === 'STARTTLS') this.#startTls(line);
    else if (verb === 'AUTH') this.#auth(line);
    else if (verb === 'MAIL') {
      if (this.#answer('mail', line, '250 2.1.0 ok')) this.#mail = line;
    } else if (verb === 'RCPT') {
      const usual = this.#mail === '' ? '503 5.5.1 MAIL first' : '250 2.1.5 ok';
      if (this.#answer('rcpt', line, usual) && this.#mail !== '') this.#rcpts.push(line);
    } else if (verb === 'DATA') {
      // A server may say 354 although it took no recipient.
      const usual = this.#rcpts.length > 0 ? '354 go' : this.#sink.careless ? '354 go' : '503 5.5.1 no recipients';
      if (this.#answer('data', line, usual) && usual.startsWith('354')) this.#mode = 'data';
    } else if (verb === 'BDAT') this.#bdat(line);
    else if (verb === 'RSET') {
      this.#rcpts = [];
      this.#mail = '';
      this.#answer('rset', line, '250 2.0.0 ok');
    } else if (verb === 'QUIT') {
      if (this.#answer('quit', line, '221 2.0.0 bye')) this.#socket.end();
    } else this.#answer('other', line, '500 5.5.2 what?');
  }

  #auth(line: string): void {
    if (line.split(' ').length > 2 || !/PLAIN/i.test(line)) this.#answer('auth', line, '235 2.7.0 welcome');
    else {
      this.#mode = 'auth';
      this.#socket.write('334 \r\n');
    }
  }

  #bdat(line: string): void {
    const [, size, last] = line.split(' ');
    this.#bdatLeft = Number(size);
    this.#bdatLast = last?.toUpperCase() === 'LAST';
    this.#mode = 'bdat';
  }

  #startTls(line: string): void {
    if (!this.#answer('starttls', line, '220 2.0.0 go ahead')) return;
    const socket = this.#socket;
    socket.removeAllListeners('data');
    this.#rest = Buffer.alloc(0);
    this.secure(socket);
  }
}
