// SMTP connections that have said EHLO and then stay silent, in clear or under TLS (STARTTLS).
import { type Socket, connect } from 'node:net';
import { once } from 'node:events';
import { connect as connectTls } from 'node:tls';
import type { Endpoint } from '../servers/server.ts';

/** So many are being opened at a time. */
const OPENING_MAX = 50;

async function say(socket: Socket, command: string | null): Promise<void> {
  if (command !== null) socket.write(`${command}\r\n`);
  let text = '';
  while (!/^\d{3} [^\r]*\r\n$/mu.test(text)) {
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    text += chunk.toString('latin1');
  }
  if (!text.startsWith('2')) throw new Error(`SMTP said: ${text.trim()}`);
}

async function open(server: Endpoint, underTls: boolean): Promise<Socket> {
  const socket = connect(server.port, server.host);
  await say(socket, null);
  await say(socket, 'EHLO load.test');
  if (!underTls) return socket;
  await say(socket, 'STARTTLS');
  const secured = connectTls({ socket, rejectUnauthorized: false, servername: 'postroad.test' });
  await once(secured, 'secureConnect');
  await say(secured, 'EHLO load.test');
  return secured;
}

export interface IdleConnections {
  close(): Promise<void>;
}

/** Opens so many connections; resolves when all are idle. */
export async function openIdle(server: Endpoint, count: number, underTls: boolean): Promise<IdleConnections> {
  const sockets: Socket[] = [];
  let started = 0;
  const lane = async (): Promise<void> => {
    while (started < count) {
      started++;
      const socket = await open(server, underTls);
      socket.on('error', () => undefined);
      sockets.push(socket);
    }
  };
  await Promise.all(Array.from({ length: Math.min(OPENING_MAX, count) }, lane));
  return {
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}
