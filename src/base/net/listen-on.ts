// Listens on a socket that was bound before, by its file descriptor (docs/adr/0002-listening-sockets.md).
import net from 'node:net';

/** Memory that connections of one listener read into, one after the other. */
export const READ_BUFFER_BYTES = 256 * 1024;

export interface ListeningSocket {
  /** No new connections; those that are open stay. */
  close(): void;
}

export interface ListenCallbacks {
  readonly onConnection: (socket: net.Socket) => void;
  /** A connection could not be taken (EMFILE and the like): it waits in the kernel until there is room. */
  readonly onError: (error: Error) => void;
  /**
   * All connections read into the same memory: what a `data` event brings is only valid while it is told. Without, every
   * read makes 64 kB of memory and throws it away, which is half of the work of a long message.
   */
  readonly borrowedReads?: boolean;
}

/** Resolves when connections are taken. The sockets allow half-open connections and send without delay. */
export async function listenOn(fd: number, callbacks: ListenCallbacks): Promise<ListeningSocket> {
  const { onConnection, onError, borrowedReads = false } = callbacks;
  const server = net.createServer({ noDelay: true, allowHalfOpen: true }, onConnection);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ fd }, () => {
      server.off('error', reject);
      resolve();
    });
  });
  server.on('error', onError);
  if (borrowedReads) readIntoOneBuffer(server, onConnection);
  return { close: () => void server.close() };
}

/** libuv's handle of a listening socket; only what is used here. */
interface ServerHandle {
  onconnection: (this: unknown, errno: number, client: unknown) => void;
}

/** `handle` has no public name, and net.Server does not let its sockets have `onread`. */
type AcceptedSocketOptions = Omit<net.SocketConstructorOpts, 'handle'> & { readonly handle: unknown };

/** Makes the sockets of new connections here instead of in `server`. */
function readIntoOneBuffer(server: net.Server, onConnection: (socket: net.Socket) => void): void {
  const handle = (server as unknown as { _handle: ServerHandle })._handle;
  const fail = handle.onconnection;
  const buffer = Buffer.allocUnsafeSlow(READ_BUFFER_BYTES);
  handle.onconnection = function (errno, client) {
    if (errno !== 0) {
      fail.call(this, errno, client);
      return;
    }
    const callback = (length: number): boolean => {
      socket.emit('data', buffer.subarray(0, length));
      return true;
    };
    const options: AcceptedSocketOptions = { handle: client, allowHalfOpen: true, onread: { buffer, callback } };
    const socket = new net.Socket(options as net.SocketConstructorOpts);
    socket.setNoDelay(true);
    onConnection(socket);
  };
}
