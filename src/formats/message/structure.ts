// The MIME structure of a message as offsets, RFC 2045 and RFC 2046 §5.1: one pass, limited depth and parts, no copy.
import { fieldValue, scanHeader, type HeaderBlock } from '../header/scan.ts';
import { parseParameterized, type ParameterizedValue } from './content-type.ts';
import { BOUNDARY_MAX_OCTETS, MIME_DEPTH_MAX, MIME_PARTS_MAX } from './limits.ts';
import { hasEightBit } from './octets.ts';

export interface MimePart {
  /** `message` is a message/rfc822 or message/global whose one child is the message inside. */
  readonly kind: 'leaf' | 'multipart' | 'message';
  /** Header section: octets `start` to `bodyStart` of the message, the empty line included. */
  readonly start: number;
  readonly bodyStart: number;
  /** End of the body, without the line ending that belongs to the boundary. */
  readonly end: number;
  readonly contentType: ParameterizedValue;
  /** Content-Transfer-Encoding in lower case; '7bit' where it is not given. */
  readonly encoding: string;
  readonly children: readonly MimePart[];
}

export interface MessageStructure {
  readonly root: MimePart;
  /** 1 for a message without multiparts. */
  readonly depth: number;
  readonly partCount: number;
  /** Set when a limit ended the walk: what lies deeper or behind is part of the leaf before it. */
  readonly exceeded: 'depth' | 'parts' | null;
  /** 8-bit octets in the message's own header section, RFC 6532. */
  readonly eightBitHeader: boolean;
  readonly eightBitBody: boolean;
}

export interface StructureLimits {
  readonly mimeDepthMax: number;
  readonly mimePartsMax: number;
}

interface OpenPart {
  kind: MimePart['kind'];
  readonly start: number;
  bodyStart: number;
  end: number;
  contentType: ParameterizedValue;
  encoding: string;
  readonly children: OpenPart[];
  /** `--boundary` while a multipart takes parts; null for everything else. */
  delimiter: Buffer | null;
}

interface Delimiter {
  /** Index in the stack of open parts. */
  readonly index: number;
  readonly closing: boolean;
  readonly lineStart: number;
  readonly lineEnd: number;
}

const DEFAULT_LIMITS: StructureLimits = { mimeDepthMax: MIME_DEPTH_MAX, mimePartsMax: MIME_PARTS_MAX };
const LF = 0x0a;
const CR = 0x0d;
const HYPHEN = 0x2d;
const LF_DASHES = Buffer.from('\n--');
const IDENTITY = new Set(['7bit', '8bit', 'binary']);
const TEXT_PLAIN: ParameterizedValue = { value: 'text/plain', parameters: new Map() };
const RFC822: ParameterizedValue = { value: 'message/rfc822', parameters: new Map() };

/** Walks the parts of a message whose header section is already scanned. Never throws; linear in the message's size. */
export function readStructure(block: HeaderBlock, limits: StructureLimits = DEFAULT_LIMITS): MessageStructure {
  return new StructureWalk(block, limits).walk();
}

class StructureWalk {
  readonly #block: HeaderBlock;
  readonly #message: Buffer;
  readonly #limits: StructureLimits;
  readonly #open: OpenPart[] = [];
  #takingParts = 0;
  #partCount = 0;
  #depth = 0;
  #exceeded: MessageStructure['exceeded'] = null;

  constructor(block: HeaderBlock, limits: StructureLimits) {
    this.#block = block;
    this.#message = block.message;
    this.#limits = limits;
  }

  walk(): MessageStructure {
    const root = this.#enter(0, TEXT_PLAIN);
    this.#readType(root, this.#block, this.#block.bodyStart);
    let delimiter: Delimiter | null = null;
    let current: OpenPart | null = root;
    while (current !== null) {
      if (current.kind === 'message') current = this.#openPart(current.bodyStart, TEXT_PLAIN);
      else {
        delimiter = this.#nextDelimiter(current.bodyStart);
        current = this.#follow(delimiter);
      }
    }
    this.#closeAbove(-1, this.#message.length);
    const { headerEnd, bodyStart } = this.#block;
    return {
      root,
      depth: this.#depth,
      partCount: this.#partCount,
      exceeded: this.#exceeded,
      eightBitHeader: hasEightBit(this.#message.subarray(0, headerEnd)),
      eightBitBody: hasEightBit(this.#message.subarray(bodyStart)),
    };
  }

  /** Closes what the delimiter ends and opens the part that it begins; null at the end of the message. */
  #follow(first: Delimiter | null): OpenPart | null {
    let delimiter = first;
    while (delimiter !== null) {
      this.#closeAbove(delimiter.index, this.#contentEnd(delimiter.lineStart));
      const parent = this.#open[delimiter.index]!;
      if (!delimiter.closing) {
        if (this.#partCount < this.#limits.mimePartsMax) {
          const digest = parent.contentType.value === 'multipart/digest';
          return this.#openPart(delimiter.lineEnd, digest ? RFC822 : TEXT_PLAIN);
        }
        this.#exceeded ??= 'parts';
        return null;
      }
      parent.delimiter = null;
      this.#takingParts--;
      delimiter = this.#nextDelimiter(delimiter.lineEnd);
    }
    return null;
  }

  #enter(start: number, contentType: ParameterizedValue): OpenPart {
    const end = this.#message.length;
    const part: OpenPart = {
      kind: 'leaf',
      start,
      bodyStart: start,
      end,
      contentType,
      encoding: '7bit',
      children: [],
      delimiter: null,
    };
    this.#open.at(-1)?.children.push(part);
    this.#open.push(part);
    this.#partCount++;
    this.#depth = Math.max(this.#depth, this.#open.length);
    return part;
  }

  /** Reads the header section of a part inside the message, which a delimiter may cut short. */
  #openPart(start: number, defaultType: ParameterizedValue): OpenPart {
    const part = this.#enter(start, defaultType);
    let position = start;
    while (position < this.#message.length) {
      const octet = this.#message[position];
      if (octet === LF) {
        position += 1;
        break;
      }
      if (octet === CR && this.#message[position + 1] === LF) {
        position += 2;
        break;
      }
      if (octet === HYPHEN && this.#delimiterAt(position) !== null) break;
      const lf = this.#message.indexOf(LF, position);
      position = lf === -1 ? this.#message.length : lf + 1;
    }
    this.#readType(part, scanHeader(this.#message.subarray(start, position)), position);
    return part;
  }

  #readType(part: OpenPart, header: HeaderBlock, bodyStart: number): void {
    part.bodyStart = bodyStart;
    // Of several fields of one name the first counts.
    const type = header.fields.find((field) => field.name === 'content-type');
    const encoding = header.fields.find((field) => field.name === 'content-transfer-encoding');
    if (type !== undefined) part.contentType = parseParameterized(fieldValue(header, type));
    if (encoding !== undefined) part.encoding = parseParameterized(fieldValue(header, encoding)).value || '7bit';
    const { value, parameters } = part.contentType;
    const boundary = value.startsWith('multipart/') ? (parameters.get('boundary') ?? '') : '';
    const delimiter = Buffer.from(`--${boundary.trimEnd()}`);
    const isMultipart = delimiter.length > 2 && delimiter.length <= BOUNDARY_MAX_OCTETS + 2;
    const isMessage = (value === 'message/rfc822' || value === 'message/global') && IDENTITY.has(part.encoding);
    if (!isMultipart && !isMessage) return;
    if (this.#open.length >= this.#limits.mimeDepthMax) {
      this.#exceeded ??= 'depth';
      return;
    }
    part.kind = isMultipart ? 'multipart' : 'message';
    if (!isMultipart) return;
    part.delimiter = delimiter;
    this.#takingParts++;
  }

  #nextDelimiter(from: number): Delimiter | null {
    if (this.#takingParts === 0) return null;
    let lineStart = from;
    for (;;) {
      if (this.#message[lineStart] === HYPHEN) {
        const delimiter = this.#delimiterAt(lineStart);
        if (delimiter !== null) return delimiter;
      }
      const lf = this.#message.indexOf(LF_DASHES, lineStart);
      if (lf === -1) return null;
      lineStart = lf + 1;
    }
  }

  /** The open multipart whose delimiter line begins here, innermost first. */
  #delimiterAt(lineStart: number): Delimiter | null {
    for (let index = this.#open.length - 1; index >= 0; index--) {
      const delimiter = this.#open[index]!.delimiter;
      if (delimiter === null || !this.#standsAt(delimiter, lineStart)) continue;
      let position = lineStart + delimiter.length;
      const closing = this.#message[position] === HYPHEN && this.#message[position + 1] === HYPHEN;
      if (closing) position += 2;
      const lineEnd = this.#lineEndAfter(position);
      if (lineEnd !== null) return { index, closing, lineStart, lineEnd };
    }
    return null;
  }

  #standsAt(delimiter: Buffer, position: number): boolean {
    if (this.#message[position + 2] !== delimiter[2]) return false;
    const end = position + delimiter.length;
    return end <= this.#message.length && delimiter.compare(this.#message, position, end) === 0;
  }

  /** The end of a delimiter line: behind the boundary only white space counts, what follows that is ignored. */
  #lineEndAfter(position: number): number | null {
    const next = this.#message[position];
    if (next !== undefined && next !== 0x20 && next !== 0x09 && next !== CR && next !== LF) return null;
    const lf = this.#message.indexOf(LF, position);
    return lf === -1 ? this.#message.length : lf + 1;
  }

  /** Where the content before a delimiter line ends: without the line ending that belongs to the delimiter. */
  #contentEnd(lineStart: number): number {
    if (this.#message[lineStart - 1] !== LF) return lineStart;
    return this.#message[lineStart - 2] === CR ? lineStart - 2 : lineStart - 1;
  }

  #closeAbove(index: number, contentEnd: number): void {
    let end = contentEnd;
    while (this.#open.length > index + 1) {
      const part = this.#open.pop()!;
      // A header section that a delimiter cuts short ends behind the line ending that belongs to the delimiter.
      end = Math.max(part.bodyStart, end);
      part.end = end;
      if (part.delimiter !== null) this.#takingParts--;
    }
  }
}
