// What IMAP asks before sign-in, answered by the house: who may sign in and how, how many connections an account may have.
import { MailError } from '../../base/errors/mail-error.ts';
import { inCidr, parseIp, type Cidr } from '../../base/net/ip.ts';
import type { ImapAccount, ImapDialogState, ImapPeer, ImapServerSession } from '../../protocols/imap/index.ts';
import {
  createSaslServer,
  saslMechanisms,
  type CredentialSource,
  type SaslOffer,
  type SaslServer,
  type SaslVerdict,
} from '../../protocols/sasl/index.ts';
import { AccountMail } from '../../services/mailboxes/account-mail.ts';
import type { MailParts } from '../../services/mailboxes/mail-parts.ts';
import { findAccount } from '../../storage/records/accounts.ts';
import { HouseAccount } from './account.ts';
import { ACCOUNT_CONNECTIONS_MAX } from './limits.ts';

/** What IMAP needs of the login service. */
export interface SignIn {
  /** The judge for one client. */
  source(client: { readonly address: string; readonly protocol: string }): CredentialSource;
  /** Whether SCRAM works for every account. */
  scramAvailable(): boolean;
}

export interface ImapSessionParts {
  readonly mail: MailParts;
  readonly login: SignIn;
  /** `[auth] allow_plaintext_from`: networks that may sign in without TLS. */
  readonly plaintextNetworks: readonly Cidr[];
  /** SCRAM-SHA-256-PLUS may be offered. */
  readonly channelBinding: boolean;
  /** Open connections by account. */
  readonly connections: AccountConnections;
  /** Asked before the greeting; a text refuses the connection. Absent: everybody is let in. */
  readonly admit?: (peer: ImapPeer) => string | null;
  /** The connection that `admit` let in is over. */
  readonly leave?: (peer: ImapPeer) => void;
}

/** How many connections each account has in this thread. */
export class AccountConnections {
  readonly #open = new Map<number, number>();
  readonly #max: number;

  constructor(max: number = ACCOUNT_CONNECTIONS_MAX) {
    this.#max = max;
  }

  /** Throws too-many-connections. */
  enter(accountId: number): void {
    const open = this.#open.get(accountId) ?? 0;
    if (open >= this.#max) {
      throw new MailError('too-many-connections', 'Too many connections of this account, close one first', {
        temporary: true,
      });
    }
    this.#open.set(accountId, open + 1);
  }

  leave(accountId: number): void {
    const open = (this.#open.get(accountId) ?? 1) - 1;
    if (open === 0) this.#open.delete(accountId);
    else this.#open.set(accountId, open);
  }
}

/** Makes the sessions of one thread's IMAP listeners. */
export function createImapSessions(parts: ImapSessionParts): (peer: ImapPeer) => ImapServerSession {
  return (peer) => new HouseSession(parts, peer);
}

class HouseSession implements ImapServerSession {
  readonly #parts: ImapSessionParts;
  readonly #peer: ImapPeer;
  readonly #source: CredentialSource;
  readonly #plaintextNetwork: boolean;
  #admitted = false;

  constructor(parts: ImapSessionParts, peer: ImapPeer) {
    this.#parts = parts;
    this.#peer = peer;
    this.#source = parts.login.source({ address: peer.address, protocol: peer.service });
    const address = parseIp(peer.address);
    this.#plaintextNetwork = address !== null && parts.plaintextNetworks.some((network) => inCidr(network, address));
  }

  connect(): string | null {
    const refusal = this.#parts.admit?.(this.#peer) ?? null;
    this.#admitted = refusal === null;
    return refusal;
  }

  passwordAllowed(state: ImapDialogState): boolean {
    return state.tls !== null || this.#plaintextNetwork;
  }

  saslMechanisms(state: ImapDialogState): readonly string[] {
    return saslMechanisms(this.#offer(state));
  }

  startSasl(mechanism: string, state: ImapDialogState): SaslServer | null {
    return createSaslServer(mechanism, { ...this.#offer(state), source: this.#source });
  }

  checkPassword(name: string, password: string): Promise<SaslVerdict> {
    return this.#source.verifyPassword(name, password);
  }

  async openAccount(state: ImapDialogState): Promise<ImapAccount> {
    const { mail, connections } = this.#parts;
    const accountId = state.account?.id ?? 0;
    const record = await findAccount(mail.store.read, accountId);
    if (record === null) throw new MailError('account-unknown', 'This account is gone', { temporary: false });
    connections.enter(accountId);
    const viewer = { accountId, address: record.address, administrator: record.role === 'administrator' };
    return new HouseAccount(new AccountMail(mail, viewer), () => connections.leave(accountId));
  }

  close(): void {
    if (this.#admitted) this.#parts.leave?.(this.#peer);
  }

  /** Without TLS nothing is on offer, SCRAM neither: the mail itself would be read on the way. */
  #offer(state: ImapDialogState): SaslOffer {
    const allowed = this.passwordAllowed(state);
    return {
      scram: allowed && this.#parts.login.scramAvailable(),
      plaintext: allowed,
      channelBindings: (this.#parts.channelBinding ? state.tls?.channelBindings() : null) ?? [],
    };
  }
}
