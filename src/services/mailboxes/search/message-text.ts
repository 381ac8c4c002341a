// The texts of a message that a search looks through, decoded and folded: header fields, and the text of every part.
import { casemapUnicode } from '../../../formats/collation/casemap.ts';
import { parseDate } from '../../../formats/date.ts';
import { decodeEncodedWords } from '../../../formats/header/encoded-word.ts';
import { type FieldSpan, fieldValue, type HeaderBlock, scanHeader } from '../../../formats/header/scan.ts';
import { parseMessage } from '../../../formats/mime/parse-message.ts';
import { readTexts } from '../../../formats/mime/part-text.ts';

const DAY_MS = 86_400_000;

/** One message that is searched; everything is worked out when asked for. */
export class MessageText {
  readonly #octets: Buffer;
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
      (field) => field.name === name && (text === '' || casemapUnicode(decoded(block, field)).includes(text)),
    );
  }

  /** Whether the header as a whole has the folded text. */
  hasInHeader(text: string): boolean {
    const block = this.#scanned();
    this.#headerText ??= casemapUnicode(
      block.fields.map((field) => `${field.name}: ${decoded(block, field)}`).join('\n'),
    );
    return this.#headerText.includes(text);
  }

  /** Whether the text of a part, or the header of a part, has the folded text. */
  hasInBody(text: string): boolean {
    this.#bodyText ??= readBody(this.#octets);
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
}

function readBody(octets: Buffer): string {
  const texts: string[] = [];
  let first = true;
  for (const { text } of readTexts(parseMessage(octets))) {
    // The message's own header is not its body.
    if (!first) texts.push(casemapUnicode(text));
    first = false;
  }
  return texts.join('\n');
}

/** Day of a date where it was written; null: it cannot be read. */
export function localDay(value: string): number | null {
  const date = parseDate(value);
  return date === null ? null : Math.floor((date.ms + date.zoneMinutes * 60_000) / DAY_MS);
}

/** A field's value as people read it. */
function decoded(block: HeaderBlock, field: FieldSpan): string {
  return decodeEncodedWords(fieldValue(block, field));
}
