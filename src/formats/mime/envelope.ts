// ENVELOPE as FETCH sends it, RFC 9051 §7.5.2 and RFC 3501 §7.4.2, from the fields of a parsed message. Encoded words stay
// encoded, octets above 127 stay octets.
import type { EnvelopeFields, ParsedMessage } from './body-part.ts';
import { readEnvelopeAddresses } from './envelope-address.ts';
import { formatImapString, formatNstring, tidied, unfolded } from './imap-string.ts';

/** `(date subject from sender reply-to to cc bcc in-reply-to message-id)`, ready to send: octets as Latin-1. */
export function formatEnvelope(parsed: ParsedMessage): string {
  return envelopeText(parsed.root.envelope);
}

const EMPTY_ENVELOPE = '(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)';

/** The same of one part's fields; NIL throughout for a part that has no such fields. */
export function envelopeText(fields: EnvelopeFields | null): string {
  if (fields === null) return EMPTY_ENVELOPE;
  const from = addressList(fields.from);
  const sender = addressList(fields.sender);
  const replyTo = addressList(fields.replyTo);
  const subject = fields.subject === null ? 'NIL' : formatImapString(tidied(fields.subject));
  // RFC 9051 §7.5.2: where Sender or Reply-To is missing or empty, the server says what From says.
  return `(${line(fields.date)} ${subject} ${from} ${sender === 'NIL' ? from : sender} ${
    replyTo === 'NIL' ? from : replyTo
  } ${addressList(fields.to)} ${addressList(fields.cc)} ${addressList(fields.bcc)} ${line(fields.inReplyTo)} ${line(
    fields.messageId,
  )})`;
}

function line(value: string | null): string {
  return value === null ? 'NIL' : formatImapString(unfolded(value));
}

function addressList(values: readonly string[]): string {
  let list = '';
  for (const value of values) {
    for (const { name, route, mailbox, domain } of readEnvelopeAddresses(value)) {
      const shown = name === null ? 'NIL' : formatImapString(tidied(name));
      list += `(${shown} ${formatNstring(route)} ${formatNstring(mailbox)} ${formatNstring(domain)})`;
    }
  }
  return list === '' ? 'NIL' : `(${list})`;
}
