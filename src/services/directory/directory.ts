// The directory as the rest of the house asks it: who gets mail for an address, and who may send as one.
// A directory that cannot be read gives temporary verdicts and a line in the log.
import type { Log } from '../../base/log.ts';
import type { AddrSpec, ReversePath } from '../../formats/address/addr-spec.ts';
import { formatAddrSpec } from '../../formats/address/parse.ts';
import { findAliasCycle } from './alias-cycle.ts';
import { expandRecipient } from './expand-recipient.ts';
import type { LocateOptions } from './locate-address.ts';
import { ownsAddress } from './sender-rights.ts';
import type { RecipientVerdict, SenderVerdict } from './verdict.ts';

export interface DirectoryOptions extends LocateOptions {
  readonly log: Log;
}

export interface Directory {
  /** What becomes of mail for this address; never rejects. `domain` '' is the bare postmaster of RFC 5321 §4.1.1.3. */
  resolve(recipient: AddrSpec): Promise<RecipientVerdict>;
  /** Whether the account may use the address in MAIL FROM or From; the null sender always. Never rejects. */
  senderAllowed(accountId: number, sender: ReversePath): Promise<SenderVerdict>;
  /** The way on which an alias with these targets would lead to itself, or null; rejects when the directory cannot be read. */
  findAliasCycle(address: AddrSpec, targets: readonly AddrSpec[]): Promise<readonly AddrSpec[] | null>;
}

/** Builds the directory service over a reader. */
export function createDirectory(options: DirectoryOptions): Directory {
  const { log } = options;
  return {
    async resolve(recipient) {
      try {
        return await expandRecipient(recipient, options);
      } catch (error) {
        log.error({ err: error, recipient: formatAddrSpec(recipient) }, 'the directory cannot be read');
        return { kind: 'temporary', reason: 'directory-unavailable' };
      }
    },
    async senderAllowed(accountId, sender) {
      if (sender === null) return 'allowed';
      try {
        return (await ownsAddress(accountId, sender, options)) ? 'allowed' : 'not-owned';
      } catch (error) {
        log.error({ err: error, accountId }, 'the directory cannot be read');
        return 'temporary';
      }
    },
    findAliasCycle: (address, targets) => findAliasCycle(address, targets, options),
  };
}
