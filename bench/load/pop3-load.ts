// A small POP3 client on a plain socket that measures the server more than itself: replies are counted, not parsed.
import { type Socket, connect } from 'node:net';
import { once } from 'node:events';
import type { Endpoint } from '../servers/server.ts';

const END_OF_MESSAGE = Buffer.from('\r\n.\r\n');

export interface Pop3Session {
  /** Messages in the mailbox. */
  stat(): Promise<number>;
  /** Retrieves messages 1 to `count`, with at most `window` commands under way; the octets that came. */
  retrieve(count: number, window: number): Promise<number>;
  quit(): Promise<void>;
}

async function line(socket: Socket, command: string | null): Promise<string> {
  if (command !== null) socket.write(`${command}\r\n`);
  let text = '';
  while (!text.endsWith('\r\n')) {
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    text += chunk.toString('latin1');
  }
  if (!text.startsWith('+OK')) throw new Error(`POP3 said: ${text.trim()}`);
  return text;
}

/** Counts ends of messages in a stream, also when they are cut by the borders of chunks. */
class EndCounter {
  #tail: Buffer = Buffer.alloc(0);

  count(chunk: Buffer): number {
    const joined = this.#tail.length === 0 ? chunk : Buffer.concat([this.#tail, chunk]);
    let found = 0;
    let from = 0;
    for (let at = joined.indexOf(END_OF_MESSAGE); at >= 0; at = joined.indexOf(END_OF_MESSAGE, from)) {
      found++;
      from = at + END_OF_MESSAGE.length;
    }
    this.#tail = joined.subarray(Math.max(from, joined.length - END_OF_MESSAGE.length + 1));
    return found;
  }
}

function retrieve(socket: Socket, count: number, window: number): Promise<number> {
  const ends = new EndCounter();
  let octets = 0;
  let sent = 0;
  let received = 0;
  const ask = (until: number): void => {
    let commands = '';
    while (sent < Math.min(count, until)) commands += `RETR ${++sent}\r\n`;
    if (commands !== '') socket.write(commands);
  };
  return new Promise((resolve, reject) => {
    const onClose = (): void => reject(new Error(`the server closed after ${received} of ${count} messages`));
    const onData = (chunk: Buffer): void => {
      octets += chunk.length;
      received += ends.count(chunk);
      if (received >= count) {
        socket.off('data', onData);
        socket.off('close', onClose);
        resolve(octets);
        return;
      }
      // A window is sent whole, when the one before has come.
      if (received === sent) ask(sent + window);
    };
    socket.on('data', onData);
    socket.once('close', onClose);
    ask(window);
  });
}

/** Connects and signs in. */
export async function openPop3(server: Endpoint, user: string, password: string): Promise<Pop3Session> {
  const socket = connect(server.port, server.host);
  socket.setNoDelay(true);
  await line(socket, null);
  await line(socket, `USER ${user}`);
  await line(socket, `PASS ${password}`);
  return {
    stat: async () => Number((await line(socket, 'STAT')).split(' ')[1]),
    retrieve: (count, window) => retrieve(socket, count, window),
    quit: async () => {
      await line(socket, 'QUIT');
      socket.destroy();
    },
  };
}

/** Messages in the mailboxes of these accounts, together. */
export async function countByPop3(server: Endpoint, accounts: readonly string[], password: string): Promise<number> {
  let sum = 0;
  for (const account of accounts) {
    const session = await openPop3(server, account, password);
    sum += await session.stat();
    await session.quit();
  }
  return sum;
}
