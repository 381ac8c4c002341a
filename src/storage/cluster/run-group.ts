// Runs a group of writes in one transaction, like the embedded engine's `transact`: first all of them plainly; when one
// fails, all is rolled back and done again with a savepoint around each, so that only the failing one fails.
import { addLiveBytes } from '../records/segments.ts';
import type { PostgresConnection } from '../sql/postgres-connection.ts';
import {
  BEGIN,
  BEGIN_UNSYNCED,
  COMMIT,
  postgresFault,
  RELEASE_SAVEPOINT,
  ROLLBACK,
  ROLLBACK_TO_SAVEPOINT,
  SAVEPOINT,
} from '../sql/postgres-dialect.ts';
import type { Effects } from '../sql/transaction.ts';
import { ClusterTransaction } from './cluster-transaction.ts';
import type { WantedFolder } from './kept-numbers.ts';

/** One write of a group. */
export interface GroupCall {
  /** For the log. */
  readonly name: string;
  readonly run: (tx: ClusterTransaction) => Promise<unknown>;
  /** It touches nothing that another one may touch but what is its accounts'. */
  readonly isOfAccounts: boolean;
  /** Accounts that it changes, to be locked before; others it locks itself. */
  readonly accountIds: readonly number[];
  /** Folders that it will ask for by name. */
  readonly folders: readonly WantedFolder[];
}

export type CallOutcome = { readonly value: unknown } | { readonly error: unknown };

export interface GroupResult {
  /** One for each call, in order. */
  readonly outcomes: readonly CallOutcome[];
  readonly effects: Effects;
}

export type GroupEnd =
  | { readonly kind: 'committed'; readonly result: GroupResult }
  /** Nothing of it is there. `byCall`: a call has failed, not the transaction around them. */
  | { readonly kind: 'failed'; readonly error: unknown; readonly byCall: boolean }
  /** The connection broke at COMMIT: whether it is there must be looked up, by `token`, after `xact` has ended. */
  | { readonly kind: 'unknown'; readonly error: unknown; readonly xact: string; readonly result: GroupResult }
  /** It is there, but not on the standby that COMMIT should have waited for. */
  | { readonly kind: 'not-replicated'; readonly warning: string };

export interface GroupOptions {
  readonly nowMs: number;
  readonly synced: boolean;
  /** With a savepoint around each call. */
  readonly carefully: boolean;
  /** Names the transaction in `commit_note`. */
  readonly token: number;
  readonly node: number;
}

/** Runs and commits `calls`; never rejects. After `failed` the connection may be in no state to go on: see `ended`. */
export async function runGroup(
  connection: PostgresConnection,
  calls: readonly GroupCall[],
  options: GroupOptions,
): Promise<GroupEnd> {
  const tx = new ClusterTransaction(connection, options.nowMs);
  let byCall = false;
  let xact: string;
  let outcomes: readonly CallOutcome[];
  try {
    // Sent together; the second waits in the connection's pipe.
    const begun = connection.execute(options.synced ? BEGIN : BEGIN_UNSYNCED);
    const locked = tx.numbers.lock(accountsOf(calls), foldersOf(calls));
    locked.catch(() => {});
    xact = String((await begun).rows[0]?.['xact'] ?? '0');
    await locked;
    byCall = true;
    outcomes = options.carefully ? await runCarefully(connection, tx, calls) : await runPlainly(tx, calls);
    await writeEffects(connection, tx, options);
    byCall = false;
  } catch (error) {
    tx.end();
    await connection.execute(ROLLBACK).catch(() => {});
    return { kind: 'failed', error, byCall };
  }
  const result: GroupResult = { outcomes, effects: tx.effects };
  try {
    const { warnings } = await connection.execute(COMMIT);
    const [warning] = warnings;
    return warning === undefined ? { kind: 'committed', result } : { kind: 'not-replicated', warning };
  } catch (error) {
    // Any other answer to COMMIT is one: the transaction is rolled back (a deferred fault).
    const answered = postgresFault(error) !== 'lost' && postgresFault(error) !== 'late' && !connection.ended;
    return answered ? { kind: 'failed', error, byCall: false } : { kind: 'unknown', error, xact, result };
  }
}

function accountsOf(calls: readonly GroupCall[]): number[] {
  return [...new Set(calls.flatMap((call) => call.accountIds))].sort((a, b) => a - b);
}

function foldersOf(calls: readonly GroupCall[]): WantedFolder[] {
  const byKey = new Map<string, WantedFolder>();
  for (const call of calls)
    for (const wanted of call.folders) byKey.set(`${wanted.accountId} ${wanted.folder}`, wanted);
  return [...byKey.values()];
}

/**
 * Calls that only touch accounts of their own run beside those of other accounts, so that their statements share the way;
 * those of one account one after the other; all others alone.
 */
async function runPlainly(tx: ClusterTransaction, calls: readonly GroupCall[]): Promise<CallOutcome[]> {
  const outcomes: CallOutcome[] = Array.from({ length: calls.length });
  const chains = new Map<number, Promise<unknown>>();
  let all: Promise<unknown>[] = [];
  for (const [at, call] of calls.entries()) {
    if (!call.isOfAccounts) await Promise.all(all.splice(0));
    const before = call.accountIds.flatMap((id) => chains.get(id) ?? []);
    const running = Promise.all(before).then(async () => {
      outcomes[at] = { value: await call.run(tx) };
    });
    running.catch(() => {});
    if (call.isOfAccounts) {
      for (const id of call.accountIds) chains.set(id, running);
      all.push(running);
    } else {
      chains.clear();
      all = [];
      await running;
    }
  }
  await Promise.all(all);
  return outcomes;
}

async function runCarefully(
  connection: PostgresConnection,
  tx: ClusterTransaction,
  calls: readonly GroupCall[],
): Promise<CallOutcome[]> {
  const outcomes: CallOutcome[] = [];
  for (const call of calls) {
    let outcome = await runInSavepoint(connection, tx, call);
    // Another node was faster with a key: now it can be seen.
    if ('error' in outcome && postgresFault(outcome.error) === 'taken')
      outcome = await runInSavepoint(connection, tx, call);
    outcomes.push(outcome);
  }
  return outcomes;
}

/** Rejects when it is not the call's own fault. */
async function runInSavepoint(
  connection: PostgresConnection,
  tx: ClusterTransaction,
  call: GroupCall,
): Promise<CallOutcome> {
  const own = new ClusterTransaction(connection, tx.nowMs);
  await connection.execute(SAVEPOINT);
  try {
    const value = await call.run(own);
    await own.write();
    await connection.execute(RELEASE_SAVEPOINT);
    tx.effects.merge(own.effects);
    return { value };
  } catch (error) {
    own.end();
    const fault = postgresFault(error);
    if (connection.ended || fault === 'lost' || fault === 'conflict' || fault === 'late') throw error;
    await connection.execute(ROLLBACK_TO_SAVEPOINT);
    await connection.execute(RELEASE_SAVEPOINT);
    return { error };
  }
}

/** What follows from the calls: octets that go, the use of segments, and the note for the other nodes. */
async function writeEffects(
  connection: PostgresConnection,
  tx: ClusterTransaction,
  options: GroupOptions,
): Promise<void> {
  const { effects } = tx;
  const small = effects.released.filter((place) => place.segment === 0).map((place) => place.offset);
  const note = connection.list.bind(
    connection,
    `INSERT INTO commit_note (token, node, account_ids, unit_ids, directory) VALUES ($1, $2, $3, $4, $5 = 1)`,
    [
      options.token,
      options.node,
      [...effects.accountIds],
      [...effects.arrivals.map((arrival) => arrival.unitId), ...effects.commandedUnits],
      effects.directory ? 1 : 0,
    ],
  );
  await Promise.all([
    tx.write(),
    small.length > 0 &&
      connection.list('DELETE FROM blob_octets WHERE segment = 0 AND position = ANY($1::bigint[])', [small]),
    note(),
  ]);
  for (const [segment, bytes] of [...effects.segmentBytes].sort(([a], [b]) => a - b))
    if (segment !== 0) await addLiveBytes(tx, segment, bytes);
}
