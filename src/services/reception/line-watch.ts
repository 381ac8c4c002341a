// Whether the lines of a message that goes by in chunks keep to RFC 5322 §2.1.1, wherever the chunks are cut.
import { hasLongLine } from '../../formats/message/octets.ts';
import { SUBMISSION_LINE_MAX_OCTETS } from './limits.ts';

const LF = 0x0a;
/** The CR of an unfinished line may be its last octet so far. */
const UNFINISHED_MAX_OCTETS = SUBMISSION_LINE_MAX_OCTETS + 1;

export class LineWatch {
  /** Octets since the last LF. */
  #unfinished = 0;

  /** Whether the chunk shows a line of more than 998 octets before its CRLF. */
  seesLongLine(chunk: Buffer): boolean {
    const first = chunk.indexOf(LF);
    if (first === -1) {
      this.#unfinished += chunk.length;
      return this.#unfinished > UNFINISHED_MAX_OCTETS;
    }
    const last = chunk.lastIndexOf(LF);
    const beforeLf = this.#unfinished + first;
    this.#unfinished = chunk.length - last - 1;
    if (beforeLf > UNFINISHED_MAX_OCTETS || this.#unfinished > UNFINISHED_MAX_OCTETS) return true;
    return hasLongLine(chunk.subarray(first + 1, last + 1));
  }
}
