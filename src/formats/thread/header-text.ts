// Octets of a header field as text: RFC 6532 says UTF-8, old mail says Latin-1.
import { isUtf8 } from 'node:buffer';

const ABOVE_ASCII = /[\x80-\xff]/;

/** Text of octets in Latin-1: as UTF-8 where they are, else as they are. Encoded words stay encoded. */
export function headerText(octets: string): string {
  if (!ABOVE_ASCII.test(octets)) return octets;
  const bytes = Buffer.from(octets, 'latin1');
  return isUtf8(bytes) ? bytes.toString() : octets;
}
