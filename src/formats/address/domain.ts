// Domains of addresses, RFC 5321 §4.1.2 and RFC 5890: A-labels, U-labels and address literals, and the key they compare by.
import { domainToASCII, domainToUnicode as urlDomainToUnicode } from 'node:url';
import { formatIp, parseIp } from '../../base/net/ip.ts';
import { DOMAIN_MAX_OCTETS, LABEL_MAX_OCTETS } from './limits.ts';

// Underscores are no part of RFC 5321 §4.1.2 and are refused with everything else that is not letter, digit or hyphen.
const ASCII_DOMAIN = /^[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*$/;
const LONG_LABEL = new RegExp(`[^.]{${LABEL_MAX_OCTETS + 1}}`);
const NON_ASCII = /[^\x00-\x7f]/;
// The URL standard would cut the text at a slash and decode percent signs.
const MAYBE_INTERNATIONAL = /^[A-Za-z0-9.\u0080-\u{10ffff}-]+$/u;
const NUMERIC_LAST_LABEL = /(?:^|\.)(?:\d+|0x[0-9a-f]*)$/i;

function isAsciiDomain(domain: string): boolean {
  return domain.length <= DOMAIN_MAX_OCTETS && !LONG_LABEL.test(domain) && ASCII_DOMAIN.test(domain);
}

/** The domain in A-labels and lower case; null when it is no valid domain (a literal is none). */
export function domainToAscii(domain: string): string | null {
  if (domain.length > DOMAIN_MAX_OCTETS) return null;
  if (!NON_ASCII.test(domain)) return isAsciiDomain(domain) ? domain.toLowerCase() : null;
  if (!MAYBE_INTERNATIONAL.test(domain)) return null;
  const ascii = domainToASCII(domain);
  // The URL standard would read a numeric last label as an IPv4 address.
  return ascii !== '' && isAsciiDomain(ascii) && !NUMERIC_LAST_LABEL.test(ascii) ? ascii : null;
}

/** The domain in U-labels for people to read; null when it is no valid domain or holds a broken A-label. */
export function domainToUnicode(domain: string): string | null {
  const ascii = domainToAscii(domain);
  if (ascii === null) return null;
  if (!ascii.includes('xn--')) return ascii;
  const unicode = urlDomainToUnicode(ascii);
  return unicode === '' ? null : unicode;
}

/** The canonical IP address of a domain that is an address literal (`[192.0.2.1]`, `[IPv6:2001:db8::1]`), else null. */
export function literalIp(domain: string): string | null {
  if (!domain.startsWith('[') || !domain.endsWith(']')) return null;
  const inner = domain.slice(1, -1);
  const text = /^ipv6:/i.test(inner) ? inner.slice(5) : inner;
  // The tag and the colons of IPv6 come together or not at all; a zone means nothing to anybody else.
  if ((text !== inner) !== text.includes(':') || text.includes('%')) return null;
  const bytes = parseIp(text);
  return bytes === null ? null : formatIp(bytes);
}

/** The address literal of an IP address, RFC 5321 §4.1.3; `ip` in canonical text. */
export function formatLiteral(ip: string): string {
  return ip.includes(':') ? `[IPv6:${ip}]` : `[${ip}]`;
}

/** Whether `domain` may stand after the @ of an address: a domain name or an address literal. U-labels only when `allowUtf8`. */
export function isMailDomain(domain: string, allowUtf8: boolean): boolean {
  if (domain.startsWith('[')) return literalIp(domain) !== null;
  if (!NON_ASCII.test(domain)) return isAsciiDomain(domain);
  return allowUtf8 && domainToAscii(domain) !== null;
}

/** What domains compare by: A-labels in lower case, or `[canonical ip]` in lower case. Text that is no domain is only lowered. */
export function domainKey(domain: string): string {
  const ip = literalIp(domain);
  if (ip !== null) return formatLiteral(ip).toLowerCase();
  return domainToAscii(domain) ?? domain.normalize('NFC').toLowerCase();
}
