// The journey of each unit: rows of events, only ever appended. What a journey is found by (message id, addresses) is
// written later, when the writer has time, so that accepting mail does not pay for it; a search looks at the rows that
// wait for that one by one.
import { formatIp, maskIp, parseIp } from '../../base/net/ip.ts';
import { domainKey } from '../../formats/address/domain.ts';
import { localKey } from '../../formats/address/local-part.ts';
import { parseAddrSpec } from '../../formats/address/parse.ts';
import type { JourneyEvent, JourneyHead } from '../commit-unit.ts';
import { JOURNEY_SAMPLE_ROWS } from '../limits.ts';
import type { SqlReader } from '../sql/sql.ts';
import type { Transaction } from '../sql/transaction.ts';
import { readCounter, setCounter } from './counters.ts';

export interface Journey extends JourneyHead {
  readonly unitId: number;
  /** In the order in which they were committed. */
  readonly events: readonly JourneyEvent[];
}

/** What one write of events carries; `text` is the JSON of JourneyEvent[]. */
export interface JourneyRows {
  readonly unitId: number;
  /** Only with a unit's first events. */
  readonly head: JourneyHead | null;
  readonly text: string;
}

interface JourneyRow {
  seq: number;
  unit_id: number;
  at_ms: number;
  message_id: string | null;
  reverse_path: string | null;
  account_id: number | null;
  head: number;
  events: string;
}

const COLUMNS = 'seq, unit_id, at_ms, message_id, reverse_path, account_id, head, events';
const ADD_WORD = 'INSERT INTO journey_key (word, unit_id) VALUES (?, ?) ON CONFLICT DO NOTHING';
const INDEXED = 'journey-indexed';
const SHORTENED = 'journey-shortened';

/** Appends events to a unit's journey. */
export async function appendJourney(tx: Transaction, rows: JourneyRows): Promise<void> {
  if (rows.head === null && rows.text === '[]') return;
  await tx.add(
    `INSERT INTO journey (unit_id, at_ms, head, message_id, reverse_path, account_id, events)
     VALUES (?, ?, ?, ?, ?, ?, ?)`,
    rows.unitId,
    tx.nowMs,
    rows.head === null ? 0 : 1,
    rows.head?.messageId ?? null,
    rows.head?.reversePath ?? null,
    rows.head?.accountId ?? null,
    rows.text,
  );
  if (!tx.wordsAtOnce) return;
  const { unitId, head, text } = rows;
  const words = wordsOf({ message_id: head?.messageId ?? null, reverse_path: head?.reversePath ?? null, events: text });
  for (const word of words) await tx.add(ADD_WORD, word, unitId);
}

/** Appends events that come without a message: a refusal, a note of the queue. */
export async function noteJourney(
  tx: Transaction,
  unitId: number,
  head: JourneyHead | null,
  events: readonly JourneyEvent[],
): Promise<void> {
  await appendJourney(tx, { unitId, head, text: JSON.stringify(events) });
}

/** The whole journey of one unit; null when it is unknown or was purged. */
export async function readJourney(sql: SqlReader, unitId: number): Promise<Journey | null> {
  const rows = await sql.all<JourneyRow>(`SELECT ${COLUMNS} FROM journey WHERE unit_id = ? ORDER BY seq`, unitId);
  if (rows.length === 0) return null;
  const head = rows.find((row) => row.head === 1);
  return {
    unitId,
    messageId: head?.message_id ?? null,
    reversePath: head?.reverse_path ?? '',
    accountId: head?.account_id ?? null,
    events: rows.flatMap((row) => JSON.parse(row.events) as JourneyEvent[]),
  };
}

/** The newest units, at most `limit`, that a message id or an address belongs to; newest first. */
export async function findJourneys(sql: SqlReader, text: string, limit: number): Promise<number[]> {
  const word = journeyWord(text);
  const rows = await sql.all<{ unit_id: number }>(
    'SELECT unit_id FROM journey_key WHERE word = ? ORDER BY unit_id DESC LIMIT ?',
    word,
    limit,
  );
  const found = new Set(rows.map((row) => row.unit_id));
  let after = await readCounter(sql, INDEXED, 0);
  for (;;) {
    const page = await readPage(sql, after, JOURNEY_SAMPLE_ROWS);
    for (const row of page) if (wordsOf(row).has(word)) found.add(row.unit_id);
    const last = page.at(-1);
    if (last === undefined || page.length < JOURNEY_SAMPLE_ROWS) break;
    after = last.seq;
  }
  return [...found].sort((a, b) => b - a).slice(0, limit);
}

/** The newest units, at most `limit`, before unit `before`; newest first. */
export async function listJourneys(sql: SqlReader, before: number, limit: number): Promise<number[]> {
  const rows = await sql.all<{ unit_id: number }>(
    'SELECT DISTINCT unit_id FROM journey WHERE unit_id < ? ORDER BY unit_id DESC LIMIT ?',
    before,
    limit,
  );
  return rows.map((row) => row.unit_id);
}

/** Rows whose words are not written yet. */
export async function countUnindexed(sql: SqlReader): Promise<number> {
  const row = await sql.get<{ last: number | null }>('SELECT max(seq) AS last FROM journey');
  return Math.max(0, (row?.last ?? 0) - (await readCounter(sql, INDEXED, 0)));
}

/** Writes the words of at most `limit` rows; how many rows it did. */
export async function indexJourneys(tx: Transaction, limit: number): Promise<number> {
  const rows = await readPage(tx, await readCounter(tx, INDEXED, 0), limit);
  const last = rows.at(-1);
  if (last === undefined) return 0;
  const pairs = rows.flatMap((row) => [...wordsOf(row)].map((word) => ({ word, unitId: row.unit_id })));
  // In the order of the table, so that each of its pages is touched once.
  pairs.sort((a, b) => (a.word < b.word ? -1 : a.word > b.word ? 1 : a.unitId - b.unitId));
  for (const { word, unitId } of pairs) await tx.run(ADD_WORD, word, unitId);
  await setCounter(tx, INDEXED, last.seq);
  return rows.length;
}

export interface JourneyBounds {
  /** Rows written before this go. */
  readonly beforeMs: number;
  /** Beyond this many octets of events the oldest go too. */
  readonly bytesMax: number;
  /** Rows per call. */
  readonly limit: number;
}

/**
 * Removes the oldest rows that are too old or too many, at most `limit`; how many went. The newest row stays, so that
 * its number is not given out again. Octets are estimated from a sample.
 */
export async function purgeJourneys(tx: Transaction, bounds: JourneyBounds): Promise<number> {
  const ends = await tx.get<{ first: number | null; last: number | null }>(
    'SELECT min(seq) AS first, max(seq) AS last FROM journey',
  );
  if (ends?.first == null || ends.last === null) return 0;
  const excess = await excessRows(tx, ends.first, ends.last, bounds.bytesMax);
  const rows = await tx.all<JourneyRow>(
    `SELECT ${COLUMNS} FROM journey WHERE seq < ? ORDER BY seq LIMIT ?`,
    ends.last,
    bounds.limit,
  );
  const first = ends.first;
  const old = rows.filter((row) => row.at_ms < bounds.beforeMs || row.seq < first + excess);
  for (const row of old) {
    await tx.run('DELETE FROM journey WHERE seq = ?', row.seq);
    for (const word of wordsOf(row))
      await tx.run('DELETE FROM journey_key WHERE word = ? AND unit_id = ?', word, row.unit_id);
  }
  return old.length;
}

/**
 * Shortens clients' addresses (IPv4 to /24, IPv6 to /48) in rows written before `beforeMs`, in at most `limit` rows that
 * were not looked at yet; how many it looked at.
 */
export async function shortenAddresses(tx: Transaction, beforeMs: number, limit: number): Promise<number> {
  const rows = (await readPage(tx, await readCounter(tx, SHORTENED, 0), limit)).filter((row) => row.at_ms < beforeMs);
  const last = rows.at(-1);
  if (last === undefined) return 0;
  for (const row of rows) {
    const events = JSON.parse(row.events) as JourneyEvent[];
    const text = JSON.stringify(events.map(shortenEvent));
    if (text !== row.events) await tx.run('UPDATE journey SET events = ? WHERE seq = ?', text, row.seq);
  }
  await setCounter(tx, SHORTENED, last.seq);
  return rows.length;
}

function shortenEvent(event: JourneyEvent): JourneyEvent {
  const address = event.data['address'];
  if ((event.kind !== 'received' && event.kind !== 'refused') || typeof address !== 'string') return event;
  const bytes = parseIp(address);
  if (bytes === null) return event;
  return { ...event, data: { ...event.data, address: formatIp(maskIp(bytes, bytes.length === 4 ? 24 : 48)) } };
}

async function excessRows(sql: SqlReader, first: number, last: number, bytesMax: number): Promise<number> {
  const sample = await sql.get<{ bytes: number | null }>(
    `SELECT avg(length(events)) AS bytes FROM (SELECT events FROM journey ORDER BY seq DESC LIMIT ?) AS newest`,
    JOURNEY_SAMPLE_ROWS,
  );
  const rowsMax = Math.max(1, Math.floor(bytesMax / Math.max(1, sample?.bytes ?? 1)));
  return Math.max(0, last - first + 1 - rowsMax);
}

async function readPage(sql: SqlReader, after: number, limit: number): Promise<JourneyRow[]> {
  return await sql.all<JourneyRow>(`SELECT ${COLUMNS} FROM journey WHERE seq > ? ORDER BY seq LIMIT ?`, after, limit);
}

function wordsOf(row: Pick<JourneyRow, 'message_id' | 'reverse_path' | 'events'>): Set<string> {
  const words = new Set<string>();
  if (row.message_id !== null) words.add(journeyWord(row.message_id));
  if (row.reverse_path !== null && row.reverse_path !== '') words.add(journeyWord(row.reverse_path));
  for (const event of JSON.parse(row.events) as JourneyEvent[])
    for (const address of recipientAddresses(event)) words.add(journeyWord(address));
  return words;
}

/** The recipient of an event, and the account whose mailbox an alias or a group led to. */
export function recipientAddresses({ recipient, data }: JourneyEvent): string[] {
  if (recipient === undefined) return [];
  const account = data['account'];
  return typeof account === 'string' ? [recipient, account] : [recipient];
}

/** How a message id (with or without brackets) or an address is written among the words. */
export function journeyWord(text: string): string {
  const bare = text.trim().replace(/^<(.*)>$/, '$1');
  const address = parseAddrSpec(bare);
  return address === null ? bare : `${localKey(address.localPart)}@${domainKey(address.domain)}`;
}
