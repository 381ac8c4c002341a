// A plain-text IMAP client for tests: lines out, lines in, nothing understood but tags and literals.
import { connect, type Socket } from 'node:net';
import { once } from 'node:events';
import type { Duplex } from 'node:stream';

export class ImapDialogClient {
  #stream: Duplex;
  #text = '';
  #closed = false;
  #wake: () => void = () => {};
  #tag = 0;

  private constructor(stream: Duplex) {
    this.#stream = stream;
    this.#listen(stream);
  }

  /** Connects and takes the greeting. */
  static async connect(port: number, host = '127.0.0.1'): Promise<ImapDialogClient> {
    const socket: Socket = connect(port, host);
    await once(socket, 'connect');
    const client = new ImapDialogClient(socket);
    await client.line();
    return client;
  }

  /** Connects and signs in. */
  static async open(port: number, name = 'alice', password = 'secret'): Promise<ImapDialogClient> {
    const client = await ImapDialogClient.connect(port);
    await client.ok(`LOGIN ${name} "${password}"`);
    return client;
  }

  get stream(): Duplex {
    return this.#stream;
  }

  #listen(stream: Duplex): void {
    stream.on('data', (chunk: Buffer) => {
      this.#text += chunk.toString('latin1');
      this.#wake();
    });
    for (const event of ['end', 'close', 'error']) {
      stream.on(event, () => {
        this.#closed = true;
        this.#wake();
      });
    }
  }

  /** From here on through another stream (inflated, encrypted). */
  moveTo(stream: Duplex): void {
    // The end of what lies below comes before the last of what is still being inflated.
    for (const event of ['data', 'end', 'close', 'error']) this.#stream.removeAllListeners(event);
    this.#stream.on('error', (error) => stream.destroy(error));
    this.#stream = stream;
    this.#listen(stream);
  }

  send(text: string): void {
    this.#stream.write(text, 'latin1');
  }

  /** The next line with its literals, without the last line ending. */
  async line(): Promise<string> {
    for (;;) {
      const end = this.#lineEnd();
      if (end >= 0) {
        const line = this.#text.slice(0, end);
        this.#text = this.#text.slice(end + 2);
        return line;
      }
      if (this.#closed) throw new Error(`closed after ${JSON.stringify(this.#text.slice(-200))}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  #lineEnd(): number {
    for (let from = 0; ;) {
      const end = this.#text.indexOf('\r\n', from);
      if (end < 0) return -1;
      const literal = /\{([0-9]+)\}$/u.exec(this.#text.slice(Math.max(from, end - 16), end));
      if (literal === null) return end;
      from = end + 2 + Number(literal[1]);
      if (from > this.#text.length) return -1;
    }
  }

  /** Sends a command and gives all lines up to the tagged one. */
  async run(command: string): Promise<string[]> {
    const tag = `t${++this.#tag}`;
    this.send(`${tag} ${command}\r\n`);
    return await this.until(tag);
  }

  /** Lines up to the tagged one. */
  async until(tag: string): Promise<string[]> {
    const lines: string[] = [];
    for (;;) {
      const line = await this.line();
      lines.push(line);
      if (line.startsWith(`${tag} `)) return lines;
    }
  }

  /** Like `run`; throws unless OK. The untagged lines, and the tagged one at the end. */
  async ok(command: string): Promise<string[]> {
    const lines = await this.run(command);
    const last = lines.at(-1) ?? '';
    if (!/^\S+ OK\b/u.test(last)) throw new Error(`${command}: ${last}`);
    return lines;
  }

  /** Everything until the server closes. */
  async rest(): Promise<string> {
    while (!this.#closed) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#text;
  }

  close(): void {
    this.#stream.destroy();
  }
}
