// Mailboxes and paths of the envelope: RFC 5321 §4.1.2 with RFC 6531 §3.3. Source routes are read and dropped (§3.6.1
// of RFC 5321). Stricter than header fields: see address-list.ts for those.
import { SyntaxFault } from '../../base/errors/syntax-fault.ts';
import { TextCursor } from '../../base/text/text-cursor.ts';
import type { AddrSpec } from './addr-spec.ts';
import { isMailDomain } from './domain.ts';
import { LOCAL_PART_MAX_OCTETS, PATH_MAX_CHARACTERS } from './limits.ts';
import { formatLocalPart } from './local-part.ts';

export interface PathOptions {
  /** RFC 6531: the transaction has SMTPUTF8 (or the text is not from SMTP). */
  readonly allowUtf8: boolean;
  /** `reverse` takes `<>`, `forward` takes `<postmaster>`; without it both are taken. */
  readonly role?: 'reverse' | 'forward';
}

export interface ParsedPath {
  /** null: the null path `<>`. */
  readonly path: AddrSpec | null;
  /** What follows the closing bracket: '' or a text that begins with a space. */
  readonly rest: string;
}

const ATOM = /[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u0080-\u{10ffff}-]+/uy;
const QTEXT = /[ !#-[\]-~\u0080-\u{10ffff}]+/uy;
const QUOTED_PAIR_CHARACTER = /[ -~]/y;
const DOMAIN_TEXT = /[A-Za-z0-9.\u0080-\u{10ffff}-]+/uy;
const LITERAL_TEXT = /\[[^\]\s]*\]/y;
const POSTMASTER = /postmaster(?=>)/iy;
// A replacement character is what is left of octets that were not UTF-8.
const NOT_UTF8 = /[\ufffd\p{Surrogate}]/u;
const NON_ASCII = /[^\x00-\x7f]/;

function takeQuotedString(cursor: TextCursor): string {
  cursor.expect('"');
  let content = '';
  while (!cursor.skip('"')) {
    if (cursor.skip('\\')) {
      const character = cursor.take(QUOTED_PAIR_CHARACTER);
      if (character === '') throw cursor.fault('a printable character after the backslash');
      content += character;
      continue;
    }
    const text = cursor.take(QTEXT);
    if (text === '') throw cursor.fault('a closing quote');
    content += text;
  }
  return content;
}

function takeDotString(cursor: TextCursor): string {
  const start = cursor.position;
  do {
    if (cursor.take(ATOM) === '') throw cursor.fault('a local part');
  } while (cursor.skip('.'));
  return cursor.text.slice(start, cursor.position);
}

function requireEncodable(text: string, allowUtf8: boolean, offset: number): void {
  if (!NON_ASCII.test(text)) return;
  if (!allowUtf8) throw new SyntaxFault('an ASCII address (SMTPUTF8 was not given)', offset);
  if (NOT_UTF8.test(text)) throw new SyntaxFault('UTF-8', offset);
}

function takeDomain(cursor: TextCursor, allowUtf8: boolean): string {
  const start = cursor.position;
  const domain = cursor.peek() === '[' ? cursor.take(LITERAL_TEXT) : cursor.take(DOMAIN_TEXT);
  requireEncodable(domain, allowUtf8, start);
  if (!isMailDomain(domain, allowUtf8)) throw new SyntaxFault('a domain or an address literal', start);
  return domain;
}

function takeMailbox(cursor: TextCursor, allowUtf8: boolean): AddrSpec {
  const start = cursor.position;
  const localPart = cursor.peek() === '"' ? takeQuotedString(cursor) : takeDotString(cursor);
  requireEncodable(localPart, allowUtf8, start);
  if (Buffer.byteLength(localPart) > LOCAL_PART_MAX_OCTETS) throw new SyntaxFault('a shorter local part', start);
  cursor.expect('@');
  return { localPart, domain: takeDomain(cursor, allowUtf8) };
}

/** RFC 5321 §4.1.2 A-d-l: `@one.test,@two.test:`, read and forgotten. */
function skipSourceRoute(cursor: TextCursor, allowUtf8: boolean): void {
  if (cursor.peek() !== '@') return;
  do {
    cursor.expect('@');
    takeDomain(cursor, allowUtf8);
  } while (cursor.skip(','));
  cursor.expect(':');
}

/**
 * Reads the path of MAIL FROM or RCPT TO at the start of `text` (what follows the colon; leading spaces are forgiven),
 * decoded from UTF-8. Throws SyntaxFault.
 */
export function parsePath(text: string, options: PathOptions): ParsedPath {
  const cursor = new TextCursor(text);
  while (cursor.skip(' '));
  const start = cursor.position;
  cursor.expect('<');
  const path = takePathContent(cursor, options);
  cursor.expect('>');
  if (cursor.position - start > PATH_MAX_CHARACTERS) throw new SyntaxFault('a shorter path', start);
  if (!cursor.atEnd && cursor.peek() !== ' ') throw cursor.fault('a space');
  return { path, rest: cursor.rest() };
}

function takePathContent(cursor: TextCursor, options: PathOptions): AddrSpec | null {
  if (options.role !== 'forward' && cursor.peek() === '>') return null;
  if (options.role !== 'reverse') {
    const postmaster = cursor.take(POSTMASTER);
    if (postmaster !== '') return { localPart: postmaster, domain: '' };
  }
  skipSourceRoute(cursor, options.allowUtf8);
  return takeMailbox(cursor, options.allowUtf8);
}

/** Reads a text that is exactly one address, without brackets; UTF-8 unless `allowUtf8` is false. null when it is none. */
export function parseAddrSpec(text: string, options: { allowUtf8: boolean } = { allowUtf8: true }): AddrSpec | null {
  if (text.length > PATH_MAX_CHARACTERS) return null;
  const cursor = new TextCursor(text);
  try {
    const address = takeMailbox(cursor, options.allowUtf8);
    return cursor.atEnd ? address : null;
  } catch (error) {
    if (error instanceof SyntaxFault) return null;
    throw error;
  }
}

/** The address as text, its local part quoted where needed; bare `postmaster` without a domain. */
export function formatAddrSpec(address: AddrSpec): string {
  const localPart = formatLocalPart(address.localPart);
  return address.domain === '' ? localPart : `${localPart}@${address.domain}`;
}

/** The path as MAIL FROM and RCPT TO carry it: `<ann@one.test>`; `<>` for null. */
export function formatPath(path: AddrSpec | null): string {
  return path === null ? '<>' : `<${formatAddrSpec(path)}>`;
}
