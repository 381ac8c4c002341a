// From a dropped file to an envelope: who sends, to whom, and the message as it enters the house. Like sendmail -t,
// recipients are those of To, Cc and Bcc (of the Resent- fields when there are some, RFC 5322 §3.6.6) unless named.
import { SyntaxFault } from '../../base/errors/syntax-fault.ts';
import type { AddrSpec, ReversePath } from '../../formats/address/addr-spec.ts';
import { mailboxesOf, parseAddressList } from '../../formats/address/address-list.ts';
import { formatMailbox } from '../../formats/address/format-mailbox.ts';
import { formatAddrSpec, parseAddrSpec } from '../../formats/address/parse.ts';
import { getField, getFields, scanHeader, type HeaderBlock } from '../../formats/header/scan.ts';
import { toCrlf } from '../../formats/message/octets.ts';
import type { DropFile } from './drop-file.ts';
import type { DsnWishes } from './dsn-wishes.ts';
import { DROP_RECIPIENTS_MAX } from './limits.ts';

export interface DropEnvelope {
  readonly reversePath: ReversePath;
  /** At least one, each once. */
  readonly recipients: readonly AddrSpec[];
  /** With CRLF at every line's end, and a From field. Bcc is still in it. */
  readonly message: Buffer;
  readonly dsn: DsnWishes;
}

const RECIPIENT_FIELDS = ['to', 'cc', 'bcc'] as const;
const CRLF = Buffer.from('\r\n');

/** `defaultDomain` is added to names without one. Throws SyntaxFault that says what is wrong. */
export function readDropEnvelope(file: DropFile, defaultDomain: string): DropEnvelope {
  const message = toCrlf(file.message);
  const block = scanHeader(message);
  const { sender, name } = file.head;
  const reversePath = sender === '' ? null : readSender(sender, block, defaultDomain);
  const recipients = readRecipients(file.head.recipients ?? headerRecipients(block), defaultDomain);
  const from = fromLine(reversePath, name, defaultDomain);
  return { reversePath, recipients, message: complete(message, block, from), dsn: file.head.dsn };
}

function readSender(sender: string | null, block: HeaderBlock, defaultDomain: string): AddrSpec {
  const text = sender ?? getField(block, 'from') ?? 'postmaster';
  const [mailbox] = mailboxesOf(parseAddressList(text));
  const address = mailbox === undefined ? null : qualify(mailbox.address, defaultDomain);
  if (address === null) throw new SyntaxFault(`a sender instead of '${shown(text)}'`, 0);
  return address;
}

/** The values of the fields that name recipients. */
export function headerRecipients(block: HeaderBlock): string[] {
  const resent = RECIPIENT_FIELDS.flatMap((name) => getFields(block, `resent-${name}`));
  return resent.length > 0 ? resent : RECIPIENT_FIELDS.flatMap((name) => getFields(block, name));
}

function readRecipients(texts: readonly string[], defaultDomain: string): AddrSpec[] {
  const found = new Map<string, AddrSpec>();
  for (const text of texts) {
    const list = parseAddressList(text);
    if (!list.complete) throw new SyntaxFault(`addresses instead of '${shown(text)}'`, 0);
    for (const { address } of mailboxesOf(list)) {
      const qualified = qualify(address, defaultDomain);
      if (qualified === null) throw new SyntaxFault(`an address instead of '${shown(formatAddrSpec(address))}'`, 0);
      found.set(formatAddrSpec(qualified), qualified);
      if (found.size > DROP_RECIPIENTS_MAX) throw new SyntaxFault(`at most ${DROP_RECIPIENTS_MAX} recipients`, 0);
    }
  }
  if (found.size === 0) throw new SyntaxFault('a recipient', 0);
  return [...found.values()];
}

/** The address with a domain, as the envelope may have it; null when it may not. */
function qualify(address: AddrSpec, defaultDomain: string): AddrSpec | null {
  const domain = address.domain === '' ? defaultDomain : address.domain;
  return parseAddrSpec(formatAddrSpec({ localPart: address.localPart, domain }));
}

function fromLine(reversePath: ReversePath, name: string | null, defaultDomain: string): Buffer {
  const address = reversePath ?? { localPart: 'MAILER-DAEMON', domain: defaultDomain };
  return Buffer.from(`From: ${formatMailbox((name ?? '').replaceAll(/\p{Cc}+/gu, ' '), address)}\r\n`);
}

/** Adds the From field where there is none, an empty line where a body comes without a header, and the last CRLF. */
function complete(message: Buffer, block: HeaderBlock, from: Buffer): Buffer {
  const parts: Buffer[] = [];
  if (!block.fields.some((field) => field.name === 'from')) parts.push(from);
  const first = block.fields[0];
  // A separator of mailbox files is no body; it is taken out with the rest that must not travel.
  if (first?.name === '' && !/^>?From /u.test(block.text)) parts.push(CRLF);
  if (parts.length === 0 && message.subarray(-2).equals(CRLF)) return message;
  parts.push(message);
  if (!message.subarray(-2).equals(CRLF)) parts.push(CRLF);
  return Buffer.concat(parts);
}

function shown(text: string): string {
  return text.replaceAll(/\p{Cc}+/gu, ' ').slice(0, 100);
}
