// An account's INBOX as it is now: POP3's maildrop, RFC 1939 §4. Sizes and unique-ids are read once; octets when asked.
// Whoever reads on gets runs of neighbours in one statement and one file read, so that most messages are at hand.
import { MailError } from '../../base/errors/mail-error.ts';
import { findMailbox } from '../../storage/records/mailboxes.ts';
import { listMessages, listSummaries, type MessageRecord } from '../../storage/records/messages.ts';
import type { BlobPlace, Store } from '../../storage/store.ts';
import {
  PIECE_OCTETS,
  REMOVE_MESSAGES_MAX,
  RUN_MESSAGES_MAX,
  RUN_OCTETS_MAX,
  SNAPSHOT_MESSAGES_MAX,
  SNAPSHOT_PAGE_ROWS,
} from './limits.ts';

/** A message's octets: its row's prefix, then the shared record, whole or in pieces of at most PIECE_OCTETS. */
export interface StoredOctets {
  readonly prefix: Buffer;
  readonly body: Buffer | AsyncIterable<Buffer>;
}

interface Folder {
  readonly accountId: number;
  readonly mailboxId: number;
}

/** The columns of a snapshot, by index. */
interface SnapshotColumns {
  readonly uids: readonly number[];
  readonly sizes: readonly number[];
  readonly uidls: readonly string[];
}

/** Takes the snapshot. `messagesMax`: SNAPSHOT_MESSAGES_MAX unless a test says otherwise. Rejects with MailError. */
export async function openInboxSnapshot(
  store: Store,
  accountId: number,
  messagesMax: number = SNAPSHOT_MESSAGES_MAX,
): Promise<InboxSnapshot> {
  const inbox = await findMailbox(store.read, accountId, 'INBOX');
  if (inbox === null) throw new MailError('account-unknown', 'This account has no mailbox', { temporary: false });
  const folder = { accountId, mailboxId: inbox.id };
  const uids: number[] = [];
  const sizes: number[] = [];
  const uidls: string[] = [];
  while (uids.length < messagesMax) {
    const rows = await listSummaries(
      store.read,
      folder,
      uids.at(-1) ?? 0,
      Math.min(SNAPSHOT_PAGE_ROWS, messagesMax - uids.length),
    );
    for (const { uid, size, uidl } of rows) {
      uids.push(uid);
      sizes.push(size);
      uidls.push(uidl);
    }
    if (rows.length < SNAPSHOT_PAGE_ROWS) break;
  }
  return new InboxSnapshot(store, folder, { uids, sizes, uidls });
}

/** One session's view; messages that arrive later are not in it. */
export class InboxSnapshot {
  readonly #store: Store;
  readonly #folder: Folder;
  readonly #columns: SnapshotColumns;
  /** The run at hand: messages from index `#runStart`; null: given out. */
  #run: (StoredOctets | null)[] = [];
  #runStart = 0;
  #nextIndex = 0;
  #runMessages = 1;

  constructor(store: Store, folder: Folder, columns: SnapshotColumns) {
    this.#store = store;
    this.#folder = folder;
    this.#columns = columns;
  }

  /** Messages in it. */
  get count(): number {
    return this.#columns.uids.length;
  }

  /** Octets of a message, its prefix included. */
  size(index: number): number {
    return this.#columns.sizes[index] ?? 0;
  }

  /** Its stored unique-id, RFC 1939 §7. */
  uidl(index: number): string {
    return this.#columns.uidls[index] ?? '';
  }

  /** Its octets, at once when they were read ahead. Rejects with MailError when the message is gone or unreadable. */
  open(index: number): StoredOctets | Promise<StoredOctets> {
    const at = index - this.#runStart;
    const ready = this.#run[at];
    if (ready === undefined || ready === null) return this.#read(index);
    this.#run[at] = null;
    this.#nextIndex = index + 1;
    return ready;
  }

  /** Removes these messages for ever; resolves when that is durable. */
  async remove(indexes: readonly number[]): Promise<void> {
    const { accountId, mailboxId } = this.#folder;
    const uids = indexes.map((index) => this.#columns.uids[index] ?? 0);
    for (let at = 0; at < uids.length; at += REMOVE_MESSAGES_MAX) {
      await this.#store.execute('message.expunge', accountId, mailboxId, uids.slice(at, at + REMOVE_MESSAGES_MAX));
    }
  }

  async #read(index: number): Promise<StoredOctets> {
    // Whoever reads on gets longer and longer runs; whoever jumps pays for one message only.
    this.#runMessages = index === this.#nextIndex ? Math.min(RUN_MESSAGES_MAX, this.#runMessages * 4) : 1;
    this.#run = [];
    const end = this.#runEnd(index);
    const uids = this.#columns.uids;
    const rows = await listMessages(this.#store.read, this.#folder, (uids[index] ?? 0) - 1, end - index);
    const byUid = new Map(rows.map((row) => [row.uid, row]));
    const records = uids.slice(index, end).map((uid) => byUid.get(uid) ?? null);
    const first = records[0];
    if (first === undefined || first === null) {
      throw new MailError('storage-failed', 'This message was removed meanwhile', {
        temporary: false,
        details: { ...this.#folder, uid: uids[index] },
      });
    }
    if (first.size > PIECE_OCTETS) {
      this.#nextIndex = index + 1;
      return { prefix: asBuffer(first.prefix), body: this.#pieces(first.place) };
    }
    const run = await this.#readWhole(records);
    const opened = run[0]!;
    this.#run = run;
    this.#run[0] = null;
    this.#runStart = index;
    this.#nextIndex = index + 1;
    return opened;
  }

  /** Behind the last message of a run that starts here: bounded in messages and octets, small messages only. */
  #runEnd(start: number): number {
    const { sizes } = this.#columns;
    let octets = this.size(start);
    let end = start + 1;
    while (end < sizes.length && end - start < this.#runMessages) {
      const size = this.size(end);
      octets += size;
      if (size > PIECE_OCTETS || octets > RUN_OCTETS_MAX) break;
      end++;
    }
    return end;
  }

  async #readWhole(records: readonly (MessageRecord | null)[]): Promise<(StoredOctets | null)[]> {
    const there = records.filter((record) => record !== null);
    const bodies = await this.#store.readBlobs(there.map((record) => record.place));
    let next = 0;
    return records.map((record) =>
      record === null ? null : { prefix: asBuffer(record.prefix), body: bodies[next++] ?? Buffer.alloc(0) },
    );
  }

  async *#pieces(place: BlobPlace): AsyncGenerator<Buffer> {
    for (let at = 0; at < place.length; at += PIECE_OCTETS) {
      yield await this.#store.readBlob(place, at, Math.min(place.length, at + PIECE_OCTETS));
    }
  }
}

function asBuffer(octets: Uint8Array): Buffer {
  return Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength);
}
