// Memory for octets on their way into the files of large messages. A piece is in use only while the disk is at work, never
// while a client is waited for; so slow clients, however many, hold none.
import { FREE_PIECES_MAX, LARGE_WRITE_BYTES, WRITE_PIECES_MAX } from '../limits.ts';

/** One per thread. */
export class WritePieces {
  readonly #free: Buffer[] = [];
  #used = 0;

  /** LARGE_WRITE_BYTES of memory; null when the disk is so far behind that no more may be used. */
  take(): Buffer | null {
    if (this.#used === WRITE_PIECES_MAX) return null;
    this.#used++;
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(LARGE_WRITE_BYTES);
  }

  give(piece: Buffer): void {
    this.#used--;
    if (this.#free.length < FREE_PIECES_MAX) this.#free.push(piece);
  }
}
