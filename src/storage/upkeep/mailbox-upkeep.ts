// What mailboxes leave to the upkeep: emails that are in no folder any more, messages of which nothing was derived when
// they came, change logs that have grown long. Small writes, as long as the writer has time.
import type { Clock } from '../../base/clock.ts';
import {
  DESCRIBE_EMAILS,
  JOURNEY_INDEX_BUSY_MS,
  LOG_MODSEQS_KEPT,
  LOG_PRUNE_ACCOUNTS,
  LOG_PRUNE_ROWS,
  SWEEP_EMAILS,
} from '../limits.ts';
import { describeMessage } from '../incoming/describe-message.ts';
import { listLongLogs } from '../records/changes.ts';
import { type EmailToDescribe, hasLeavingEmails, listUndescribed } from '../records/emails.ts';
import type { Store } from '../store.ts';

export interface MailboxUpkeepOptions {
  readonly store: Store;
  readonly clock: Clock;
  /** Modseqs that a change log goes back. */
  readonly logModSeqsKept?: number;
}

/** Removes emails that are in no folder. */
export async function sweepLeavingEmails({ store, clock }: MailboxUpkeepOptions): Promise<void> {
  while (await hasLeavingEmails(store.read)) {
    const start = clock.monotonic();
    await store.execute('email.sweep', null, SWEEP_EMAILS);
    if (clock.monotonic() - start > JOURNEY_INDEX_BUSY_MS) return;
  }
}

/** Derives what was not derived at commit: of long messages, and of those from before there was anything to derive. */
export async function describeWaitingEmails({ store, clock }: MailboxUpkeepOptions): Promise<void> {
  for (;;) {
    const emails = await listUndescribed(store.read, DESCRIBE_EMAILS);
    if (emails.length === 0) return;
    const start = clock.monotonic();
    for (const email of emails) await describe(store, email);
    if (emails.length < DESCRIBE_EMAILS || clock.monotonic() - start > JOURNEY_INDEX_BUSY_MS * DESCRIBE_EMAILS) return;
  }
}

async function describe(store: Store, { accountId, id, place, prefixLength }: EmailToDescribe): Promise<void> {
  const octets = await store.readBlob(place, prefixLength, place.length);
  await store.execute('email.describe', [{ accountId, id, ...describeMessage(octets) }]);
}

/** Forgets the oldest changes of accounts with very many. */
export async function pruneLongLogs({ store, logModSeqsKept }: MailboxUpkeepOptions): Promise<void> {
  const kept = logModSeqsKept ?? LOG_MODSEQS_KEPT;
  for (const accountId of await listLongLogs(store.read, kept, LOG_PRUNE_ACCOUNTS))
    while (await store.execute('changes.prune', accountId, kept, LOG_PRUNE_ROWS));
}
