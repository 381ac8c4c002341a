// What FETCH asks for: RFC 9051 §6.4.5, with RFC 7162 (MODSEQ), RFC 8474 (EMAILID, THREADID), RFC 8514 (SAVEDATE),
// RFC 8970 (PREVIEW), RFC 3516 (BINARY). Macros become what they stand for.
import { FETCH_ITEMS_MAX, HEADER_FIELDS_MAX, SECTION_DEPTH_MAX } from '../limits.ts';
import { formatAstring } from '../format.ts';
import type { CommandCursor } from './cursor.ts';

const SIMPLE_ITEMS = [
  'UID',
  'FLAGS',
  'INTERNALDATE',
  'RFC822.SIZE',
  'ENVELOPE',
  'BODY',
  'BODYSTRUCTURE',
  'MODSEQ',
  'EMAILID',
  'THREADID',
  'SAVEDATE',
  'PREVIEW',
] as const;

export type SimpleFetchItem = (typeof SIMPLE_ITEMS)[number];

export type SectionText = 'all' | 'header' | 'text' | 'mime' | 'fields' | 'fields-not';

export interface FetchSection {
  readonly kind: 'section';
  /** body: octets as they are; binary: decoded; binary-size: how many those are. */
  readonly form: 'body' | 'binary' | 'binary-size';
  /** Part numbers; empty: the message. */
  readonly path: readonly number[];
  readonly text: SectionText;
  readonly fields: readonly string[];
  readonly partial: { readonly start: number; readonly length: number } | null;
  /** Reading it does not set \Seen. */
  readonly peek: boolean;
  /** As it is named in the response, e.g. 'BODY[1.TEXT]<0>'. */
  readonly label: string;
}

export type FetchItem = SimpleFetchItem | FetchSection;

const MACROS: Readonly<Record<string, readonly SimpleFetchItem[]>> = {
  ALL: ['FLAGS', 'INTERNALDATE', 'RFC822.SIZE', 'ENVELOPE'],
  FAST: ['FLAGS', 'INTERNALDATE', 'RFC822.SIZE'],
  FULL: ['FLAGS', 'INTERNALDATE', 'RFC822.SIZE', 'ENVELOPE', 'BODY'],
};

const NAME = /[A-Za-z0-9.]+/uy;
const PART = /[1-9][0-9]{0,9}/uy;
const PARTIAL = /<([0-9]{1,15})\.([0-9]{1,15})>/uy;

/** The items of a FETCH, in the client's order. Throws SyntaxFault. */
export function parseFetchItems(cursor: CommandCursor): readonly FetchItem[] {
  const macro = MACROS[cursor.peekKeyword()];
  if (macro !== undefined) {
    cursor.keyword();
    return macro;
  }
  if (cursor.peek() !== '(') return [parseItem(cursor)];
  return cursor.list(() => parseItem(cursor), FETCH_ITEMS_MAX);
}

function parseItem(cursor: CommandCursor): FetchItem {
  const at = cursor.position;
  const name = cursor.match(NAME)?.[0].toUpperCase() ?? '';
  if (cursor.peek() === '[') return parseSection(cursor, name, at);
  switch (name) {
    case 'RFC822':
      return wholeSection('all', name, false);
    case 'RFC822.HEADER':
      return wholeSection('header', name, true);
    case 'RFC822.TEXT':
      return wholeSection('text', name, false);
    case 'PREVIEW':
      // RFC 8970 §3.2: LAZY may be ignored where previews are always at hand.
      if (cursor.skip(' (')) {
        if (!cursor.skipKeyword('LAZY')) throw cursor.fault('LAZY');
        cursor.expect(')');
      }
      return name;
    default:
      if ((SIMPLE_ITEMS as readonly string[]).includes(name)) return name as SimpleFetchItem;
      cursor.position = at;
      throw cursor.fault('a FETCH item');
  }
}

function wholeSection(text: SectionText, label: string, peek: boolean): FetchSection {
  return { kind: 'section', form: 'body', path: [], text, fields: [], partial: null, peek, label };
}

function parseSection(cursor: CommandCursor, name: string, at: number): FetchSection {
  const peek = name.endsWith('.PEEK');
  const base = peek ? name.slice(0, -5) : name;
  const isBody = base === 'BODY';
  if (!isBody && base !== 'BINARY' && name !== 'BINARY.SIZE') {
    cursor.position = at;
    throw cursor.fault('a FETCH item');
  }
  cursor.expect('[');
  const path = parsePath(cursor);
  const spec = parseSectionText(cursor, path, isBody);
  cursor.expect(']');
  const form = isBody ? 'body' : name === 'BINARY.SIZE' ? 'binary-size' : 'binary';
  const partial = form === 'binary-size' ? null : parsePartial(cursor);
  const origin = partial === null ? '' : `<${partial.start}>`;
  const label = `${base}[${spec.label}]${origin}`;
  return {
    kind: 'section',
    form,
    path,
    text: spec.text,
    fields: spec.fields,
    partial,
    label,
    peek: peek || form === 'binary-size',
  };
}

function parsePath(cursor: CommandCursor): number[] {
  const path: number[] = [];
  for (;;) {
    const part = cursor.match(PART);
    if (part === null) return path;
    if (path.length >= SECTION_DEPTH_MAX) throw cursor.fault(`at most ${SECTION_DEPTH_MAX} part numbers`);
    path.push(Number(part[0]));
    if (!cursor.skip('.')) return path;
  }
}

interface SectionSpec {
  readonly text: SectionText;
  readonly fields: readonly string[];
  readonly label: string;
}

function parseSectionText(cursor: CommandCursor, path: readonly number[], isBody: boolean): SectionSpec {
  const numbers = path.join('.');
  const endsInDot = cursor.text[cursor.position - 1] === '.';
  if (!isBody || cursor.peek() === ']') {
    if (endsInDot) throw cursor.fault('a part number');
    return { text: 'all', fields: [], label: numbers };
  }
  if (path.length > 0 && !endsInDot) throw cursor.fault("'.' or ']'");
  const prefix = path.length === 0 ? '' : `${numbers}.`;
  const at = cursor.position;
  const word = cursor.match(NAME)?.[0].toUpperCase() ?? '';
  switch (word) {
    case 'HEADER':
      return { text: 'header', fields: [], label: `${prefix}HEADER` };
    case 'TEXT':
      return { text: 'text', fields: [], label: `${prefix}TEXT` };
    case 'HEADER.FIELDS':
    case 'HEADER.FIELDS.NOT': {
      cursor.space();
      const fields = cursor.list(() => parseFieldName(cursor), HEADER_FIELDS_MAX);
      const label = `${prefix}${word} (${fields.map((f) => formatAstring(f, false)).join(' ')})`;
      return { text: word === 'HEADER.FIELDS' ? 'fields' : 'fields-not', fields, label };
    }
    case 'MIME':
      if (path.length > 0) return { text: 'mime', fields: [], label: `${prefix}MIME` };
      break;
    default:
  }
  cursor.position = at;
  throw cursor.fault('a section');
}

function parseFieldName(cursor: CommandCursor): string {
  const at = cursor.position;
  const name = cursor.astring('a header field');
  if (/^[!-9;-~]+$/u.test(name)) return name;
  cursor.position = at;
  throw cursor.fault('a header field');
}

function parsePartial(cursor: CommandCursor): { start: number; length: number } | null {
  if (cursor.peek() !== '<') return null;
  const found = cursor.match(PARTIAL);
  const length = Number(found?.[2]);
  if (found === null || length === 0) throw cursor.fault('<offset.length>');
  return { start: Number(found[1]), length };
}
