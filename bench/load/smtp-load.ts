// Sends mail as fast as one thread can, for what smtp-source cannot do: other recipients for each message, pipelined
// commands (RFC 2920), and the time that each message took. One write for the envelope, one for the message.
import { type Socket, connect } from 'node:net';
import type { Endpoint } from '../servers/server.ts';

export interface SmtpLoad {
  readonly to: Endpoint;
  readonly sessions: number;
  readonly messages: number;
  /** Payload of each message, without its header. */
  readonly octets: number;
  /** Recipients of message `index`, counted from 0. */
  readonly recipientsOf: (index: number) => readonly string[];
  /** LMTP answers the end of the message once for each recipient. */
  readonly lmtp?: boolean;
  /** Ends early, between messages, when it gives true. */
  readonly enough?: () => boolean;
}

export interface SmtpLoadResult {
  readonly messages: number;
  /** From the end of each message to the reply, in ms. */
  readonly commitMs: readonly number[];
}

const LINE = `${'mail '.repeat(15)}.\r\n`;

function messageOf(octets: number): Buffer {
  const header =
    'From: <sender@load.test>\r\nTo: <reader@local.test>\r\nDate: Mon, 23 Nov 2026 10:00:00 +0000\r\n' +
    'Message-ID: <bench@load.test>\r\nSubject: bench\r\n\r\n';
  return Buffer.from(`${header}${LINE.repeat(Math.max(1, Math.round(octets / LINE.length)))}.\r\n`);
}

/** Reads replies; counts those that are whole, and remembers the first that was no success. */
class ReplyCounter {
  #rest = '';
  failed: string | null = null;
  last = '';

  count(chunk: Buffer): number {
    const text = this.#rest + chunk.toString('latin1');
    let replies = 0;
    let from = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', from)) {
      if (text.charCodeAt(from + 3) !== 45) {
        replies++;
        if (text.charCodeAt(from) > 51) this.failed ??= text.slice(from, end).trim();
      }
      from = end + 1;
    }
    if (from > 0) this.last = text.slice(0, from).trim();
    this.#rest = text.slice(from);
    return replies;
  }
}

interface Shared {
  next: number;
  done: number;
  readonly commitMs: number[];
  readonly message: Buffer;
}

function runSession(load: SmtpLoad, shared: Shared): Promise<void> {
  const socket: Socket = connect(load.to.port, load.to.host);
  socket.setNoDelay(true);
  const replies = new ReplyCounter();
  let awaited = 1;
  let recipients = 0;
  let sentAt = 0;
  let state: 'banner' | 'hello' | 'envelope' | 'message' | 'quit' = 'banner';
  const say = (next: typeof state, text: string, replyCount: number): void => {
    state = next;
    awaited += replyCount;
    socket.write(text, 'latin1');
  };
  const nextMessage = (): void => {
    if (shared.next >= load.messages || load.enough?.() === true) {
      say('quit', 'QUIT\r\n', 1);
      return;
    }
    const to = load.recipientsOf(shared.next++);
    recipients = to.length;
    const envelope = to.map((recipient) => `RCPT TO:<${recipient}>\r\n`).join('');
    say('envelope', `MAIL FROM:<sender@load.test>\r\n${envelope}DATA\r\n`, recipients + 2);
  };
  const advance = (): void => {
    if (state === 'banner') say('hello', load.lmtp === true ? 'LHLO load.test\r\n' : 'EHLO load.test\r\n', 1);
    else if (state === 'envelope') {
      state = 'message';
      awaited += load.lmtp === true ? recipients : 1;
      sentAt = performance.now();
      socket.write(shared.message);
    } else if (state === 'quit') socket.end();
    else {
      if (state === 'message') {
        shared.commitMs.push(performance.now() - sentAt);
        shared.done++;
      }
      nextMessage();
    }
  };
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.once('close', () => {
      if (state === 'quit') resolve();
      else
        reject(
          new Error(`port ${load.to.port} closed early, after ${shared.done} messages (${state}): ${replies.last}`),
        );
    });
    socket.on('data', (chunk) => {
      awaited -= replies.count(chunk);
      if (replies.failed !== null) {
        reject(new Error(`refused: ${replies.failed}`));
        socket.destroy();
      } else if (awaited === 0) advance();
    });
  });
}

/** Sends all messages over `sessions` connections. Fails at the first refusal. */
export async function runSmtpLoad(load: SmtpLoad): Promise<SmtpLoadResult> {
  const shared: Shared = { next: 0, done: 0, commitMs: [], message: messageOf(load.octets) };
  const sessions = Math.min(load.sessions, load.messages);
  await Promise.all(Array.from({ length: sessions }, () => runSession(load, shared)));
  return { messages: shared.done, commitMs: shared.commitMs };
}
