// A client that says what it is told, octet by octet, to a server that speaks in lines: SMTP and POP3 from outside, with
// none of our own client's care.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** The connection ended before the answer was whole. */
export class Disconnected extends Error {
  constructor() {
    super('the connection has ended');
    this.name = 'Disconnected';
  }
}

/** Whether the other side, or the way to it, is gone. */
export function isDisconnection(error: unknown): boolean {
  const { code } = error as { code?: string };
  return error instanceof Disconnected || code === 'ECONNREFUSED' || code === 'ECONNRESET' || code === 'EPIPE';
}

export class TextClient {
  readonly socket: Socket;
  #rest: Buffer = Buffer.alloc(0);
  #ended = false;
  #wake: () => void = () => {};

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.setNoDelay(true);
    const end = (): void => {
      this.#ended = true;
      this.#wake();
    };
    socket.on('error', end);
    socket.on('close', end);
    socket.on('end', end);
    socket.on('data', (chunk: Buffer) => {
      this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
      this.#wake();
    });
  }

  /** Resolves when connected; rejects with the system's error. */
  static async connect(port: number, host = '127.0.0.1'): Promise<TextClient> {
    const socket = connect(port, host);
    await once(socket, 'connect');
    return new TextClient(socket);
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Writes; waits for room when the socket is full. */
  async send(octets: string | Buffer): Promise<void> {
    if (this.#ended) throw new Disconnected();
    if (this.socket.write(octets)) return;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      this.socket.once('drain', resolve);
    });
  }

  /** Up to and with `mark`, from the first octet that was not taken. Throws Disconnected. */
  async until(mark: string): Promise<Buffer> {
    for (let from = 0; ;) {
      const at = this.#rest.indexOf(mark, Math.max(0, from - mark.length));
      if (at >= 0) {
        const taken = this.#rest.subarray(0, at + mark.length);
        this.#rest = this.#rest.subarray(at + mark.length);
        return taken;
      }
      if (this.#ended) throw new Disconnected();
      from = this.#rest.length;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** One SMTP reply, of all its lines. */
  async reply(): Promise<string> {
    for (let text = ''; ;) {
      const line = (await this.until('\r\n')).toString('latin1');
      text += line;
      if (line[3] !== '-') return text.trimEnd();
    }
  }

  /** Sends a line and reads the reply. */
  async say(line: string): Promise<string> {
    await this.send(`${line}\r\n`);
    return await this.reply();
  }

  /** Reads everything until the server closes. */
  async rest(): Promise<string> {
    while (!this.#ended) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#rest.toString('latin1');
  }

  close(): void {
    this.socket.destroy();
  }
}

/** Connects, reads the banner, greets. */
export async function openSmtp(port: number, host?: string): Promise<TextClient> {
  const client = await TextClient.connect(port, host);
  await client.reply();
  await client.say('EHLO client.test');
  return client;
}

/** One transaction: MAIL, RCPT and DATA in one flight, then the octets. The reply that ended it. */
export async function sendLetter(client: TextClient, to: readonly string[], octets: Buffer): Promise<string> {
  await client.send(`MAIL FROM:<eve@two.test>\r\n${to.map((each) => `RCPT TO:<${each}>\r\n`).join('')}DATA\r\n`);
  const replies = [await client.reply()];
  for (const _ of to) replies.push(await client.reply());
  const answer = await client.reply();
  if (!answer.startsWith('354')) return replies.find((each) => !each.startsWith('2')) ?? answer;
  await client.send(octets);
  await client.send('.\r\n');
  return await client.reply();
}

/** Signs in to POP3 with USER and PASS. */
export async function openPop3(port: number, user: string, password: string, host?: string): Promise<TextClient> {
  const client = await TextClient.connect(port, host);
  for (const line of ['', `USER ${user}\r\n`, `PASS ${password}\r\n`]) {
    await client.send(line);
    const answer = (await client.until('\r\n')).toString('latin1');
    if (!answer.startsWith('+OK')) throw new Error(`POP3 said ${answer}`);
  }
  return client;
}
