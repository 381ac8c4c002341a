// Octets of the client as commands: lines, with the literals inside them (RFC 9051 §4.3, RFC 7888). Holds at most one
// unfinished command beyond the chunk that is being answered; what is refused is skipped without being kept.

const EMPTY = Buffer.alloc(0);
const LITERAL_AT_END = /(~?)\{([0-9]{1,10})(\+?)\}$/u;
/** As much of a skipped line as a literal at its end can take. */
const TAIL_OCTETS = 16;

export interface LiteralAhead {
  readonly octets: number;
  /** The client waits for `+`. */
  readonly synchronizing: boolean;
  readonly binary: boolean;
}

export type ReaderEvent =
  /** The whole command as octets in latin1, without the last line ending. */
  | { readonly kind: 'command'; readonly text: string }
  /** The command goes on with a literal: say `accept` or `skip`. `text` ends with the line ending after '}'. */
  | { readonly kind: 'literal'; readonly text: string; readonly literal: LiteralAhead }
  /** Longer than allowed; the rest of the line will be skipped. */
  | { readonly kind: 'too-long'; readonly text: string };

/** The literal that a line ends with; null: it ends. */
export function literalAtEnd(line: string): LiteralAhead | null {
  if (!line.endsWith('}')) return null;
  const found = LITERAL_AT_END.exec(line.slice(-TAIL_OCTETS));
  if (found === null) return null;
  return { octets: Number(found[2]), synchronizing: found[3] === '', binary: found[1] !== '' };
}

/** One connection's input. */
export class CommandReader {
  #octets: Buffer = EMPTY;
  #at = 0;
  #text = '';
  #literalLeft = 0;
  /** Octets of a refused literal that are still to come. */
  #skipOctets = 0;
  /** The rest of a refused line is to come; the end of what was skipped of it. */
  #skipTail: string | null = null;
  #skipped = 0;

  /** Octets not taken yet. */
  get length(): number {
    return this.#octets.length - this.#at;
  }

  /** Octets thrown away of the command at hand. */
  get skipped(): number {
    return this.#skipped + this.#skipOctets;
  }

  /** Adds what the client sent. */
  push(chunk: Buffer): void {
    this.#octets = this.length === 0 ? chunk : Buffer.concat([this.#octets.subarray(this.#at), chunk]);
    this.#at = 0;
  }

  /** The next event; null while there is none. `maxOctets` bounds a command with the literals that were accepted. */
  next(maxOctets: number): ReaderEvent | null {
    if (!this.#skip()) return null;
    if (this.#literalLeft > 0) {
      const piece = this.takeOctets(this.#literalLeft);
      this.#text += piece.toString('latin1');
      this.#literalLeft -= piece.length;
      if (this.#literalLeft > 0) return null;
    }
    const line = this.takeLine();
    if (line === null) {
      if (this.#text.length + this.length <= maxOctets) return null;
      return this.#tooLong(this.takeOctets(this.length).toString('latin1'), '');
    }
    if (this.#text.length + line.length > maxOctets) return this.#tooLong(line, null);
    const text = this.#text + line;
    const literal = literalAtEnd(line);
    if (literal === null) {
      this.#text = '';
      return { kind: 'command', text };
    }
    this.#text = `${text}\r\n`;
    return { kind: 'literal', text: this.#text, literal };
  }

  #tooLong(line: string, skipTail: string | null): ReaderEvent {
    const text = this.#text + line;
    this.#text = '';
    this.#skipped = line.length;
    this.#skipTail = skipTail === null ? null : line.slice(-TAIL_OCTETS);
    if (skipTail === null) this.#skipLiteralOf(line);
    return { kind: 'too-long', text };
  }

  /** The literal that was announced belongs to the command: read it. */
  accept(literal: LiteralAhead): void {
    this.#literalLeft = literal.octets;
  }

  /** The command is refused: what the client sends of it anyway is thrown away. */
  refuse(literal: LiteralAhead): void {
    this.#text = '';
    this.#skipped = 0;
    if (literal.synchronizing) return;
    this.#skipOctets = literal.octets;
    this.#skipTail = '';
  }

  /** The literal and the rest of the command go to somebody else (`takeOctets`, `takeLine`). */
  handOver(): void {
    this.#text = '';
  }

  /** The next line without its ending; null while it is unfinished. */
  takeLine(): string | null {
    const lf = this.#octets.indexOf(10, this.#at);
    if (lf < 0) {
      // Do not keep a whole network chunk alive for the start of a line.
      this.#octets = this.length === 0 ? EMPTY : Buffer.from(this.#octets.subarray(this.#at));
      this.#at = 0;
      return null;
    }
    const end = lf > this.#at && this.#octets[lf - 1] === 13 ? lf - 1 : lf;
    const line = this.#octets.toString('latin1', this.#at, end);
    this.#at = lf + 1;
    if (this.#at === this.#octets.length) {
      this.#octets = EMPTY;
      this.#at = 0;
    }
    return line;
  }

  /** At most this many octets, as they are there. */
  takeOctets(most: number): Buffer {
    const taken = this.#octets.subarray(this.#at, Math.min(this.#octets.length, this.#at + most));
    this.#at += taken.length;
    if (this.length === 0) {
      this.#octets = EMPTY;
      this.#at = 0;
    }
    return taken;
  }

  /** Forgets everything. */
  clear(): void {
    this.#octets = EMPTY;
    this.#at = 0;
    this.#text = '';
    this.#literalLeft = 0;
    this.#skipOctets = 0;
    this.#skipTail = null;
  }

  /** Throws away what was refused; false while more of it is to come. */
  #skip(): boolean {
    while (this.#skipTail !== null || this.#skipOctets > 0) {
      if (this.#skipOctets > 0) {
        const gone = this.takeOctets(this.#skipOctets).length;
        this.#skipOctets -= gone;
        this.#skipped += gone;
        if (this.#skipOctets > 0) return false;
      }
      const line = this.takeLine();
      if (line === null) {
        const rest = this.takeOctets(this.length).toString('latin1');
        this.#skipped += rest.length;
        this.#skipTail = `${this.#skipTail}${rest}`.slice(-TAIL_OCTETS);
        return false;
      }
      const tail: string = `${this.#skipTail}${line}`;
      this.#skipTail = null;
      this.#skipLiteralOf(tail);
    }
    this.#skipped = 0;
    return true;
  }

  #skipLiteralOf(line: string): void {
    const literal = literalAtEnd(line);
    if (literal === null || literal.synchronizing) return;
    this.#skipOctets = literal.octets;
    this.#skipTail = '';
  }
}
