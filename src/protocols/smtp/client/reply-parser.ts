// Turns the octets that a server sends into replies, RFC 5321 §4.2. Tolerant where servers differ (bare LF, no space, no
// text, codes that disagree between lines: the last counts), bounded in line length and line count, never throws.
import type { SmtpReply } from '../reply.ts';
import { REPLY_LINE_OCTETS_MAX, REPLY_LINES_MAX } from './limits.ts';

const LF = 0x0a;
const CR = 0x0d;
const DIGIT_0 = 0x30;
const HYPHEN = 0x2d;
const SPACE = 0x20;
const ENHANCED = /^([245])\.(\d{1,3})\.(\d{1,3})(?: |$)/;

export type ReplyFault = 'not-a-reply' | 'line-too-long' | 'too-many-lines';

/** The code of a reply line, or 0 when the line is none. */
function codeOf(line: Buffer, end: number): number {
  if (end < 3) return 0;
  const [a, b, c] = [line[0]! - DIGIT_0, line[1]! - DIGIT_0, line[2]! - DIGIT_0];
  if (a < 2 || a > 5 || b < 0 || b > 9 || c < 0 || c > 9) return 0;
  return a * 100 + b * 10 + c;
}

/** Builds the reply; an enhanced code (RFC 2034) is taken off every line, one of another class than the code is text. */
function buildReply(code: number, texts: string[]): SmtpReply {
  const match = ENHANCED.exec(texts[texts.length - 1]!);
  if (match === null || match[1] !== String(code)[0]) return { code, lines: texts };
  const enhanced = `${match[1]}.${match[2]}.${match[3]}`;
  for (let at = 0; at < texts.length; at++) {
    const text = texts[at]!;
    if (text === enhanced || text.startsWith(`${enhanced} `)) texts[at] = text.slice(enhanced.length + 1);
  }
  return { code, enhanced, lines: texts };
}

/** Fed with chunks as they arrive; after a fault it takes nothing more. */
export class ReplyParser {
  #rest: Buffer | null = null;
  #texts: string[] = [];
  #fault: ReplyFault | null = null;

  /** Octets of a reply that is not complete yet are waiting. */
  get pending(): boolean {
    return this.#rest !== null || this.#texts.length > 0;
  }

  /** Calls `onReply` for every reply that the chunk completes; returns what makes the dialog unusable, or null. */
  push(chunk: Buffer, onReply: (reply: SmtpReply) => void): ReplyFault | null {
    if (this.#fault !== null) return this.#fault;
    const octets = this.#rest === null ? chunk : Buffer.concat([this.#rest, chunk]);
    let start = 0;
    for (let end = octets.indexOf(LF); end !== -1; end = octets.indexOf(LF, start)) {
      this.#fault = this.#line(octets.subarray(start, end), onReply);
      if (this.#fault !== null) return this.#fault;
      start = end + 1;
    }
    const left = octets.length - start;
    if (left > REPLY_LINE_OCTETS_MAX) this.#fault = 'line-too-long';
    // A copy: the chunk's memory belongs to the socket's pool.
    this.#rest = left === 0 ? null : Buffer.from(octets.subarray(start));
    return this.#fault;
  }

  #line(line: Buffer, onReply: (reply: SmtpReply) => void): ReplyFault | null {
    if (line.length >= REPLY_LINE_OCTETS_MAX) return 'line-too-long';
    let end = line.length;
    while (end > 0 && line[end - 1] === CR) end--;
    const code = codeOf(line, end);
    if (code === 0) return 'not-a-reply';
    const mark = end === 3 ? SPACE : line[3];
    if (mark !== SPACE && mark !== HYPHEN) return 'not-a-reply';
    if (this.#texts.length === REPLY_LINES_MAX) return 'too-many-lines';
    this.#texts.push(end <= 4 ? '' : line.toString('utf8', 4, end));
    if (mark === HYPHEN) return null;
    const texts = this.#texts;
    this.#texts = [];
    onReply(buildReply(code, texts));
    return null;
  }
}
