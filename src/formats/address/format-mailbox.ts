// Mailboxes in generated header fields, RFC 5322 §3.4.
import { encodePhrase } from '../header/encoded-word.ts';
import type { AddrSpec } from './addr-spec.ts';
import { formatAddrSpec } from './parse.ts';

/** `Ann Lee <ann@one.test>`; the bare address when there is no display name. */
export function formatMailbox(displayName: string, address: AddrSpec): string {
  const text = formatAddrSpec(address);
  return displayName === '' ? text : `${encodePhrase(displayName)} <${text}>`;
}
