// The rules for message text on the wire: lines end in CRLF, a lone CR or LF is no line ending, NUL does not exist
// (RFC 5321 §2.3.8, §4.5.2). Only CRLF.CRLF ends DATA. One native regular expression looks at each chunk, so that the
// common case touches no octet from JavaScript. The result does not depend on where the chunks are cut.

import { SCAN_MAX_OCTETS } from './limits.ts';

export type TextFault = 'line-ending' | 'nul' | 'line-too-long';

const CR = 0x0d;
const LF = 0x0a;
const DOT = 0x2e;

/** The next place where DATA is not plain text: a lone CR or LF, a NUL, or a dot at the start of a line. */
const DATA_SPECIAL = /\r(?!\n)|(?<!\r)\n|\0|\n\./g;
const TEXT_SPECIAL = /\r(?!\n)|(?<!\r)\n|\0/g;

type Place =
  /** Within a line. */
  | 'line'
  /** After a CR at the end of a chunk. */
  | 'cr'
  | 'line-start'
  /** After a dot at the start of a line. */
  | 'dot'
  /** After dot and CR at the start of a line. */
  | 'dot-cr';

/** Counts the octets of the line under way; tells when one is longer than allowed. */
class LineMeter {
  readonly max: number;
  #octets = 0;

  constructor(max: number) {
    this.max = max;
  }

  /** Takes [from, to) of `chunk`, at most `max` octets: a line that lies within them is short enough by itself. */
  isTooLong(chunk: Buffer, from: number, to: number): boolean {
    const first = chunk.indexOf(LF, from);
    if (first === -1 || first >= to) {
      this.#octets += to - from;
      return this.#octets > this.max;
    }
    const firstLine = this.#octets + first + 1 - from;
    this.#octets = to - 1 - chunk.lastIndexOf(LF, to - 1);
    return firstLine > this.max;
  }
}

/** Takes DATA apart: runs of content without the stuffed dots, and the end. One per message. */
export class DataScanner {
  /** The content that the last call found: [from, to) of its chunk. */
  from = 0;
  to = 0;
  /** CRLF.CRLF was seen; the last `next` returned the place after it. */
  done = false;
  /** The first thing wrong. From then on the scan only looks for the end of the message. */
  fault: TextFault | null = null;
  #place: Place = 'line-start';
  readonly #meter: LineMeter;
  #chunk: Buffer | null = null;
  #text = '';
  /** Where the next special place of `#text` is; its length when there is none. */
  #special = -1;

  constructor(lineMaxOctets: number) {
    this.#meter = new LineMeter(lineMaxOctets);
  }

  /**
   * Scans `input` from `start` to its end or the end of the message, and moves the runs together in its memory. Returns
   * where to go on; once there is a fault the content is of no use.
   */
  unstuff(input: Buffer, start: number): number {
    let from = start;
    let to = start;
    let next = start;
    while (next < input.length && !this.done) {
      const isShort = input.length <= SCAN_MAX_OCTETS;
      const base = isShort ? 0 : next;
      const window = isShort ? input : input.subarray(base, base + SCAN_MAX_OCTETS);
      while (next < base + window.length && !this.done) {
        next = base + this.next(window, next - base);
        const runStart = base + this.from;
        if (to === from) from = to = runStart;
        else if (runStart > to) input.copyWithin(to, runStart, base + this.to);
        to += this.to - this.from;
      }
    }
    this.from = from;
    this.to = to;
    return next;
  }

  /** Scans `chunk` from `start` (less than its length) to the end of one run, empty after a fault; returns where to go on. */
  next(chunk: Buffer, start: number): number {
    this.from = start;
    let at = this.#leaveBoundary(chunk, start);
    if (this.#place === 'line' && at < chunk.length) {
      this.#read(chunk);
      if (this.fault === null) at = this.#scan(chunk, at);
      if (this.fault !== null) at = this.#swallow(at);
    }
    this.to = at;
    if (this.fault === null && at > this.from && this.#meter.isTooLong(chunk, this.from, at)) {
      this.fault = 'line-too-long';
    }
    if (this.fault !== null) this.from = at;
    if (this.done || at === chunk.length) {
      // Kept by every session, these texts would outlive their youth, which is what makes them costly.
      this.#chunk = null;
      this.#text = '';
    }
    return at;
  }

  #read(chunk: Buffer): void {
    if (this.#chunk === chunk) return;
    this.#chunk = chunk;
    this.#text = chunk.toString('latin1');
    this.#special = -1;
  }

  /** Goes octet by octet where what came before decides what they mean: around line starts and chunk ends. */
  #leaveBoundary(chunk: Buffer, start: number): number {
    let at = start;
    while (this.#place !== 'line' && at < chunk.length && !this.done) {
      const octet = chunk[at];
      if (this.#place === 'line-start') {
        if (octet !== DOT) this.#place = 'line';
        // What stands before the dot is a run of its own.
        else if (at > this.from) break;
        else this.#drop('dot', ++at);
      } else if (this.#place === 'dot') {
        if (octet === CR) this.#drop('dot-cr', ++at);
        else this.#place = 'line';
      } else if (octet === LF) {
        this.done = this.#place === 'dot-cr';
        this.#place = 'line-start';
        at++;
        if (this.done) this.from = at;
      } else {
        this.fault ??= 'line-ending';
        this.#place = 'line';
      }
    }
    return at;
  }

  #drop(place: Place, at: number): void {
    this.#place = place;
    this.from = at;
  }

  /** From within a line to the end of the run: a dot at a line start, a fault, the chunk's end or the longest line. */
  #scan(chunk: Buffer, at: number): number {
    const text = this.#text;
    if (this.#special < at) {
      DATA_SPECIAL.lastIndex = at;
      this.#special = DATA_SPECIAL.exec(text)?.index ?? text.length;
    }
    const special = this.#special;
    const end = this.from + this.#meter.max;
    if (end <= special && end < text.length) return end;
    if (special === text.length) {
      if (text.charCodeAt(special - 1) === LF) this.#place = 'line-start';
      return special;
    }
    const octet = text.charCodeAt(special);
    if (octet === LF && text.charCodeAt(special - 1) === CR && text.charCodeAt(special + 1) === DOT) {
      this.#place = 'line-start';
      return special + 1;
    }
    if (octet === CR && special === text.length - 1) {
      this.#place = 'cr';
      return special + 1;
    }
    const tooLong = this.#meter.isTooLong(chunk, this.from, special + 1);
    this.fault = tooLong ? 'line-too-long' : octet === 0 ? 'nul' : 'line-ending';
    return special;
  }

  /** After a fault only CRLF and dot matter. */
  #swallow(at: number): number {
    const text = this.#text;
    // A run cut at its longest may have left the CR behind.
    const found = text.indexOf('\r\n.', Math.max(0, at - 1));
    if (found !== -1) {
      this.#place = 'line-start';
      return found + 2;
    }
    if (text.endsWith('\r\n')) this.#place = 'line-start';
    else if (text.endsWith('\r')) this.#place = 'cr';
    return text.length;
  }
}

/** Checks the text of BDAT chunks (RFC 3030): there are no dots to remove, and the chunk sizes tell the end. */
export class TextChecker {
  readonly #meter: LineMeter;
  #afterCr = false;
  /** Whether the text so far ends in CRLF (or is empty). */
  atLineStart = true;

  constructor(lineMaxOctets: number) {
    this.#meter = new LineMeter(lineMaxOctets);
  }

  /** Takes the next octets; the first thing wrong with them, if any. Not to be called again after a fault. */
  check(chunk: Buffer): TextFault | null {
    const step = Math.min(this.#meter.max, SCAN_MAX_OCTETS);
    for (let from = 0; from < chunk.length; from += step) {
      const to = Math.min(chunk.length, from + step);
      const fault = this.#checkPiece(from === 0 && to === chunk.length ? chunk : chunk.subarray(from, to));
      if (fault !== null) return fault;
    }
    return null;
  }

  #checkPiece(chunk: Buffer): TextFault | null {
    if (this.#afterCr && chunk[0] !== LF) return 'line-ending';
    const text = chunk.toString('latin1');
    TEXT_SPECIAL.lastIndex = this.#afterCr ? 1 : 0;
    const special = TEXT_SPECIAL.exec(text)?.index ?? text.length;
    this.#afterCr = special === text.length - 1 && text.charCodeAt(special) === CR;
    this.atLineStart = text.endsWith('\n');
    const faulty = special < text.length && !this.#afterCr;
    if (this.#meter.isTooLong(chunk, 0, faulty ? special + 1 : text.length)) return 'line-too-long';
    if (!faulty) return null;
    return text.charCodeAt(special) === 0 ? 'nul' : 'line-ending';
  }

  /** To be called after the last octet: a CR at the very end is a lone one. */
  finish(): TextFault | null {
    return this.#afterCr ? 'line-ending' : null;
  }
}
