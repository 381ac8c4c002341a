// A whole delivery status notification as a message, RFC 3461 §6, RFC 3464, RFC 6522, RFC 6533. Its envelope is `<>`.
import { formatMailbox } from '../address/format-mailbox.ts';
import type { AddrSpec } from '../address/addr-spec.ts';
import { formatDate } from '../date.ts';
import { decodeEncodedWords, encodeUnstructured } from '../header/encoded-word.ts';
import { formatField, refoldField } from '../header/fold.ts';
import { getField, scanHeader, type HeaderBlock } from '../header/scan.ts';
import { hasEightBit } from '../message/octets.ts';
import { cleanHeaderText, fits } from '../message/reencode.ts';
import { formatDeliveryStatus } from './delivery-status.ts';
import { DSN_FULL_MAX_OCTETS, DSN_HEADERS_MAX_OCTETS } from './limits.ts';
import type { DsnAction, DsnReport } from './report.ts';
import { formatDsnText, leadingAction, plainLine } from './text.ts';

export interface DsnMessage {
  readonly report: DsnReport;
  /** The reverse path of the message that is reported on. */
  readonly to: AddrSpec;
  /** The sender's domain: the notification comes from its MAILER-DAEMON. */
  readonly fromDomain: string;
  /** The original was an SMTPUTF8 message: addresses may stand in UTF-8. */
  readonly smtputf8: boolean;
  /** RET of the transaction, RFC 3461 §4.3. */
  readonly ret: 'FULL' | 'HDRS' | null;
  readonly original: {
    /** The message, or at least its header section. */
    readonly octets: Buffer;
    /** False: `octets` is only the beginning. */
    readonly isComplete: boolean;
  };
  readonly atMs: number;
  readonly zoneMinutes: number;
  /** With angle brackets. */
  readonly messageId: string;
  /** Unique, at most 70 characters of `A-Za-z0-9'()+_,-./:=?` (RFC 2046 §5.1.1). */
  readonly boundary: string;
}

const SUBJECTS: Readonly<Record<DsnAction, string>> = {
  failed: 'Not delivered',
  delayed: 'Delayed',
  relayed: 'Passed on',
  expanded: 'Passed on',
  delivered: 'Delivered',
};
const SUBJECT_MAX_CHARACTERS = 120;
const MESSAGE_ID = /<[!-;=?-~]{1,250}>/;

interface Part {
  readonly type: string;
  readonly description: string;
  readonly body: Buffer;
}

/** The notification, lines ending in CRLF. `eightBit`: it needs 8BITMIME on its way. */
export function formatDsn(dsn: DsnMessage): { message: Buffer; eightBit: boolean } {
  const original = scanHeader(dsn.original.octets);
  const subject = getField(original, 'subject');
  const names = { subject: subject === null ? null : decodeEncodedWords(subject), date: getField(original, 'date') };
  const text = Buffer.from(formatDsnText(dsn.report, names));
  const global = dsn.smtputf8 ? 'global-' : '';
  const parts: Part[] = [
    {
      type: `text/plain; charset=${hasEightBit(text) ? 'utf-8' : 'us-ascii'}`,
      description: 'What happened',
      body: text,
    },
    {
      type: `message/${global}delivery-status`,
      description: 'The same for programs',
      body: Buffer.from(formatDeliveryStatus(dsn.report, dsn.smtputf8)),
    },
    returnedPart(dsn, original),
  ];
  const eightBit = parts.some((part) => hasEightBit(part.body));
  const header = formatDsnHeader(dsn, original, names.subject) + encodingField(eightBit);
  const body = parts.flatMap((part) => [Buffer.from(`--${dsn.boundary}\r\n${partHeader(part)}\r\n`), part.body, CRLF]);
  const message = Buffer.concat([Buffer.from(`${header}\r\n`), ...body, Buffer.from(`--${dsn.boundary}--\r\n`)]);
  return { message, eightBit: eightBit || hasEightBit(message) };
}

const CRLF = Buffer.from('\r\n');

function encodingField(eightBit: boolean): string {
  return eightBit ? 'Content-Transfer-Encoding: 8bit\r\n' : '';
}

function partHeader(part: Part): string {
  const description = formatField('Content-Description', part.description);
  return `${formatField('Content-Type', part.type)}${description}${encodingField(hasEightBit(part.body))}`;
}

function formatDsnHeader(dsn: DsnMessage, original: HeaderBlock, originalSubject: string | null): string {
  const lead = SUBJECTS[leadingAction(dsn.report)];
  const subject = originalSubject === null ? '' : plainLine(originalSubject, SUBJECT_MAX_CHARACTERS);
  const from: AddrSpec = { localPart: 'MAILER-DAEMON', domain: dsn.fromDomain };
  const reference = MESSAGE_ID.exec(getField(original, 'message-id') ?? '')?.[0];
  const threading =
    reference === undefined ? '' : formatField('In-Reply-To', reference) + formatField('References', reference);
  return (
    formatField('From', formatMailbox('Mail Delivery System', from)) +
    formatField('To', formatMailbox('', dsn.to)) +
    formatField('Subject', encodeUnstructured(subject === '' ? lead : `${lead}: ${subject}`)) +
    formatField('Date', formatDate(dsn.atMs, dsn.zoneMinutes)) +
    formatField('Message-ID', dsn.messageId) +
    threading +
    'Auto-Submitted: auto-replied\r\n' +
    'MIME-Version: 1.0\r\n' +
    `Content-Type: multipart/report; report-type=delivery-status;\r\n\tboundary="${dsn.boundary}"\r\n`
  );
}

/** RFC 3461 §4.3: the whole message only in a report of failure, when asked for or not forbidden, and small enough. */
function returnedPart(dsn: DsnMessage, original: HeaderBlock): Part {
  const { octets, isComplete } = dsn.original;
  const mayBeWhole = isComplete && dsn.ret !== 'HDRS' && leadingAction(dsn.report) === 'failed';
  if (mayBeWhole && octets.length <= DSN_FULL_MAX_OCTETS && fits(octets, '8bit')) {
    return {
      type: dsn.smtputf8 ? 'message/global' : 'message/rfc822',
      description: 'Your message',
      body: octets,
    };
  }
  return {
    type: dsn.smtputf8 ? 'message/global-headers' : 'text/rfc822-headers',
    description: 'The header of your message',
    body: returnedHeaders(original),
  };
}

/** The fields of the original up to the limit, fit to be sent. */
function returnedHeaders(original: HeaderBlock): Buffer {
  let end = 0;
  for (const field of original.fields) if (field.end <= DSN_HEADERS_MAX_OCTETS) end = field.end;
  const section = original.message.subarray(0, end);
  if (fits(section, '8bit')) return section;
  const clean = cleanHeaderText(section);
  return refoldField(clean) ?? clean;
}
