// RFC 1939 §3: a line of a multi-line response that begins with '.' gets one more, and '.' alone ends it. A '.' after a
// bare LF gets one too: many clients take LF for a line end, and no stored octets may end a response early for them.

/** Where stuffed octets go. */
export interface OctetOutput {
  octets(chunk: Buffer, start: number, end: number): void;
}

const LF_DOT = Buffer.from('\n.');
const DOT = Buffer.from('.');
const END = Buffer.from('.\r\n');
const CRLF_END = Buffer.from('\r\n.\r\n');

/** Writes one message's pieces, in order, as the lines of a multi-line response. */
export class DotStuffer {
  readonly #output: OctetOutput;
  /** The last two octets written; a response begins behind the CRLF of its status line. */
  #beforeLast = 13;
  #last = 10;

  constructor(output: OctetOutput) {
    this.#output = output;
  }

  /** Octets [start, end) of `chunk`. */
  write(chunk: Buffer, start: number = 0, end: number = chunk.length): void {
    if (start >= end) return;
    if (this.#last === 10 && chunk[start] === 46) this.#output.octets(DOT, 0, 1);
    let from = start;
    for (;;) {
      const found = chunk.indexOf(LF_DOT, from);
      if (found < 0 || found + 1 >= end) break;
      this.#output.octets(chunk, from, found + 1);
      this.#output.octets(DOT, 0, 1);
      from = found + 1;
    }
    this.#output.octets(chunk, from, end);
    this.#beforeLast = end - start > 1 ? chunk[end - 2]! : this.#last;
    this.#last = chunk[end - 1]!;
  }

  /** The line end that is missing, if any, and the '.' that ends the response. */
  end(): void {
    const complete = this.#last === 10 && this.#beforeLast === 13;
    if (complete) this.#output.octets(END, 0, END.length);
    else this.#output.octets(CRLF_END, 0, CRLF_END.length);
  }
}
