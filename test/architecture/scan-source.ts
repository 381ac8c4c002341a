// A small scanner of formatted TypeScript: tells code, comments and string contents apart, without a parser.
// Good enough for checks; it need not understand more than strings, templates, comments and regular expressions.

export interface ScannedSource {
  /** Same length and line breaks; comments are blank. */
  readonly withoutComments: string;
  /** Comments and the insides of strings, templates and regular expressions are blank. */
  readonly codeOnly: string;
  /** Only the comments remain. */
  readonly comments: string;
  /** The insides of string and template literals, with their offsets. */
  readonly strings: readonly { readonly offset: number; readonly text: string }[];
}

const KEYWORD_BEFORE_REGEX = /(?:^|[^\w$.])(?:return|typeof|case|in|of|void|await|yield|else|do)$/u;

/** Whether a slash after this code starts a regular expression rather than a division. */
function regexMayFollow(code: string): boolean {
  const before = code.trimEnd();
  if (before === '') return true;
  return /[([{,;=:!&|?+\-*%^~<>]$/u.test(before) || KEYWORD_BEFORE_REGEX.test(before);
}

/** Splits a source text into code, comments and literals. Time is linear in the text. */
export function scanSource(text: string): ScannedSource {
  return new Scanner(text).run();
}

const blank = (text: string): string => text.replace(/[^\n]/gu, ' ');

class Scanner {
  readonly #text: string;
  #at = 0;
  #noComments = '';
  #code = '';
  #comments = '';
  #strings: { offset: number; text: string }[] = [];

  constructor(text: string) {
    this.#text = text;
  }

  run(): ScannedSource {
    this.#scanCode(false);
    return {
      withoutComments: this.#noComments,
      codeOnly: this.#code,
      comments: this.#comments,
      strings: this.#strings,
    };
  }

  #take(end: number, kind: 'code' | 'comment' | 'literal'): void {
    const part = this.#text.slice(this.#at, end);
    const empty = kind === 'code' ? blank(part) : null;
    this.#noComments += kind === 'comment' ? blank(part) : part;
    this.#code += kind === 'code' ? part : blank(part);
    this.#comments += kind === 'comment' ? part : (empty ?? blank(part));
    this.#at = end;
  }

  /** Scans code up to the end, or up to the brace that closes a template's `${`. */
  #scanCode(inTemplate: boolean): void {
    const interesting = /['"`/{}]/gu;
    let depth = 0;
    while (this.#at < this.#text.length) {
      interesting.lastIndex = this.#at;
      const found = interesting.exec(this.#text);
      if (found === null) return this.#take(this.#text.length, 'code');
      this.#take(found.index, 'code');
      const sign = found[0];
      if (sign === '{' || sign === '}') {
        if (sign === '}' && depth === 0 && inTemplate) return;
        depth += sign === '{' ? 1 : -1;
        this.#take(this.#at + 1, 'code');
      } else if (sign === '`') this.#scanTemplate();
      else if (sign === '/') this.#scanSlash();
      else this.#scanString(sign);
    }
  }

  #scanString(quote: string): void {
    const end = endOf(this.#text, this.#at + 1, quote);
    this.#literal(end);
  }

  /** From an opening quote at #at to `end`, the offset of the closing one. */
  #literal(end: number): void {
    this.#take(this.#at + 1, 'code');
    this.#strings.push({ offset: this.#at, text: this.#text.slice(this.#at, end) });
    this.#take(end, 'literal');
    this.#take(Math.min(end + 1, this.#text.length), 'code');
  }

  #scanTemplate(): void {
    this.#take(this.#at + 1, 'code');
    const from = this.#at;
    let whole = '';
    for (let at = from; ; at++) {
      const sign = this.#text[at];
      if (sign === '\\') at++;
      else if (sign === undefined || sign === '`' || (sign === '$' && this.#text[at + 1] === '{')) {
        whole += this.#text.slice(this.#at, Math.min(at, this.#text.length));
        this.#take(Math.min(at, this.#text.length), 'literal');
        if (sign !== '$') break;
        this.#take(at + 2, 'code');
        this.#scanCode(true);
        at = this.#at;
        whole += '?';
        this.#take(Math.min(this.#at + 1, this.#text.length), 'code');
      }
    }
    this.#strings.push({ offset: from, text: whole });
    this.#take(Math.min(this.#at + 1, this.#text.length), 'code');
  }

  #scanSlash(): void {
    const next = this.#text[this.#at + 1];
    if (next === '/') {
      const end = this.#text.indexOf('\n', this.#at);
      this.#take(end < 0 ? this.#text.length : end, 'comment');
    } else if (next === '*') {
      const end = this.#text.indexOf('*/', this.#at + 2);
      this.#take(end < 0 ? this.#text.length : end + 2, 'comment');
    } else if (regexMayFollow(this.#code.slice(-120))) this.#scanRegex();
    else this.#take(this.#at + 1, 'code');
  }

  #scanRegex(): void {
    let inClass = false;
    let at = this.#at + 1;
    for (; at < this.#text.length; at++) {
      const sign = this.#text[at];
      if (sign === '\\') at++;
      else if (sign === '\n') break;
      else if (sign === '[') inClass = true;
      else if (sign === ']') inClass = false;
      else if (sign === '/' && !inClass) break;
    }
    this.#take(this.#at + 1, 'code');
    this.#take(Math.min(at, this.#text.length), 'literal');
    this.#take(Math.min(at + 1, this.#text.length), 'code');
  }
}

/** The offset of the closing quote, or of the line's end in broken code. */
function endOf(text: string, from: number, quote: string): number {
  for (let at = from; at < text.length; at++) {
    const sign = text[at];
    if (sign === '\\') at++;
    else if (sign === quote || sign === '\n') return at;
  }
  return text.length;
}
