// What sorting and threading need of a message, RFC 5256 §2 and §3 and RFC 5957 §3, from its header fields. Derived once,
// when the message is stored.
import { parseDate, type ZonedDate } from '../date.ts';
import { decodeEncodedWords } from '../header/encoded-word.ts';
import type { EnvelopeFields } from '../mime/body-part.ts';
import { readEnvelopeAddresses } from '../mime/envelope-address.ts';
import { tidied, unfolded } from '../mime/imap-string.ts';
import { headerText } from './header-text.ts';
import { baseSubject, type BaseSubject } from './base-subject.ts';
import { readMessageIds } from './message-ids.ts';

export interface MessageKeys {
  /** Without angle brackets; null where there is none that can be read. */
  readonly messageId: string | null;
  /** RFC 5256 §3: of References, else the first of In-Reply-To; oldest first. */
  readonly references: readonly string[];
  readonly subject: BaseSubject;
  /** RFC 5256 §2.2: of the Date field; null where it cannot be read, and the internal date counts. */
  readonly sentAt: ZonedDate | null;
  /** RFC 5256 §3: the mailbox (local part) of the first address; '' for none. Decoded text, as written. */
  readonly from: string;
  readonly to: string;
  readonly cc: string;
  /** RFC 5957 §3: the name of the first address, else the address. */
  readonly displayFrom: string;
  readonly displayTo: string;
}

/** Reads the keys of a message's own fields. */
export function readMessageKeys(fields: EnvelopeFields): MessageKeys {
  const references = readMessageIds(fields.references);
  const from = firstAddress(fields.from);
  const to = firstAddress(fields.to);
  return {
    messageId: readMessageIds(fields.messageId)[0] ?? null,
    references: references.length > 0 ? references : readMessageIds(fields.inReplyTo).slice(0, 1),
    subject: baseSubject(decodeEncodedWords(headerText(unfolded(fields.subject ?? '')))),
    sentAt: fields.date === null ? null : parseDate(unfolded(fields.date)),
    from: from.mailbox,
    to: to.mailbox,
    cc: firstAddress(fields.cc).mailbox,
    displayFrom: from.display,
    displayTo: to.display,
  };
}

function firstAddress(values: readonly string[]): { mailbox: string; display: string } {
  for (const value of values) {
    // One more than a group's name, so that what follows it is not read.
    const first = readEnvelopeAddresses(value, 1)[0];
    if (first === undefined) continue;
    const mailbox = headerText(first.mailbox ?? '');
    const name = first.name === null ? '' : decodeEncodedWords(headerText(tidied(first.name)));
    if (name !== '') return { mailbox, display: name };
    return { mailbox, display: first.domain === null ? mailbox : `${mailbox}@${headerText(first.domain)}` };
  }
  return { mailbox: '', display: '' };
}
