// The first schema. Rows of an account are keyed by account_id first, so that an account's rows lie together and can be
// spread over machines. What changes often (counters, flags) is kept apart from what is wide.
import type { SchemaWords } from '../sql/dialect.ts';

/** The statements that make an empty database into version 1. */
export function version1(words: SchemaWords): readonly string[] {
  return [
    ...directoryTables(words),
    ...mailboxTables(words),
    ...octetTables(words),
    ...queueTables(words),
    ...journeyTables(words),
  ];
}

function directoryTables({ integer, identity, plain, clustered }: SchemaWords): string[] {
  return [
    // Numbers that are given out once and never again.
    `CREATE TABLE counter (name TEXT NOT NULL PRIMARY KEY, value ${integer} NOT NULL) ${clustered}`,
    `CREATE TABLE domain (
      id ${identity}, name TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, target TEXT, enabled ${integer} NOT NULL,
      separators TEXT NOT NULL, catch_all TEXT, administrator_id ${integer}, created_at_ms ${integer} NOT NULL) ${plain}`,
    `CREATE TABLE account (
      id ${integer} NOT NULL PRIMARY KEY, address TEXT NOT NULL UNIQUE, name TEXT NOT NULL, role TEXT NOT NULL, enabled ${integer} NOT NULL,
      password_hash TEXT, scram_sha256 TEXT, quota_bytes ${integer}, created_at_ms ${integer} NOT NULL) ${plain}`,
    `CREATE TABLE account_state (
      account_id ${integer} NOT NULL PRIMARY KEY, used_bytes ${integer} NOT NULL, used_messages ${integer} NOT NULL,
      modseq ${integer} NOT NULL, next_mailbox_id ${integer} NOT NULL) ${clustered}`,
    `CREATE TABLE address (
      domain_id ${integer} NOT NULL, local_key TEXT NOT NULL, address TEXT NOT NULL, kind TEXT NOT NULL,
      account_id ${integer}, enabled ${integer} NOT NULL, send_as ${integer} NOT NULL, targets TEXT,
      PRIMARY KEY (domain_id, local_key)) ${clustered}`,
    `CREATE INDEX address_by_account ON address (account_id)`,
    `CREATE TABLE send_grant (
      account_id ${integer} NOT NULL, pattern TEXT NOT NULL, PRIMARY KEY (account_id, pattern)) ${clustered}`,
  ];
}

function mailboxTables({ integer, bytes, clustered }: SchemaWords): string[] {
  return [
    `CREATE TABLE mailbox (
      account_id ${integer} NOT NULL, id ${integer} NOT NULL, name TEXT NOT NULL, role TEXT,
      uid_validity ${integer} NOT NULL, uid_next ${integer} NOT NULL, subscribed ${integer} NOT NULL,
      PRIMARY KEY (account_id, id), UNIQUE (account_id, name)) ${clustered}`,
    // Never updated: a message does not change. size counts the prefix.
    `CREATE TABLE message (
      account_id ${integer} NOT NULL, mailbox_id ${integer} NOT NULL, uid ${integer} NOT NULL,
      blob_id ${integer} NOT NULL, size ${integer} NOT NULL, internal_date_ms ${integer} NOT NULL,
      uidl TEXT NOT NULL, uidl_given ${integer} NOT NULL, prefix ${bytes} NOT NULL,
      PRIMARY KEY (account_id, mailbox_id, uid)) ${clustered}`,
    // The house's own UIDLs cannot collide; given ones (imports) are kept apart here.
    `CREATE UNIQUE INDEX message_by_given_uidl ON message (account_id, mailbox_id, uidl) WHERE uidl_given = 1`,
    `CREATE TABLE message_flag (
      account_id ${integer} NOT NULL, mailbox_id ${integer} NOT NULL, uid ${integer} NOT NULL,
      flags ${integer} NOT NULL, keywords TEXT NOT NULL, modseq ${integer} NOT NULL,
      PRIMARY KEY (account_id, mailbox_id, uid)) ${clustered}`,
    `CREATE TABLE change_log (
      account_id ${integer} NOT NULL, modseq ${integer} NOT NULL, mailbox_id ${integer} NOT NULL,
      kind TEXT NOT NULL, uids TEXT NOT NULL, PRIMARY KEY (account_id, modseq, mailbox_id)) ${clustered}`,
  ];
}

function octetTables({ integer, bytes, clustered }: SchemaWords): string[] {
  return [
    // bytes: the length of a sealed segment. live_bytes: what rows of blob point at.
    `CREATE TABLE segment (
      id ${integer} NOT NULL PRIMARY KEY, state TEXT NOT NULL, bytes ${integer} NOT NULL,
      live_bytes ${integer} NOT NULL) ${clustered}`,
    `CREATE TABLE blob (
      id ${integer} NOT NULL PRIMARY KEY, segment ${integer} NOT NULL, position ${integer} NOT NULL,
      length ${integer} NOT NULL, prefix_length ${integer} NOT NULL, hash ${bytes} NOT NULL,
      refs ${integer} NOT NULL) ${clustered}`,
    `CREATE INDEX blob_by_segment ON blob (segment)`,
  ];
}

function queueTables({ integer, clustered }: SchemaWords): string[] {
  return [
    // waiting: keys left.
    `CREATE TABLE queue_message (
      unit_id ${integer} NOT NULL PRIMARY KEY, account_id ${integer}, reverse_path TEXT NOT NULL,
      terms TEXT NOT NULL, waiting ${integer} NOT NULL) ${clustered}`,
    // One message's recipients at one domain: they share a schedule. waiting: recipients left.
    `CREATE TABLE queue_key (
      unit_id ${integer} NOT NULL, domain TEXT NOT NULL, account_id ${integer}, next_at_ms ${integer} NOT NULL,
      expires_at_ms ${integer} NOT NULL, attempts ${integer} NOT NULL, held ${integer} NOT NULL,
      delay_reported ${integer} NOT NULL, last_at_ms ${integer}, reply TEXT, waiting ${integer} NOT NULL,
      PRIMARY KEY (unit_id, domain)) ${clustered}`,
    `CREATE TABLE queue_recipient (
      unit_id ${integer} NOT NULL, number ${integer} NOT NULL, domain TEXT NOT NULL, forward_path TEXT NOT NULL,
      orcpt TEXT, notify TEXT, reply TEXT, PRIMARY KEY (unit_id, number)) ${clustered}`,
  ];
}

function journeyTables({ integer, identity, plain, clustered }: SchemaWords): string[] {
  return [
    // Append-only. The head's columns are set in a unit's first row only.
    `CREATE TABLE journey (
      seq ${identity}, unit_id ${integer} NOT NULL, at_ms ${integer} NOT NULL, head ${integer} NOT NULL,
      message_id TEXT, reverse_path TEXT, account_id ${integer}, events TEXT NOT NULL) ${plain}`,
    `CREATE INDEX journey_by_unit ON journey (unit_id)`,
    // What a journey is found by; written when the writer is idle, in the order of seq.
    `CREATE TABLE journey_key (
      word TEXT NOT NULL, unit_id ${integer} NOT NULL, PRIMARY KEY (word, unit_id)) ${clustered}`,
  ];
}
