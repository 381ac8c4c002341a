// What the header says about a message's way so far: hops counted as Received fields (RFC 5321 §6.3) and the mailboxes
// that it was already delivered to (Delivered-To, RFC 9228).
import type { AddrSpec } from '../address/addr-spec.ts';
import { domainKey } from '../address/domain.ts';
import { localKey } from '../address/local-part.ts';
import { parseAddrSpec } from '../address/parse.ts';
import { getFields, type HeaderBlock } from './scan.ts';

/** RFC 5321 §6.3: the number of Received fields. */
export function countReceived(block: HeaderBlock): number {
  let hops = 0;
  for (const field of block.fields) if (field.name === 'received') hops++;
  return hops;
}

/** The addresses in Delivered-To fields, newest first; what is no address is left out. */
export function findDeliveredTo(block: HeaderBlock): AddrSpec[] {
  return getFields(block, 'delivered-to')
    .map((value) => parseAddrSpec(value.replace(/^<(.*)>$/, '$1')))
    .filter((address) => address !== null);
}

/** Whether the message already passed this mailbox: delivering there again would be a loop. */
export function wasDeliveredTo(block: HeaderBlock, address: AddrSpec): boolean {
  const key = `${localKey(address.localPart)}@${domainKey(address.domain)}`;
  return findDeliveredTo(block).some((seen) => `${localKey(seen.localPart)}@${domainKey(seen.domain)}` === key);
}
