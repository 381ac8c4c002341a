// Values with parameters: Content-Type and Content-Disposition, RFC 2045 §5.1, with the continuations and charsets of
// RFC 2231. Tolerant: what does not follow the grammar is skipped up to the next semicolon.
import { decodeCharset } from '../header/encoded-word.ts';
import { TextCursor } from '../../base/text/text-cursor.ts';
import { PARAMETERS_MAX } from './limits.ts';

export interface ParameterizedValue {
  /** Lower case, e.g. `text/plain` or `attachment`; '' when the value has none. */
  readonly value: string;
  /** Names in lower case; RFC 2231 decoded; of equal names the first. */
  readonly parameters: ReadonlyMap<string, string>;
}

const SPACE = /[ \t\r\n]+/y;
const COMMENT = /\((?:[^()\\]|\\[^])*\)/y;
const VALUE = /[^\s;()"]+(?:[ \t]*\/[ \t]*[^\s;()"]+)?/y;
const NAME = /[^\s;()"=]+/y;
const TOKEN = /[^;"\r\n]+/y;
const QUOTED_TEXT = /[^"\\]+/y;
const ANY = /[^]/y;
const UP_TO_SEMICOLON = /[^;]+/y;

function skipSpace(cursor: TextCursor): void {
  do cursor.take(SPACE);
  while (cursor.peek() === '(' && cursor.take(COMMENT) !== '');
}

/** A quoted string up to its closing quote, or to the end of the text where there is none. */
function takeQuoted(cursor: TextCursor): string {
  const parts: string[] = [];
  cursor.expect('"');
  while (!cursor.atEnd && !cursor.skip('"')) {
    parts.push(cursor.take(QUOTED_TEXT));
    if (cursor.skip('\\')) parts.push(cursor.take(ANY));
  }
  return parts.join('').replaceAll(/\r?\n/g, '');
}

/** Reads the value of Content-Type or Content-Disposition, folded or not. Never throws. */
export function parseParameterized(text: string): ParameterizedValue {
  const cursor = new TextCursor(text);
  skipSpace(cursor);
  const value = cursor.take(VALUE).replaceAll(/[ \t]/g, '').toLowerCase();
  const raw = new Map<string, string>();
  for (let count = 0; count < PARAMETERS_MAX; count++) {
    skipSpace(cursor);
    cursor.take(UP_TO_SEMICOLON);
    while (cursor.skip(';')) skipSpace(cursor);
    if (cursor.atEnd) break;
    const name = cursor.take(NAME).toLowerCase();
    skipSpace(cursor);
    if (name === '' || !cursor.skip('=')) continue;
    skipSpace(cursor);
    const content =
      cursor.peek() === '"'
        ? takeQuoted(cursor)
        : cursor
            .take(TOKEN)
            .replace(/\s*\(.*$/s, '')
            .trim();
    if (!raw.has(name)) raw.set(name, content);
  }
  return { value, parameters: joinContinuations(raw) };
}

interface Section {
  readonly index: number;
  readonly encoded: boolean;
  readonly text: string;
}

function percentDecoded(text: string): Buffer {
  const latin1 = text.replaceAll(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(latin1, 'latin1');
}

/** RFC 2231 §3 and §4: `name*0*=utf-8''…; name*1=…` become `name`. */
function joinContinuations(raw: ReadonlyMap<string, string>): Map<string, string> {
  const plain = new Map<string, string>();
  const sections = new Map<string, Section[]>();
  for (const [name, text] of raw) {
    const found = /^([^*]+)(?:\*(\d{1,3}))?(\*)?$/.exec(name);
    if (found === null || (found[2] === undefined && found[3] === undefined)) {
      plain.set(name, text);
      continue;
    }
    const section = { index: Number(found[2] ?? '0'), encoded: found[3] !== undefined, text };
    const list = sections.get(found[1]!);
    if (list === undefined) sections.set(found[1]!, [section]);
    else list.push(section);
  }
  for (const [name, list] of sections) plain.set(name, joinSections(list.toSorted((a, b) => a.index - b.index)));
  return plain;
}

function joinSections(sections: readonly Section[]): string {
  const first = sections[0]!;
  const charset = first.encoded ? /^([^']*)'[^']*'/.exec(first.text) : null;
  const octets = sections.map((section, i) => {
    const text = i === 0 && charset !== null ? section.text.slice(charset[0].length) : section.text;
    return section.encoded ? percentDecoded(text) : Buffer.from(text);
  });
  const joined = Buffer.concat(octets);
  return decodeCharset(joined, charset?.[1] || 'utf-8') ?? joined.toString('latin1');
}
