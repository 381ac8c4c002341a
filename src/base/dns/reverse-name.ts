// The name under which DNS keeps the name of an address: RFC 1035 §3.5 and RFC 3596 §2.5.
import { parseIp } from '../net/ip.ts';

/** `1.2.0.192.in-addr.arpa`, `….8.b.d.0.1.0.0.2.ip6.arpa`; null when `ip` is no address. */
export function reverseName(ip: string): string | null {
  const bytes = parseIp(ip);
  if (bytes === null) return null;
  if (bytes.length === 4) return `${[...bytes].toReversed().join('.')}.in-addr.arpa`;
  const nibbles = [...bytes].flatMap((octet) => [octet >> 4, octet & 0xf]);
  return `${nibbles
    .toReversed()
    .map((nibble) => nibble.toString(16))
    .join('.')}.ip6.arpa`;
}
