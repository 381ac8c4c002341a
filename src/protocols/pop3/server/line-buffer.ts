// Octets of the client as lines. Holds at most one unfinished line beyond the chunk that is being answered.

const EMPTY = Buffer.alloc(0);

/** Lines end in LF, with or without CR: nothing in this direction can be smuggled by it, and people type POP3 by hand. */
export class LineBuffer {
  #octets: Buffer = EMPTY;
  #at = 0;

  /** Octets not taken yet. */
  get length(): number {
    return this.#octets.length - this.#at;
  }

  /** Adds what the client sent. */
  push(chunk: Buffer): void {
    this.#octets = this.length === 0 ? chunk : Buffer.concat([this.#octets.subarray(this.#at), chunk]);
    this.#at = 0;
  }

  /** The next line without its ending, valid until the next push; null while it is unfinished. */
  take(): Buffer | null {
    const lf = this.#octets.indexOf(10, this.#at);
    if (lf < 0) {
      // Do not keep a whole network chunk alive for the start of a line.
      this.#octets = this.length === 0 ? EMPTY : Buffer.from(this.#octets.subarray(this.#at));
      this.#at = 0;
      return null;
    }
    const end = lf > this.#at && this.#octets[lf - 1] === 13 ? lf - 1 : lf;
    const line = this.#octets.subarray(this.#at, end);
    this.#at = lf + 1;
    return line;
  }

  /** Forgets everything. */
  clear(): void {
    this.#octets = EMPTY;
    this.#at = 0;
  }
}
