// An SMTP or LMTP service without its listening socket: the app accepts, this serves. Holds every open connection so that
// they can be counted and drained.
import type { Socket } from 'node:net';
import { SmtpConnection } from './connection.ts';
import { smtpServerConfig, type SmtpServerOptions } from './options.ts';

export interface SmtpServer {
  /**
   * Serves a connection that was just accepted. The socket is plain: `submissions` starts TLS itself, after a PROXY
   * header if one is due. A TLS socket whose handshake is done is taken as it is.
   */
  accept(socket: Socket): void;
  /** Connections open now. */
  readonly connectionCount: number;
  /** Connections since the start. */
  readonly acceptedTotal: number;
  /**
   * Refuses new connections with 421, ends idle ones, lets messages under way come to their end; what is still open after
   * `withinMs` is cut. Resolves when no connection is left.
   */
  drain(withinMs: number): Promise<void>;
}

/** Makes a server. It listens nowhere and holds no timer while nobody is connected. */
export function createSmtpServer(options: SmtpServerOptions): SmtpServer {
  return new Server(options);
}

class Server implements SmtpServer {
  readonly #config;
  readonly #connections = new Set<SmtpConnection>();
  readonly #forget = (connection: SmtpConnection): void => this.#closed(connection);
  #acceptedTotal = 0;
  #draining = false;
  #emptied: (() => void) | null = null;

  constructor(options: SmtpServerOptions) {
    this.#config = smtpServerConfig(options);
  }

  get connectionCount(): number {
    return this.#connections.size;
  }

  get acceptedTotal(): number {
    return this.#acceptedTotal;
  }

  accept(socket: Socket): void {
    if (this.#draining || socket.destroyed) {
      socket.on('error', () => {});
      // Who expects TLS could not read it.
      if (this.#config.service === 'submissions') socket.destroy();
      else socket.end('421 4.3.2 Shutting down, try again later\r\n', () => socket.destroy());
      return;
    }
    // Gone again before we looked.
    if (socket.remoteAddress === undefined && socket.localAddress !== undefined) {
      socket.destroy();
      return;
    }
    this.#acceptedTotal++;
    this.#connections.add(new SmtpConnection(this.#config, socket, this.#forget));
  }

  async drain(withinMs: number): Promise<void> {
    this.#draining = true;
    for (const connection of this.#connections) connection.drain();
    if (this.#connections.size === 0) return;
    const deadline = this.#config.clock.after(withinMs, () => {
      for (const connection of this.#connections) connection.destroy();
    });
    await new Promise<void>((resolve) => {
      this.#emptied = resolve;
    });
    deadline.cancel();
  }

  #closed(connection: SmtpConnection): void {
    this.#connections.delete(connection);
    if (this.#connections.size === 0) this.#emptied?.();
  }
}
