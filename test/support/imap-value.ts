// Values in IMAP answers, RFC 9051 §4, as comparable data: strings as octets in Latin-1 whatever form they came in.

export type ImapValue = string | number | null | readonly ImapValue[];

const ATOM = /[^ ()[\]{}"\r\n]+(?:\[[^\]]*\](?:<\d+>)?)?/y;
const QUOTED = /"((?:[^"\\]|\\.)*)"/sy;
const LITERAL = /~?\{(\d+)\}\r\n/y;

/** Reads values one after the other. Throws when the text is none. */
export class ImapValueReader {
  readonly text: string;
  position: number;

  constructor(text: string, position = 0) {
    this.text = text;
    this.position = position;
  }

  #take(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.position;
    const found = pattern.exec(this.text);
    if (found !== null) this.position = pattern.lastIndex;
    return found;
  }

  read(): ImapValue {
    if (this.text[this.position] === '(') {
      const list: ImapValue[] = [];
      this.position++;
      while (this.text[this.position] !== ')') {
        if (this.text[this.position] === ' ') this.position++;
        else list.push(this.read());
      }
      this.position++;
      return list;
    }
    const quoted = this.#take(QUOTED);
    if (quoted !== null) return quoted[1]!.replaceAll(/\\(.)/gs, '$1');
    const literal = this.#take(LITERAL);
    if (literal !== null) {
      const start = this.position;
      this.position += Number(literal[1]);
      if (this.position > this.text.length) throw new Error('a literal is cut short');
      return this.text.slice(start, this.position);
    }
    const atom = this.#take(ATOM)?.[0];
    if (atom === undefined)
      throw new Error(`no value at ${this.position}: ${this.text.slice(this.position, this.position + 60)}`);
    if (atom === 'NIL') return null;
    return /^\d+$/.test(atom) ? Number(atom) : atom;
  }
}
