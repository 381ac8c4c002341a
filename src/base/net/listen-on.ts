// Listens on a socket that was bound before, by its file descriptor (docs/adr/0002-listening-sockets.md).
import net from 'node:net';

export interface ListeningSocket {
  /** No new connections; those that are open stay. */
  close(): void;
}

export interface ListenCallbacks {
  readonly onConnection: (socket: net.Socket) => void;
  /** A connection could not be taken (EMFILE and the like): it waits in the kernel until there is room. */
  readonly onError: (error: Error) => void;
}

/** Resolves when connections are taken. The sockets allow half-open connections and send without delay. */
export async function listenOn(fd: number, { onConnection, onError }: ListenCallbacks): Promise<ListeningSocket> {
  const server = net.createServer({ noDelay: true, allowHalfOpen: true }, onConnection);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ fd }, () => {
      server.off('error', reject);
      resolve();
    });
  });
  server.on('error', onError);
  return { close: () => void server.close() };
}
