// Lines of UTF-8 over a socket in the file system, for programs of the same user. A line has an upper length; a side
// that sends a longer one is cut off. Reading stops while nobody takes lines, so memory stays bounded.
import { once } from 'node:events';
import { chmodSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { relative } from 'node:path';

const LF = 0x0a;
/** sun_path of unix(7) on every system that we know, with its last NUL. */
export const SOCKET_PATH_MAX_OCTETS = 104;

/** Why lines end before the other side closes. */
export class LineTooLong extends Error {
  constructor(maxOctets: number) {
    super(`a line is longer than ${maxOctets} octets`);
    this.name = 'LineTooLong';
  }
}

export class LineSocket {
  readonly #socket: Socket;
  readonly #lineMaxOctets: number;

  constructor(socket: Socket, lineMaxOctets: number) {
    this.#socket = socket;
    this.#lineMaxOctets = lineMaxOctets;
    // Errors reach whoever reads or writes; a socket nobody uses just then must not end the process.
    socket.on('error', () => {});
  }

  /** The lines of the other side without their LF, until it ends or breaks off. Throws LineTooLong. Once only. */
  async *lines(): AsyncGenerator<string, void, void> {
    let parts: Buffer[] = [];
    let octets = 0;
    for await (const piece of this.#socket as AsyncIterable<Buffer>) {
      let start = 0;
      for (let lf = piece.indexOf(LF); lf !== -1; lf = piece.indexOf(LF, start)) {
        parts.push(piece.subarray(start, lf));
        if (octets + lf - start > this.#lineMaxOctets) throw new LineTooLong(this.#lineMaxOctets);
        yield Buffer.concat(parts).toString('utf8');
        parts = [];
        octets = 0;
        start = lf + 1;
      }
      octets += piece.length - start;
      if (octets > this.#lineMaxOctets) throw new LineTooLong(this.#lineMaxOctets);
      if (start < piece.length) parts.push(piece.subarray(start));
    }
  }

  /** Sends one line; resolves when there is room for the next. False: the other side is gone. */
  async send(line: string): Promise<boolean> {
    if (!this.#socket.writable) return false;
    if (this.#socket.write(`${line}\n`)) return true;
    await Promise.race([once(this.#socket, 'drain'), once(this.#socket, 'close')]).catch(() => {});
    return this.#socket.writable;
  }

  /** Ends after what was sent. */
  end(): void {
    this.#socket.end();
  }

  /** Ends at once. */
  destroy(): void {
    this.#socket.destroy();
  }
}

export interface LineServerOptions {
  /** The socket's path; what a dead process left there is removed. */
  readonly path: string;
  readonly lineMaxOctets: number;
  /** More are closed at once. */
  readonly connectionsMax: number;
  readonly onConnection: (socket: LineSocket) => void;
}

export interface LineServer {
  /** Takes nobody any more, cuts off who is there, removes the socket. */
  close(): Promise<void>;
}

/** Listens for this user only (mode 0600). For the main thread: it sets the umask for a moment. Rejects as listen does. */
export async function listenOnLines(options: LineServerOptions): Promise<LineServer> {
  const { path, lineMaxOctets, connectionsMax, onConnection } = options;
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    onConnection(new LineSocket(socket, lineMaxOctets));
  });
  server.maxConnections = connectionsMax;
  rmSync(path, { force: true });
  await listenPrivately(server, path);
  return {
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

async function listenPrivately(server: Server, path: string): Promise<void> {
  const listening = once(server, 'listening');
  const mask = process.umask(0o177);
  try {
    // The socket's file is made inside this call.
    server.listen(socketAddress(path));
  } finally {
    process.umask(mask);
  }
  await listening;
  if (process.platform !== 'win32') chmodSync(path, 0o600);
}

/** Connects to such a server; null when nobody listens there. */
export async function connectLines(path: string, lineMaxOctets: number): Promise<LineSocket | null> {
  const socket = connect(socketAddress(path));
  try {
    await once(socket, 'connect');
    return new LineSocket(socket, lineMaxOctets);
  } catch (error) {
    socket.destroy();
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ECONNREFUSED') return null;
    throw error;
  }
}

/** The path as the system takes it: a long one from where this process stands, when that is shorter. */
function socketAddress(path: string): string {
  if (Buffer.byteLength(path) < SOCKET_PATH_MAX_OCTETS) return path;
  const near = relative(process.cwd(), path);
  if (Buffer.byteLength(near) < SOCKET_PATH_MAX_OCTETS) return near;
  throw new Error(`${path} is too long for a socket (${SOCKET_PATH_MAX_OCTETS} octets); choose a shorter data folder`);
}
