// RCPT: whether mail for an address is taken at all, so that it can be refused in the dialog rather than bounced later.
import { MailError } from '../../base/errors/mail-error.ts';
import type { AddrSpec } from '../../formats/address/addr-spec.ts';
import type { SqlReader } from '../../storage/sql/sql.ts';
import type { Directory } from '../directory/directory.ts';
import type { RecipientVerdict } from '../directory/verdict.ts';
import type { AcceptedRecipient } from './arrival.ts';
import { checkQuota } from './placement.ts';

export type Judgement =
  | { readonly kind: 'taken'; readonly verdict: AcceptedRecipient['verdict'] }
  | { readonly kind: 'refused'; readonly error: MailError };

/**
 * What a client may send beyond the mailboxes here: 'anywhere' who signed in or is in a network named for it,
 * 'relay-domains' any other SMTP client, 'nowhere' over LMTP.
 */
export type RelayRight = 'anywhere' | 'relay-domains' | 'nowhere';

export interface RecipientJudge {
  judge(recipient: AddrSpec, right: RelayRight): Promise<Judgement>;
}

/** Builds the judge over the directory and the accounts' quotas. */
export function createRecipientJudge(directory: Pick<Directory, 'resolve'>, read: SqlReader): RecipientJudge {
  return {
    async judge(recipient, right) {
      const verdict = await directory.resolve(recipient);
      const error = await refusalOf(verdict, right, read);
      if (error !== null) return { kind: 'refused', error };
      return { kind: 'taken', verdict: verdict as AcceptedRecipient['verdict'] };
    },
  };
}

/** Why a recipient with this verdict cannot have a message; null: it can. */
export async function refusalOf(
  verdict: RecipientVerdict,
  right: RelayRight,
  read: SqlReader,
): Promise<MailError | null> {
  switch (verdict.kind) {
    case 'deliver':
      return await fullMailbox(verdict, read);
    case 'relay':
      if (right === 'anywhere' || (right === 'relay-domains' && verdict.offeredTo === 'anybody')) return null;
      return new MailError('relay-denied', 'No relaying: that domain is not here', { temporary: false });
    case 'unknown-mailbox':
      return new MailError('account-unknown', 'No such mailbox here', { temporary: false });
    case 'disabled':
      return new MailError('account-disabled', 'This mailbox does not take mail', { temporary: false });
    case 'loop':
      return new MailError('loop', 'This alias leads only to itself', { temporary: false });
    case 'temporary':
      return new MailError('directory-unavailable', 'The directory cannot be read, try again later', {
        temporary: true,
      });
    default:
      return verdict satisfies never;
  }
}

/** Full only when nobody behind the address could take an empty message. */
async function fullMailbox(
  verdict: Extract<RecipientVerdict, { kind: 'deliver' }>,
  read: SqlReader,
): Promise<MailError | null> {
  if (verdict.exemptFromPolicy || verdict.foreign.length > 0) return null;
  let full: MailError | null = null;
  for (const local of verdict.accounts) {
    full = await checkQuota(read, local, 1);
    if (full === null) return null;
  }
  return full;
}
