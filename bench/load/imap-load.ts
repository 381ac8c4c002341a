// A small IMAP client on a plain socket that measures the server more than itself: what comes is counted, not parsed. A
// command is done when the octets end with its tagged line; tags occur in no message of the bench.
import { type Socket, connect } from 'node:net';
import type { Endpoint } from '../servers/server.ts';

/** Longer than any tagged line. */
const TAIL_OCTETS = 4096;

export interface ImapAnswer {
  /** From the command's first octet to its tagged line. */
  readonly ms: number;
  readonly octets: number;
  /** The end of what came, the tagged line with it. */
  readonly tail: string;
}

interface Waiting {
  /** What the last line begins with. */
  readonly start: string;
  readonly from: number;
  readonly resolve: (answer: ImapAnswer) => void;
  readonly reject: (error: Error) => void;
}

/** One connection. */
export class ImapSession {
  readonly #socket: Socket;
  #waiting: Waiting | null = null;
  #octets = 0;
  #tail: Buffer = Buffer.alloc(0);
  #commands = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (chunk) => this.#take(chunk));
    const end = (): void =>
      this.#waiting?.reject(
        new Error(`the server on port ${this.#socket.remotePort ?? 0} closed after: ${this.#tail.toString('latin1')}`),
      );
    socket.on('error', end);
    socket.on('close', end);
  }

  #take(chunk: Buffer): void {
    this.#octets += chunk.length;
    const tail = chunk.length >= TAIL_OCTETS ? chunk : Buffer.concat([this.#tail, chunk]);
    this.#tail = tail.subarray(Math.max(0, tail.length - TAIL_OCTETS));
    const waiting = this.#waiting;
    const { length } = this.#tail;
    if (waiting === null || length < 2 || this.#tail[length - 1] !== 10) return;
    const lineAt = this.#tail.lastIndexOf(10, length - 2) + 1;
    const text = this.#tail.toString('latin1', lineAt);
    if (!text.startsWith(waiting.start)) return;
    this.#waiting = null;
    const answer = { ms: performance.now() - waiting.from, octets: this.#octets, tail: this.#tail.toString('latin1') };
    if (/^\S+ (?:OK|idling)/iu.test(text)) waiting.resolve(answer);
    else waiting.reject(new Error(`IMAP said: ${text.trim()}`));
  }

  #wait(start: string, octets: Buffer | string): Promise<ImapAnswer> {
    this.#octets = 0;
    return new Promise((resolve, reject) => {
      this.#waiting = { start, from: performance.now(), resolve, reject };
      if (octets.length > 0) this.#socket.write(octets);
    });
  }

  /** The greeting. */
  greeting(): Promise<ImapAnswer> {
    return this.#wait('* OK', '');
  }

  /** A command without its tag; `literals` are sent as they are behind it. Fails when the answer is not OK. */
  command(text: string, literals?: Buffer): Promise<ImapAnswer> {
    const tag = `bench${++this.#commands}`;
    const line = Buffer.from(`${tag} ${text}${literals === undefined ? '\r\n' : ''}`);
    return this.#wait(`${tag} `, literals === undefined ? line : Buffer.concat([line, literals]));
  }

  /** IDLE up to its continuation. */
  idle(): Promise<ImapAnswer> {
    return this.#wait('+ ', 'idle IDLE\r\n');
  }

  close(): void {
    this.#waiting = null;
    this.#socket.destroy();
  }
}

/** Connects; with a name signs in. */
export async function openImap(server: Endpoint, user?: string, password = ''): Promise<ImapSession> {
  const session = new ImapSession(connect(server.port, server.host));
  await session.greeting();
  if (user !== undefined) await session.command(`LOGIN ${user} ${password}`);
  return session;
}
