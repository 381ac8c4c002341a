// The texts of a message that a search looks through, decoded and folded: header fields, and the text of every part.
import type { BodyPart, ParsedMessage } from '../../../formats/mime/body-part.ts';
import { isText } from '../../../formats/mime/body-part.ts';
import { decodePart } from '../../../formats/mime/section.ts';
import { parseMessage } from '../../../formats/mime/parse-message.ts';
import { decodeCharset, decodeEncodedWords } from '../../../formats/header/encoded-word.ts';
import { type FieldSpan, fieldValue, type HeaderBlock, scanHeader, unfold } from '../../../formats/header/scan.ts';
import { parseDate } from '../../../formats/date.ts';
import { SEARCH_TEXT_MAX_CHARACTERS } from '../limits.ts';
import { foldText } from './fold.ts';

const DAY_MS = 86_400_000;

/** One message that is searched; everything is worked out when asked for. */
export class MessageText {
  readonly #octets: Buffer;
  #parsed: ParsedMessage | null = null;
  #header: HeaderBlock | null = null;
  #headerText: string | null = null;
  #bodyText: string | null = null;

  constructor(octets: Buffer) {
    this.#octets = octets;
  }

  /** Whether a field of this name (lower case) has the folded text; '' asks for the field. */
  hasField(name: string, text: string): boolean {
    const block = this.#scanned();
    return block.fields.some(
      (field) => field.name === name && (text === '' || foldText(decoded(block, field)).includes(text)),
    );
  }

  /** Whether the header as a whole has the folded text. */
  hasInHeader(text: string): boolean {
    const block = this.#scanned();
    this.#headerText ??= foldText(block.fields.map((field) => `${field.name}: ${decoded(block, field)}`).join('\n'));
    return this.#headerText.includes(text);
  }

  /** Whether the text of a part, or the header of a part, has the folded text. */
  hasInBody(text: string): boolean {
    this.#bodyText ??= this.#readBody();
    return this.#bodyText.includes(text);
  }

  /** Day of the Date field where it was written; null: none that can be read. */
  sentDay(): number | null {
    const block = this.#scanned();
    const field = block.fields.find(({ name }) => name === 'date');
    return field === undefined ? null : localDay(fieldValue(block, field));
  }

  #scanned(): HeaderBlock {
    this.#header ??= scanHeader(this.#octets);
    return this.#header;
  }

  #readBody(): string {
    this.#parsed ??= parseMessage(this.#octets);
    const texts: string[] = [];
    collectTexts(this.#parsed, this.#parsed.root, { texts, left: SEARCH_TEXT_MAX_CHARACTERS, inside: false });
    return texts.join('\n');
  }
}

/** Day of a date where it was written; null: it cannot be read. */
export function localDay(value: string): number | null {
  const date = parseDate(value);
  return date === null ? null : Math.floor((date.ms + date.zoneMinutes * 60_000) / DAY_MS);
}

interface Collected {
  readonly texts: string[];
  left: number;
  /** Below the root: headers of parts are part of the body (RFC 9051 §6.4.4, TEXT and BODY). */
  inside: boolean;
}

function collectTexts(parsed: ParsedMessage, part: BodyPart, into: Collected): void {
  if (into.inside && part.bodyStart > part.start) {
    add(into, decodedHeader(parsed.message.subarray(part.start, part.bodyStart)));
  }
  if (isText(part) && into.left > 0) {
    const octets = decodePart(parsed, part) ?? parsed.message.subarray(part.bodyStart, part.end);
    add(into, decodeText(octets, charsetOf(part)));
  }
  for (const child of part.children) collectTexts(parsed, child, Object.assign(into, { inside: true }));
}

function add(into: Collected, text: string): void {
  const taken = text.length > into.left ? text.slice(0, into.left) : text;
  into.left -= taken.length;
  into.texts.push(foldText(taken));
}

function charsetOf(part: BodyPart): string {
  return part.parameters.find(({ name }) => name.toLowerCase() === 'charset')?.value ?? 'utf-8';
}

function decodeText(octets: Buffer, charset: string): string {
  return decodeCharset(octets, charset) ?? octets.toString('latin1');
}

/** A field's value as people read it. */
function decoded(block: HeaderBlock, field: FieldSpan): string {
  return decodeEncodedWords(fieldValue(block, field));
}

/** The header of a part as people read it. */
function decodedHeader(header: Buffer): string {
  return decodeEncodedWords(unfold(header.toString('utf8')));
}
