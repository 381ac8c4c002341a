// IMAP sessions over mailboxes in memory: test double, example and fuzz target. Passwords in the clear, SASL PLAIN, one
// account; every change is told to every open mailbox at once.
import type { SaslServer, SaslStep, SaslVerdict } from '../../sasl/index.ts';
import type { ImapAccount, ImapDialogState, ImapServerSession } from '../server/session.ts';
import { MemoryAccount } from './memory-account.ts';
import { MemoryStore } from './memory-store.ts';

export interface MemoryOptions {
  /** LOGIN without TLS too. */
  readonly allowPlaintext?: boolean;
  /** Every answer of the account is a promise. */
  readonly slow?: boolean;
  readonly refuse?: string;
  readonly appendMaxOctets?: number;
  /** Opening the account fails with this. */
  readonly failSignIn?: Error;
}

/** What the sessions of one server share: one account 'alice' with the password 'secret'. */
export class MemoryHouse {
  readonly store = new MemoryStore();
  readonly options: MemoryOptions;
  openSessions = 0;

  constructor(options: MemoryOptions = {}) {
    this.options = options;
  }

  /** A session for one connection. */
  openSession(): ImapServerSession {
    this.openSessions++;
    return new MemorySession(this);
  }
}

class MemorySession implements ImapServerSession {
  readonly #house: MemoryHouse;

  constructor(house: MemoryHouse) {
    this.#house = house;
  }

  connect(): string | null {
    return this.#house.options.refuse ?? null;
  }

  passwordAllowed(state: ImapDialogState): boolean {
    return state.tls !== null || this.#house.options.allowPlaintext !== false;
  }

  saslMechanisms(state: ImapDialogState): readonly string[] {
    return this.passwordAllowed(state) ? ['PLAIN', 'X-TWO-STEP'] : [];
  }

  startSasl(mechanism: string): SaslServer {
    if (mechanism === 'PLAIN') return { mechanism, next: (response) => this.#plain(response) };
    return { mechanism, next: (response) => this.#twoStep(response) };
  }

  checkPassword(name: string, password: string): Promise<SaslVerdict> {
    if (name === 'unreachable') return Promise.resolve({ kind: 'failure', temporary: true, reason: 'no directory' });
    return Promise.resolve(
      name === 'alice' && password === 'secret'
        ? { kind: 'success', account: { id: 1, address: 'alice@one.test' } }
        : { kind: 'failure', temporary: false, reason: 'no such name or another password' },
    );
  }

  openAccount(): ImapAccount {
    const { failSignIn, slow, appendMaxOctets } = this.#house.options;
    if (failSignIn !== undefined) throw failSignIn;
    return new MemoryAccount(this.#house.store, { slow: slow === true, appendMaxOctets: appendMaxOctets ?? 1_000_000 });
  }

  close(): void {
    this.#house.openSessions--;
  }

  async #plain(response: Buffer | null): Promise<SaslStep> {
    if (response === null) return { kind: 'challenge', data: Buffer.alloc(0) };
    const [, name = '', password = ''] = response.toString('utf8').split('\0');
    return this.checkPassword(name, password);
  }

  /** Asks for a name, then proves itself with data at the end, as SCRAM does. */
  #twoStep(response: Buffer | null): Promise<SaslStep> {
    if (response === null) return Promise.resolve({ kind: 'challenge', data: Buffer.from('who?') });
    if (response.toString() !== 'alice') {
      return Promise.resolve({ kind: 'failure', temporary: false, reason: 'no such name' });
    }
    const account = { id: 1, address: 'alice@one.test' };
    return Promise.resolve({ kind: 'success', account, data: Buffer.from('v=proof') });
  }
}
