// Responses as they arrive: one status line, or a status line and the lines up to the lone dot. RFC 1939 §3.

/** A response that is longer than the client is willing to keep. */
export class ResponseTooLong extends Error {
  constructor(maxOctets: number) {
    super(`the server's response is longer than ${maxOctets} octets`);
    this.name = 'ResponseTooLong';
  }
}

const END = Buffer.from('\r\n.\r\n');
const LF_DOT = Buffer.from('\n.');
const FIRST_ROOM = 4_096;

/** Gathers octets and cuts responses out of them. */
export class ResponseReader {
  readonly #maxOctets: number;
  #octets = Buffer.alloc(0);
  #used = 0;
  /** Up to here there is no end of a multi-line response. */
  #searched = 0;

  constructor(maxOctets: number) {
    this.#maxOctets = maxOctets;
  }

  /** Adds what arrived. Throws ResponseTooLong. */
  push(chunk: Buffer): void {
    const needed = this.#used + chunk.length;
    if (needed > this.#maxOctets) throw new ResponseTooLong(this.#maxOctets);
    if (needed > this.#octets.length) {
      const larger = Buffer.allocUnsafe(Math.max(FIRST_ROOM, needed, this.#octets.length * 2));
      this.#octets.copy(larger, 0, 0, this.#used);
      this.#octets = larger;
    }
    chunk.copy(this.#octets, this.#used);
    this.#used = needed;
  }

  /** The next line without CRLF; null while it is unfinished. */
  takeLine(): string | null {
    const end = this.#filled().indexOf('\r\n');
    if (end < 0) return null;
    const line = this.#octets.toString('utf8', 0, end);
    this.#drop(end + 2);
    return line;
  }

  /** The lines of a multi-line response after its status line, dots unstuffed; null while it is unfinished. */
  takeLines(): Buffer | null {
    const filled = this.#filled();
    if (filled.length >= 3 && filled[0] === 46 && filled[1] === 13 && filled[2] === 10) {
      this.#drop(3);
      return Buffer.alloc(0);
    }
    const end = filled.indexOf(END, Math.max(0, this.#searched - END.length));
    this.#searched = this.#used;
    if (end < 0) return null;
    const lines = unstuffDots(filled.subarray(0, end + 2));
    this.#drop(end + END.length);
    return lines;
  }

  #filled(): Buffer {
    return this.#octets.subarray(0, this.#used);
  }

  #drop(octets: number): void {
    this.#octets.copyWithin(0, octets, this.#used);
    this.#used -= octets;
    this.#searched = 0;
  }
}

/** A copy without the dots that stuffing added (after bare LF too, as our server adds them). */
export function unstuffDots(lines: Buffer): Buffer {
  const plain = Buffer.allocUnsafe(lines.length);
  let used = 0;
  let from = lines[0] === 46 ? 1 : 0;
  for (;;) {
    const found = lines.indexOf(LF_DOT, from);
    if (found < 0) break;
    used += lines.copy(plain, used, from, found + 1);
    from = found + 2;
  }
  used += lines.copy(plain, used, from);
  return plain.subarray(0, used);
}
