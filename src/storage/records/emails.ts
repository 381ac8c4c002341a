// What an account has of a message, whatever folders it is in: prefix, conversation, and what was derived from the octets
// (envelope, structure, …). Copies share the row; it goes, and the account's hold on the octets with it, after the last.
import type { BlobPlace } from '../blob-place.ts';
import type { DescribedMessage, Description } from '../described-message.ts';
import type { SqlReader } from '../sql/sql.ts';
import type { Transaction } from '../sql/transaction.ts';
import { releaseBlob } from './blobs.ts';

export interface NewEmail extends Description {
  readonly accountId: number;
  /** The unit's, and the blob's. */
  readonly id: number;
  readonly prefix: Uint8Array;
}

/** Adds the row unless the account has it; its conversation. */
export async function addEmail(tx: Transaction, email: NewEmail): Promise<number> {
  const threadId = await joinThread(tx, email.accountId, email.threadHashes, email.id);
  const { described } = email;
  await tx.add(
    `INSERT INTO email (account_id, id, thread_id, prefix, derived, sent_at_ms, envelope, structure, preview, sort_keys,
       message_ids, parts) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    email.accountId,
    email.id,
    threadId,
    email.prefix,
    described?.version ?? 0,
    described?.sentAtMs ?? null,
    described?.envelope ?? null,
    described?.structure ?? null,
    described?.preview ?? null,
    described?.sortKeys ?? null,
    email.messageIds,
    described?.parts ?? null,
  );
  return threadId;
}

/** The conversation that one of the hashes belongs to, else `otherwise`; all hashes belong to it from now on. */
async function joinThread(
  tx: Transaction,
  accountId: number,
  hashes: readonly number[],
  otherwise: number,
): Promise<number> {
  const [first] = hashes;
  if (first === undefined) return otherwise;
  // Mostly a message begins a conversation.
  if (hashes.length === 1 && (await addThreadKey(tx, accountId, first, otherwise))) return otherwise;
  let threadId = otherwise;
  const known = new Set<number>();
  for (const hash of hashes) {
    const row = await tx.get<{ thread_id: number }>(
      'SELECT thread_id FROM thread_key WHERE account_id = ? AND hash = ?',
      accountId,
      hash,
    );
    if (row === undefined) continue;
    known.add(hash);
    threadId = Math.min(threadId, row.thread_id);
  }
  for (const hash of hashes) if (!known.has(hash)) await addThreadKey(tx, accountId, hash, threadId);
  return threadId;
}

/** False: the account has this one already. */
async function addThreadKey(tx: Transaction, accountId: number, hash: number, threadId: number): Promise<boolean> {
  const { changes } = await tx.run(
    'INSERT INTO thread_key (account_id, hash, thread_id) VALUES (?, ?, ?) ON CONFLICT (account_id, hash) DO NOTHING',
    accountId,
    hash,
    threadId,
  );
  return changes > 0;
}

export interface EmailToDescribe {
  readonly accountId: number;
  readonly id: number;
  readonly place: BlobPlace;
  /** Octets of the record in front of what was delivered. */
  readonly prefixLength: number;
}

/** Emails of which nothing was derived yet, at most `limit`. */
export async function listUndescribed(sql: SqlReader, limit: number): Promise<EmailToDescribe[]> {
  const rows = await sql.all<{
    accountId: number;
    id: number;
    segment: number;
    position: number;
    length: number;
    prefixLength: number;
  }>(
    `SELECT e.account_id AS "accountId", e.id, b.segment, b.position, b.length, b.prefix_length AS "prefixLength"
     FROM email e JOIN blob b ON b.id = e.id WHERE e.derived = 0 ORDER BY e.account_id, e.id LIMIT ?`,
    limit,
  );
  return rows.map(({ accountId, id, segment, position, length, prefixLength }) => ({
    accountId,
    id,
    place: { id, segment, offset: position, length },
    prefixLength,
  }));
}

/** Whether a sweep has something to look at. */
export async function hasLeavingEmails(sql: SqlReader): Promise<boolean> {
  return (await sql.get('SELECT 1 AS leaving FROM email_leaving LIMIT 1')) !== undefined;
}

/** Writes down what was derived from octets of messages that were not described when they came. */
export async function describeEmails(
  tx: Transaction,
  found: readonly (Description & {
    readonly accountId: number;
    readonly id: number;
    readonly described: DescribedMessage;
  })[],
): Promise<void> {
  for (const { accountId, id, described, messageIds, threadHashes } of found) {
    await tx.run(
      `UPDATE email SET derived = ?, sent_at_ms = ?, envelope = ?, structure = ?, preview = ?, sort_keys = ?,
         message_ids = ?, parts = ? WHERE account_id = ? AND id = ?`,
      described.version,
      described.sentAtMs,
      described.envelope,
      described.structure,
      described.preview,
      described.sortKeys,
      messageIds,
      described.parts,
      accountId,
      id,
    );
    // The conversation of a message never changes; later ones find it.
    const email = await tx.get<{ thread_id: number }>(
      'SELECT thread_id FROM email WHERE account_id = ? AND id = ?',
      accountId,
      id,
    );
    if (email !== undefined) await joinThread(tx, accountId, threadHashes, email.thread_id);
  }
}

/**
 * Looks at emails of which messages went, of one account or (null) of all, at most `limit`: those that are in no folder
 * any more go. How many were looked at.
 */
export async function sweepEmails(tx: Transaction, accountId: number | null, limit: number): Promise<number> {
  const leaving = await tx.all<{ account_id: number; email_id: number }>(
    accountId === null
      ? 'SELECT account_id, email_id FROM email_leaving ORDER BY account_id, email_id LIMIT ?'
      : 'SELECT account_id, email_id FROM email_leaving WHERE account_id = ? ORDER BY email_id LIMIT ?',
    ...(accountId === null ? [limit] : [accountId, limit]),
  );
  for (const row of leaving) {
    const gone = await tx.get<{ thread_id: number }>(
      `DELETE FROM email WHERE account_id = ? AND id = ? AND NOT EXISTS (
         SELECT 1 FROM message m WHERE m.account_id = email.account_id AND m.thread_id = email.thread_id
         AND m.email_id = email.id) RETURNING thread_id`,
      row.account_id,
      row.email_id,
    );
    await tx.run('DELETE FROM email_leaving WHERE account_id = ? AND email_id = ?', row.account_id, row.email_id);
    if (gone !== undefined) await releaseBlob(tx, row.email_id);
  }
  return leaving.length;
}

/** Removes all emails of an account; their messages are still there. */
export async function removeAllEmails(tx: Transaction, accountId: number): Promise<void> {
  // Emails lie in the order in which they came: those of an account are found by what points at them.
  const rows = await tx.all<{ id: number }>(
    `SELECT email_id AS id FROM message WHERE account_id = ?
     UNION SELECT email_id AS id FROM email_leaving WHERE account_id = ?`,
    accountId,
    accountId,
  );
  for (const { id } of rows) {
    const { changes } = await tx.run('DELETE FROM email WHERE account_id = ? AND id = ?', accountId, id);
    if (changes > 0) await releaseBlob(tx, id);
  }
  for (const table of ['email_leaving', 'thread_key'])
    await tx.run(`DELETE FROM ${table} WHERE account_id = ?`, accountId);
}
