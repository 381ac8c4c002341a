// Reads a mailbox by POP3 for tests, without TLS: signs in, takes every message, may remove them.
import { connect } from 'node:net';

export interface InboxLogin {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  /** Whether the messages are removed. */
  readonly remove?: boolean;
}

const END = Buffer.from('\r\n.\r\n');

/** Every message, oldest first; rejects when the server refuses a command. */
export async function readInbox(login: InboxLogin): Promise<Buffer[]> {
  const socket = connect(login.port, login.host);
  let pending = Buffer.alloc(0);
  const chunks = socket.iterator({ destroyOnReturn: false }) as AsyncIterator<Buffer>;
  const more = async (): Promise<void> => {
    const next = await chunks.next();
    if (next.done === true) throw new Error('the POP3 server closed the connection');
    pending = Buffer.concat([pending, next.value]);
  };
  const take = async (end: string | Buffer): Promise<Buffer> => {
    while (!pending.includes(end)) await more();
    const length = pending.indexOf(end) + end.length;
    const taken = pending.subarray(0, length);
    pending = pending.subarray(length);
    return taken;
  };
  const answer = async (): Promise<string> => {
    const line = (await take('\r\n')).toString().trimEnd();
    if (!line.startsWith('+OK')) throw new Error(`POP3: ${line}`);
    return line;
  };
  const ask = (line: string): Promise<string> => {
    socket.write(`${line}\r\n`);
    return answer();
  };
  try {
    await answer();
    await ask('UTF8'); // RFC 6856: messages as they are, not downgraded.
    await ask(`USER ${login.user}`);
    await ask(`PASS ${login.password}`);
    const count = Number((await ask('STAT')).split(' ')[1]);
    const messages: Buffer[] = [];
    for (let number = 1; number <= count; number++) {
      await ask(`RETR ${number}`);
      const body = await take(END);
      messages.push(Buffer.from(body.subarray(0, -3).toString('latin1').replaceAll('\r\n..', '\r\n.'), 'latin1'));
      if (login.remove === true) await ask(`DELE ${number}`);
    }
    await ask('QUIT');
    return messages;
  } finally {
    socket.destroy();
  }
}
