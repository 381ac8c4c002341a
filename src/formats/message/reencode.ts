// Making a message fit for a transport by encoding single parts, RFC 6152 §3, RFC 3030 §3, RFC 5322 §2.1.1: what fits
// already is not touched and not copied. Signatures over a changed part break; there is no way around it.
import { isUtf8 } from 'node:buffer';
import type { Replacement } from '../../base/bytes/splice.ts';
import { encodeUnstructured } from '../header/encoded-word.ts';
import { refoldField } from '../header/fold.ts';
import { scanHeader, type FieldSpan, type HeaderBlock } from '../header/scan.ts';
import { hasBareCrOrLf, hasEightBit, hasLongLine, hasNul } from './octets.ts';
import type { MessageStructure, MimePart } from './structure.ts';
import { decodeBody, encodeBase64, encodeQuotedPrintable } from './transfer-encoding.ts';

/** What the transport takes: octets above 127, or only ASCII. Long lines, NUL, bare CR and bare LF are taken by neither. */
export type Transport = '7bit' | '8bit';

/** Null: a part that does not fit is in an encoding that nobody here knows. */
export type Reencoding = readonly Replacement[] | null;

interface Plan {
  readonly message: Buffer;
  readonly transport: Transport;
  readonly replacements: Replacement[];
  possible: boolean;
}

/** The replacements that make a message fit, in order; none when it fits already. */
export function planReencoding(block: HeaderBlock, structure: MessageStructure, transport: Transport): Reencoding {
  if (fits(block.message, transport)) return [];
  const plan: Plan = { message: block.message, transport, replacements: [], possible: true };
  visit(plan, structure.root, true);
  return plan.possible ? plan.replacements : null;
}

/** Whether octets can be sent as they are. */
export function fits(octets: Buffer, transport: Transport): boolean {
  if (transport === '7bit' && hasEightBit(octets)) return false;
  return !hasLongLine(octets) && !hasNul(octets) && !hasBareCrOrLf(octets);
}

/** Each region of a part in the order of the message, so that the replacements come out in order. */
function visit(plan: Plan, part: MimePart, isMessageRoot: boolean): void {
  const body = plan.message.subarray(part.bodyStart, part.end);
  if (part.kind === 'leaf') {
    if (fits(body, plan.transport)) mendHeader(plan, part, null);
    else encodeLeaf(plan, part, isMessageRoot);
    return;
  }
  const isWide = part.encoding === '8bit' || part.encoding === 'binary';
  const isNarrower = isWide && part.encoding !== plan.transport && !fits(body, plan.transport);
  mendHeader(plan, part, isNarrower ? { name: plan.transport, extra: '' } : null);
  let between = part.bodyStart;
  for (const child of part.children) {
    mendBetween(plan, between, child.start);
    visit(plan, child, part.kind === 'message');
    between = child.end;
  }
  mendBetween(plan, between, part.end);
}

function encodeLeaf(plan: Plan, part: MimePart, isMessageRoot: boolean): void {
  const octets = decodeBody(plan.message.subarray(part.bodyStart, part.end), part.encoding);
  if (octets === null) {
    plan.possible = false;
    return;
  }
  const isText = /^(?:text|message)\//.test(part.contentType.value) && !hasNul(octets) && !hasBareCrOrLf(octets);
  const extra = isMessageRoot ? missingFields(scanHeader(sectionOf(plan, part)), octets) : '';
  mendHeader(plan, part, { name: isText ? 'quoted-printable' : 'base64', extra });
  const encoded = isText ? encodeQuotedPrintable(octets) : encodeBase64(octets);
  plan.replacements.push({ start: part.bodyStart, end: part.end, with: encoded });
}

function sectionOf(plan: Plan, part: MimePart): Buffer {
  return plan.message.subarray(part.start, part.bodyStart);
}

/** A new Content-Transfer-Encoding and the fields that go with it. */
interface NewEncoding {
  readonly name: string;
  readonly extra: string;
}

/** Writes the new encoding (null: leaves it) and makes the lines of a header section fit. */
function mendHeader(plan: Plan, part: MimePart, encoding: NewEncoding | null): void {
  const section = sectionOf(plan, part);
  const sectionFits = fits(section, plan.transport);
  if (encoding === null && sectionFits) return;
  const header = scanHeader(section);
  if (header.exceeded !== null) plan.possible = false;
  for (const field of header.fields) {
    const isOld = encoding !== null && field.name === 'content-transfer-encoding';
    const mended = isOld ? Buffer.alloc(0) : sectionFits ? null : mendField(header, field, plan.transport);
    if (mended === null) continue;
    plan.replacements.push({ start: part.start + field.start, end: part.start + field.end, with: mended });
  }
  const added = encoding === null ? '' : `${encoding.extra}Content-Transfer-Encoding: ${encoding.name}\r\n`;
  const headerEnd = part.start + header.headerEnd;
  const emptyLine = part.bodyStart - headerEnd === 1 ? '\r\n' : '';
  if (added === '' && emptyLine === '') return;
  const end = emptyLine === '' ? headerEnd : part.bodyStart;
  plan.replacements.push({ start: headerEnd, end, with: Buffer.from(added + emptyLine) });
}

/** The fields without which an encoding means nothing, RFC 2045 §4. */
function missingFields(header: HeaderBlock, octets: Buffer): string {
  const has = (name: string) => header.fields.some((field) => field.name === name);
  const version = has('mime-version') ? '' : 'MIME-Version: 1.0\r\n';
  if (has('content-type')) return version;
  // RFC 1428 §3: a charset that nobody named.
  const charset = hasEightBit(octets) ? 'unknown-8bit' : 'us-ascii';
  return `${version}Content-Type: text/plain; charset=${charset}\r\n`;
}

const EIGHT_BIT = /[\x80-\xff]/g;
const ENDING = /\r?\n$/;
const TOKENS = /[^\s"<>(),;=]+|\s+|["<>(),;=]/g;

/** Words with characters above 127 as encoded words, together with the spaces between two of them (RFC 2047 §6.2). */
function encodeWordsIn(text: string): string {
  const output: string[] = [];
  let run = '';
  let gap = '';
  for (const token of text.match(TOKENS) ?? []) {
    if (hasEightBit(Buffer.from(token))) {
      run += run === '' ? token : gap + token;
      gap = '';
    } else if (run !== '' && gap === '' && token.trim() === '') gap = token;
    else {
      output.push(run === '' ? '' : encodeUnstructured(run), gap, token);
      run = '';
      gap = '';
    }
  }
  output.push(run === '' ? '' : encodeUnstructured(run), gap);
  return output.join('');
}

/** A field that fits, or null when it does already. */
function mendField(header: HeaderBlock, field: FieldSpan, transport: Transport): Buffer | null {
  const octets = header.message.subarray(field.start, field.end);
  if (fits(octets, transport)) return null;
  let mended = octets;
  if (transport === '7bit' && hasEightBit(octets)) {
    const text = octets.toString(isUtf8(octets) ? 'utf8' : 'latin1').replace(ENDING, '');
    mended = Buffer.from(`${encodeWordsIn(text)}\r\n`);
  }
  const clean = cleanHeaderText(mended);
  return refoldField(clean) ?? clean;
}

/** Line endings as CRLF; NUL and bare CR as `?`, so that neither begins a line nor turns one into a continuation. */
export function cleanHeaderText(octets: Buffer): Buffer {
  if (!hasNul(octets) && !hasBareCrOrLf(octets)) return octets;
  const text = octets
    .toString('latin1')
    .replaceAll(/\r?\n/g, '\n')
    .replaceAll(/[\0\r]/g, '?');
  return Buffer.from(text.replaceAll('\n', '\r\n'), 'latin1');
}

/** Preambles, epilogues and delimiter lines. What stands there is not shown: what does not fit is masked or broken. */
function mendBetween(plan: Plan, start: number, end: number): void {
  const octets = plan.message.subarray(start, end);
  if (fits(octets, plan.transport)) return;
  // A bare CR becomes a space: a line break could make a delimiter, any other character could break one.
  const text = octets.toString('latin1').replaceAll(/\r?\n/g, '\n').replaceAll('\r', ' ').replaceAll('\0', '?');
  const lines = text.split('\n').map((line) => {
    const isDelimiter = line.startsWith('--');
    // A boundary that is not ASCII would have to be changed at three places; nobody writes one.
    if (isDelimiter && plan.transport === '7bit' && line.search(EIGHT_BIT) !== -1) plan.possible = false;
    if (isDelimiter) return line.trimEnd();
    return plan.transport === '7bit' ? line.replaceAll(EIGHT_BIT, '?') : line;
  });
  const masked = lines.join('\r\n').replaceAll(/[^\n]{990}(?=[^\r\n])/g, '$&\r\n');
  plan.replacements.push({ start, end, with: Buffer.from(masked, 'latin1') });
}
