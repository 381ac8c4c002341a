// Where TOP stops: after the header, the blank line and `lines` lines of the body. RFC 1939 §7.

/** Fed with a message's pieces in order; says how many octets of each belong to the answer. */
export class TopLines {
  #linesLeft: number;
  #inHeader = true;
  /** Octets of the current line so far, without CR; 0 at a line's start. Only zero or not matters in the header. */
  #lineOctets = 0;

  constructor(lines: number) {
    this.#linesLeft = lines;
  }

  /** The answer is complete. */
  get done(): boolean {
    return !this.#inHeader && this.#linesLeft === 0;
  }

  /** The index behind the last octet of `chunk` that belongs to the answer. */
  take(chunk: Buffer): number {
    let from = 0;
    while (!this.done) {
      const lf = chunk.indexOf(10, from);
      if (lf < 0) {
        if (chunk.length > from) this.#lineOctets += chunk.length - from - (chunk.at(-1) === 13 ? 1 : 0);
        return chunk.length;
      }
      if (this.#inHeader) {
        const octets = this.#lineOctets + lf - from - (lf > from && chunk[lf - 1] === 13 ? 1 : 0);
        if (octets === 0) this.#inHeader = false;
      } else {
        this.#linesLeft--;
      }
      this.#lineOctets = 0;
      from = lf + 1;
    }
    return from;
  }
}
