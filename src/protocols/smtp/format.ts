// Values to wire text: replies as a server writes them, MAIL and RCPT as a client writes them. What comes from elsewhere
// (texts of a session or a remote) cannot break a line or carry a control character.
import { formatPath } from '../../formats/address/parse.ts';
import type { EnvelopeRecipient } from './envelope.ts';
import { REPLY_LINES_MAX, REPLY_TEXT_MAX_CHARACTERS } from './limits.ts';
import type { ParsedMail } from './parse.ts';
import type { SmtpReply } from './reply.ts';
import { encodeUtf8Address, encodeXtext } from './xtext.ts';

const PLAIN_TEXT = /^[ -~]*$/;
const NON_ASCII = /[^\x00-\x7f]/;

/** A reply line that is safe to send: printable, bounded, ASCII unless `allowUtf8`. */
function replyText(text: string, allowUtf8: boolean): string {
  if (text.length <= REPLY_TEXT_MAX_CHARACTERS && PLAIN_TEXT.test(text)) return text;
  const printable = text.slice(0, REPLY_TEXT_MAX_CHARACTERS).replaceAll(/[\p{Cc}\p{Surrogate}\u2028\u2029]+/gu, ' ');
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

/** `MAIL FROM:<…> …` without CRLF. The caller gives only parameters whose extension the server offers. */
export function formatMail(mail: ParsedMail): string {
  const { size, body, smtputf8, ret, envid, requiretls, holdUntilMs, deliverBy, mtPriority, auth } = mail.parameters;
  let line = `MAIL FROM:${formatPath(mail.reversePath)}`;
  if (size !== undefined) line += ` SIZE=${size}`;
  if (body !== undefined) line += ` BODY=${body}`;
  if (smtputf8 === true) line += ' SMTPUTF8';
  if (ret !== undefined) line += ` RET=${ret}`;
  if (envid !== undefined) line += ` ENVID=${encodeXtext(envid)}`;
  if (requiretls === true) line += ' REQUIRETLS';
  if (holdUntilMs !== undefined) line += ` HOLDUNTIL=${new Date(holdUntilMs).toISOString()}`;
  if (deliverBy !== undefined) line += ` BY=${deliverBy.seconds};${deliverBy.mode}${deliverBy.trace ? 'T' : ''}`;
  if (mtPriority !== undefined) line += ` MT-PRIORITY=${mtPriority}`;
  if (auth !== undefined) line += ` AUTH=${encodeXtext(auth)}`;
  return line;
}

/** `RCPT TO:<…> …` without CRLF. */
export function formatRcpt(recipient: EnvelopeRecipient): string {
  const { notify, orcpt } = recipient.parameters;
  let line = `RCPT TO:${formatPath(recipient.forwardPath)}`;
  if (notify !== undefined) line += ` NOTIFY=${notify.length === 0 ? 'NEVER' : notify.join(',')}`;
  if (orcpt !== undefined) line += ` ORCPT=${orcpt.type};${formatOrcptAddress(orcpt.type, orcpt.address)}`;
  return line;
}

function formatOrcptAddress(type: string, address: string): string {
  return type === 'utf-8' || NON_ASCII.test(address) ? encodeUtf8Address(address) : encodeXtext(address);
}
