// COMPRESS=DEFLATE between the dialog and the socket, RFC 4978. Each write is flushed to a whole octet, so that nothing
// waits for company. Small windows: a connection shall not cost a quarter of a megabyte.
import type { Socket } from 'node:net';
import type { Writable } from 'node:stream';
import { constants, createDeflateRaw, createInflateRaw, type DeflateRaw, type InflateRaw } from 'node:zlib';

const WINDOW_BITS = 13;
const MEMORY_LEVEL = 5;
const CHUNK_OCTETS = 16_384;

export interface CompressionEvents {
  readonly onData: (chunk: Buffer) => void;
  readonly onEnd: () => void;
  readonly onError: (error: Error) => void;
}

/** Both directions of one connection. */
export class Compression {
  readonly #socket: Socket;
  readonly #inflate: InflateRaw;
  readonly #deflate: DeflateRaw;

  /** `ahead`: octets of the client that were read already. */
  constructor(socket: Socket, ahead: Buffer, events: CompressionEvents) {
    this.#socket = socket;
    // The client may use the largest window.
    this.#inflate = createInflateRaw({ chunkSize: CHUNK_OCTETS, finishFlush: constants.Z_SYNC_FLUSH });
    this.#deflate = createDeflateRaw({
      flush: constants.Z_SYNC_FLUSH,
      windowBits: WINDOW_BITS,
      memLevel: MEMORY_LEVEL,
      chunkSize: CHUNK_OCTETS,
    });
    this.#inflate.on('data', events.onData);
    this.#inflate.on('error', events.onError);
    this.#inflate.on('end', events.onEnd);
    this.#deflate.on('error', events.onError);
    this.#deflate.pipe(socket);
    if (ahead.length > 0) this.#inflate.write(ahead);
    // pipe() honours the inflater's pace: a bomb stops at one chunk.
    socket.pipe(this.#inflate);
  }

  /** What the dialog writes to. */
  get output(): Writable {
    return this.#deflate;
  }

  pause(): void {
    this.#inflate.pause();
  }

  resume(): void {
    this.#inflate.resume();
  }

  /** Sends what is left, then ends the socket. */
  end(): void {
    this.#deflate.end();
  }

  /** The connection is gone. */
  close(): void {
    this.#socket.unpipe(this.#inflate);
    this.#inflate.destroy();
    this.#deflate.destroy();
  }
}
