// A place in a text and the few moves that a hand-written grammar needs. Never goes backwards by itself, so a grammar
// that only calls `take` and `expect` is linear in its input.
import { SyntaxFault } from '../errors/syntax-fault.ts';

/** Walks over `text`; `position` counts UTF-16 units from its start. */
export class TextCursor {
  readonly text: string;
  position: number;

  constructor(text: string, position = 0) {
    this.text = text;
    this.position = position;
  }

  get atEnd(): boolean {
    return this.position >= this.text.length;
  }

  /** The next character without moving; '' at the end. */
  peek(): string {
    return this.text.charAt(this.position);
  }

  /** Takes what `pattern` (sticky: flag y) matches here; '' and no move when it does not match. */
  take(pattern: RegExp): string {
    pattern.lastIndex = this.position;
    const found = pattern.exec(this.text);
    if (found === null) return '';
    this.position += found[0].length;
    return found[0];
  }

  /** Moves over `literal` when it stands here. */
  skip(literal: string): boolean {
    if (!this.text.startsWith(literal, this.position)) return false;
    this.position += literal.length;
    return true;
  }

  /** Moves over `literal` or throws a SyntaxFault. */
  expect(literal: string): void {
    if (!this.skip(literal)) throw this.fault(`'${literal}'`);
  }

  /** The rest of the text, from here. */
  rest(): string {
    return this.text.slice(this.position);
  }

  /** A fault at this place. */
  fault(expected: string): SyntaxFault {
    return new SyntaxFault(expected, this.position);
  }
}
