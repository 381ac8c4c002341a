// A wire between a program and its database that a test can cut: all connections, or one right before or right after a
// piece of traffic has passed.
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** What becomes of the connection that sends the piece. */
export type Cut = 'before' | 'after';

export class CutProxy {
  readonly port: number;
  readonly #server: Server;
  readonly #target: number;
  readonly #sockets = new Set<Socket>();
  #isDown = false;
  #piece: { readonly octets: Buffer; readonly cut: Cut } | null = null;
  /** How often the piece was cut. */
  cuts = 0;

  private constructor(server: Server, target: number) {
    this.#server = server;
    this.#target = target;
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    this.port = address.port;
    server.on('connection', (socket) => this.#pass(socket));
  }

  /** Stands in front of `target`, a port on loopback. */
  static async start(target: number): Promise<CutProxy> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new CutProxy(server, target);
  }

  /** The next connection that sends `text` is cut, once: `before` the server has it, or `after`, before its answer. */
  cutAt(text: string, cut: Cut): void {
    this.#piece = { octets: Buffer.from(text), cut };
  }

  /** Cuts everything and lets nobody through until `up`. */
  down(): void {
    this.#isDown = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  up(): void {
    this.#isDown = false;
  }

  async close(): Promise<void> {
    this.down();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #pass(client: Socket): void {
    if (this.#isDown) {
      client.destroy();
      return;
    }
    const server = connect(this.#target, '127.0.0.1');
    let isMute = false;
    for (const socket of [client, server]) {
      this.#sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => {});
      socket.on('close', () => {
        this.#sockets.delete(socket);
        client.destroy();
        // The server may still have to read what it was sent.
        server.end();
      });
    }
    client.on('data', (chunk) => {
      const piece = this.#piece;
      const found = piece !== null && chunk.includes(piece.octets);
      if (found) {
        this.#piece = null;
        this.cuts++;
      }
      if (found && piece.cut === 'before') {
        client.destroy();
        return;
      }
      if (found) isMute = true;
      server.write(chunk);
    });
    server.on('data', (chunk) => {
      if (isMute) client.destroy();
      else client.write(chunk);
    });
  }
}
