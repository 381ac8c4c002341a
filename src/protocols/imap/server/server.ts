// The IMAP server library's door: sockets that somebody accepted become connections.
import { isIPv6, type Socket } from 'node:net';
import type { SecureContext } from 'node:tls';
import type { Clock } from '../../../base/clock.ts';
import type { IdleWheel } from '../../../base/idle-wheel.ts';
import type { Log } from '../../../base/log.ts';
import { IMAP_LIMITS, type ImapLimits } from '../limits.ts';
import { ImapConnection } from './connection.ts';
import { SlabPool } from '../../../base/net/reply-output.ts';
import type { ImapPeer, ImapServerSession, ImapService } from './session.ts';

export interface ImapServerOptions {
  /** Named in the greeting. */
  readonly hostname: string;
  readonly clock: Clock;
  readonly idleWheel: IdleWheel;
  readonly log: Log;
  /** The certificate of the moment; null: neither STARTTLS nor imaps. */
  readonly secureContext: (() => SecureContext) | null;
  readonly openSession: (peer: ImapPeer) => ImapServerSession;
  /** Bounds that differ from IMAP_LIMITS. */
  readonly limits?: Partial<ImapLimits>;
}

/** All IMAP connections of one thread. */
export class ImapServer {
  readonly #options: ImapServerOptions;
  readonly #limits: ImapLimits;
  readonly #slabs = new SlabPool();
  readonly #connections = new Set<ImapConnection>();
  #whenEmpty: (() => void)[] = [];

  constructor(options: ImapServerOptions) {
    this.#options = options;
    this.#limits = { ...IMAP_LIMITS, ...options.limits };
  }

  /** Connections that are open. */
  get size(): number {
    return this.#connections.size;
  }

  /** Takes over a socket whose listener was made with allowHalfOpen. `peer` overrides the socket's own addresses. */
  accept(socket: Socket, service: ImapService, peer: ImapPeer = peerOf(socket, service)): void {
    const { clock, hostname, idleWheel, log, openSession, secureContext } = this.#options;
    const connection: ImapConnection = new ImapConnection(socket, peer, openSession(peer), {
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

  #forget(connection: ImapConnection): void {
    this.#connections.delete(connection);
    if (this.#connections.size > 0) return;
    for (const resolve of this.#whenEmpty.splice(0)) resolve();
  }
}

function peerOf(socket: Socket, service: ImapService): ImapPeer {
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
