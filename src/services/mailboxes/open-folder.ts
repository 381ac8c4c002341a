// A folder that a session has open: what is in it, what changed, and what the session does there. Nothing is held but the
// way to ask: views of it (sequence numbers, states of JMAP) are their protocols'.
import { MailError } from '../../base/errors/mail-error.ts';
import { countNumbers, mergeRanges, NUMBER_MAX, type NumberSet, subtractSet } from '../../formats/number-set.ts';
import { formatEnvelope } from '../../formats/mime/envelope.ts';
import { formatBody, formatBodyStructure } from '../../formats/mime/body-structure.ts';
import { parseMessage } from '../../formats/mime/parse-message.ts';
import type { ThreadNode } from '../../formats/thread/thread-tree.ts';
import { KEYWORDS_MAX } from '../../storage/limits.ts';
import type { Folder } from '../../storage/records/folder.ts';
import { listKeywords, SYSTEM_FLAGS } from '../../storage/records/keywords.ts';
import { readMailbox } from '../../storage/records/mailboxes.ts';
import {
  findOctets,
  listOctets,
  type OctetsRow,
  type FolderChanges,
  type PageColumns,
  readChanges,
  readExpunged,
  readHighestModSeq,
  readPage,
  readUids,
} from '../../storage/records/message-pages.ts';
import { folderUnknown, requireFolder, requireRights, type SeenFolder } from './folder-finder.ts';
import { formatEmailId, formatMailboxId, formatThreadId } from './ids.ts';
import type { MailParts, Viewer } from './mail-parts.ts';
import { READ_TOGETHER_MAX_OCTETS, WHOLE_READ_MAX_OCTETS } from './limits.ts';
import { MessageOctets, withPrefix } from './message-octets.ts';
import { searchFolder, type SearchParts } from './search/folder-search.ts';
import { sortFolder, type SortKey } from './search/sort-folder.ts';
import { threadFolder, type ThreadAlgorithm } from './search/thread-folder.ts';
import type { SearchKey, SearchOptions } from './search/search-key.ts';

/** Columns of a row; ask only for what is needed. */
export interface FetchColumns {
  readonly flags?: boolean;
  readonly internalDate?: boolean;
  readonly size?: boolean;
  readonly envelope?: boolean;
  readonly body?: boolean;
  readonly bodyStructure?: boolean;
  readonly preview?: boolean;
  readonly saveDate?: boolean;
  readonly emailId?: boolean;
  readonly threadId?: boolean;
}

/** One message; columns that were not asked for may be absent. */
export interface FetchedRow {
  readonly uid: number;
  /** 1 \Seen, 2 \Answered, 4 \Flagged, 8 \Deleted, 16 \Draft */
  readonly flags?: number;
  /** Sorted, one space between. */
  readonly keywords?: string;
  readonly modSeq?: number;
  readonly internalDateMs?: number;
  readonly zoneMinutes?: number;
  readonly size?: number;
  /** This and the next two as they go over the wire; one character is one octet. */
  readonly envelope?: string;
  readonly body?: string;
  readonly bodyStructure?: string;
  readonly preview?: string | null;
  readonly savedAtMs?: number;
  readonly emailId?: string;
  readonly threadId?: string;
}

/** A row on its way from the columns of the database. */
interface FetchingRow {
  uid: number;
  flags?: number;
  keywords?: number | string;
  envelope?: string | null;
  body?: string;
  bodyStructure?: string | null;
  emailId?: number | string;
  threadId?: number | string;
}

export interface FolderSnapshot {
  readonly uids: Uint32Array;
  readonly uidNext: number;
  readonly highestModSeq: number;
}

export interface FlagStore {
  readonly mode: 'add' | 'remove' | 'replace';
  readonly flags: number;
  readonly keywords: string;
  readonly unchangedSince: number | null;
}

export interface FlagStored {
  /** What the change was logged as; null: nothing had to change. */
  readonly modSeq: number | null;
  /** What was asked for without `modified`. */
  readonly done: NumberSet;
  readonly modified: NumberSet;
}

export interface CopyMade {
  readonly uidValidity: number;
  readonly sourceUids: NumberSet;
  readonly targetUids: NumberSet;
  /** Messages of the source that were not there any more. */
  readonly missing: number;
}

/** Rejects with MailError throughout: mailbox-unknown when the folder was removed meanwhile. */
export class OpenFolder {
  readonly name: string;
  readonly readOnly: boolean;
  readonly uidValidity: number;
  readonly mailboxId: string;
  readonly rights: string;
  /** Whether a client may make up keywords. */
  readonly newKeywords: boolean;
  readonly #parts: MailParts;
  readonly #viewer: Viewer;
  readonly #folder: Folder;
  readonly #endings = new Set<() => void>();

  constructor(
    parts: MailParts,
    viewer: Viewer,
    seen: SeenFolder,
    view: { readonly name: string; readonly readOnly: boolean; readonly keywords: number },
  ) {
    this.#parts = parts;
    this.#viewer = viewer;
    this.#folder = { accountId: seen.ownerId, mailboxId: seen.record.id };
    this.name = view.name;
    // Without any right to change something it is open for reading only.
    this.readOnly = view.readOnly || !/[swtei]/u.test(seen.rights);
    this.rights = seen.rights;
    this.newKeywords = seen.rights.includes('w') && view.keywords < KEYWORDS_MAX;
    this.uidValidity = seen.record.uidValidity;
    this.mailboxId = formatMailboxId(seen.ownerId, seen.record.id);
  }

  /** All keywords of the account, one space between. */
  async keywords(): Promise<string> {
    return (await listKeywords(this.#parts.store.read, this.#folder.accountId)).join(' ');
  }

  async snapshot(): Promise<FolderSnapshot> {
    // The row first: what happens between the two reads is told by `changes`.
    const record = await this.#record();
    const uids = await readUids(this.#parts.store.read, this.#folder, record.uidNext);
    return { uids, uidNext: record.uidNext, highestModSeq: record.highestModSeq };
  }

  async #record(): Promise<NonNullable<Awaited<ReturnType<typeof readMailbox>>>> {
    const record = await readMailbox(this.#parts.store.read, this.#folder.accountId, this.#folder.mailboxId);
    if (record === null || !record.selectable || record.uidValidity !== this.uidValidity) throw folderUnknown();
    return record;
  }

  /** What happened after `modSeq`. */
  async changes(modSeq: number): Promise<FolderChanges> {
    const changes = await readChanges(this.#parts.store.read, this.#folder, modSeq);
    if (changes.modSeq > modSeq) await this.#record();
    return changes;
  }

  /** `listener` is called after commits that touch the account; the returned function ends it. */
  onChange(listener: () => void): () => void {
    const end = this.#parts.hub.onAccount(this.#folder.accountId, listener);
    this.#endings.add(end);
    return () => {
      this.#endings.delete(end);
      end();
    };
  }

  /**
   * From which uid on messages are \Recent for this session: nobody who selected the folder was told of them before.
   * Unless it is open for reading only they count as told from now on.
   */
  async claimRecent(uidNext: number): Promise<number> {
    const record = await this.#record();
    if (this.readOnly || record.recentUid >= uidNext) return Math.min(record.recentUid, uidNext);
    const { accountId, mailboxId } = this.#folder;
    return await this.#parts.store.executeUnsynced('mailbox.claim-recent', accountId, mailboxId, uidNext);
  }

  /** Messages that are there, ascending; the caller bounds the set. */
  async fetch(uids: NumberSet, columns: FetchColumns): Promise<readonly FetchedRow[]> {
    const page = await readPage(this.#parts.store.read, this.#folder, uids, toPageColumns(columns));
    // The rows are ours: they become what is asked for where they stand.
    const rows = page as unknown as FetchingRow[];
    if (columns.flags === true) await this.#parts.keywords.translate(this.#folder.accountId, rows);
    if (columns.emailId === true || columns.threadId === true)
      for (const row of rows) {
        row.emailId = formatEmailId(row.emailId as number);
        row.threadId = formatThreadId(row.threadId as number);
      }
    if (columns.body === true || columns.envelope === true || columns.bodyStructure === true)
      for (const row of rows)
        if (columns.body === true || row.envelope === null || row.bodyStructure === null)
          await this.#derive(row, columns);
    return rows as readonly FetchedRow[];
  }

  /** What is not stored (yet), from the octets. */
  async #derive(row: FetchingRow, columns: FetchColumns): Promise<void> {
    const message = await this.openMessage(row.uid);
    if (message === null) return;
    const parsed = parseMessage(await message.readWhole());
    if (columns.envelope === true) row.envelope = formatEnvelope(parsed);
    if (columns.bodyStructure === true) row.bodyStructure = formatBodyStructure(parsed);
    if (columns.body === true) row.body = formatBody(parsed);
  }

  /** In the order asked, null where the message is gone. The caller bounds them. Short ones are read with their neighbours. */
  async openMessages(uids: readonly number[]): Promise<(MessageOctets | null)[]> {
    const { store } = this.#parts;
    const set = mergeRanges(uids.map((uid) => [uid, uid] as const));
    const rows = await listOctets(store.read, this.#folder, set);
    const short = rows.filter(({ size }) => size <= WHOLE_READ_MAX_OCTETS);
    const octets = short.reduce((sum, { size }) => sum + size, 0);
    const records = octets <= READ_TOGETHER_MAX_OCTETS ? await this.#readRecords(short) : new Map<number, Buffer>();
    const opened = new Map(rows.map((row) => [row.uid, new MessageOctets(store, row, records.get(row.uid) ?? null)]));
    return uids.map((uid) => opened.get(uid) ?? null);
  }

  async #readRecords(rows: readonly OctetsRow[]): Promise<Map<number, Buffer>> {
    const records = await this.#parts.store.readBlobs(rows.map(({ place }) => place));
    return new Map(rows.map(({ uid, prefix }, index) => [uid, withPrefix(prefix, records[index]!)]));
  }

  /** One message for reading; null: it is not there. */
  async openMessage(uid: number): Promise<MessageOctets | null> {
    const row = await findOctets(this.#parts.store.read, this.#folder, uid);
    return row === null ? null : new MessageOctets(this.#parts.store, row, null);
  }

  /** Changes flags. Rejects with permission-denied, limit-reached. */
  async store(uids: NumberSet, request: FlagStore): Promise<FlagStored> {
    this.#requireWritable();
    requireRights(this.rights, rightsFor(request));
    const change = { mode: request.mode, flags: flagNames(request), unchangedSince: request.unchangedSince };
    const changed = await this.#parts.store.execute('message.flags', this.#folder, uids, change);
    if (changed === null) throw folderUnknown();
    return { modSeq: changed.modSeq, done: subtractSet(uids, changed.modified), modified: changed.modified };
  }

  /** Rejects with mailbox-unknown for the target, permission-denied, account-full. */
  async copy(uids: NumberSet, target: string): Promise<CopyMade> {
    requireRights(this.rights, 'r');
    const folder = await this.#target(target);
    const copied = await this.#parts.store.execute('message.copy', this.#folder, uids, folder);
    if (copied === null) throw folderUnknown();
    return { ...copied, missing: countNumbers(uids) - countNumbers(copied.sourceUids) };
  }

  /** As `copy`. RFC 6851 §3. */
  async move(uids: NumberSet, target: string): Promise<CopyMade & { readonly modSeq: number | null }> {
    this.#requireWritable();
    requireRights(this.rights, 'rte');
    const folder = await this.#target(target);
    const moved = await this.#parts.store.execute('message.move', this.#folder, uids, folder);
    if (moved === null) throw folderUnknown();
    return { ...moved, missing: countNumbers(uids) - countNumbers(moved.sourceUids) };
  }

  async #target(name: string): Promise<Folder> {
    const target = await requireFolder(this.#parts.store.read, this.#viewer, name, 'i');
    if (!target.record.selectable) throw folderUnknown();
    return { accountId: target.ownerId, mailboxId: target.record.id };
  }

  /** Removes those of `uids` that are \Deleted, null: of all. What went. */
  async expunge(uids: NumberSet | null): Promise<NumberSet> {
    this.#requireWritable();
    requireRights(this.rights, 'e');
    const set = uids ?? [1, NUMBER_MAX];
    const removed = await this.#parts.store.execute('message.remove-set', this.#folder, set, { onlyDeleted: true });
    return removed.uids;
  }

  /** Uids that went after `modSeq`; null: that far back is not known any more. */
  async expungedSince(modSeq: number): Promise<NumberSet | null> {
    return await readExpunged(this.#parts.store.read, this.#folder, modSeq);
  }

  /** The greatest modseq among these messages. */
  async highestModSeq(uids: NumberSet): Promise<number> {
    return await readHighestModSeq(this.#parts.store.read, this.#folder, uids);
  }

  /** The uids of messages of which the key is true, ascending. */
  async search(key: SearchKey, options: SearchOptions): Promise<NumberSet> {
    return await searchFolder(this.#searchParts(), this.#folder, key, options);
  }

  #searchParts(): SearchParts {
    return { store: this.#parts.store, nowMs: this.#parts.clock.now() };
  }

  /** RFC 5256 §3: their uids in order. */
  async sort(key: SearchKey, sort: readonly SortKey[], options: SearchOptions): Promise<readonly number[]> {
    return await sortFolder(this.#parts.store, this.#folder, await this.search(key, options), sort);
  }

  /** RFC 5256 §3: conversations of them. */
  async thread(key: SearchKey, algorithm: ThreadAlgorithm, options: SearchOptions): Promise<readonly ThreadNode[]> {
    return await threadFolder(this.#parts.store, this.#folder, await this.search(key, options), algorithm);
  }

  close(): void {
    for (const end of this.#endings) end();
    this.#endings.clear();
  }

  #requireWritable(): void {
    if (this.readOnly)
      throw new MailError('permission-denied', 'The mailbox is open for reading only', { temporary: false });
  }
}

function toPageColumns(columns: FetchColumns): PageColumns {
  const { flags = false, internalDate = false, size = false, envelope = false, preview = false } = columns;
  return {
    flags,
    internalDate,
    size,
    envelope,
    preview,
    savedAt: columns.saveDate ?? false,
    ids: (columns.emailId ?? false) || (columns.threadId ?? false),
    structure: columns.bodyStructure ?? false,
    sortKeys: false,
  };
}

function flagNames({ flags, keywords }: FlagStore): string[] {
  const system = Object.entries(SYSTEM_FLAGS).filter(([, bit]) => (flags & bit) !== 0);
  return [...system.map(([name]) => name), ...keywords.split(' ').filter((keyword) => keyword !== '')];
}

/** RFC 4314 §4: s for \Seen, t for \Deleted, w for all others. */
function rightsFor({ mode, flags, keywords }: FlagStore): string {
  let rights = mode === 'replace' || (flags & 22) !== 0 || keywords !== '' ? 'w' : '';
  if ((flags & 1) !== 0) rights += 's';
  if ((flags & 8) !== 0) rights += 't';
  return rights;
}
