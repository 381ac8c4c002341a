// The terminals of RFC 9051 §9 over one whole command: its line, and literals where they stand, as octets in a latin1
// text. Never goes backwards, so every grammar made of it is linear. Throws SyntaxFault with the position.
import { isUtf8 } from 'node:buffer';
import { SyntaxFault } from '../../../base/errors/syntax-fault.ts';

/** Everything but atom-specials: ( ) { SP CTL % * " \ ] and 8-bit. */
const ATOM = /[^(){ %*"\\\]\u0000-\u001f\u007f-\u00ff]+/uy;
/** Atom characters and ]. */
const ASTRING = /[^(){ %*"\\\u0000-\u001f\u007f-\u00ff]+/uy;
const LIST_ATOM = /[^(){ "\\\u0000-\u001f\u007f-\u00ff]+/uy;
/** 8-bit is UTF-8 here, RFC 9051 §4.3. */
const QUOTED = /"((?:[^"\\\r\n\u0000]|\\["\\])*)"/uy;
const LITERAL = /(~?)\{([0-9]{1,10})\+?\}\r?\n/uy;
const NUMBER = /[0-9]{1,19}/uy;
const EIGHT_BIT = /[\u0080-\u00ff]/u;

/** Walks over a command. */
export class CommandCursor {
  readonly text: string;
  position: number;

  constructor(text: string, position = 0) {
    this.text = text;
    this.position = position;
  }

  get atEnd(): boolean {
    return this.position >= this.text.length;
  }

  /** A fault at this place. */
  fault(expected: string): SyntaxFault {
    return new SyntaxFault(expected, this.position);
  }

  /** The next character; '' at the end. */
  peek(): string {
    return this.text.charAt(this.position);
  }

  /** Moves over `literal` when it stands here. */
  skip(literal: string): boolean {
    if (!this.text.startsWith(literal, this.position)) return false;
    this.position += literal.length;
    return true;
  }

  /** Moves over `literal` or throws. */
  expect(literal: string): void {
    if (!this.skip(literal)) throw this.fault(literal === ' ' ? 'a space' : `'${literal}'`);
  }

  /** One space. */
  space(): void {
    this.expect(' ');
  }

  /** The command must be over; spaces at its end are forgiven. */
  end(): void {
    while (this.skip(' '));
    if (!this.atEnd) throw this.fault('the end of the command');
  }

  /** What a sticky pattern matches here; null and no move when it does not. */
  match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.position;
    const found = pattern.exec(this.text);
    if (found !== null) this.position += found[0].length;
    return found;
  }

  /** An atom as it stands. */
  atom(what = 'an atom'): string {
    const found = this.match(ATOM);
    if (found === null) throw this.fault(what);
    return found[0];
  }

  /** An atom in upper case. */
  keyword(what = 'a word'): string {
    return this.atom(what).toUpperCase();
  }

  /** The word that stands here, in upper case and without moving; '' where there is none. */
  peekKeyword(): string {
    ATOM.lastIndex = this.position;
    return ATOM.exec(this.text)?.[0].toUpperCase() ?? '';
  }

  /** Moves over this word (any case) when it stands here as a whole word. */
  skipKeyword(word: string): boolean {
    if (this.peekKeyword() !== word) return false;
    this.position += word.length;
    return true;
  }

  /** number: 32 bits. */
  number(what = 'a number'): number {
    return this.#number(4_294_967_295, what);
  }

  /** nz-number. */
  nonZeroNumber(what = 'a number above zero'): number {
    const at = this.position;
    const value = this.#number(4_294_967_295, what);
    if (value === 0) throw new SyntaxFault(what, at);
    return value;
  }

  /** number64, as far as a double counts exactly (RFC 7162: modseqs are below 2^63; ours stay below 2^53). */
  number64(what = 'a number'): number {
    return this.#number(Number.MAX_SAFE_INTEGER, what);
  }

  #number(max: number, what: string): number {
    const at = this.position;
    const found = this.match(NUMBER);
    if (found === null) throw this.fault(what);
    const value = Number(found[0]);
    if (value <= max) return value;
    if (max === Number.MAX_SAFE_INTEGER) return max;
    throw new SyntaxFault(what, at);
  }

  /** astring: text of UTF-8. */
  astring(what = 'a string'): string {
    return this.#asText(this.match(ASTRING)?.[0] ?? this.#string(what));
  }

  /** string: quoted or literal; text of UTF-8. */
  string(what = 'a string'): string {
    return this.#asText(this.#string(what));
  }

  /** string as octets in latin1. */
  octets(what = 'a string'): string {
    return this.#string(what);
  }

  /** nstring. */
  nullableString(what = 'a string or NIL'): string | null {
    return this.skipKeyword('NIL') ? null : this.string(what);
  }

  /** list-mailbox: wildcards and all. */
  listMailbox(): string {
    return this.#asText(this.match(LIST_ATOM)?.[0] ?? this.#string('a mailbox pattern'));
  }

  /** Whether a quoted string or a literal begins here. */
  get atString(): boolean {
    const c = this.peek();
    return c === '"' || c === '{' || (c === '~' && this.text[this.position + 1] === '{');
  }

  #string(what: string): string {
    const quoted = this.match(QUOTED);
    if (quoted !== null) {
      const inside = quoted[1]!;
      return inside.includes('\\') ? inside.replace(/\\(["\\])/gu, '$1') : inside;
    }
    const at = this.position;
    const literal = this.match(LITERAL);
    if (literal === null) throw this.fault(what);
    const end = this.position + Number(literal[2]);
    if (end > this.text.length) throw new SyntaxFault(what, at);
    const inside = this.text.slice(this.position, end);
    if (literal[1] === '' && inside.includes('\0')) throw new SyntaxFault('a literal without NUL', at);
    this.position = end;
    return inside;
  }

  #asText(octets: string): string {
    if (!EIGHT_BIT.test(octets)) return octets;
    const bytes = Buffer.from(octets, 'latin1');
    if (!isUtf8(bytes)) throw this.fault('UTF-8');
    return bytes.toString('utf8');
  }

  /** '(' item SP item … ')'; `least` 0 allows '()'. */
  list<T>(item: () => T, most: number, least = 1): T[] {
    this.expect('(');
    const items: T[] = [];
    if (least === 0 && this.skip(')')) return items;
    for (;;) {
      if (items.length >= most) throw this.fault(`at most ${most} items`);
      items.push(item());
      if (this.skip(')')) return items;
      this.space();
    }
  }
}
