// Reads structured header fields as they really are, RFC 5322 §3.2 and RFC 2045 §5.1, in octets as Latin-1. Every method
// goes forward only and says how it ended; nothing throws.

/** How a step ended: more text follows, the text is at its end, or it does not follow the grammar. */
export type Step = 'more' | 'end' | 'broken';

const WHITE_SPACE = /[ \t\r\n]+/y;
const COMMENT_TEXT = /[^()\\]+/y;
const ATOM = /[!#-'*+\-/-9=?A-Z^-~\x80-\xff]+/y;
const ATOM_OR_DOT = /[!#-'*+\--9=?A-Z^-~\x80-\xff]+/y;
const TOKEN = /[!#-'*+\-.0-9A-Z^-~\x80-\xff]+/y;
const QUOTED_TEXT = /[^"\\\n]+/y;
const LINE_ENDING = /\r?\n/y;
const LITERAL_TEXT = /[^\]\\]+/y;
const QUOTE = 0x22;
const OPEN = 0x28;
const CLOSE = 0x29;
const DOT = 0x2e;
const BACKSLASH = 0x5c;
const OPEN_BRACKET = 0x5b;
const LF = 0x0a;

export class FieldCursor {
  readonly text: string;
  position = 0;
  /** What the last comment said that was passed; '' for none. */
  comment = '';

  constructor(text: string) {
    this.text = text;
  }

  get atEnd(): boolean {
    return this.position >= this.text.length;
  }

  /** The code of the next character; NaN at the end. */
  get code(): number {
    return this.text.charCodeAt(this.position);
  }

  /** Whether the next character is this one. */
  at(character: string): boolean {
    return this.text[this.position] === character;
  }

  #take(pattern: RegExp): string {
    pattern.lastIndex = this.position;
    const found = pattern.exec(this.text);
    if (found === null) return '';
    this.position = pattern.lastIndex;
    return found[0];
  }

  #state(): Step {
    return this.atEnd ? 'end' : 'more';
  }

  /** Passes white space and comments. A comment without an end is `broken` and goes to the end of the text. */
  skip(): Step {
    for (;;) {
      const code = this.code;
      if (code === OPEN) {
        if (!this.#skipComment()) return 'broken';
      } else if (code <= 0x20) {
        if (this.#take(WHITE_SPACE) === '') return 'more';
      } else return this.#state();
    }
  }

  #skipComment(): boolean {
    this.comment = '';
    this.position++;
    const parts: string[] = [];
    for (let depth = 1; !this.atEnd; this.position++) {
      parts.push(this.#take(COMMENT_TEXT));
      const code = this.code;
      if (code === CLOSE && --depth === 0) {
        this.comment = parts.join('');
        this.position++;
        return true;
      }
      if (code === OPEN) depth++;
      if (code === BACKSLASH) this.position++;
      parts.push(this.text.charAt(this.position));
    }
    this.position = this.text.length;
    return false;
  }

  /** An atom (RFC 5322 §3.2.3) onto `into`; `broken` when there is none. */
  atom(into: string[]): Step {
    const text = this.#take(ATOM);
    if (text === '') return 'broken';
    into.push(text);
    return this.skip();
  }

  /** Atoms with dots between; white space and comments may stand around the dots (RFC 5322 §4.4). */
  dotAtom(into: string[]): Step {
    let text = this.#take(ATOM);
    if (text === '') return 'broken';
    for (;;) {
      into.push(text);
      const before = this.skip();
      if (before !== 'more' || this.code !== DOT) return before;
      this.position++;
      into.push('.');
      const after = this.skip();
      if (after !== 'more') return after;
      text = this.#take(ATOM);
    }
  }

  /** A token of RFC 2045 §5.1, which may be empty, and what may be skipped behind it. */
  token(into: string[]): Step {
    into.push(this.#take(TOKEN));
    return this.skip();
  }

  /** A quoted string without its quotes and folds; the cursor stands at the opening quote. */
  quotedString(into: string[]): Step {
    this.position++;
    while (!this.atEnd) {
      const text = this.#take(QUOTED_TEXT);
      const code = this.code;
      if (code === LF) into.push(text.endsWith('\r') ? text.slice(0, -1) : text);
      else into.push(text);
      this.position++;
      if (code === QUOTE) return this.skip();
      if (code === BACKSLASH) {
        // RFC 5322 §2.2.3: a fold is not there.
        this.#take(LINE_ENDING);
        if (this.atEnd) return 'broken';
        into.push(this.text.charAt(this.position++));
      }
    }
    return 'broken';
  }

  /** Words of RFC 5322 §3.2.5 with one space between each two, dots allowed. */
  phrase(into: string[]): Step {
    if (this.atEnd) return 'end';
    if (this.code === DOT) return 'broken';
    for (;;) {
      let step: Step;
      if (this.code === QUOTE) step = this.quotedString(into);
      else {
        into.push(this.#take(ATOM_OR_DOT));
        step = this.skip();
      }
      if (step !== 'more') return step;
      ATOM_OR_DOT.lastIndex = this.position;
      if (this.code !== QUOTE && !ATOM_OR_DOT.test(this.text)) return 'more';
      into.push(' ');
    }
  }

  /** After `@`: a domain or an address literal with its brackets. */
  domain(into: string[]): Step {
    this.position++;
    if (this.skip() !== 'more') return 'broken';
    if (this.code !== OPEN_BRACKET) return this.dotAtom(into);
    const start = this.position;
    while (!this.atEnd) {
      this.#take(LITERAL_TEXT);
      if (this.at('\\')) this.position += 2;
      else if (this.at(']')) {
        this.position++;
        into.push(this.text.slice(start, this.position));
        return this.skip();
      }
    }
    this.position = this.text.length;
    return 'broken';
  }
}
