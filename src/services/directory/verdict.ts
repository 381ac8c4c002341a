// What the directory says about a recipient. "Nobody knows" is a verdict of its own, never "unknown".
import type { AddrSpec } from '../../formats/address/addr-spec.ts';

/** One mailbox that the message goes to. */
export interface LocalRecipient {
  readonly accountId: number;
  /** The account's primary address, addr-spec text. */
  readonly address: string;
  /** What Delivered-To says: the last address on the way to the account, its domain as `domainKey`. */
  readonly deliveredTo: AddrSpec;
  /** `tag` of `user+tag`, on the address itself or on the alias in front of it. */
  readonly detail: string | null;
  /** The account's quota; null: no limit. */
  readonly quotaBytes: number | null;
}

/** A step of the way, for the journey and for DSN (RFC 3461 §5.2.7: expanded). */
export interface Expansion {
  readonly kind: 'alias' | 'group' | 'catch-all';
  readonly address: AddrSpec;
}

export type RecipientVerdict =
  | {
      readonly kind: 'deliver';
      readonly accounts: readonly LocalRecipient[];
      /** Addresses elsewhere that an alias or group stands for: they go into the queue. */
      readonly foreign: readonly AddrSpec[];
      readonly via: readonly Expansion[];
      /** Members that no longer exist, are disabled or lie too deep; the others get the message nevertheless. */
      readonly lost: readonly AddrSpec[];
      /** postmaster, abuse, MAILER-DAEMON: content and policy never refuse these (RFC 5321 §4.5.1). */
      readonly exemptFromPolicy: boolean;
    }
  | {
      readonly kind: 'relay';
      /** `domainKey`, or '[literal]'. */
      readonly domain: string;
      /** anybody: a relay domain, this server is its MX. authorized: foreign; only for those who may relay. */
      readonly offeredTo: 'anybody' | 'authorized';
    }
  /** 550 5.1.1 */
  | { readonly kind: 'unknown-mailbox' }
  /** 550 5.2.1 */
  | { readonly kind: 'disabled' }
  /** Aliases that lead to themselves only, 550 5.4.6 */
  | { readonly kind: 'loop' }
  /** 451 4.3.0: the directory cannot be read, is not set up yet, or the expansion is too large. */
  | {
      readonly kind: 'temporary';
      readonly reason: 'directory-unavailable' | 'no-administrator' | 'expansion-too-large';
    };

/** Whether an account may use an address as its own in MAIL FROM or From. */
export type SenderVerdict = 'allowed' | 'not-owned' | 'temporary';
