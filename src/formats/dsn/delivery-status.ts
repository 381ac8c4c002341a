// The machine part of a notification, RFC 3464 §2, with the address types of RFC 6533 §3.
import { formatDate } from '../date.ts';
import { formatField } from '../header/fold.ts';
import type { DsnRecipient, DsnReport, TypedAddress } from './report.ts';
import { plainLine } from './text.ts';

const NON_ASCII = /[^\x00-\x7f]/;
// RFC 6533 §3: what utf-8-addr-xtext may not hold as it is.
const NOT_QCHAR = /[^\x21-\x2a\x2c-\x3c\x3e-\x5b\x5d-\x7e]/gu;

/** RFC 6533 §3 utf-8-addr-xtext: `\x{FC}` for every character that is not plain. */
export function encodeUtf8AddrXtext(address: string): string {
  return address.replaceAll(
    NOT_QCHAR,
    (character) => String.raw`\x{${character.codePointAt(0)!.toString(16).toUpperCase()}}`,
  );
}

/** The reverse; text that begins no code stays. */
export function decodeUtf8AddrXtext(text: string): string {
  return text.replaceAll(/\\x\{([0-9a-f]{1,6})\}/gi, (whole, hex: string) => {
    const codePoint = Number.parseInt(hex, 16);
    return codePoint <= 0x10ffff && (codePoint < 0xd800 || codePoint > 0xdfff)
      ? String.fromCodePoint(codePoint)
      : whole;
  });
}

/** `rfc822;ann@one.test`, or type utf-8 where the address needs it: as it is when `smtputf8`, else encoded. */
function typed({ type, address }: TypedAddress, smtputf8: boolean): string {
  const plain = plainLine(address);
  if (!NON_ASCII.test(plain)) return `${plainLine(type)};${plain}`;
  return `utf-8;${smtputf8 ? plain : encodeUtf8AddrXtext(plain)}`;
}

function ascii(text: string, smtputf8: boolean): string {
  return smtputf8 ? text : text.replaceAll(/[^\x20-\x7e]/g, '?');
}

function recipientFields(recipient: DsnRecipient, smtputf8: boolean): string {
  const { originalRecipient, finalRecipient, remoteMta, diagnostic } = recipient;
  const fields: [string, string | null][] = [
    ['Original-Recipient', originalRecipient === null ? null : typed(originalRecipient, smtputf8)],
    ['Final-Recipient', typed({ type: 'rfc822', address: finalRecipient }, smtputf8)],
    ['Action', recipient.action],
    ['Status', recipient.status],
    ['Remote-MTA', remoteMta === null ? null : `dns; ${ascii(plainLine(remoteMta), smtputf8)}`],
    [
      'Diagnostic-Code',
      // Our own words are no SMTP reply.
      diagnostic === null
        ? null
        : `${/^[245]\d\d/.test(diagnostic) ? 'smtp' : 'x-local'}; ${ascii(plainLine(diagnostic), smtputf8)}`,
    ],
    ['Last-Attempt-Date', recipient.lastAttemptMs === null ? null : formatDate(recipient.lastAttemptMs)],
    ['Will-Retry-Until', recipient.willRetryUntilMs === null ? null : formatDate(recipient.willRetryUntilMs)],
  ];
  return formatFields(fields);
}

function formatFields(fields: readonly (readonly [string, string | null])[]): string {
  return fields.map(([name, value]) => (value === null ? '' : formatField(name, value))).join('');
}

/** The body of the message/delivery-status part (message/global-delivery-status when `smtputf8`). */
export function formatDeliveryStatus(report: DsnReport, smtputf8: boolean): string {
  const perMessage = formatFields([
    ['Original-Envelope-Id', report.envid === null ? null : ascii(plainLine(report.envid), smtputf8)],
    ['Reporting-MTA', `dns; ${report.reportingMta}`],
    ['Arrival-Date', report.arrivalMs === null ? null : formatDate(report.arrivalMs)],
  ]);
  return [perMessage, ...report.recipients.map((recipient) => recipientFields(recipient, smtputf8))].join('\r\n');
}
