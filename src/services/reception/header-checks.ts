// What the header of an arriving message may refuse: too many hops, a header or a MIME tree beyond bounds, a From that is
// not the submitter's.
import { MailError } from '../../base/errors/mail-error.ts';
import type { AddrSpec } from '../../formats/address/addr-spec.ts';
import { mailboxesOf, parseAddressList } from '../../formats/address/address-list.ts';
import { formatAddrSpec } from '../../formats/address/parse.ts';
import { countReceived } from '../../formats/header/loops.ts';
import { getFields, type HeaderBlock } from '../../formats/header/scan.ts';
import { readStructure } from '../../formats/message/structure.ts';
import { parseReceived } from '../../formats/received.ts';
import type { Directory } from '../directory/directory.ts';
import { NAMED_HOPS_MAX } from './limits.ts';

/** RFC 5321 §6.3: refuses a message that has passed too many servers, and says which it passed last. */
export function checkHops(block: HeaderBlock, hopsMax: number): MailError | null {
  const hops = countReceived(block);
  if (hops <= hopsMax) return null;
  const names = getFields(block, 'received')
    .slice(0, NAMED_HOPS_MAX)
    .map((value) => parseReceived(value).by ?? 'unknown');
  const text = `Too many hops: ${hops} Received lines, ${hopsMax} allowed; last through ${names.join(', ')}`;
  return new MailError('loop', text, { temporary: false });
}

/** Bounds on the header's size and fields, and on the depth and number of MIME parts. */
export function checkBounds(block: HeaderBlock): MailError | null {
  if (block.exceeded !== null) {
    return new MailError('header-too-large', 'The header is too large', { temporary: false });
  }
  if (readStructure(block).exceeded !== null) {
    return new MailError('mime-too-deep', 'The message has too many parts, or parts too deep in each other', {
      temporary: false,
    });
  }
  return null;
}

/** RFC 6409 §6.1: every From and the Sender must be the submitter's own. */
export async function checkAuthors(
  block: HeaderBlock,
  accountId: number,
  directory: Pick<Directory, 'senderAllowed'>,
): Promise<MailError | null> {
  const fields = getFields(block, 'from');
  if (fields.length > 1) return new MailError('content-refused', 'More than one From field', { temporary: false });
  for (const value of [...fields, ...getFields(block, 'sender')]) {
    const list = parseAddressList(value);
    if (!list.complete) return new MailError('content-refused', 'From or Sender cannot be read', { temporary: false });
    for (const { address } of mailboxesOf(list)) {
      const refusal = await checkAuthor(address, accountId, directory);
      if (refusal !== null) return refusal;
    }
  }
  return null;
}

async function checkAuthor(
  address: AddrSpec,
  accountId: number,
  directory: Pick<Directory, 'senderAllowed'>,
): Promise<MailError | null> {
  const verdict = await directory.senderAllowed(accountId, address);
  if (verdict === 'allowed') return null;
  if (verdict === 'temporary') {
    return new MailError('directory-unavailable', 'The directory cannot be read, try again later', { temporary: true });
  }
  return new MailError('sender-not-owned', `You may not send as ${formatAddrSpec(address)}`, { temporary: false });
}
