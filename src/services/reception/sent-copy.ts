// The copy of a submitted message that its sender keeps, where the account wants it: in Sent, read already. A client that
// puts one there too finds it (RFC 3501 §6.3.11 has no way to say so).
import type { LocalDelivery } from '../../storage/commit-unit.ts';
import { findAccount } from '../../storage/records/accounts.ts';
import { listMailboxes } from '../../storage/records/mailboxes.ts';
import type { SqlReader } from '../../storage/sql/sql.ts';
import { checkQuota } from './placement.ts';

/** The delivery into Sent; null: not wanted, no such folder, or no room. A message is not refused for the lack of it. */
export async function findSentCopy(read: SqlReader, accountId: number, size: number): Promise<LocalDelivery | null> {
  const account = await findAccount(read, accountId);
  if (account === null || !account.saveSent) return null;
  if ((await checkQuota(read, { accountId, quotaBytes: account.quotaBytes }, size)) !== null) return null;
  const sent = (await listMailboxes(read, accountId)).find((box) => box.role === 'sent');
  if (sent === undefined) return null;
  const prefix = Buffer.alloc(0);
  return { accountId, mailbox: sent.name, mailboxId: sent.id, prefix, flags: ['\\Seen'], once: true };
}
