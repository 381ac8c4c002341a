// Envelope addresses as commands carry them: checked once more, so that no address can ever become a second command or a
// parameter, and brought down to ASCII where only the domain needs it (RFC 5891 A-labels).
import { domainToASCII } from 'node:url';
import { encodeUtf8Address, encodeXtext } from '../xtext.ts';

const MAILBOX = /^(?:"(?:[^"\\\p{Cc}]|\\[^\p{Cc}])*"|[^\s<>"\\\p{Cc}@]+)@[^\s<>"\\\p{Cc}@]+$/u;
const ADDRESS_OCTETS_MAX = 1_000;
const ASCII = /^[\x20-\x7e]*$/;

/** Only printable ASCII. */
export function isAsciiText(text: string): boolean {
  return ASCII.test(text);
}

/** Whether the address can stand between < and > in a command without being read as anything else. */
export function isSendable(address: string): boolean {
  return address.length <= ADDRESS_OCTETS_MAX && MAILBOX.test(address);
}

/** The address in ASCII: its domain as A-labels; null when the local part needs SMTPUTF8 (RFC 6531). */
export function toAsciiAddress(address: string): string | null {
  if (isAsciiText(address)) return address;
  const at = address.lastIndexOf('@');
  const localPart = address.slice(0, at);
  const domain = domainToASCII(address.slice(at + 1));
  return isAsciiText(localPart) && domain !== '' ? `${localPart}@${domain}` : null;
}

/** The value of ORCPT for 'type;address'; null when it has no type or cannot be written. */
export function formatOrcpt(orcpt: string): string | null {
  const semicolon = orcpt.indexOf(';');
  if (semicolon < 1) return null;
  const type = orcpt.slice(0, semicolon).toLowerCase();
  const address = orcpt.slice(semicolon + 1);
  if (!/^[a-z0-9-]+$/.test(type)) return null;
  if (type === 'utf-8') return `utf-8;${encodeUtf8Address(address)}`;
  return isAsciiText(address) ? `${type};${encodeXtext(address)}` : null;
}
