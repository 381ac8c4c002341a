// A thread's writes to PostgreSQL: what arrives while one transaction runs forms the next one. A call is answered after a
// COMMIT that came back clean; when the connection broke there, the transaction's end is looked up first.
import type { Clock, Timer } from '../../base/clock.ts';
import { MailError } from '../../base/errors/mail-error.ts';
import type { Log } from '../../base/log.ts';
import { GROUP_MAX_BYTES, GROUP_MAX_UNITS, UNSYNCED_MAX_CALLS, UNSYNCED_WAIT_MS } from '../limits.ts';
import type { PostgresConnection } from '../sql/postgres-connection.ts';
import { postgresFault } from '../sql/postgres-dialect.ts';
import type { Effects } from '../sql/transaction.ts';
import { toClusterError } from './cluster-errors.ts';
import { GROUP_RETRIES_MAX, RETRY_PAUSE_MAX_MS } from './limits.ts';
import { lookUpOutcome } from './outcome.ts';
import { type GroupCall, type GroupEnd, type GroupResult, runGroup } from './run-group.ts';

/** A call that waits for its COMMIT. */
export interface WaitingCall extends GroupCall {
  readonly synced: boolean;
  /** Octets that it carries. */
  readonly bytes: number;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: MailError) => void;
}

export interface GroupWriterOptions {
  /** The connection to begin with. */
  readonly first: PostgresConnection;
  /** Another one, when it is gone. */
  readonly connect: () => Promise<PostgresConnection>;
  readonly newToken: () => number;
  readonly node: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: () => number;
  /** Told of every transaction that is there for all to see. */
  readonly onCommitted: (effects: Effects) => void;
  /** How long it took and how many writes it held. */
  readonly onGroup?: (ms: number, calls: number) => void;
}

/** One per thread. */
export class GroupWriter {
  readonly #options: GroupWriterOptions;
  #connection: PostgresConnection | null;
  #waiting: WaitingCall[] = [];
  #waitingSynced = 0;
  #running: Promise<void> | null = null;
  #unsyncedTimer: Timer | null = null;
  #closed = false;

  constructor(options: GroupWriterOptions) {
    this.#options = options;
    this.#connection = options.first;
  }

  add(call: WaitingCall): void {
    if (this.#closed) {
      call.reject(new MailError('shutting-down', 'the server is shutting down, try again later', { temporary: true }));
      return;
    }
    this.#waiting.push(call);
    if (call.synced) this.#waitingSynced++;
    this.#schedule();
  }

  /** Commits what waits, then lets the connection go. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#unsyncedTimer?.cancel();
    while (this.#waiting.length > 0 || this.#running !== null) await (this.#running ?? this.#start());
    await this.#connection?.close();
  }

  #schedule(): void {
    if (this.#running !== null || this.#waiting.length === 0) return;
    if (this.#waitingSynced > 0 || this.#waiting.length >= UNSYNCED_MAX_CALLS) {
      void this.#start();
      return;
    }
    this.#unsyncedTimer ??= this.#options.clock.after(UNSYNCED_WAIT_MS, () => {
      this.#unsyncedTimer = null;
      if (this.#running === null && this.#waiting.length > 0) void this.#start();
    });
  }

  #start(): Promise<void> {
    this.#running = this.#run().finally(() => {
      this.#running = null;
      this.#schedule();
    });
    return this.#running;
  }

  async #run(): Promise<void> {
    // Whatever else arrived in this turn of the event loop comes along.
    await new Promise((resolve) => setImmediate(resolve));
    do {
      const group = this.#takeGroup();
      const started = this.#options.clock.monotonic();
      await this.#commit(group);
      this.#options.onGroup?.(this.#options.clock.monotonic() - started, group.length);
    } while (this.#waitingSynced > 0);
  }

  #takeGroup(): WaitingCall[] {
    let count = 0;
    for (let bytes = 0; count < this.#waiting.length && count < GROUP_MAX_UNITS; count++) {
      bytes += this.#waiting[count]?.bytes ?? 0;
      if (bytes > GROUP_MAX_BYTES && count > 0) break;
    }
    const group = this.#waiting.splice(0, count);
    this.#waitingSynced -= group.filter((call) => call.synced).length;
    return group;
  }

  async #commit(group: readonly WaitingCall[]): Promise<void> {
    const synced = group.some((call) => call.synced);
    let carefully = false;
    for (let retries = 0; ;) {
      const { end, token } = await this.#attempt(group, { synced, carefully });
      const last = end.kind === 'unknown' ? await this.#lookUp(end, token) : end;
      if (last.kind === 'committed') {
        this.#answer(group, last.result);
        return;
      }
      if (last.kind !== 'failed') {
        this.#fail(group, last);
        return;
      }
      const fault = postgresFault(last.error);
      if (fault === 'lost') this.#dropConnection();
      if (fault === 'lost' || fault === 'conflict') {
        if (++retries > GROUP_RETRIES_MAX || (this.#connection === null && retries > 1)) {
          this.#fail(group, last);
          return;
        }
        await this.#pause();
      } else if (last.byCall && !carefully) carefully = true;
      else {
        this.#fail(group, last);
        return;
      }
    }
  }

  async #attempt(
    group: readonly WaitingCall[],
    how: { synced: boolean; carefully: boolean },
  ): Promise<{ end: GroupEnd; token: number }> {
    const { clock, node, newToken, connect } = this.#options;
    try {
      if (this.#connection?.ended === true) this.#connection = null;
      this.#connection ??= await connect();
    } catch (error) {
      return { end: { kind: 'failed', error: lost(error), byCall: false }, token: 0 };
    }
    const token = newToken();
    return { end: await runGroup(this.#connection, group, { ...how, nowMs: clock.now(), token, node }), token };
  }

  async #lookUp(end: GroupEnd & { kind: 'unknown' }, token: number): Promise<GroupEnd> {
    this.#dropConnection();
    const { connect, clock, log } = this.#options;
    const outcome = await lookUpOutcome({ connect, clock, xact: end.xact, token });
    log.warn({ outcome, error: String(end.error) }, 'the connection to the database broke at COMMIT');
    if (outcome === 'committed') return { kind: 'committed', result: end.result };
    return outcome === 'not-there' ? { kind: 'failed', error: end.error, byCall: false } : end;
  }

  #answer(group: readonly WaitingCall[], { outcomes, effects }: GroupResult): void {
    this.#options.onCommitted(effects);
    for (const [index, call] of group.entries()) {
      const outcome = outcomes[index];
      if (outcome === undefined) continue;
      if ('error' in outcome) this.#reject(call, outcome.error);
      else call.resolve(outcome.value);
    }
  }

  #fail(group: readonly WaitingCall[], end: Exclude<GroupEnd, { kind: 'committed' }>): void {
    const error =
      end.kind === 'not-replicated'
        ? new MailError('storage-failed', 'storage failed, try again later', {
            temporary: true,
            details: { warning: end.warning },
          })
        : end.error;
    for (const call of group) this.#reject(call, error);
  }

  #reject(call: WaitingCall, error: unknown): void {
    const mailError = toClusterError(error);
    const { code, cause, details } = mailError;
    const fields = {
      operation: call.name,
      code,
      ...details,
      ...(cause instanceof Error ? { cause: cause.message } : {}),
    };
    // A refusal that a record family means is its caller's business.
    if (error instanceof MailError && code !== 'storage-failed') this.#options.log.debug(fields, 'a write was refused');
    else this.#options.log.error(fields, 'a write failed');
    call.reject(mailError);
  }

  #dropConnection(): void {
    this.#connection?.drop();
    this.#connection = null;
  }

  #pause(): Promise<void> {
    const { clock, random } = this.#options;
    return new Promise((resolve) => clock.after(1 + random() * RETRY_PAUSE_MAX_MS, resolve));
  }
}

/** No connection, whatever the reason: tried again, then the callers hear it. */
function lost(error: unknown): Error {
  return Object.assign(new Error(`no connection to the database: ${String(error)}`, { cause: error }), {
    code: '08001',
  });
}
