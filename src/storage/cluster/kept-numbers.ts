// The numbers of a group's accounts and folders, kept in memory while its transaction has the accounts' rows locked, and
// written once each. Accounts are locked in the order of their ids, so that two groups never wait for each other.
import { findMailbox } from '../records/mailboxes.ts';
import type { PostgresConnection } from '../sql/postgres-connection.ts';
import type { CountedMessage, FolderNumbers, MessageNumbers } from '../sql/transaction.ts';

interface KeptAccount {
  modSeq: number;
  bytes: number;
  messages: number;
}

interface KeptFolder {
  readonly accountId: number;
  readonly id: number;
  uidNext: number;
  /** What came, and as which modseq the last of it. */
  messages: number;
  bytes: number;
  unseen: number;
  deleted: number;
  deletedBytes: number;
  highestModSeq: number;
}

/** In the order of the UPDATE below. */
const FOLDER_VALUES = [
  'accountId',
  'id',
  'uidNext',
  'messages',
  'bytes',
  'unseen',
  'deleted',
  'deletedBytes',
  'highestModSeq',
] as const;

/** A folder by name or role. */
export interface WantedFolder {
  readonly accountId: number;
  readonly folder: string;
}

/** One per transaction. */
export class KeptNumbers implements FolderNumbers {
  readonly #connection: PostgresConnection;
  /** null: the account is gone. */
  readonly #accounts = new Map<number, KeptAccount | null>();
  readonly #folders = new Map<string, KeptFolder>();
  readonly #names = new Map<string, number>();

  constructor(connection: PostgresConnection) {
    this.#connection = connection;
  }

  /** Locks accounts and reads what the group will ask for. */
  async lock(accountIds: readonly number[], wanted: readonly WantedFolder[]): Promise<void> {
    if (accountIds.length > 0) await this.#lockAccounts(accountIds);
    if (wanted.length > 0) await this.#readFolders(wanted);
  }

  async findFolder(accountId: number, nameOrRole: string): Promise<number | null> {
    const known = this.#names.get(`${accountId} ${nameOrRole}`);
    // Names are not kept numbers: nothing of ours has to be written before the row is read.
    return known ?? (await findMailbox(this.#connection, accountId, nameOrRole))?.id ?? null;
  }

  async takeNumbers(
    accountId: number,
    mailboxId: number,
    { bytes, unseen, deleted }: CountedMessage,
  ): Promise<MessageNumbers | null> {
    const kept = await this.#keep(accountId, mailboxId);
    if (kept === null) return null;
    const { account, folder } = kept;
    account.modSeq++;
    account.messages++;
    account.bytes += bytes;
    folder.messages++;
    folder.bytes += bytes;
    folder.unseen += unseen;
    folder.deleted += deleted;
    folder.deletedBytes += deleted * bytes;
    folder.highestModSeq = account.modSeq;
    return { uid: folder.uidNext++, modSeq: account.modSeq };
  }

  /** Both rows as they are kept; read again when another call's statement made us forget them meanwhile. */
  async #keep(
    accountId: number,
    mailboxId: number,
  ): Promise<{ readonly account: KeptAccount; readonly folder: KeptFolder } | null> {
    for (;;) {
      if (!this.#accounts.has(accountId)) await this.#lockAccounts([accountId]);
      const key = `${accountId} ${mailboxId}`;
      if (!this.#folders.has(key) && (await this.#readFolder(accountId, mailboxId)) === null) return null;
      const [account, folder] = [this.#accounts.get(accountId), this.#folders.get(key)];
      if (account === null) return null;
      if (account !== undefined && folder !== undefined) return { account, folder };
    }
  }

  /** Something is kept that its row does not say. */
  get isDirty(): boolean {
    for (const account of this.#accounts.values()) if (account !== null && account.messages > 0) return true;
    return false;
  }

  /** Writes what was taken and forgets what was read: others in the transaction may change it. The locks stay. */
  async write(): Promise<void> {
    const accounts = [...this.#accounts].filter(
      (entry): entry is [number, KeptAccount] => (entry[1]?.messages ?? 0) > 0,
    );
    const folders = [...this.#folders.values()].filter((folder) => folder.messages > 0);
    this.forget();
    await Promise.all([
      accounts.length > 0 &&
        this.#connection.list(
          `UPDATE account_state s SET modseq = v.modseq, used_bytes = s.used_bytes + v.bytes,
           used_messages = s.used_messages + v.messages
         FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[]) AS v (id, modseq, bytes, messages)
         WHERE s.account_id = v.id`,
          [
            accounts.map(([id]) => id),
            accounts.map(([, account]) => account.modSeq),
            accounts.map(([, account]) => account.bytes),
            accounts.map(([, account]) => account.messages),
          ],
        ),
      folders.length > 0 &&
        this.#connection.list(
          `UPDATE mailbox m SET uid_next = v.uid_next, messages = m.messages + v.messages, bytes = m.bytes + v.bytes,
             unseen = m.unseen + v.unseen, deleted = m.deleted + v.deleted,
             deleted_bytes = m.deleted_bytes + v.deleted_bytes, highest_modseq = v.highest_modseq
           FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[],
             $8::bigint[], $9::bigint[]) AS v (account_id, id, uid_next, messages, bytes, unseen, deleted,
             deleted_bytes, highest_modseq) WHERE m.account_id = v.account_id AND m.id = v.id`,
          FOLDER_VALUES.map((key) => folders.map((folder) => folder[key])),
        ),
    ]);
  }

  /** Forgets what was read and taken, after a rollback to before it. */
  forget(): void {
    this.#accounts.clear();
    this.#folders.clear();
    this.#names.clear();
  }

  async #lockAccounts(accountIds: readonly number[]): Promise<void> {
    const rows = await this.#connection.list<{ account_id: number; modseq: number }>(
      'SELECT account_id, modseq FROM account_state WHERE account_id = ANY($1::bigint[]) ORDER BY account_id FOR UPDATE',
      [accountIds],
    );
    for (const id of accountIds) this.#accounts.set(id, null);
    for (const row of rows) this.#accounts.set(row.account_id, { modSeq: row.modseq, bytes: 0, messages: 0 });
  }

  /** In a statement of its own after the lock: it sees what the holders before us have committed. */
  async #readFolders(wanted: readonly WantedFolder[]): Promise<void> {
    const rows = await this.#connection.list<{ wanted: string; account_id: number; id: number; uid_next: number }>(
      `SELECT w.folder AS wanted, m.account_id, m.id, m.uid_next
       FROM unnest($1::bigint[], $2::text[]) AS w (account_id, folder) JOIN mailbox m ON m.account_id = w.account_id
         AND m.name = CASE WHEN upper(w.folder) = 'INBOX' THEN 'INBOX' ELSE w.folder END FOR UPDATE OF m`,
      [wanted.map((each) => each.accountId), wanted.map((each) => each.folder)],
    );
    for (const row of rows) {
      this.#names.set(`${row.account_id} ${row.wanted}`, row.id);
      this.#keepFolder(row.account_id, row.id, row.uid_next);
    }
  }

  async #readFolder(accountId: number, id: number): Promise<KeptFolder | null> {
    const row = await this.#connection.get<{ uid_next: number }>(
      'SELECT uid_next FROM mailbox WHERE account_id = ? AND id = ? FOR UPDATE',
      accountId,
      id,
    );
    return row === undefined ? null : this.#keepFolder(accountId, id, row.uid_next);
  }

  #keepFolder(accountId: number, id: number, uidNext: number): KeptFolder {
    const key = `${accountId} ${id}`;
    const counts = { messages: 0, bytes: 0, unseen: 0, deleted: 0, deletedBytes: 0, highestModSeq: 0 };
    const folder = this.#folders.get(key) ?? { accountId, id, uidNext, ...counts };
    this.#folders.set(key, folder);
    return folder;
  }
}
