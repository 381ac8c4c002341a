// The second schema: mailboxes as IMAP and JMAP want them. A message's row in a folder is narrow and has its flags; what
// is the same in all folders of an account (prefix, envelope, structure …) is in one row of `email`. Rows of version 1
// are carried over; what is derived from octets is filled in later (`derived` is 0 until then).
import type { SchemaWords } from '../sql/dialect.ts';

/** The statements that bring version 1 to version 2. */
export function version2(words: SchemaWords): readonly string[] {
  return [
    ...newColumns(words),
    ...newTables(words),
    ...KEEP_KEYWORDS,
    ...messageTable(words),
    ...KEEP_MESSAGES,
    ...COUNT_ANEW,
    ...FIRST_MAILBOXES,
    ...PUBLIC_ACCOUNT,
  ];
}

function newColumns({ integer }: SchemaWords): string[] {
  const number = (table: string, column: string, otherwise = 0): string =>
    `ALTER TABLE ${table} ADD COLUMN ${column} ${integer} NOT NULL DEFAULT ${otherwise}`;
  return [
    number('account', 'save_sent'),
    // Changes up to here may be missing from change_log.
    number('account_state', 'log_floor'),
    // Zero: a name that only has others below it.
    number('mailbox', 'selectable', 1),
    // Uids below it were told to some session as \Recent.
    number('mailbox', 'recent_uid', 1),
    number('mailbox', 'highest_modseq', 1),
    number('mailbox', 'messages'),
    number('mailbox', 'bytes'),
    number('mailbox', 'unseen'),
    number('mailbox', 'deleted'),
    number('mailbox', 'deleted_bytes'),
    // Of messages that went: which emails they were, in the order of uids.
    'ALTER TABLE change_log ADD COLUMN emails TEXT',
    // What came is found by the messages' own modseqs.
    "DELETE FROM change_log WHERE kind = 'added'",
  ];
}

function newTables({ integer, bytes, plain, clustered }: SchemaWords): string[] {
  return [
    // A message in an account, whatever folders it is in. id: the unit that brought it, which is also its blob. Wide, so
    // its rows lie in the order in which they came: among an account's each would make pages anew.
    `CREATE TABLE email (
      account_id ${integer} NOT NULL, id ${integer} NOT NULL, thread_id ${integer} NOT NULL, prefix ${bytes} NOT NULL,
      derived ${integer} NOT NULL, sent_at_ms ${integer}, envelope TEXT, structure TEXT, preview TEXT, sort_keys TEXT,
      message_ids TEXT, parts TEXT, PRIMARY KEY (id, account_id)) ${plain}`,
    'CREATE INDEX email_underived ON email (account_id, id) WHERE derived = 0',
    // Hashes of message-id and subject: mail that shares one is one conversation.
    `CREATE TABLE thread_key (
      account_id ${integer} NOT NULL, hash ${integer} NOT NULL, thread_id ${integer} NOT NULL,
      PRIMARY KEY (account_id, hash)) ${clustered}`,
    `CREATE TABLE keyword (
      account_id ${integer} NOT NULL, number ${integer} NOT NULL, name TEXT NOT NULL,
      PRIMARY KEY (account_id, number)) ${clustered}`,
    // By name: it may be one of a folder that is gone, or somebody else's.
    `CREATE TABLE subscription (
      account_id ${integer} NOT NULL, name TEXT NOT NULL, PRIMARY KEY (account_id, name)) ${clustered}`,
    // grantee_id 0: anyone who has an account.
    `CREATE TABLE mailbox_grant (
      account_id ${integer} NOT NULL, mailbox_id ${integer} NOT NULL, grantee_id ${integer} NOT NULL,
      rights TEXT NOT NULL, PRIMARY KEY (account_id, mailbox_id, grantee_id)) ${clustered}`,
    'CREATE INDEX mailbox_grant_by_grantee ON mailbox_grant (grantee_id, account_id)',
    // mailbox_id 0: of the account. viewer_id 0: shared.
    `CREATE TABLE annotation (
      account_id ${integer} NOT NULL, mailbox_id ${integer} NOT NULL, viewer_id ${integer} NOT NULL,
      entry TEXT NOT NULL, value ${bytes} NOT NULL,
      PRIMARY KEY (account_id, mailbox_id, viewer_id, entry)) ${clustered}`,
    `CREATE TABLE given_uidl (
      account_id ${integer} NOT NULL, mailbox_id ${integer} NOT NULL, uid ${integer} NOT NULL, uidl TEXT NOT NULL,
      PRIMARY KEY (account_id, mailbox_id, uid), UNIQUE (account_id, mailbox_id, uidl)) ${clustered}`,
    // Emails of which a message went; the upkeep looks whether any is left.
    `CREATE TABLE email_leaving (
      account_id ${integer} NOT NULL, email_id ${integer} NOT NULL, PRIMARY KEY (account_id, email_id)) ${clustered}`,
    `INSERT INTO subscription (account_id, name) SELECT account_id, name FROM mailbox WHERE subscribed = 1`,
    'ALTER TABLE mailbox DROP COLUMN subscribed',
  ];
}

/** Version 1 kept keywords as text, 'a b'. Taken apart one character at a time, which both engines can. */
const KEEP_KEYWORDS: readonly string[] = [
  `INSERT INTO keyword (account_id, number, name)
   WITH RECURSIVE walk (account_id, rest, word, whole) AS (
     SELECT DISTINCT account_id, keywords || ' ', substr(keywords, 1, 0), 0 FROM message_flag WHERE keywords <> ''
     UNION ALL
     SELECT account_id, substr(rest, 2),
       CASE WHEN substr(rest, 1, 1) = ' ' OR whole = 1 THEN CASE WHEN whole = 1 THEN substr(rest, 1, 1) ELSE word END
            ELSE word || substr(rest, 1, 1) END,
       CASE WHEN substr(rest, 1, 1) = ' ' THEN 1 ELSE 0 END
     FROM walk WHERE rest <> '')
   SELECT account_id, n, word FROM (
     SELECT account_id, row_number() OVER (PARTITION BY account_id ORDER BY lower(word)) - 1 AS n, word
     FROM (SELECT account_id, min(word) AS word FROM walk WHERE whole = 1 AND word <> '' GROUP BY account_id, lower(word))
       AS words) AS numbered
   WHERE n < 99`,
];

function messageTable({ integer, clustered }: SchemaWords): string[] {
  return [
    // keywords: numbers 47 to 98; the first 47 are in flags, above the system's five bits.
    `CREATE TABLE message_2 (
      account_id ${integer} NOT NULL, mailbox_id ${integer} NOT NULL, uid ${integer} NOT NULL,
      email_id ${integer} NOT NULL, thread_id ${integer} NOT NULL, flags ${integer} NOT NULL,
      keywords ${integer} NOT NULL, modseq ${integer} NOT NULL, size ${integer} NOT NULL,
      internal_date_ms ${integer} NOT NULL, zone_minutes ${integer} NOT NULL, saved_at_ms ${integer} NOT NULL,
      PRIMARY KEY (account_id, mailbox_id, uid)) ${clustered}`,
  ];
}

const KEEP_MESSAGES: readonly string[] = [
  `INSERT INTO message_2 (account_id, mailbox_id, uid, email_id, thread_id, flags, keywords, modseq, size,
     internal_date_ms, zone_minutes, saved_at_ms)
   SELECT m.account_id, m.mailbox_id, m.uid, m.blob_id, m.blob_id,
     f.flags + COALESCE((SELECT sum(CAST(1 AS BIGINT) << (5 + CAST(k.number AS INTEGER))) FROM keyword k
       WHERE k.account_id = m.account_id AND k.number < 47
       AND replace(' ' || lower(f.keywords) || ' ', ' ' || lower(k.name) || ' ', '') <> ' ' || lower(f.keywords) || ' '), 0),
     COALESCE((SELECT sum(CAST(1 AS BIGINT) << CAST(k.number - 47 AS INTEGER)) FROM keyword k
       WHERE k.account_id = m.account_id AND k.number >= 47
       AND replace(' ' || lower(f.keywords) || ' ', ' ' || lower(k.name) || ' ', '') <> ' ' || lower(f.keywords) || ' '), 0),
     f.modseq, m.size, m.internal_date_ms, 0, m.internal_date_ms
   FROM message m JOIN message_flag f
     ON f.account_id = m.account_id AND f.mailbox_id = m.mailbox_id AND f.uid = m.uid`,
  // A thread_id of its own each; the first prefix, should there be several copies.
  `INSERT INTO email (account_id, id, thread_id, prefix, derived)
   SELECT account_id, blob_id, blob_id, prefix, 0 FROM (
     SELECT account_id, blob_id, prefix,
       row_number() OVER (PARTITION BY account_id, blob_id ORDER BY mailbox_id, uid) AS nth FROM message) AS copies
   WHERE nth = 1`,
  `INSERT INTO given_uidl (account_id, mailbox_id, uid, uidl)
   SELECT account_id, mailbox_id, uid, uidl FROM message WHERE uidl_given = 1`,
  'DROP TABLE message',
  'DROP TABLE message_flag',
  'ALTER TABLE message_2 RENAME TO message',
  // Ids grow with time: what is new is written at its end.
  'CREATE INDEX message_by_thread ON message (thread_id, email_id, account_id)',
];

const COUNT_ANEW: readonly string[] = [
  `UPDATE blob SET refs = used.n FROM (
     SELECT id, sum(n) AS n FROM (
       SELECT id, count(*) AS n FROM email GROUP BY id
       UNION ALL SELECT unit_id AS id, 1 AS n FROM queue_message) AS each_use GROUP BY id) AS used
   WHERE used.id = blob.id`,
  `UPDATE mailbox SET messages = c.messages, bytes = c.bytes, unseen = c.unseen, deleted = c.deleted,
     deleted_bytes = c.deleted_bytes, recent_uid = mailbox.uid_next
   FROM (SELECT account_id, mailbox_id, count(*) AS messages, sum(size) AS bytes,
       sum(CASE WHEN flags & 1 = 0 THEN 1 ELSE 0 END) AS unseen,
       sum(CASE WHEN flags & 8 = 0 THEN 0 ELSE 1 END) AS deleted,
       sum(CASE WHEN flags & 8 = 0 THEN 0 ELSE size END) AS deleted_bytes
     FROM message GROUP BY account_id, mailbox_id) AS c
   WHERE c.account_id = mailbox.account_id AND c.mailbox_id = mailbox.id`,
  `UPDATE mailbox SET highest_modseq = c.modseq FROM (
     SELECT account_id, mailbox_id, max(modseq) AS modseq FROM (
       SELECT account_id, mailbox_id, modseq FROM change_log
       UNION ALL SELECT account_id, mailbox_id, modseq FROM message) AS each_change GROUP BY account_id, mailbox_id) AS c
   WHERE c.account_id = mailbox.account_id AND c.mailbox_id = mailbox.id`,
];

const ROLES = `(SELECT 1 AS n, 'Drafts' AS name, 'drafts' AS role UNION ALL SELECT 2, 'Sent', 'sent'
  UNION ALL SELECT 3, 'Junk', 'junk' UNION ALL SELECT 4, 'Trash', 'trash' UNION ALL SELECT 5, 'Archive', 'archive')`;

/** Accounts that lack a folder with a role get it (RFC 6154). */
const FIRST_MAILBOXES: readonly string[] = [
  `UPDATE mailbox SET role = lower(name)
   WHERE role IS NULL AND name IN ('Drafts', 'Sent', 'Junk', 'Trash', 'Archive') AND NOT EXISTS (
     SELECT 1 FROM mailbox o WHERE o.account_id = mailbox.account_id AND o.role = lower(mailbox.name))`,
  `INSERT INTO mailbox (account_id, id, name, role, uid_validity, uid_next)
   SELECT s.account_id, s.next_mailbox_id - 1 + row_number() OVER (PARTITION BY s.account_id ORDER BY r.n), r.name, r.role,
     (SELECT COALESCE(max(value), 0) FROM counter WHERE name = 'uid-validity')
       + row_number() OVER (ORDER BY s.account_id, r.n), 1
   FROM account_state s CROSS JOIN ${ROLES} AS r
   WHERE NOT EXISTS (SELECT 1 FROM mailbox m WHERE m.account_id = s.account_id AND (m.role = r.role OR m.name = r.name))`,
  `INSERT INTO subscription (account_id, name) SELECT m.account_id, m.name FROM mailbox m
   JOIN account_state s ON s.account_id = m.account_id WHERE m.id >= s.next_mailbox_id`,
  `UPDATE account_state SET next_mailbox_id = c.id + 1 FROM (
     SELECT account_id, max(id) AS id FROM mailbox GROUP BY account_id) AS c
   WHERE c.account_id = account_state.account_id AND c.id >= account_state.next_mailbox_id`,
  `UPDATE counter SET value = (SELECT max(uid_validity) FROM mailbox)
   WHERE name = 'uid-validity' AND value < (SELECT max(uid_validity) FROM mailbox)`,
];

/** Public folders belong to account 0, which nobody can sign in to. */
const PUBLIC_ACCOUNT: readonly string[] = [
  `INSERT INTO account_state (account_id, used_bytes, used_messages, modseq, next_mailbox_id) VALUES (0, 0, 0, 1, 1)`,
];
