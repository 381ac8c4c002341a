// A header section inside a message buffer: where it ends, its fields by offset, their unfolded values, RFC 5322 §2.2.
// The body is never touched. Lines end in CRLF or LF; a line that is no field has the name ''.
import { isUtf8 } from 'node:buffer';
import { FIELD_NAME_MAX_OCTETS, HEADER_FIELDS_MAX, HEADER_MAX_OCTETS } from './limits.ts';

/** One field: octets `start` to `end` of the message, its line ending included; the value begins after the colon. */
export interface FieldSpan {
  /** Lower case; '' for a line that is no field. */
  readonly name: string;
  readonly start: number;
  readonly valueStart: number;
  readonly end: number;
}

export interface HeaderBlock {
  readonly message: Buffer;
  /** The header section as Latin-1: index and offset are the same. */
  readonly text: string;
  readonly fields: readonly FieldSpan[];
  /** After the line ending of the last field. */
  readonly headerEnd: number;
  /** After the empty line; equal to `headerEnd` when there is none (a message without a body). */
  readonly bodyStart: number;
  /** Set when a limit ended the scan: what lies beyond was not looked at. */
  readonly exceeded: 'octets' | 'fields' | null;
}

export interface HeaderLimits {
  readonly headerMaxOctets: number;
  readonly headerFieldsMax: number;
}

const DEFAULT_LIMITS: HeaderLimits = { headerMaxOctets: HEADER_MAX_OCTETS, headerFieldsMax: HEADER_FIELDS_MAX };
const LF = 0x0a;
const CR = 0x0d;
const LF_CRLF = Buffer.from('\n\r\n');
const LF_LF = Buffer.from('\n\n');
const NON_ASCII = /[\x80-\xff]/;
// RFC 5322 §2.2 with the white space before the colon that §4.5 allows. What is longer is no name: it could not be folded.
const FIELD_START = new RegExp(`([!-9;-~]{1,${FIELD_NAME_MAX_OCTETS}})[ \\t]{0,20}:`, 'y');

/** Where the header section ends (after its last line ending) and where the body begins. */
export function findHeaderEnd(message: Buffer): { headerEnd: number; bodyStart: number } {
  if (message[0] === LF) return { headerEnd: 0, bodyStart: 1 };
  if (message[0] === CR && message[1] === LF) return { headerEnd: 0, bodyStart: 2 };
  const crlf = message.indexOf(LF_CRLF);
  const lf = (crlf === -1 ? message : message.subarray(0, crlf + 1)).indexOf(LF_LF);
  if (lf !== -1) return { headerEnd: lf + 1, bodyStart: lf + 2 };
  if (crlf !== -1) return { headerEnd: crlf + 1, bodyStart: crlf + 3 };
  return { headerEnd: message.length, bodyStart: message.length };
}

/** Finds the fields of a message's header section, in order. Bounded by `limits`; see `exceeded`. */
export function scanHeader(message: Buffer, limits: HeaderLimits = DEFAULT_LIMITS): HeaderBlock {
  const { headerEnd, bodyStart } = findHeaderEnd(message);
  const scanEnd = Math.min(headerEnd, limits.headerMaxOctets);
  const text = message.toString('latin1', 0, scanEnd);
  const fields: FieldSpan[] = [];
  let exceeded: HeaderBlock['exceeded'] = scanEnd < headerEnd ? 'octets' : null;
  let start = 0;
  while (start < scanEnd) {
    if (fields.length >= limits.headerFieldsMax) {
      exceeded ??= 'fields';
      break;
    }
    const end = fieldEnd(text, start);
    FIELD_START.lastIndex = start;
    const found = FIELD_START.exec(text);
    const valueStart = found === null ? start : start + found[0].length;
    fields.push({ name: found === null ? '' : found[1]!.toLowerCase(), start, valueStart, end });
    start = end;
  }
  return { message, text, fields, headerEnd, bodyStart, exceeded };
}

/** After the line ending of the first line that is not continued. */
function fieldEnd(text: string, start: number): number {
  let position = start;
  for (;;) {
    const lf = text.indexOf('\n', position);
    if (lf === -1) return text.length;
    position = lf + 1;
    const next = text.charCodeAt(position);
    if (next !== 0x20 && next !== 0x09) return position;
  }
}

/** The value as it stands in the message: folded, with the white space after the colon, without the last line ending. */
export function rawValue(block: HeaderBlock, field: FieldSpan): string {
  const latin1 = block.text.slice(field.valueStart, field.end).replace(/\r?\n$/, '');
  if (!NON_ASCII.test(latin1)) return latin1;
  const bytes = block.message.subarray(field.valueStart, field.valueStart + latin1.length);
  return isUtf8(bytes) ? bytes.toString('utf8') : latin1;
}

/** The value unfolded and trimmed; octets that are not UTF-8 are read as Latin-1. Encoded words stay encoded. */
export function fieldValue(block: HeaderBlock, field: FieldSpan): string {
  return unfold(rawValue(block, field));
}

/** RFC 5322 §2.2.3: takes the line endings out and trims white space at both ends. */
export function unfold(value: string): string {
  return (value.includes('\n') ? value.replaceAll(/\r?\n/g, '') : value).trim();
}

/** All fields of a name (lower case), in order. */
export function findFields(block: HeaderBlock, name: string): FieldSpan[] {
  return block.fields.filter((field) => field.name === name);
}

/** The first field's value of a name (lower case), or null. */
export function getField(block: HeaderBlock, name: string): string | null {
  const field = block.fields.find((candidate) => candidate.name === name);
  return field === undefined ? null : fieldValue(block, field);
}

/** The values of all fields of a name (lower case), in order. */
export function getFields(block: HeaderBlock, name: string): string[] {
  return findFields(block, name).map((field) => fieldValue(block, field));
}
