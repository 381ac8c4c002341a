// Strings on their way out, RFC 9051 §4.3: atom, quoted or literal, whichever the octets allow and the client has enabled.
import { encodeImapUtf7 } from '../../formats/imap-utf7.ts';

const ATOM = /^[^(){ %*"\\\]\u0000-\u001f\u007f-\u{10ffff}]+$/u;
const QUOTABLE = /^[^\r\n\u0000\u0080-\u{10ffff}]*$/u;
const QUOTABLE_UTF8 = /^[^\r\n\u0000]*$/u;
/** RFC 9051 §4.3: longer strings go as literals so that no line grows without bound. */
const QUOTED_MAX_LENGTH = 1_000;

/** A string; as a literal where quoting cannot carry it. `utf8`: the client takes UTF-8 in quoted strings. */
export function formatString(text: string, utf8: boolean): string {
  if (text.length <= QUOTED_MAX_LENGTH && (utf8 ? QUOTABLE_UTF8 : QUOTABLE).test(text)) return quote(text);
  return `{${Buffer.byteLength(text)}}\r\n${text}`;
}

/** An astring. */
export function formatAstring(text: string, utf8: boolean): string {
  return ATOM.test(text) && text.toUpperCase() !== 'NIL' ? text : formatString(text, utf8);
}

/** A mailbox name as this client reads it: UTF-8, or modified UTF-7 (RFC 9051 §5.1, appendix A.1). */
export function formatMailbox(name: string, utf8: boolean): string {
  return formatAstring(utf8 ? name : encodeImapUtf7(name), utf8);
}

function quote(text: string): string {
  return text.includes('"') || text.includes('\\') ? `"${text.replace(/["\\]/gu, '\\$&')}"` : `"${text}"`;
}

/** Text of a status response: one line without what would end or distort it. */
export function formatStatusText(text: string): string {
  return text.replace(/[^\u0020-\u007e]+/gu, ' ').slice(0, 400);
}
