// Who has which mailbox for itself: POP3's exclusive lock, RFC 1939 §8. One table for the process; other threads ask it
// over a port, and the locks of a thread that dies are free again with its port.
import type { MessagePort } from 'node:worker_threads';
import type { Clock, Timer } from '../../base/clock.ts';
import { MailError } from '../../base/errors/mail-error.ts';
import type { Log } from '../../base/log.ts';
import { answerPort, createPortCaller } from '../../base/threads/port-calls.ts';
import type { QueueClaims } from '../../storage/queue-store.ts';
import { LOCK_USE_MS } from './limits.ts';

export interface MailboxLock {
  /** Gives it back; resolves when the next one may have it. Safe to call again. */
  release(): Promise<void>;
}

export interface MailboxLocks {
  /** The lock of an account's INBOX, or null while somebody has it. */
  take(accountId: number): Promise<MailboxLock | null>;
}

/** The table, in the thread that owns it. */
export interface MailboxLockTable extends MailboxLocks {
  /** Locks that are taken. */
  readonly size: number;
}

type LockQuestion = { readonly ask: 'take' | 'release'; readonly accountId: number };

/** Makes the one table of the process. */
export function createMailboxLocks(): MailboxLockTable {
  const taken = new Set<number>();
  return {
    get size() {
      return taken.size;
    },
    take(accountId) {
      if (taken.has(accountId)) return Promise.resolve(null);
      taken.add(accountId);
      let held = true;
      return Promise.resolve({
        release() {
          if (held) taken.delete(accountId);
          held = false;
          return Promise.resolve();
        },
      });
    },
  };
}

/**
 * The same table where several nodes serve the mailboxes: a lock is taken here and then claimed from the other nodes. A
 * node that dies or loses the database loses its claims within seconds. `claims` is null as long as there are no others.
 */
export function shareMailboxLocks(
  local: MailboxLockTable,
  claims: () => QueueClaims | null,
  clock: Clock,
): MailboxLockTable {
  const held = new Set<string>();
  let timer: Timer | null = null;
  // What is not used is given back: a long session uses its claim as long as it lasts.
  const use = (): void => {
    timer = null;
    for (const name of held) claims()?.isHeld(name);
    if (held.size > 0) timer = clock.after(LOCK_USE_MS, use);
  };
  return {
    get size() {
      return local.size;
    },
    async take(accountId) {
      const lock = await local.take(accountId);
      const shared = claims();
      if (lock === null || shared === null) return lock;
      const name = `pop3 ${accountId}`;
      const taken = await shared.take([name]).catch(() => new Set<string>());
      if (!taken.has(name)) {
        await lock.release();
        return null;
      }
      held.add(name);
      timer ??= clock.after(LOCK_USE_MS, use);
      return {
        async release() {
          if (held.delete(name)) await shared.give([name]).catch(() => {});
          await lock.release();
        },
      };
    },
  };
}

/** Answers another thread's calls until its port closes, then frees whatever it still held. */
export function serveMailboxLocks(locks: MailboxLocks, port: MessagePort, log: Log): void {
  const held = new Map<number, MailboxLock>();
  let closed = false;
  const answer = async ({ ask, accountId }: LockQuestion): Promise<boolean> => {
    if (ask === 'release') {
      const lock = held.get(accountId);
      held.delete(accountId);
      await lock?.release();
      return lock !== undefined;
    }
    const lock = await locks.take(accountId);
    if (lock === null) return false;
    if (closed) await lock.release();
    else held.set(accountId, lock);
    return true;
  };
  answerPort(port, answer, log);
  port.on('close', () => {
    closed = true;
    if (held.size > 0) log.info({ locks: held.size }, 'a thread is gone, its mailbox locks are free');
    for (const lock of held.values()) void lock.release();
    held.clear();
  });
}

/** The table of another thread, as this one sees it. */
export function connectMailboxLocks(port: MessagePort): MailboxLocks & { close(): void } {
  const caller = createPortCaller<LockQuestion, boolean>(port);
  return {
    async take(accountId) {
      const taken = await caller.call({ ask: 'take', accountId });
      if (!taken) return null;
      let held = true;
      return {
        async release() {
          if (!held) return;
          held = false;
          await caller.call({ ask: 'release', accountId });
        },
      };
    },
    close: () => caller.close(),
  };
}

/** Takes the lock or rejects with MailError `mailbox-in-use`. */
export async function requireMailboxLock(locks: MailboxLocks, accountId: number): Promise<MailboxLock> {
  const lock = await locks.take(accountId);
  if (lock !== null) return lock;
  throw new MailError('mailbox-in-use', 'Another session has this mailbox open, try again when it is over', {
    temporary: true,
    details: { accountId },
  });
}
