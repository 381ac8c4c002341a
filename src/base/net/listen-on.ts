// Listens on a socket that was bound before, by its file descriptor (docs/adr/0002-listening-sockets.md).
import net from 'node:net';
import { descriptorLimit, firstRefusedDescriptor } from './descriptor-limit.ts';

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
  /** A connection was closed at once because the process has hardly any file descriptors left. */
  readonly onCrowded?: () => void;
  /** How many the process may have; what the system says when not given. */
  readonly descriptorLimit?: number;
}

/** Resolves when connections are taken. The sockets allow half-open connections and send without delay. */
export async function listenOn(fd: number, callbacks: ListenCallbacks): Promise<ListeningSocket> {
  const server = net.createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ fd }, () => {
      server.off('error', reject);
      resolve();
    });
  });
  server.on('error', callbacks.onError);
  acceptFrom(server, callbacks);
  return { close: () => void server.close() };
}

/** libuv's handles of the listening and of the accepted socket; only what is used here. */
interface ServerHandle {
  onconnection: (this: unknown, errno: number, client: ClientHandle) => void;
}
interface ClientHandle {
  readonly fd: number;
  close(): void;
}

/** `handle` has no public name, and net.Server does not let its sockets have `onread`. */
type AcceptedSocketOptions = Omit<net.SocketConstructorOpts, 'handle'> & { readonly handle: ClientHandle };

/** Makes the sockets of new connections here instead of in `server`. */
function acceptFrom(server: net.Server, callbacks: ListenCallbacks): void {
  const { onConnection, onCrowded, borrowedReads = false } = callbacks;
  const handle = (server as unknown as { _handle: ServerHandle })._handle;
  const fail = handle.onconnection;
  const refusedFrom = firstRefusedDescriptor(callbacks.descriptorLimit ?? descriptorLimit());
  const buffer = borrowedReads ? Buffer.allocUnsafeSlow(READ_BUFFER_BYTES) : null;
  handle.onconnection = function (errno, client) {
    if (errno !== 0) fail.call(this, errno, client);
    else if (client.fd >= refusedFrom) {
      client.close();
      onCrowded?.();
    } else {
      const socket = buffer === null ? openSocket({ handle: client }) : openBorrowing(client, buffer);
      socket.setNoDelay(true);
      onConnection(socket);
    }
  };
}

function openBorrowing(handle: ClientHandle, buffer: Buffer): net.Socket {
  const callback = (length: number): boolean => {
    socket.emit('data', buffer.subarray(0, length));
    return true;
  };
  const socket = openSocket({ handle, onread: { buffer, callback } });
  return socket;
}

function openSocket(options: AcceptedSocketOptions): net.Socket {
  return new net.Socket({ ...options, allowHalfOpen: true } as unknown as net.SocketConstructorOpts);
}
