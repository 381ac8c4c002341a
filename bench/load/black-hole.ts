// A host that takes connections and never says a word: what is to go there stays in the queue.
import { type Socket, createServer } from 'node:net';
import { once } from 'node:events';

export interface BlackHole {
  readonly port: number;
  close(): void;
}

/** Listens on loopback. */
export async function openBlackHole(): Promise<BlackHole> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
