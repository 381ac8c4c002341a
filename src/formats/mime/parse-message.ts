// The one parser of MIME structure for reading: a message's octets to a tree of body parts by offset, RFC 2045 and RFC
// 2046 §5.1. It decides as the established IMAP servers do where a message is broken. One pass forward, native searches
// over bodies, nothing throws; what a limit cuts off stays octets of the part around it.
import type { BodyParameter, BodyPart, ContentFields, EnvelopeFields, ParsedMessage } from './body-part.ts';
import { HeaderReader } from './header-reader.ts';
import { BODY_DEPTH_MAX, BODY_PARTS_MAX, BOUNDARY_COMPARED_OCTETS } from './limits.ts';
import { countLines } from './line-count.ts';
import { readMediaType } from './parameters.ts';

export interface BodyLimits {
  readonly bodyDepthMax: number;
  readonly bodyPartsMax: number;
}

const DEFAULT_LIMITS: BodyLimits = { bodyDepthMax: BODY_DEPTH_MAX, bodyPartsMax: BODY_PARTS_MAX };
const LF = 0x0a;
const CR = 0x0d;
const HYPHEN = 0x2d;
const LF_DASHES = Buffer.from('\n--');
const NO_PARAMETERS: readonly BodyParameter[] = [];
const NO_CONTENT: ContentFields = {
  encoding: null,
  id: null,
  description: null,
  disposition: null,
  language: null,
  location: null,
  md5: null,
};

/** A part while its end is not known. */
interface OpenPart {
  kind: BodyPart['kind'];
  start: number;
  bodyStart: number;
  end: number;
  lines: number;
  type: string | null;
  subtype: string | null;
  parameters: readonly BodyParameter[];
  content: ContentFields;
  envelope: EnvelopeFields | null;
  readonly children: OpenPart[];
  /** The text after `--` while a multipart takes parts; null for everything else. */
  boundary: string | null;
  isDigest: boolean;
}

/** A line that begins with the boundary of an open multipart. */
interface Delimiter {
  /** Index in the stack of open parts. */
  readonly owner: number;
  readonly closing: boolean;
  readonly lineStart: number;
  /** After the line's ending; -1 when it has none. */
  readonly lineEnd: number;
}

/** Finds the parts of a message whose lines end in CRLF or LF. Never throws; linear in the message's size. */
export function parseMessage(message: Buffer, limits: BodyLimits = DEFAULT_LIMITS): ParsedMessage {
  return new MessageWalk(message, limits).walk();
}

class MessageWalk {
  readonly #message: Buffer;
  readonly #limits: BodyLimits;
  readonly #header: HeaderReader;
  readonly #open: OpenPart[] = [];
  readonly #counted: OpenPart[] = [];
  #takingParts = 0;
  #partCount = 0;
  #exceeded: ParsedMessage['exceeded'] = null;

  constructor(message: Buffer, limits: BodyLimits) {
    this.#message = message;
    this.#limits = limits;
    this.#header = new HeaderReader(
      message,
      (lineStart) => this.#takingParts > 0 && this.#delimiterAt(lineStart) !== null,
    );
  }

  walk(): ParsedMessage {
    const root = this.#enter(0);
    let current: OpenPart | null = root;
    while (current !== null) {
      this.#readHeader(current);
      const inside: OpenPart | null = current.kind === 'message' ? this.#enter(current.bodyStart) : null;
      if (inside !== null && !this.#header.isCut) current = inside;
      else {
        // There is nothing in front of the delimiter that a message inside could be.
        if (inside !== null) this.#closeAbove(this.#open.length - 2, inside.start);
        current = this.#follow(this.#nextDelimiter(this.#header.end));
      }
    }
    this.#closeAbove(-1, this.#message.length);
    countLines(this.#message, this.#counted);
    return { message: this.#message, root, partCount: this.#partCount, exceeded: this.#exceeded };
  }

  #enter(start: number): OpenPart {
    const part: OpenPart = {
      kind: 'leaf',
      start,
      bodyStart: start,
      end: start,
      lines: 0,
      type: null,
      subtype: null,
      parameters: NO_PARAMETERS,
      content: NO_CONTENT,
      envelope: null,
      children: [],
      boundary: null,
      isDigest: false,
    };
    this.#open.at(-1)?.children.push(part);
    this.#open.push(part);
    this.#partCount++;
    return part;
  }

  #readHeader(part: OpenPart): void {
    const parent = this.#open.at(-2);
    const isMessage = parent === undefined || parent.kind === 'message';
    const fields = this.#header.read(part.start, isMessage);
    part.bodyStart = this.#header.bodyStart;
    if (isMessage) part.envelope = fields;
    // Without MIME-Version or Content-Type a message is not MIME: what else it says of its content does not count.
    if (!isMessage || fields.isMime) {
      part.content = fields;
      const found = fields.contentType === null ? null : readMediaType(fields.contentType);
      if (found !== null) {
        part.type = found.type;
        part.subtype = found.subtype;
        part.parameters = found.parameters;
      }
    }
    this.#classify(part, parent?.isDigest === true && fields.contentType === null);
  }

  #classify(part: OpenPart, inDigest: boolean): void {
    const type = part.type?.toLowerCase();
    const subtype = part.subtype?.toLowerCase();
    const isMessage = type === undefined ? inDigest : type === 'message' && subtype === 'rfc822';
    const isMultipart = type === 'multipart';
    if (!isMessage && !isMultipart) {
      if (type === undefined || type === 'text') this.#counted.push(part);
      return;
    }
    const isFull = isMessage && this.#partCount >= this.#limits.bodyPartsMax;
    const isTooDeep = this.#open.length >= this.#limits.bodyDepthMax;
    if (isFull || isTooDeep) this.#exceeded ??= isFull ? 'parts' : 'depth';
    if (isFull || isTooDeep || (isMultipart && subtype === undefined)) {
      part.type = 'application';
      part.subtype = 'octet-stream';
      part.parameters = NO_PARAMETERS;
      return;
    }
    part.kind = isMessage ? 'message' : 'multipart';
    if (isMessage) this.#counted.push(part);
    part.isDigest = isMultipart && subtype === 'digest';
    const boundary = isMultipart ? part.parameters.find(({ name }) => name.toLowerCase() === 'boundary') : undefined;
    if (boundary === undefined || !this.#header.hasEmptyLine) return;
    part.boundary = boundary.value.slice(0, BOUNDARY_COMPARED_OCTETS);
    this.#takingParts++;
  }

  /** Closes what the delimiter ends and opens the part that it begins; null at the end of the message. */
  #follow(first: Delimiter | null): OpenPart | null {
    let closedAt = -1;
    for (let delimiter = first; delimiter !== null;) {
      const { owner, closing, lineStart, lineEnd } = delimiter;
      if (!closing && this.#partCount >= this.#limits.bodyPartsMax) {
        // The part before it keeps everything that follows.
        this.#exceeded ??= 'parts';
        return null;
      }
      const hasNoBody = lineStart === this.#header.end && owner < this.#open.length - 1;
      if (hasNoBody) this.#closeWithoutBody(owner, lineStart);
      // A line ending belongs to one delimiter only: here to the one of a multipart inside.
      else this.#closeAbove(owner, lineStart === closedAt ? lineStart : this.#contentEnd(lineStart));
      if (closing) {
        this.#open[owner]!.boundary = null;
        this.#takingParts--;
        closedAt = lineEnd;
      }
      if (lineEnd === -1) return null;
      if (!closing) return this.#enter(lineEnd);
      delimiter = this.#nextDelimiter(lineEnd);
    }
    return null;
  }

  /** The next delimiter line at or behind `from`, which begins a line. */
  #nextDelimiter(from: number): Delimiter | null {
    if (this.#takingParts === 0) return null;
    for (let lineStart = from; ;) {
      const delimiter = this.#delimiterAt(lineStart);
      if (delimiter !== null) return delimiter;
      const found = this.#message.indexOf(LF_DASHES, lineStart);
      if (found === -1) return null;
      lineStart = found + 1;
    }
  }

  /**
   * The open multipart whose delimiter line begins here. RFC 2046 §5.1.1: the line needs only to begin with the boundary;
   * of boundaries that begin alike the longest counts, of equal ones the innermost.
   */
  #delimiterAt(lineStart: number): Delimiter | null {
    const message = this.#message;
    if (message[lineStart] !== HYPHEN || message[lineStart + 1] !== HYPHEN) return null;
    const textStart = lineStart + 2;
    const lf = message.indexOf(LF, textStart);
    const lineTextEnd = lf === -1 ? message.length : message[lf - 1] === CR ? lf - 1 : lf;
    const text = message.toString('latin1', textStart, Math.min(lineTextEnd, textStart + BOUNDARY_COMPARED_OCTETS + 2));
    let owner = -1;
    let length = -1;
    for (let index = this.#open.length - 1; index >= 0; index--) {
      const boundary = this.#open[index]!.boundary;
      if (boundary === null || boundary.length <= length || !text.startsWith(boundary)) continue;
      owner = index;
      length = boundary.length;
    }
    if (owner === -1) return null;
    return { owner, closing: text.startsWith('--', length), lineStart, lineEnd: lf === -1 ? -1 : lf + 1 };
  }

  /** Where the content before a delimiter line ends: without the line ending that belongs to the delimiter. */
  #contentEnd(lineStart: number): number {
    if (this.#message[lineStart - 1] !== LF) return lineStart;
    return this.#message[lineStart - 2] === CR ? lineStart - 2 : lineStart - 1;
  }

  /**
   * Closes a part that ends where its header section does. RFC 2046 §5.1.1: the line ending before a delimiter, be it an
   * empty line, is not of the part; the parts around it have it.
   */
  #closeWithoutBody(owner: number, lineStart: number): void {
    const part = this.#open.at(-1)!;
    part.bodyStart = Math.max(part.start, this.#contentEnd(lineStart));
    this.#closeAbove(this.#open.length - 2, part.bodyStart);
    this.#closeAbove(owner, lineStart);
  }

  #closeAbove(index: number, contentEnd: number): void {
    let end = contentEnd;
    while (this.#open.length > index + 1) {
      const part = this.#open.pop()!;
      end = Math.max(part.bodyStart, end);
      part.end = end;
      if (part.boundary !== null) this.#takingParts--;
    }
  }
}
