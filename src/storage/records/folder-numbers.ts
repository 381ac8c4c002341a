// The counters that every delivery takes from: the next uid of a folder, the next modseq and the usage of its account.
// Taken under the account's row lock, so that what one account sees grows in the order of commits.
import type { SqlWriter } from '../sql/sql.ts';
import type { CountedMessage, FolderNumbers, MessageNumbers } from '../sql/transaction.ts';
import { findMailbox } from './mailboxes.ts';

/** Takes each number straight from its row: right where one connection writes and a statement costs microseconds. */
export class StoredNumbers implements FolderNumbers {
  readonly #sql: SqlWriter;

  constructor(sql: SqlWriter) {
    this.#sql = sql;
  }

  async findFolder(accountId: number, nameOrRole: string): Promise<number | null> {
    const byName = await this.#sql.get<{ id: number }>(
      'SELECT id FROM mailbox WHERE account_id = ? AND name = ?',
      accountId,
      nameOrRole,
    );
    return byName?.id ?? (await findMailbox(this.#sql, accountId, nameOrRole))?.id ?? null;
  }

  async takeNumbers(
    accountId: number,
    mailboxId: number,
    { bytes, unseen, deleted }: CountedMessage,
  ): Promise<MessageNumbers | null> {
    const state = await this.#sql.get<{ modseq: number }>(
      `UPDATE account_state SET modseq = modseq + 1, used_bytes = used_bytes + ?, used_messages = used_messages + 1
       WHERE account_id = ? RETURNING modseq`,
      bytes,
      accountId,
    );
    if (state === undefined) return null;
    const box = await this.#sql.get<{ uid: number }>(
      `UPDATE mailbox SET uid_next = uid_next + 1, messages = messages + 1, bytes = bytes + ?, unseen = unseen + ?,
         deleted = deleted + ?, deleted_bytes = deleted_bytes + ?, highest_modseq = ?
       WHERE account_id = ? AND id = ? RETURNING uid_next - 1 AS uid`,
      bytes,
      unseen,
      deleted,
      deleted * bytes,
      state.modseq,
      accountId,
      mailboxId,
    );
    return box === undefined ? null : { uid: box.uid, modSeq: state.modseq };
  }
}
