// Reads the header section of one part: where it ends, and the few fields that the structure and ENVELOPE need. The line
// of a multipart around the part cuts it short. RFC 5322 §2.2, RFC 2045 §3, RFC 2046 §5.1.
import type { ContentFields, EnvelopeFields } from './body-part.ts';
import { ADDRESS_FIELDS_MAX, FIELD_VALUE_MAX_OCTETS } from './limits.ts';
import { readToken } from './parameters.ts';

const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const TAB = 0x09;
const HYPHEN = 0x2d;
/** Octets looked at first; header sections that go on are looked at in windows of four times as many each. */
const WINDOW_OCTETS = 2048;
const CONTENT_FIELD =
  /(content-(?:type|transfer-encoding|id|description|disposition|language|location|md5)|mime-version)[ \t]*:([ \t]*)/iy;
const MESSAGE_FIELD =
  /(content-(?:type|transfer-encoding|id|description|disposition|language|location|md5)|mime-version|date|subject|from|sender|reply-to|to|cc|bcc|in-reply-to|message-id|references)[ \t]*:([ \t]*)/iy;

const NO_VALUES: readonly string[] = [];

/** What a header section says; null where it has no such field. */
export class FieldTexts implements ContentFields, EnvelopeFields {
  isMime = false;
  contentType: string | null = null;
  encoding: string | null = null;
  id: string | null = null;
  description: string | null = null;
  disposition: string | null = null;
  language: string | null = null;
  location: string | null = null;
  md5: string | null = null;
  date: string | null = null;
  subject: string | null = null;
  from: readonly string[] = NO_VALUES;
  sender: readonly string[] = NO_VALUES;
  replyTo: readonly string[] = NO_VALUES;
  to: readonly string[] = NO_VALUES;
  cc: readonly string[] = NO_VALUES;
  bcc: readonly string[] = NO_VALUES;
  inReplyTo: string | null = null;
  messageId: string | null = null;
  references: string | null = null;
}

type Key = Exclude<keyof FieldTexts, 'isMime'>;

/** Of content fields the first of a name counts. */
const FIRST: Readonly<Record<string, Extract<Key, 'id' | 'description' | 'language' | 'location' | 'md5'>>> = {
  'content-id': 'id',
  'content-description': 'description',
  'content-language': 'language',
  'content-location': 'location',
  'content-md5': 'md5',
};
/** Of texts the last. */
const LAST: Readonly<Record<string, Extract<Key, 'date' | 'subject' | 'inReplyTo' | 'messageId' | 'references'>>> = {
  date: 'date',
  subject: 'subject',
  'in-reply-to': 'inReplyTo',
  'message-id': 'messageId',
  references: 'references',
};
/** Addresses of several fields come together. */
const ADDRESSES: Readonly<Record<string, Extract<Key, 'from' | 'sender' | 'replyTo' | 'to' | 'cc' | 'bcc'>>> = {
  from: 'from',
  sender: 'sender',
  'reply-to': 'replyTo',
  to: 'to',
  cc: 'cc',
  bcc: 'bcc',
};

function keep(fields: FieldTexts, name: string, value: string): void {
  const text = LAST[name];
  if (text !== undefined) {
    fields[text] = value;
    return;
  }
  const addresses = ADDRESSES[name];
  if (addresses !== undefined) {
    const before = fields[addresses];
    if (before.length < ADDRESS_FIELDS_MAX) fields[addresses] = [...before, value];
    return;
  }
  const content = FIRST[name];
  if (content !== undefined) fields[content] ??= value;
  else if (name === 'content-transfer-encoding') {
    if (fields.encoding === null || readToken(fields.encoding) === null) fields.encoding = value;
  } else if (name === 'content-disposition') {
    // One without parameters gives way to another.
    if (fields.disposition?.includes('=') !== true) fields.disposition = value;
  } else {
    fields.isMime = true;
    if (name === 'content-type') fields.contentType ??= value;
  }
}

export class HeaderReader {
  readonly #message: Buffer;
  readonly #isDelimiter: (lineStart: number) => boolean;
  /** Of the section read last: where the body begins. */
  bodyStart = 0;
  /** Where the next line begins: `bodyStart`, or the delimiter line that cut the section short. */
  end = 0;
  hasEmptyLine = false;
  /** Whether a delimiter line ended it. */
  isCut = false;

  /** `isDelimiter` is asked for lines that begin with two hyphens, by their offset. */
  constructor(message: Buffer, isDelimiter: (lineStart: number) => boolean) {
    this.#message = message;
    this.#isDelimiter = isDelimiter;
  }

  /** Reads the section that begins at `start`; of a message also the fields of ENVELOPE. */
  read(start: number, isMessage: boolean): FieldTexts {
    const message = this.#message;
    const pattern = isMessage ? MESSAGE_FIELD : CONTENT_FIELD;
    const fields = new FieldTexts();
    let windowOctets = WINDOW_OCTETS;
    let text = message.toString('latin1', start, Math.min(start + windowOctets, message.length));
    let at = 0;
    let name: string | null = null;
    let valueStart = 0;
    this.hasEmptyLine = false;
    this.isCut = false;
    for (;;) {
      const lf = text.indexOf('\n', at);
      if (lf === -1 && start + text.length < message.length) {
        windowOctets *= 4;
        text = message.toString('latin1', start, Math.min(start + windowOctets, message.length));
        continue;
      }
      const code = text.charCodeAt(at);
      const next = lf === -1 ? text.length : lf + 1;
      if ((code === SPACE || code === TAB) && at > 0) {
        at = next;
        continue;
      }
      if (name !== null) {
        keep(fields, name, fieldText(text, valueStart, at));
        name = null;
      }
      if (at === text.length) break;
      if (lf === at || (code === CR && lf === at + 1)) {
        this.hasEmptyLine = true;
        at = next;
        break;
      }
      if (code === HYPHEN && this.#isDelimiter(start + at)) {
        this.isCut = true;
        this.end = start + at;
        // The line ending before a delimiter belongs to the delimiter.
        this.bodyStart = at === 0 ? start : this.end - (text.charCodeAt(at - 2) === CR ? 2 : 1);
        return fields;
      }
      pattern.lastIndex = at;
      const found = pattern.exec(text);
      if (found !== null) {
        name = found[1]!.toLowerCase();
        valueStart = pattern.lastIndex;
        // Of a line of white space only the first goes.
        const isBlank = valueStart === next || text.charCodeAt(valueStart) <= CR;
        if (isBlank && found[2]!.length > 1) valueStart -= found[2]!.length - 1;
      }
      at = next;
    }
    this.end = start + at;
    this.bodyStart = this.end;
    return fields;
  }
}

/** A value without its last line ending. */
function fieldText(text: string, start: number, lineEnd: number): string {
  let end = lineEnd;
  if (text.charCodeAt(end - 1) === LF) end -= text.charCodeAt(end - 2) === CR ? 2 : 1;
  return text.slice(start, Math.min(Math.max(start, end), start + FIELD_VALUE_MAX_OCTETS));
}
