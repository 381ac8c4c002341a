// What must be true of the rows, as queries for what is not.
import type { SqlReader } from '../sql/sql.ts';

/** At most `limit` lines for people, each a fault. */
export type ConsistencyCheck = (sql: SqlReader, limit: number) => Promise<string[]>;

async function findMissingBlobs(sql: SqlReader, limit: number): Promise<string[]> {
  const rows = await sql.all<{ account_id: number; id: number }>(
    `SELECT account_id, id FROM email WHERE NOT EXISTS (SELECT 1 FROM blob WHERE blob.id = email.id) LIMIT ?`,
    limit,
  );
  return rows.map((row) => `account ${row.account_id}: unit ${row.id} is missing`);
}

async function findMissingQueueBlobs(sql: SqlReader, limit: number): Promise<string[]> {
  const rows = await sql.all<{ unit_id: number }>(
    `SELECT unit_id FROM queue_message
     WHERE NOT EXISTS (SELECT 1 FROM blob WHERE blob.id = queue_message.unit_id) LIMIT ?`,
    limit,
  );
  return rows.map((row) => `queue: unit ${row.unit_id} is missing`);
}

async function findWrongReferences(sql: SqlReader, limit: number): Promise<string[]> {
  const rows = await sql.all<{ id: number; refs: number; n: number }>(
    `SELECT blob.id, blob.refs, COALESCE(used.n, 0) AS n FROM blob LEFT JOIN (
       SELECT id, sum(n) AS n FROM (
         SELECT id, count(*) AS n FROM email GROUP BY id
         UNION ALL SELECT unit_id AS id, 1 AS n FROM queue_message) AS each_use GROUP BY id
     ) AS used ON used.id = blob.id WHERE blob.refs <> COALESCE(used.n, 0) LIMIT ?`,
    limit,
  );
  return rows.map((row) => `unit ${row.id}: ${row.n} rows point at it, counted are ${row.refs}`);
}

async function findMissingEmails(sql: SqlReader, limit: number): Promise<string[]> {
  const rows = await sql.all<{ account_id: number; mailbox_id: number; uid: number }>(
    `SELECT m.account_id, m.mailbox_id, m.uid FROM message m LEFT JOIN email e
     ON e.account_id = m.account_id AND e.id = m.email_id AND e.thread_id = m.thread_id WHERE e.id IS NULL LIMIT ?`,
    limit,
  );
  return rows.map((row) => `account ${row.account_id}, folder ${row.mailbox_id}, uid ${row.uid}: has no email row`);
}

async function findLeftEmails(sql: SqlReader, limit: number): Promise<string[]> {
  const rows = await sql.all<{ account_id: number; id: number }>(
    `SELECT e.account_id, e.id FROM email e WHERE NOT EXISTS (
       SELECT 1 FROM message m WHERE m.account_id = e.account_id AND m.thread_id = e.thread_id AND m.email_id = e.id)
     AND NOT EXISTS (SELECT 1 FROM email_leaving l WHERE l.account_id = e.account_id AND l.email_id = e.id) LIMIT ?`,
    limit,
  );
  return rows.map((row) => `account ${row.account_id}: unit ${row.id} is in no folder`);
}

async function findWrongCounts(sql: SqlReader, limit: number): Promise<string[]> {
  const rows = await sql.all<{ account_id: number; id: number }>(
    `SELECT b.account_id, b.id FROM mailbox b LEFT JOIN (
       SELECT account_id, mailbox_id, count(*) AS messages, sum(size) AS bytes,
         sum(CASE WHEN flags & 1 = 0 THEN 1 ELSE 0 END) AS unseen, sum(CASE WHEN flags & 8 = 0 THEN 0 ELSE 1 END) AS deleted,
         sum(CASE WHEN flags & 8 = 0 THEN 0 ELSE size END) AS deleted_bytes, max(modseq) AS modseq
       FROM message GROUP BY account_id, mailbox_id) AS c ON c.account_id = b.account_id AND c.mailbox_id = b.id
     WHERE b.messages <> COALESCE(c.messages, 0) OR b.bytes <> COALESCE(c.bytes, 0) OR b.unseen <> COALESCE(c.unseen, 0)
       OR b.deleted <> COALESCE(c.deleted, 0) OR b.deleted_bytes <> COALESCE(c.deleted_bytes, 0)
       OR b.highest_modseq < COALESCE(c.modseq, 0) LIMIT ?`,
    limit,
  );
  return rows.map((row) => `account ${row.account_id}, folder ${row.id}: its counts are not those of its messages`);
}

async function findWrongUids(sql: SqlReader, limit: number): Promise<string[]> {
  const rows = await sql.all<{ account_id: number; id: number }>(
    `SELECT b.account_id, b.id FROM mailbox b WHERE b.uid_next <= (
       SELECT max(uid) FROM message m WHERE m.account_id = b.account_id AND m.mailbox_id = b.id) LIMIT ?`,
    limit,
  );
  return rows.map((row) => `account ${row.account_id}, folder ${row.id}: a uid is not below the next one`);
}

async function findWrongUsage(sql: SqlReader, limit: number): Promise<string[]> {
  const rows = await sql.all<{ account_id: number; used_bytes: number; n: number }>(
    `SELECT s.account_id, s.used_bytes, COALESCE(u.n, 0) AS n FROM account_state s LEFT JOIN (
       SELECT account_id, sum(size) AS n, count(*) AS messages FROM message GROUP BY account_id) AS u ON u.account_id = s.account_id
     WHERE s.used_bytes <> COALESCE(u.n, 0) OR s.used_messages <> COALESCE(u.messages, 0) LIMIT ?`,
    limit,
  );
  return rows.map((row) => `account ${row.account_id}: uses ${row.n} octets, counted are ${row.used_bytes}`);
}

/** Segment 0 is no file: the cluster engine keeps small messages there, one by one. */
async function findWrongLiveBytes(sql: SqlReader, limit: number): Promise<string[]> {
  const rows = await sql.all<{ id: number; live_bytes: number | null; n: number | null }>(
    `SELECT COALESCE(s.id, b.segment) AS id, s.live_bytes, b.n FROM segment s FULL OUTER JOIN (
       SELECT segment, sum(length) AS n FROM blob WHERE segment <> 0 GROUP BY segment) AS b ON b.segment = s.id
     WHERE COALESCE(s.live_bytes, -1) <> COALESCE(b.n, 0) LIMIT ?`,
    limit,
  );
  return rows.map((row) => `segment ${row.id}: ${row.n ?? 0} octets in use, counted are ${row.live_bytes ?? 0}`);
}

async function findWrongQueueCounts(sql: SqlReader, limit: number): Promise<string[]> {
  const rows = await sql.all<{ unit_id: number; domain: string; waiting: number; n: number }>(
    `SELECT k.unit_id, k.domain, k.waiting, COALESCE(r.n, 0) AS n FROM queue_key k LEFT JOIN (
       SELECT unit_id, domain, count(*) AS n FROM queue_recipient GROUP BY unit_id, domain
     ) AS r ON r.unit_id = k.unit_id AND r.domain = k.domain WHERE k.waiting <> COALESCE(r.n, 0) LIMIT ?`,
    limit,
  );
  return rows.map(
    (row) => `queue, unit ${row.unit_id} for ${row.domain}: ${row.n} recipients, counted are ${row.waiting}`,
  );
}

export const CONSISTENCY_CHECKS: readonly ConsistencyCheck[] = [
  findMissingBlobs,
  findMissingQueueBlobs,
  findWrongReferences,
  findMissingEmails,
  findLeftEmails,
  findWrongCounts,
  findWrongUids,
  findWrongUsage,
  findWrongLiveBytes,
  findWrongQueueCounts,
];
