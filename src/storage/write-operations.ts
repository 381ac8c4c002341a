// The named writes that any thread may ask the writer for. Each runs alone or with others inside one transaction, and
// its first parameter is that transaction; arguments and results are plain data, because they cross threads.
import { addAccount, changeAccount, removeAccount, upgradePassword } from './records/accounts.ts';
import { addAlias, addSendGrant, changeAlias, removeAlias, removeSendGrant } from './records/addresses.ts';
import { addDomain, changeDomain, removeDomain } from './records/domains.ts';
import { indexJourneys, noteJourney, purgeJourneys, shortenAddresses } from './records/journey.ts';
import { pruneChanges } from './records/changes.ts';
import { describeEmails, sweepEmails } from './records/emails.ts';
import { changeFlags } from './records/flag-changes.ts';
import { setGrant } from './records/grants.ts';
import { addMailbox, claimRecent, removeMailbox, renameMailbox, setSubscribed } from './records/mailboxes.ts';
import { copyMessages, moveMessages } from './records/message-copies.ts';
import { removeSet } from './records/message-sets.ts';
import { expungeMessages } from './records/messages.ts';
import { commandQueue } from './records/queue-commands.ts';
import { deferQueue, settleQueue } from './records/queue.ts';
import { dropSegments, forgetSegments, moveBlobs, sealSegment, sealThread } from './records/segments.ts';
import { commitUnit, commitUnits } from './records/units.ts';
import type { Transaction } from './sql/transaction.ts';

/** What each name does. */
export const WRITE_OPERATIONS = {
  'account.add': addAccount,
  'account.change': changeAccount,
  'account.remove': removeAccount,
  'account.upgrade-password': upgradePassword,
  'alias.add': addAlias,
  'alias.change': changeAlias,
  'alias.remove': removeAlias,
  'changes.prune': pruneChanges,
  'domain.add': addDomain,
  'domain.change': changeDomain,
  'domain.remove': removeDomain,
  'grant.add': addSendGrant,
  'grant.remove': removeSendGrant,
  'journey.index': indexJourneys,
  'journey.note': noteJourney,
  'journey.purge': purgeJourneys,
  'journey.shorten-addresses': shortenAddresses,
  'email.describe': describeEmails,
  'email.sweep': sweepEmails,
  'mailbox.add': addMailbox,
  'mailbox.claim-recent': claimRecent,
  'mailbox.grant': setGrant,
  'mailbox.remove': removeMailbox,
  'mailbox.rename': renameMailbox,
  'mailbox.subscribe': setSubscribed,
  'message.copy': copyMessages,
  'message.expunge': expungeMessages,
  'message.flags': changeFlags,
  'message.move': moveMessages,
  'message.remove-set': removeSet,
  'queue.command': commandQueue,
  'queue.defer': deferQueue,
  'queue.settle': settleQueue,
  'segment.drop': dropSegments,
  'segment.forget': forgetSegments,
  'segment.move': moveBlobs,
  'segment.seal': sealSegment,
  'segment.seal-thread': sealThread,
  'unit.commit': commitUnit,
  'unit.commit-all': commitUnits,
} as const;

type Operation<A extends unknown[], R> = (tx: Transaction, ...args: A) => Promise<R>;

/** The same, as callers see them: without the transaction. */
export type WriteOperations = {
  [K in keyof typeof WRITE_OPERATIONS]: (typeof WRITE_OPERATIONS)[K] extends Operation<infer A, infer R>
    ? (...args: A) => Promise<R>
    : never;
};
