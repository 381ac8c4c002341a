// Reading folders by pages: all uids as one aggregate, rows with just the columns that are asked for, and what changed
// after a modseq.
import { NUMBER_MAX, type NumberSet, parseNumberSet, subtractSet, uniteSets } from '../../formats/number-set.ts';
import type { BlobPlace } from '../blob-place.ts';
import { CHANGES_PAGE_ROWS, SNAPSHOT_UIDS } from '../limits.ts';
import type { SqlReader } from '../sql/sql.ts';
import type { Folder } from './folder.ts';
import { eachNumber, parseUids, rangesOf } from './message-sets.ts';

/** The uids of a folder below `uidNext`, ascending. */
export async function readUids(sql: SqlReader, folder: Folder, uidNext: number): Promise<Uint32Array<ArrayBuffer>> {
  let uids = new Uint32Array(1024);
  let count = 0;
  for (let after = 0; ;) {
    const before = count;
    const row = await sql.get<{ uids: string | null }>(
      `SELECT string_agg(CAST(uid AS TEXT), ',') AS uids FROM (SELECT uid FROM message
         WHERE account_id = ? AND mailbox_id = ? AND uid > ? AND uid < ? ORDER BY uid LIMIT ?) AS those`,
      folder.accountId,
      folder.mailboxId,
      after,
      uidNext,
      SNAPSHOT_UIDS,
    );
    eachNumber(row?.uids ?? null, (uid) => {
      if (count === uids.length) {
        const longer = new Uint32Array(count * 2);
        longer.set(uids);
        uids = longer;
      }
      uids[count++] = uid;
    });
    if (count - before < SNAPSHOT_UIDS) return uids.slice(0, count);
    after = uids[count - 1] ?? 0;
  }
}

/** Which columns a page has besides uids. */
export interface PageColumns {
  /** flags, keywords, modSeq */
  readonly flags: boolean;
  /** internalDateMs, zoneMinutes */
  readonly internalDate: boolean;
  readonly size: boolean;
  readonly savedAt: boolean;
  /** emailId, threadId */
  readonly ids: boolean;
  readonly envelope: boolean;
  readonly structure: boolean;
  readonly preview: boolean;
  /** sortKeys, messageIds, sentAtMs */
  readonly sortKeys: boolean;
}

/** Columns that were not asked for are absent. */
export interface PageRow {
  readonly uid: number;
  readonly flags?: number;
  readonly keywords?: number;
  readonly modSeq?: number;
  readonly internalDateMs?: number;
  readonly zoneMinutes?: number;
  readonly size?: number;
  readonly savedAtMs?: number;
  readonly emailId?: number;
  readonly threadId?: number;
  /** This and the next: null while nothing was derived from the octets. */
  readonly envelope?: string | null;
  readonly bodyStructure?: string | null;
  readonly preview?: string | null;
  readonly sortKeys?: string | null;
  readonly messageIds?: string | null;
  readonly sentAtMs?: number | null;
}

const COLUMN_TEXTS: readonly (readonly [keyof PageColumns, string])[] = [
  ['flags', 'm.flags, m.keywords, m.modseq AS "modSeq"'],
  ['internalDate', 'm.internal_date_ms AS "internalDateMs", m.zone_minutes AS "zoneMinutes"'],
  ['size', 'm.size'],
  ['savedAt', 'm.saved_at_ms AS "savedAtMs"'],
  ['ids', 'm.email_id AS "emailId", m.thread_id AS "threadId"'],
  ['envelope', 'e.envelope'],
  ['structure', 'e.structure AS "bodyStructure"'],
  ['preview', 'e.preview'],
  ['sortKeys', 'e.sort_keys AS "sortKeys", e.message_ids AS "messageIds", e.sent_at_ms AS "sentAtMs"'],
];

/** The messages of a set that are there, ascending. The caller bounds the set; the rows are its own to change. */
export async function readPage(
  sql: SqlReader,
  folder: Folder,
  set: NumberSet,
  columns: PageColumns,
): Promise<PageRow[]> {
  const texts = COLUMN_TEXTS.filter(([column]) => columns[column]).map(([, text]) => text);
  const wide = columns.envelope || columns.structure || columns.preview || columns.sortKeys;
  const text = `SELECT ${['m.uid', ...texts].join(', ')} FROM message m
    ${wide ? 'JOIN email e ON e.account_id = m.account_id AND e.id = m.email_id' : ''}
    WHERE m.account_id = ? AND m.mailbox_id = ? AND m.uid BETWEEN ? AND ? ORDER BY m.uid`;
  const pages: PageRow[][] = [];
  for (const [first, last] of rangesOf(set))
    pages.push(await sql.all<PageRow>(text, folder.accountId, folder.mailboxId, first, last));
  return pages.length === 1 ? pages[0]! : pages.flat();
}

/** Where a message's octets are: the prefix, then the record. */
export interface OctetsRow {
  readonly uid: number;
  readonly size: number;
  readonly prefix: Uint8Array;
  readonly place: BlobPlace;
  /** Octets of the record before what was delivered: trace fields of this server. */
  readonly recordPrefixLength: number;
  /** Of a large message: where its parts are in what was delivered. */
  readonly parts: string | null;
}

/** The octets of one message; null when it is not there. */
export async function findOctets(sql: SqlReader, folder: Folder, uid: number): Promise<OctetsRow | null> {
  return (await listOctets(sql, folder, [uid, uid]))[0] ?? null;
}

/** The octets of the messages of a set that are there, ascending. The caller bounds the set. */
export async function listOctets(sql: SqlReader, folder: Folder, set: NumberSet): Promise<OctetsRow[]> {
  const found: OctetsRow[] = [];
  for (const [first, last] of rangesOf(set)) {
    const rows = await sql.all<
      Omit<OctetsRow, 'place'> & { id: number; segment: number; position: number; length: number }
    >(
      `SELECT m.uid, m.size, e.prefix, e.parts, b.id, b.segment, b.position, b.length,
         b.prefix_length AS "recordPrefixLength"
       FROM message m JOIN email e ON e.account_id = m.account_id AND e.id = m.email_id JOIN blob b ON b.id = m.email_id
       WHERE m.account_id = ? AND m.mailbox_id = ? AND m.uid BETWEEN ? AND ? ORDER BY m.uid`,
      folder.accountId,
      folder.mailboxId,
      first,
      last,
    );
    for (const { id, segment, position, length, ...rest } of rows)
      found.push({ ...rest, place: { id, segment, offset: position, length } });
  }
  return found;
}

/** The greatest modseq among the messages of a set; 0 when none is there. */
export async function readHighestModSeq(sql: SqlReader, folder: Folder, set: NumberSet): Promise<number> {
  let highest = 0;
  for (const [first, last] of rangesOf(set)) {
    const row = await sql.get<{ modseq: number | null }>(
      'SELECT max(modseq) AS modseq FROM message WHERE account_id = ? AND mailbox_id = ? AND uid BETWEEN ? AND ?',
      folder.accountId,
      folder.mailboxId,
      first,
      last,
    );
    highest = Math.max(highest, row?.modseq ?? 0);
  }
  return highest;
}

/** What happened in a folder after a modseq. */
export interface FolderChanges {
  /** The account's modseq up to which this tells all. */
  readonly modSeq: number;
  /** May name messages whose flags changed, if none after them was left alone. */
  readonly arrived: NumberSet;
  /** May name messages that have gone. */
  readonly changed: NumberSet;
  readonly expunged: NumberSet;
}

/** What happened after `modSeq`, from the change log, or from the rows themselves where the log does not go back so far. */
export async function readChanges(sql: SqlReader, folder: Folder, modSeq: number): Promise<FolderChanges> {
  const state = await readLogState(sql, folder);
  if (state.modSeq <= modSeq) return { modSeq: state.modSeq, arrived: [], changed: [], expunged: [] };
  if (modSeq < state.logFloor) return await compareRows(sql, folder, modSeq, state.modSeq);
  let [changed, expunged]: [NumberSet, NumberSet] = [[], []];
  await eachLogged(sql, folder, [modSeq, state.modSeq], (kind, uids) => {
    if (kind === 'flags') changed = uniteSets(changed, uids);
    else if (kind === 'expunged') expunged = uniteSets(expunged, uids);
  });
  const arrived = subtractSet(await readArrived(sql, folder, modSeq, state.uidNext), expunged);
  return { modSeq: state.modSeq, arrived, changed, expunged };
}

/**
 * The messages below `uidNext` that came after `modSeq`. Uids and modseqs are given out together, and a modseq only
 * grows: behind the last message whose modseq is not above it, all came later or have changed since.
 */
async function readArrived(sql: SqlReader, folder: Folder, modSeq: number, uidNext: number): Promise<NumberSet> {
  const { accountId, mailboxId } = folder;
  const known = await sql.get<{ uid: number }>(
    'SELECT uid FROM message WHERE account_id = ? AND mailbox_id = ? AND modseq <= ? ORDER BY uid DESC LIMIT 1',
    accountId,
    mailboxId,
    modSeq,
  );
  const row = await sql.get<{ uids: string | null }>(
    `SELECT string_agg(CAST(uid AS TEXT), ',') AS uids FROM (SELECT uid FROM message
       WHERE account_id = ? AND mailbox_id = ? AND uid > ? AND uid < ? ORDER BY uid) AS those`,
    accountId,
    mailboxId,
    known?.uid ?? 0,
    uidNext,
  );
  return parseUids(row?.uids ?? null);
}

/** Uids that went after `modSeq`; null when the log does not go back so far (RFC 7162 §3.2.5.2). */
export async function readExpunged(sql: SqlReader, folder: Folder, modSeq: number): Promise<NumberSet | null> {
  const state = await readLogState(sql, folder);
  if (modSeq < state.logFloor) return null;
  let expunged: NumberSet = [];
  await eachLogged(sql, folder, [modSeq, state.modSeq], (kind, uids) => {
    if (kind === 'expunged') expunged = uniteSets(expunged, uids);
  });
  return expunged;
}

interface LogState {
  readonly modSeq: number;
  readonly logFloor: number;
  /** 0: the folder is gone. */
  readonly uidNext: number;
}

async function readLogState(sql: SqlReader, { accountId, mailboxId }: Folder): Promise<LogState> {
  const row = await sql.get<LogState>(
    `SELECT s.modseq AS "modSeq", s.log_floor AS "logFloor", COALESCE(b.uid_next, 0) AS "uidNext" FROM account_state s
     LEFT JOIN mailbox b ON b.account_id = s.account_id AND b.id = ? WHERE s.account_id = ?`,
    mailboxId,
    accountId,
  );
  return row ?? { modSeq: 0, logFloor: 0, uidNext: 0 };
}

async function eachLogged(
  sql: SqlReader,
  folder: Folder,
  [after, upTo]: readonly [number, number],
  take: (kind: string, uids: NumberSet) => void,
): Promise<void> {
  for (let last = after; last < upTo;) {
    const rows = await sql.all<{ modseq: number; kind: string; uids: string }>(
      `SELECT modseq, kind, uids FROM change_log
       WHERE account_id = ? AND modseq > ? AND modseq <= ? AND mailbox_id = ? ORDER BY modseq LIMIT ?`,
      folder.accountId,
      last,
      upTo,
      folder.mailboxId,
      CHANGES_PAGE_ROWS,
    );
    for (const row of rows) take(row.kind, parseNumberSet(row.uids));
    if (rows.length < CHANGES_PAGE_ROWS) return;
    last = rows.at(-1)?.modseq ?? upTo;
  }
}

/** Without the log: what is newer, and every uid that is not there. */
async function compareRows(sql: SqlReader, folder: Folder, modSeq: number, upTo: number): Promise<FolderChanges> {
  const newer = await sql.get<{ uids: string | null }>(
    `SELECT string_agg(CAST(uid AS TEXT), ',') AS uids FROM (SELECT uid FROM message
       WHERE account_id = ? AND mailbox_id = ? AND modseq > ? ORDER BY uid) AS those`,
    folder.accountId,
    folder.mailboxId,
    modSeq,
  );
  const changed = parseUids(newer?.uids ?? null);
  const box = await sql.get<{ uid_next: number }>(
    'SELECT uid_next FROM mailbox WHERE account_id = ? AND id = ?',
    folder.accountId,
    folder.mailboxId,
  );
  const uidNext = Math.min(box?.uid_next ?? 1, NUMBER_MAX);
  const there = parseUids((await readUids(sql, folder, uidNext)).join(','));
  const expunged = uidNext > 1 ? subtractSet([1, uidNext - 1], there) : [];
  return { modSeq: upTo, arrived: changed, changed, expunged };
}

/** Messages with uids from `uid` on. */
export async function countFrom(sql: SqlReader, folder: Folder, uid: number): Promise<number> {
  const row = await sql.get<{ n: number }>(
    'SELECT count(*) AS n FROM message WHERE account_id = ? AND mailbox_id = ? AND uid >= ?',
    folder.accountId,
    folder.mailboxId,
    uid,
  );
  return row?.n ?? 0;
}
