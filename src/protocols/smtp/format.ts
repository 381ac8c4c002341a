// Replies as a server writes them, RFC 5321 §4.2. What comes from elsewhere (texts of a session, words of a remote) can
// neither break a line nor carry a control character.
import { REPLY_LINES_MAX, REPLY_TEXT_MAX_OCTETS } from './limits.ts';
import type { SmtpReply } from './reply.ts';

const PLAIN_TEXT = /^[ -~]*$/;

/** A reply line that is safe to send: printable, bounded, ASCII unless `allowUtf8`. */
function replyText(text: string, allowUtf8: boolean): string {
  if (text.length <= REPLY_TEXT_MAX_OCTETS && PLAIN_TEXT.test(text)) return text;
  if (PLAIN_TEXT.test(text)) return text.slice(0, REPLY_TEXT_MAX_OCTETS);
  const octets = Buffer.byteLength(text);
  // Cut so that even four octets a character fit.
  const bounded = octets <= REPLY_TEXT_MAX_OCTETS ? text : text.slice(0, REPLY_TEXT_MAX_OCTETS / 4);
  const printable = bounded.replaceAll(/[\p{Cc}\p{Surrogate}\u2028\u2029]+/gu, ' ');
  return allowUtf8 ? printable : printable.replaceAll(/[^ -~]/gu, '?');
}

/**
 * The wire form of a reply with its CRLFs, RFC 5321 §4.2.1, the enhanced code (RFC 2034 §4) on each line.
 * `allowUtf8` only when the client spoke SMTPUTF8 (RFC 6531 §3.7.4.2).
 */
export function formatReply(reply: SmtpReply, allowUtf8 = false): string {
  const enhanced = reply.enhanced === undefined ? '' : `${reply.enhanced} `;
  const lines = reply.lines.length > REPLY_LINES_MAX ? reply.lines.slice(0, REPLY_LINES_MAX) : reply.lines;
  const last = lines.length - 1;
  let wire = '';
  for (let i = 0; i < last; i++) wire += `${reply.code}-${enhanced}${replyText(lines[i]!, allowUtf8)}\r\n`;
  return `${wire}${reply.code} ${enhanced}${replyText(lines[last] ?? '', allowUtf8)}\r\n`;
}
