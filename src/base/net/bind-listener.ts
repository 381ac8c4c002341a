// Binds the ports while the process may (docs/adr/0002-listening-sockets.md). On Linux every listener gets one socket per
// protocol thread and some spares, all on one port (SO_REUSEPORT), bound but not yet listening: a thread listens on its
// own, and the death of a thread closes only its own. Elsewhere all threads share one socket.
import net from 'node:net';

/** Sockets kept for threads that are restarted after privileges were dropped. */
export const SPARE_SOCKETS = 16;
const UV_TCP_REUSEPORT = 2;

/** libuv's TCP handle as `net` hands it out; only what is used here. */
interface TcpHandle {
  readonly fd: number;
  getsockname(out: { address?: string; port?: number }): number;
  listen(backlog: number): number;
  close(): void;
}

/** `net._createServerHandle` binds without listening; it is what node:cluster uses, and has no public name. */
type CreateServerHandle = (
  ...args: [address: string, port: number, family: 4 | 6, fd: number, flags: number]
) => TcpHandle | number;

export interface BoundListener {
  readonly address: string;
  readonly port: number;
  /** A file descriptor that no thread has had yet; null when the spares are used up. */
  takeFd(): number | null;
}

/** Why a port could not be had; `code` is the system's (EACCES, EADDRINUSE, EADDRNOTAVAIL …). */
export class BindError extends Error {
  readonly code: string;

  constructor(address: string, port: number, code: string) {
    super(`cannot listen on ${address}:${port}: ${code}`);
    this.name = 'BindError';
    this.code = code;
  }
}

function createHandle(address: string, port: number, flags: number): TcpHandle {
  const create = (net as unknown as { _createServerHandle: CreateServerHandle })._createServerHandle;
  const handle = create(address, port, net.isIPv6(address) ? 6 : 4, -1, flags);
  if (typeof handle !== 'number') return handle;
  throw new BindError(address, port, systemErrorName(handle));
}

function systemErrorName(errno: number): string {
  const names: Record<number, string> = {
    [-13]: 'EACCES',
    [-98]: 'EADDRINUSE',
    [-99]: 'EADDRNOTAVAIL',
    [-97]: 'EAFNOSUPPORT',
  };
  return names[errno] ?? `error ${-errno}`;
}

function portOf(handle: TcpHandle): number {
  const name: { port?: number } = {};
  handle.getsockname(name);
  return name.port ?? 0;
}

/**
 * Binds `address`:`port` (0: the system picks) for `threads` threads. Throws BindError. The handles are kept open for
 * the life of the process: a thread that listens on a descriptor owns closing it.
 */
export function bindListener(address: string, port: number, threads: number): BoundListener {
  if (process.platform !== 'linux') return bindShared(address, port);
  // Without the flag first: with it, a second server of the same user would silently share the port.
  const boundPort = probePort(address, port);
  const handles = Array.from({ length: threads + SPARE_SOCKETS }, () =>
    createHandle(address, boundPort, UV_TCP_REUSEPORT),
  );
  let next = 0;
  return { address, port: boundPort, takeFd: () => handles[next++]?.fd ?? null };
}

/** The port, once it is known that nobody has it: libuv tells that only when the socket listens. */
function probePort(address: string, port: number): number {
  const probe = createHandle(address, port, 0);
  const boundPort = portOf(probe);
  const errno = probe.listen(1);
  probe.close();
  if (errno !== 0) throw new BindError(address, port, systemErrorName(errno));
  return boundPort;
}

function bindShared(address: string, port: number): BoundListener {
  const handle = createHandle(address, port, 0);
  return { address, port: portOf(handle), takeFd: () => handle.fd };
}
