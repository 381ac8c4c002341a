// A bare SMTP client for tests: says what it is told, right or wrong, and gives back what the server said.
import { connect, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { channelBindings, createSaslClient } from '../../src/protocols/sasl/index.ts';

const REPLY_TIMEOUT_MS = 20_000;

export interface DialogOptions {
  readonly host?: string;
  readonly port: number;
  /** TLS from the first octet. */
  readonly implicitTls?: boolean;
  /** Sent before anything is read, such as a PROXY header. */
  readonly preamble?: string | Buffer;
  /** The loopback address to come from. */
  readonly from?: string;
}

/** One connection. Replies are given whole, their lines joined by LF. */
export class SmtpDialog {
  /** The greeting, or what was said in its place. */
  greeting = '';
  /** What the last EHLO was answered. */
  capabilities = '';
  #socket: Socket;
  #text = '';
  #closed = false;
  #verb: 'EHLO' | 'LHLO' = 'EHLO';
  #wake: () => void = () => {};

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.#listen(socket);
  }

  /** Connects and reads the greeting. */
  static async open(options: DialogOptions): Promise<SmtpDialog> {
    const { host = '127.0.0.1', port, implicitTls = false, preamble, from } = options;
    const socket = connect({ host, port, noDelay: true, ...(from === undefined ? {} : { localAddress: from }) });
    if (preamble !== undefined) socket.write(preamble);
    const dialog = new SmtpDialog(socket);
    if (implicitTls) await dialog.#secure();
    dialog.greeting = await dialog.reply();
    return dialog;
  }

  /** Whether the server has closed the connection. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Writes octets as they are. */
  send(octets: string | Buffer): void {
    this.#socket.write(octets);
  }

  /** Sends one line and reads one reply. */
  async say(line: string): Promise<string> {
    this.send(`${line}\r\n`);
    return await this.reply();
  }

  /** Sends lines in one flight and reads one reply for each. */
  async sayAll(...lines: readonly string[]): Promise<string[]> {
    this.send(lines.map((line) => `${line}\r\n`).join(''));
    const replies: string[] = [];
    while (replies.length < lines.length) replies.push(await this.reply());
    return replies;
  }

  /** The next reply; '' when the server closes the connection instead. */
  async reply(): Promise<string> {
    const timer = setTimeout(() => this.#socket.destroy(new Error('no reply in time')), REPLY_TIMEOUT_MS);
    try {
      for (;;) {
        const end = /(?:^|\n)\d{3}(?: [^\r\n]*)?\r\n/.exec(this.#text);
        if (end !== null) {
          const length = end.index + end[0].length;
          const lines = this.#text.slice(0, length).trimEnd();
          this.#text = this.#text.slice(length);
          return lines.replaceAll('\r', '');
        }
        if (this.#closed) return '';
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    } finally {
      clearTimeout(timer);
    }
  }

  /** EHLO (or LHLO); the capabilities. */
  async hello(verb: 'EHLO' | 'LHLO' = this.#verb, name = 'client.example'): Promise<string> {
    this.#verb = verb;
    this.capabilities = await this.say(`${verb} ${name}`);
    return this.capabilities;
  }

  /** STARTTLS, the handshake, and EHLO again. */
  async startTls(): Promise<string> {
    const said = await this.say('STARTTLS');
    if (!said.startsWith('220')) return said;
    return await this.handshake();
  }

  /** The TLS handshake after STARTTLS was answered, and EHLO again. */
  async handshake(): Promise<string> {
    await this.#secure();
    return await this.hello();
  }

  /** Signs in by the named mechanism, with channel binding where the mechanism asks for it; the last reply. */
  async signIn(mechanism: string, name: string, password: string): Promise<string> {
    const tls = this.#socket as TLSSocket;
    const bindings = mechanism.endsWith('-PLUS') ? channelBindings(tls, tls.getPeerCertificate().raw) : [];
    const sasl = createSaslClient([mechanism], { name, password, channelBindings: bindings, plaintext: true });
    if (sasl === null) throw new Error(`no client for ${mechanism}`);
    const initial = sasl.initialResponse();
    let said = await this.say(`AUTH ${mechanism}${initial === null ? '' : ` ${initial.toString('base64')}`}`);
    while (said.startsWith('334')) {
      const step = await sasl.next(Buffer.from(said.slice(4), 'base64'));
      said = await this.say(step.kind === 'response' ? step.data.toString('base64') : '*');
    }
    return said;
  }

  /** MAIL, RCPT…, DATA and the message; the last reply, or the first that refused. `text` has CRLF and no last dot. */
  async deliver(from: string, to: readonly string[], text: string): Promise<string> {
    const [mail = '', ...rcpts] = await this.sayAll(`MAIL FROM:<${from}>`, ...to.map((path) => `RCPT TO:<${path}>`));
    const refused = [mail, ...rcpts].find((said) => !said.startsWith('250'));
    if (refused !== undefined) {
      await this.say('RSET');
      return refused;
    }
    return await this.data(text);
  }

  /** DATA and the message, dots stuffed (RFC 5321 §4.5.2). */
  async data(text: string): Promise<string> {
    const said = await this.say('DATA');
    if (!said.startsWith('354')) return said;
    this.send(text.replaceAll(/^\./gm, '..'));
    return await this.say('.');
  }

  async quit(): Promise<void> {
    await this.say('QUIT');
    this.#socket.destroy();
  }

  /** Ends the connection without a word. */
  abort(): void {
    this.#socket.destroy();
  }

  async #secure(): Promise<void> {
    const plain = this.#socket;
    plain.removeAllListeners('data').removeAllListeners('close');
    const socket = connectTls({ socket: plain, rejectUnauthorized: false });
    await new Promise<void>((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject));
    this.#socket = socket;
    this.#listen(socket);
  }

  #listen(socket: Socket): void {
    socket.on('data', (chunk: Buffer) => {
      this.#text += chunk.toString('utf8');
      this.#wake();
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      this.#closed = true;
      this.#wake();
    });
  }
}
