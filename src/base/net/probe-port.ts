// Looks at a port without using it: does somebody answer there, and could we listen there?
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { Clock } from '../clock.ts';

export type ConnectProbe = 'accepts' | 'refused' | 'silent';

/** Connects to `address`:`port` and hangs up. `silent`: nothing came back in time. */
export async function probeConnect(
  address: string,
  port: number,
  within: { clock: Clock; timeoutMs: number },
): Promise<ConnectProbe> {
  const socket = connect({ host: address, port });
  const timer = within.clock.after(within.timeoutMs, () => socket.destroy(new Error('timeout')));
  try {
    await once(socket, 'connect');
    return 'accepts';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === undefined ? 'silent' : 'refused';
  } finally {
    timer.cancel();
    socket.destroy();
  }
}

export type ListenProbe = 'free' | 'taken' | 'forbidden' | 'no-such-address';

const LISTEN_FAULTS: Readonly<Record<string, ListenProbe>> = {
  EADDRINUSE: 'taken',
  EACCES: 'forbidden',
  EADDRNOTAVAIL: 'no-such-address',
};

/** Listens for a moment on `address` (`*`: every one). Rejects with what else the system says. */
export async function probeListen(address: string, port: number): Promise<ListenProbe> {
  const server = createServer((socket) => socket.destroy());
  try {
    const listening = once(server, 'listening');
    server.listen({ port, exclusive: true, ...(address === '*' ? {} : { host: address }) });
    await listening;
  } catch (error) {
    const fault = LISTEN_FAULTS[(error as NodeJS.ErrnoException).code ?? ''];
    if (fault === undefined) throw error;
    return fault;
  }
  server.close();
  await once(server, 'close');
  return 'free';
}
