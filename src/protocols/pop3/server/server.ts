// The POP3 server library's door: sockets that somebody accepted become connections.
import { isIPv6, type Socket } from 'node:net';
import type { SecureContext } from 'node:tls';
import type { Clock } from '../../../base/clock.ts';
import type { IdleWheel } from '../../../base/idle-wheel.ts';
import type { Log } from '../../../base/log.ts';
import { POP3_LIMITS, type Pop3Limits } from '../limits.ts';
import { Pop3Connection } from './connection.ts';
import { SlabPool } from '../../../base/net/reply-output.ts';
import type { Pop3Peer, Pop3ServerSession, Pop3Service } from './session.ts';

export interface Pop3ServerOptions {
  /** Named in the greeting. */
  readonly hostname: string;
  readonly clock: Clock;
  readonly idleWheel: IdleWheel;
  readonly log: Log;
  /** The certificate of the moment; null: neither STLS nor pop3s. */
  readonly secureContext: (() => SecureContext) | null;
  readonly openSession: (peer: Pop3Peer) => Pop3ServerSession;
  /** Bounds that differ from POP3_LIMITS. */
  readonly limits?: Partial<Pop3Limits>;
}

/** All POP3 connections of one thread. */
export class Pop3Server {
  readonly #options: Pop3ServerOptions;
  readonly #limits: Pop3Limits;
  readonly #slabs = new SlabPool();
  readonly #connections = new Set<Pop3Connection>();
  #whenEmpty: (() => void)[] = [];

  constructor(options: Pop3ServerOptions) {
    this.#options = options;
    this.#limits = { ...POP3_LIMITS, ...options.limits };
  }

  /** Connections that are open. */
  get size(): number {
    return this.#connections.size;
  }

  /** Takes over a socket whose listener was made with allowHalfOpen. `peer` overrides the socket's own addresses. */
  accept(socket: Socket, service: Pop3Service, peer: Pop3Peer = peerOf(socket, service)): void {
    const { clock, hostname, idleWheel, log, openSession, secureContext } = this.#options;
    const connection: Pop3Connection = new Pop3Connection(socket, peer, openSession(peer), {
      hostname,
      limits: this.#limits,
      clock,
      idleWheel,
      slabs: this.#slabs,
      log: log.child({ service, client: peer.address }),
      secureContext,
      onClose: () => this.#forget(connection),
    });
    this.#connections.add(connection);
  }

  /** Ends every session; resolves when all are over. */
  async close(): Promise<void> {
    for (const connection of this.#connections) connection.shutDown();
    if (this.#connections.size === 0) return;
    await new Promise<void>((resolve) => {
      this.#whenEmpty.push(resolve);
    });
  }

  #forget(connection: Pop3Connection): void {
    this.#connections.delete(connection);
    if (this.#connections.size > 0) return;
    for (const resolve of this.#whenEmpty.splice(0)) resolve();
  }
}

function peerOf(socket: Socket, service: Pop3Service): Pop3Peer {
  return {
    service,
    address: withoutMapping(socket.remoteAddress ?? ''),
    port: socket.remotePort ?? 0,
    localAddress: withoutMapping(socket.localAddress ?? ''),
    localPort: socket.localPort ?? 0,
  };
}

function withoutMapping(address: string): string {
  return isIPv6(address) && address.toLowerCase().startsWith('::ffff:') && address.includes('.')
    ? address.slice('::ffff:'.length)
    : address;
}
