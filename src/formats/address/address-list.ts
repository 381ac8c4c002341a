// Address lists of header fields, RFC 5322 §3.4 with the obsolete forms of §4.4, groups, comments and RFC 6532 text.
// Tolerant: what cannot be read is skipped up to the next comma and `complete` says so. One pass, linear in the input.
import { SyntaxFault } from '../../base/errors/syntax-fault.ts';
import { TextCursor } from '../../base/text/text-cursor.ts';
import type { AddrSpec } from './addr-spec.ts';
import { ADDRESS_LIST_MAX_ENTRIES } from './limits.ts';

export interface HeaderMailbox {
  readonly kind: 'mailbox';
  /** Unquoted, encoded words still encoded; the trailing comment where there is no phrase; '' without either. */
  readonly displayName: string;
  /** `domain` is '' for a bare local part (`To: root`). The domain is not checked beyond its characters. */
  readonly address: AddrSpec;
}

export interface HeaderGroup {
  readonly kind: 'group';
  readonly displayName: string;
  readonly members: readonly HeaderMailbox[];
}

export interface AddressList {
  readonly entries: readonly (HeaderMailbox | HeaderGroup)[];
  /** False when a part of the value was not understood and left out. */
  readonly complete: boolean;
}

interface Word {
  readonly text: string;
  readonly spaceBefore: boolean;
  readonly isDot: boolean;
}

const WHITE_SPACE = /[ \t\r\n]+/y;
const COMMENT_TEXT = /[^()\\]+/y;
const QUOTED_TEXT = /[^"\\]+/y;
const ENCODED_WORD = /=\?[^?\s]+\?[bq]\?[^?\s]*\?=/iy;
const ATOM = /[^\x00-\x20\x7f()<>[\]:;@\\,."]+/y;
const LITERAL = /\[[^[\]\\\x00-\x1f\x7f]*\]/y;
const CONTROL = /[\x00-\x1f\x7f]/;
const UP_TO_COMMA = /[^,]+/y;
const UP_TO_COMMA_OR_SEMICOLON = /[^,;]+/y;
const ANY = /[^]/y;

/** Skips white space and comments; gives the last comment's text. */
function takeCfws(cursor: TextCursor): string {
  let comment = '';
  for (;;) {
    cursor.take(WHITE_SPACE);
    if (cursor.peek() !== '(') return comment;
    comment = takeComment(cursor);
  }
}

function takeComment(cursor: TextCursor): string {
  cursor.expect('(');
  const parts: string[] = [];
  let depth = 1;
  for (;;) {
    parts.push(cursor.take(COMMENT_TEXT));
    if (cursor.skip('(')) {
      depth++;
      parts.push('(');
    } else if (cursor.skip(')')) {
      if (--depth === 0) return parts.join('').trim();
      parts.push(')');
    } else if (cursor.skip('\\')) parts.push(cursor.take(ANY));
    else throw cursor.fault("')'");
  }
}

function takeQuoted(cursor: TextCursor): string {
  cursor.expect('"');
  const parts: string[] = [];
  for (;;) {
    parts.push(cursor.take(QUOTED_TEXT));
    if (cursor.skip('"')) return parts.join('').replaceAll(/\r?\n/g, '');
    if (!cursor.skip('\\')) throw cursor.fault('a closing quote');
    parts.push(cursor.take(ANY));
  }
}

/** Words and dots up to the next special character; CFWS around each is skipped. */
function takeWords(cursor: TextCursor): Word[] {
  const words: Word[] = [];
  for (;;) {
    const before = cursor.position;
    takeCfws(cursor);
    const spaceBefore = words.length > 0 && cursor.position > before;
    if (cursor.peek() === '"') words.push({ text: takeQuoted(cursor), spaceBefore, isDot: false });
    else if (cursor.skip('.')) words.push({ text: '.', spaceBefore, isDot: true });
    else {
      const text = cursor.take(ENCODED_WORD) || cursor.take(ATOM);
      if (text === '') return words;
      words.push({ text, spaceBefore, isDot: false });
    }
  }
}

function phraseOf(words: readonly Word[]): string {
  return words.map((word) => (word.spaceBefore ? ` ${word.text}` : word.text)).join('');
}

/** RFC 5322 §4.4 obs-local-part: words with a dot between each two. */
function localPartOf(words: readonly Word[], cursor: TextCursor): string {
  const alternates = words.length % 2 === 1 && words.every((word, i) => word.isDot === (i % 2 === 1));
  if (!alternates) throw cursor.fault('a local part before this place');
  const localPart = words.map((word) => word.text).join('');
  // It may become a path of an envelope, where a CR would begin another command.
  if (CONTROL.test(localPart)) throw cursor.fault('a local part without control characters before this place');
  return localPart;
}

function takeDomain(cursor: TextCursor): string {
  takeCfws(cursor);
  if (cursor.peek() === '[') {
    const literal = cursor.take(LITERAL);
    if (literal === '') throw cursor.fault('an address literal');
    return literal;
  }
  const labels: string[] = [];
  do {
    takeCfws(cursor);
    const label = cursor.take(ATOM);
    if (label === '') throw cursor.fault('a domain');
    labels.push(label);
    const before = cursor.position;
    takeCfws(cursor);
    // White space after the domain belongs to whoever looks for the trailing comment.
    if (cursor.peek() !== '.') cursor.position = before;
  } while (cursor.skip('.'));
  return labels.join('.');
}

/** After '<': an optional obsolete route, the address, '>'. */
function takeAngleAddress(cursor: TextCursor): AddrSpec {
  takeCfws(cursor);
  if (cursor.peek() === '@') {
    while (!cursor.skip(':')) {
      if (!cursor.skip(',')) cursor.expect('@');
      takeCfws(cursor);
      if (cursor.peek() !== ',' && cursor.peek() !== '@' && cursor.peek() !== ':') takeDomain(cursor);
      takeCfws(cursor);
    }
  }
  const localPart = localPartOf(takeWords(cursor), cursor);
  const domain = cursor.skip('@') ? takeDomain(cursor) : '';
  takeCfws(cursor);
  cursor.expect('>');
  return { localPart, domain };
}

function takeMailbox(cursor: TextCursor, words: readonly Word[]): HeaderMailbox {
  let address: AddrSpec;
  let displayName = '';
  if (cursor.skip('<')) {
    displayName = phraseOf(words);
    address = takeAngleAddress(cursor);
  } else {
    const localPart = localPartOf(words, cursor);
    address = { localPart, domain: cursor.skip('@') ? takeDomain(cursor) : '' };
  }
  const comment = takeCfws(cursor);
  return { kind: 'mailbox', displayName: displayName === '' ? comment : displayName, address };
}

/** Collects what one field value holds; counts entries and remembers whether anything was left out. */
class ListReader {
  readonly #cursor: TextCursor;
  #remaining = ADDRESS_LIST_MAX_ENTRIES;
  #complete = true;

  constructor(text: string) {
    this.#cursor = new TextCursor(text);
  }

  read(): AddressList {
    const entries: (HeaderMailbox | HeaderGroup)[] = [];
    this.#readEntries(entries, false);
    return { entries, complete: this.#complete };
  }

  /** Reads up to the end, or up to and with the semicolon of a group. */
  #readEntries(into: (HeaderMailbox | HeaderGroup)[], inGroup: boolean): void {
    const cursor = this.#cursor;
    for (;;) {
      try {
        takeCfws(cursor);
        if (cursor.skip(',')) continue;
        if (inGroup && cursor.skip(';')) return;
        if (cursor.atEnd) {
          if (inGroup) this.#complete = false;
          return;
        }
        if (this.#remaining-- <= 0) {
          this.#complete = false;
          cursor.position = cursor.text.length;
          return;
        }
        into.push(this.#readEntry(inGroup));
      } catch (error) {
        if (!(error instanceof SyntaxFault)) throw error;
        this.#complete = false;
        cursor.take(inGroup ? UP_TO_COMMA_OR_SEMICOLON : UP_TO_COMMA);
      }
    }
  }

  #readEntry(inGroup: boolean): HeaderMailbox | HeaderGroup {
    const cursor = this.#cursor;
    const words = takeWords(cursor);
    if (!inGroup && words.length > 0 && cursor.skip(':')) return this.#readGroup(phraseOf(words));
    const mailbox = takeMailbox(cursor, words);
    if (!cursor.atEnd && cursor.peek() !== ',' && !(inGroup && cursor.peek() === ';')) throw cursor.fault('a comma');
    return mailbox;
  }

  #readGroup(displayName: string): HeaderGroup {
    const entries: (HeaderMailbox | HeaderGroup)[] = [];
    this.#readEntries(entries, true);
    const members = entries.filter((entry) => entry.kind === 'mailbox');
    return { kind: 'group', displayName, members };
  }
}

/** Reads the value of From, To, Cc, Bcc, Sender or Reply-To (decoded from UTF-8; folded or not). Never throws. */
export function parseAddressList(value: string): AddressList {
  return new ListReader(value).read();
}

/** All mailboxes of a list in order, those in groups included. */
export function mailboxesOf(list: AddressList): HeaderMailbox[] {
  return list.entries.flatMap((entry) => (entry.kind === 'group' ? entry.members : [entry]));
}
