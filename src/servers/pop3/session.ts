// What POP3 asks, answered by the house: who may sign in and how, the INBOX under its lock, deletion at QUIT.
import { inCidr, parseIp, type Cidr } from '../../base/net/ip.ts';
import type {
  MessageOctets,
  Pop3DialogState,
  Pop3Maildrop,
  Pop3Peer,
  Pop3ServerSession,
} from '../../protocols/pop3/index.ts';
import {
  createSaslServer,
  saslMechanisms,
  type CredentialSource,
  type SaslOffer,
  type SaslServer,
  type SaslVerdict,
} from '../../protocols/sasl/index.ts';
import { openInboxSnapshot, type InboxSnapshot } from '../../services/mailboxes/inbox-snapshot.ts';
import { requireMailboxLock, type MailboxLock, type MailboxLocks } from '../../services/mailboxes/mailbox-locks.ts';
import type { Store } from '../../storage/store.ts';

/** What POP3 needs of the login service. */
export interface SignIn {
  /** The judge for one client. */
  source(client: { readonly address: string; readonly protocol: string }): CredentialSource;
  /** Whether SCRAM works for every account. */
  scramAvailable(): boolean;
}

export interface Pop3SessionParts {
  readonly store: Store;
  readonly login: SignIn;
  readonly locks: MailboxLocks;
  /** `[auth] allow_plaintext_from`: networks that may sign in without TLS. */
  readonly plaintextNetworks: readonly Cidr[];
  /** `[auth] channel_binding` */
  readonly channelBinding: boolean;
  /** Asked before the greeting; a text refuses the connection. Absent: everybody is let in. */
  readonly admit?: (peer: Pop3Peer) => string | null | Promise<string | null>;
  /** The connection that `admit` let in is over. */
  readonly leave?: (peer: Pop3Peer) => void;
}

/** Makes the sessions of one thread's POP3 listeners. */
export function createPop3Sessions(parts: Pop3SessionParts): (peer: Pop3Peer) => Pop3ServerSession {
  return (peer) => new HouseSession(parts, peer);
}

class HouseSession implements Pop3ServerSession {
  readonly #parts: Pop3SessionParts;
  readonly #peer: Pop3Peer;
  readonly #source: CredentialSource;
  readonly #plaintextNetwork: boolean;
  #admitted = false;

  constructor(parts: Pop3SessionParts, peer: Pop3Peer) {
    this.#parts = parts;
    this.#peer = peer;
    this.#source = parts.login.source({ address: peer.address, protocol: peer.service });
    const address = parseIp(peer.address);
    this.#plaintextNetwork = address !== null && parts.plaintextNetworks.some((network) => inCidr(network, address));
  }

  async connect(): Promise<string | null> {
    const refusal = (await this.#parts.admit?.(this.#peer)) ?? null;
    this.#admitted = refusal === null;
    return refusal;
  }

  passwordAllowed(state: Pop3DialogState): boolean {
    return state.tls !== null || this.#plaintextNetwork;
  }

  saslMechanisms(state: Pop3DialogState): readonly string[] {
    return saslMechanisms(this.#offer(state));
  }

  startSasl(mechanism: string, state: Pop3DialogState): SaslServer | null {
    return createSaslServer(mechanism, { ...this.#offer(state), source: this.#source });
  }

  checkPassword(name: string, password: string): Promise<SaslVerdict> {
    return this.#source.verifyPassword(name, password);
  }

  async openMaildrop(state: Pop3DialogState): Promise<Pop3Maildrop> {
    const { locks, store } = this.#parts;
    const accountId = state.account?.id ?? 0;
    const lock = await requireMailboxLock(locks, accountId);
    try {
      return new LockedInbox(lock, await openInboxSnapshot(store, accountId));
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  close(): void {
    if (this.#admitted) this.#parts.leave?.(this.#peer);
  }

  /** Without TLS nothing is on offer, SCRAM neither: the mail itself would be read on the way. */
  #offer(state: Pop3DialogState): SaslOffer {
    const allowed = this.passwordAllowed(state);
    return {
      scram: allowed && this.#parts.login.scramAvailable(),
      plaintext: allowed,
      channelBindings: (this.#parts.channelBinding ? state.tls?.channelBindings() : null) ?? [],
    };
  }
}

class LockedInbox implements Pop3Maildrop {
  readonly #lock: MailboxLock;
  readonly #snapshot: InboxSnapshot;

  constructor(lock: MailboxLock, snapshot: InboxSnapshot) {
    this.#lock = lock;
    this.#snapshot = snapshot;
  }

  get count(): number {
    return this.#snapshot.count;
  }

  size(index: number): number {
    return this.#snapshot.size(index);
  }

  uidl(index: number): string {
    return this.#snapshot.uidl(index);
  }

  open(index: number): MessageOctets | Promise<MessageOctets> {
    return this.#snapshot.open(index);
  }

  remove(indexes: readonly number[]): Promise<void> {
    return this.#snapshot.remove(indexes);
  }

  close(): Promise<void> {
    return this.#lock.release();
  }
}
