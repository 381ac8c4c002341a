// Command lines to commands, RFC 2449 §4. Keywords are compared without case; arguments are separated by one space (more
// are forgiven); the names of USER and the password of PASS are the rest of the line, spaces included (RFC 1939 §7).
import { isUtf8 } from 'node:buffer';
import { SyntaxFault } from '../../base/errors/syntax-fault.ts';
import type { Pop3Command } from './commands.ts';
import { NUMBER_MAX_DIGITS } from './limits.ts';

const CONTROL = /[\u0000-\u001f\u007f]/u;
const MECHANISM = /^[A-Za-z0-9_-]{1,20}$/u;
const BASE64 = /^(?:=|(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?)$/u;
const LANGUAGE = /^(?:\*|[A-Za-z0-9-]{1,64})$/u;

/** One command from the octets of its line, without the line ending. Throws SyntaxFault. */
export function parseCommand(line: Buffer): Pop3Command {
  const text = decodeLine(line);
  const space = text.indexOf(' ');
  const keyword = (space < 0 ? text : text.slice(0, space)).toUpperCase();
  const rest = space < 0 ? null : text.slice(space + 1);
  switch (keyword) {
    case 'USER':
      return { verb: 'USER', name: requireText(rest, 'a name', space).trim() };
    case 'PASS':
      return { verb: 'PASS', password: requireText(rest, 'a password', space) };
    case 'AUTH':
      return parseAuth(rest);
    case 'LIST':
    case 'UIDL':
      return { verb: keyword, message: isBlank(rest) ? null : parseNumber(rest.trim(), 5, 'a message number') };
    case 'RETR':
    case 'DELE':
      return { verb: keyword, message: parseNumber((rest ?? '').trim(), 5, 'a message number') };
    case 'TOP':
      return parseTop(rest ?? '');
    case 'LANG':
      return parseLang(rest);
    case 'STAT':
    case 'NOOP':
    case 'RSET':
    case 'QUIT':
    case 'CAPA':
    case 'STLS':
    case 'UTF8':
      if (!isBlank(rest)) throw new SyntaxFault('no argument', space);
      return { verb: keyword };
    default:
      throw new SyntaxFault('a command', 0);
  }
}

function isBlank(text: string | null): text is null {
  return text === null || text.trim() === '';
}

function decodeLine(line: Buffer): string {
  const text = line.toString('utf8');
  if (text.includes('\uFFFD') && !isUtf8(line)) throw new SyntaxFault('UTF-8', text.indexOf('\uFFFD'));
  const control = text.search(CONTROL);
  if (control >= 0) throw new SyntaxFault('printable characters', control);
  return text;
}

function requireText(text: string | null, what: string, offset: number): string {
  if (text === null || text.trim() === '') throw new SyntaxFault(what, Math.max(0, offset));
  return text;
}

function parseNumber(text: string, offset: number, what: string): number {
  if (text.length === 0 || text.length > NUMBER_MAX_DIGITS || !/^[0-9]+$/u.test(text))
    throw new SyntaxFault(what, offset);
  return Number(text);
}

function parseTop(rest: string): Pop3Command {
  const [message, lines, ...more] = rest.trim().split(/ +/u);
  if (more.length > 0) throw new SyntaxFault('two numbers', 4);
  return {
    verb: 'TOP',
    message: parseNumber(message ?? '', 4, 'a message number'),
    lines: parseNumber(lines ?? '', 4, 'a number of lines'),
  };
}

function parseAuth(rest: string | null): Pop3Command {
  if (isBlank(rest)) return { verb: 'AUTH', mechanism: null, initialResponse: null };
  const [mechanism, initialResponse, ...more] = rest.trim().split(/ +/u);
  if (mechanism === undefined || !MECHANISM.test(mechanism)) throw new SyntaxFault('a mechanism', 5);
  if (more.length > 0 || (initialResponse !== undefined && !BASE64.test(initialResponse))) {
    throw new SyntaxFault('base64', 6 + mechanism.length);
  }
  return { verb: 'AUTH', mechanism: mechanism.toUpperCase(), initialResponse: initialResponse ?? null };
}

function parseLang(rest: string | null): Pop3Command {
  if (isBlank(rest)) return { verb: 'LANG', language: null };
  const language = rest.trim();
  if (!LANGUAGE.test(language)) throw new SyntaxFault('a language tag', 5);
  return { verb: 'LANG', language };
}

/** A client's line in an AUTH exchange: octets, or null for the `*` that cancels (RFC 5034 §4). Throws SyntaxFault. */
export function parseSaslResponse(line: Buffer): Buffer | null {
  const text = line.toString('latin1');
  if (text === '*') return null;
  if (text === '=' || !BASE64.test(text)) throw new SyntaxFault('base64', 0);
  return Buffer.from(text, 'base64');
}
