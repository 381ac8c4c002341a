// Sockets of the SMTP client: a TCP connection within its deadline, and TLS on top of it, with session reuse.
import { connect, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions, type SecureContext, type TLSSocket } from 'node:tls';
import type { Clock } from '../../../base/clock.ts';
import { TLS_SESSIONS_MAX } from './limits.ts';

/** TLS sessions by host, the least recently stored forgotten first. Shared by all connections of a process. */
export class TlsSessionCache {
  readonly #sessions = new Map<string, Buffer>();
  readonly #sessionsMax: number;

  constructor(sessionsMax: number = TLS_SESSIONS_MAX) {
    this.#sessionsMax = sessionsMax;
  }

  get size(): number {
    return this.#sessions.size;
  }

  get(key: string): Buffer | undefined {
    return this.#sessions.get(key);
  }

  set(key: string, session: Buffer): void {
    this.#sessions.delete(key);
    this.#sessions.set(key, session);
    if (this.#sessions.size <= this.#sessionsMax) return;
    for (const oldest of this.#sessions.keys()) {
      this.#sessions.delete(oldest);
      break;
    }
  }

  delete(key: string): void {
    this.#sessions.delete(key);
  }
}

export interface TcpTarget {
  readonly address: string;
  readonly port: number;
  readonly localAddress: string | null;
}

export interface TransportFault {
  readonly fault: string;
}

/** Opens a TCP connection; the fault says what happened in the system's word (ECONNREFUSED, 'timeout' …). */
export function openTcp(
  target: TcpTarget,
  limits: { clock: Clock; timeoutMs: number; signal?: AbortSignal | undefined },
): Promise<Socket | TransportFault> {
  return new Promise((resolve) => {
    const { address, port, localAddress } = target;
    if (limits.signal?.aborted === true) return resolve({ fault: 'stopped' });
    const socket = connect({ host: address, port, noDelay: true, ...(localAddress === null ? {} : { localAddress }) });
    const finish = (result: Socket | TransportFault): void => {
      timer.cancel();
      limits.signal?.removeEventListener('abort', onAbort);
      socket.off('connect', onConnect);
      socket.off('error', onError);
      if (result !== socket) {
        socket.on('error', () => {});
        socket.destroy();
      }
      resolve(result);
    };
    const onConnect = (): void => finish(socket);
    const onError = (error: NodeJS.ErrnoException): void => finish({ fault: error.code ?? 'error' });
    const onAbort = (): void => finish({ fault: 'stopped' });
    const timer = limits.clock.after(limits.timeoutMs, () => finish({ fault: 'timeout' }));
    socket.on('connect', onConnect);
    socket.on('error', onError);
    limits.signal?.addEventListener('abort', onAbort);
  });
}

export interface TlsDemand {
  /** The name that is sent as SNI and that the certificate must match when `verify`. */
  readonly servername: string;
  readonly verify: boolean;
  readonly secureContext: SecureContext | null;
  readonly sessions: TlsSessionCache | null;
  readonly sessionKey: string;
}

function tlsOptions(demand: TlsDemand): ConnectionOptions {
  const session = demand.sessions?.get(demand.sessionKey);
  return {
    rejectUnauthorized: demand.verify,
    minVersion: 'TLSv1.2',
    // An address is no name for SNI (RFC 6066 §3).
    ...(/^[\d.]+$|:/.test(demand.servername) ? {} : { servername: demand.servername }),
    ...(demand.secureContext === null ? {} : { secureContext: demand.secureContext }),
    ...(session === undefined ? {} : { session }),
  };
}

/** Speaks TLS over the socket; on a fault the socket is gone. */
export function startTls(
  socket: Socket,
  demand: TlsDemand,
  limits: { clock: Clock; timeoutMs: number },
): Promise<TLSSocket | TransportFault> {
  return new Promise((resolve) => {
    // The socket below must never be without somebody who takes its errors.
    socket.on('error', () => {});
    const secure = connectTls({ ...tlsOptions(demand), socket });
    const finish = (result: TLSSocket | TransportFault): void => {
      timer.cancel();
      secure.off('secureConnect', onSecure);
      secure.off('error', onError);
      secure.off('close', onClose);
      if (result !== secure) {
        demand.sessions?.delete(demand.sessionKey);
        secure.on('error', () => {});
        secure.destroy();
        socket.destroy();
      }
      resolve(result);
    };
    const onSecure = (): void => finish(secure);
    const onError = (error: NodeJS.ErrnoException): void => finish({ fault: error.code ?? error.message });
    const onClose = (): void => finish({ fault: 'closed during the handshake' });
    const timer = limits.clock.after(limits.timeoutMs, () => finish({ fault: 'timeout' }));
    secure.on('secureConnect', onSecure);
    secure.on('error', onError);
    secure.on('close', onClose);
    // TLS 1.3 sends its tickets after the handshake, several times over.
    secure.on('session', (session: Buffer) => demand.sessions?.set(demand.sessionKey, session));
  });
}
