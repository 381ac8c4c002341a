// Mailbox names from clients: INBOX in any case, modified UTF-7 before UTF-8 was enabled. RFC 9051 §5.1, RFC 6855 §3.
import { decodeImapUtf7 } from '../../../formats/imap-utf7.ts';
import { MAILBOX_NAME_MAX_OCTETS } from '../limits.ts';
import type { CommandCursor } from './cursor.ts';

const CONTROL = /[\u0000-\u001f\u007f\u0080-\u009f\u2028\u2029]/u;

/** A mailbox name in Unicode. Throws SyntaxFault. */
export function parseMailbox(cursor: CommandCursor, utf8: boolean): string {
  const at = cursor.position;
  const name = toMailboxName(cursor.astring('a mailbox name'), utf8);
  if (name !== null) return name;
  cursor.position = at;
  throw cursor.fault(utf8 ? 'a mailbox name' : 'a mailbox name in modified UTF-7');
}

/** The name that a client's text stands for; null when it is none. */
export function toMailboxName(text: string, utf8: boolean): string | null {
  // Real clients send bare UTF-8 too; it cannot be mistaken for anything else.
  const name = utf8 || /[^\u0000-\u007f]/u.test(text) ? text : (decodeImapUtf7(text) ?? text);
  if (CONTROL.test(name) || Buffer.byteLength(name) > MAILBOX_NAME_MAX_OCTETS) return null;
  return normalizeInbox(name.normalize('NFC'));
}

/** INBOX, and the first level of what is below it, in upper case. */
function normalizeInbox(name: string): string {
  if (!/^inbox(?:$|\/)/iu.test(name)) return name;
  return `INBOX${name.slice(5)}`;
}
