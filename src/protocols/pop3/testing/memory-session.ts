// A POP3 session over mailboxes in memory: test double, example and fuzz target. Passwords in the clear, SASL PLAIN, one
// lock a mailbox; deleting really deletes.
import { MailError } from '../../../base/errors/mail-error.ts';
import type { SaslServer, SaslStep, SaslVerdict } from '../../sasl/index.ts';
import type { MessageOctets, Pop3DialogState, Pop3Maildrop, Pop3ServerSession } from '../server/session.ts';

export interface MemoryMessage {
  readonly uidl: string;
  readonly prefix?: Buffer;
  /** Several Buffers are given out as pieces. */
  readonly body: Buffer | readonly Buffer[];
}

export interface MemoryMailbox {
  readonly id: number;
  readonly name: string;
  readonly password: string;
  messages: MemoryMessage[];
}

export interface MemoryOptions {
  /** USER and PASS without TLS too. */
  readonly allowPlaintext?: boolean;
  /** Messages are opened with a promise instead of at once. */
  readonly slow?: boolean;
  /** Opening the maildrop, reading or removing fails with what this gives. */
  readonly failWith?: (where: 'open-maildrop' | 'open' | 'pieces' | 'remove') => Error | null;
  readonly refuse?: string;
}

const NONE = Buffer.alloc(0);

/** The mailboxes and locks that sessions of one server share. */
export class MemoryHouse {
  readonly mailboxes: MemoryMailbox[];
  readonly options: MemoryOptions;
  readonly locked = new Set<number>();
  /** Sessions that were opened and not closed. */
  openSessions = 0;

  constructor(mailboxes: MemoryMailbox[], options: MemoryOptions = {}) {
    this.mailboxes = mailboxes;
    this.options = options;
  }

  /** A session for one connection. */
  openSession(): Pop3ServerSession {
    this.openSessions++;
    return new MemorySession(this);
  }

  /** Throws what `failWith` gives for this place. */
  mayFail(where: 'open-maildrop' | 'open' | 'pieces' | 'remove'): void {
    const error = this.options.failWith?.(where) ?? null;
    if (error !== null) throw error;
  }
}

class MemorySession implements Pop3ServerSession {
  readonly #house: MemoryHouse;

  constructor(house: MemoryHouse) {
    this.#house = house;
  }

  connect(): string | null {
    return this.#house.options.refuse ?? null;
  }

  passwordAllowed(state: Pop3DialogState): boolean {
    return state.tls !== null || this.#house.options.allowPlaintext === true;
  }

  saslMechanisms(state: Pop3DialogState): readonly string[] {
    return this.passwordAllowed(state) ? ['PLAIN', 'X-TWO-STEP'] : [];
  }

  startSasl(mechanism: string): SaslServer {
    if (mechanism === 'PLAIN') return { mechanism, next: (response) => this.#plain(response) };
    return { mechanism, next: (response) => this.#twoStep(response) };
  }

  checkPassword(name: string, password: string): Promise<SaslVerdict> {
    if (name === 'unreachable') return Promise.resolve({ kind: 'failure', temporary: true, reason: 'no directory' });
    const found = this.#house.mailboxes.find((m) => m.name === name && m.password === password);
    return Promise.resolve(
      found === undefined
        ? { kind: 'failure', temporary: false, reason: 'no such name or another password' }
        : { kind: 'success', account: { id: found.id, address: found.name } },
    );
  }

  openMaildrop(state: Pop3DialogState): Promise<Pop3Maildrop> {
    try {
      this.#house.mayFail('open-maildrop');
      const mailbox = this.#house.mailboxes.find((m) => m.id === state.account?.id);
      if (mailbox === undefined) throw new MailError('account-unknown', 'No such account', { temporary: false });
      if (this.#house.locked.has(mailbox.id)) {
        throw new MailError('mailbox-in-use', 'Another session has this mailbox open', { temporary: true });
      }
      this.#house.locked.add(mailbox.id);
      return Promise.resolve(new MemoryMaildrop(this.#house, mailbox));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  close(): void {
    this.#house.openSessions--;
  }

  async #plain(response: Buffer | null): Promise<SaslStep> {
    if (response === null) return { kind: 'challenge', data: NONE };
    const [, name = '', password = ''] = response.toString('utf8').split('\0');
    return this.checkPassword(name, password);
  }

  /** Asks for a name, then proves itself with data at the end, as SCRAM does. */
  #twoStep(response: Buffer | null): Promise<SaslStep> {
    if (response === null) return Promise.resolve({ kind: 'challenge', data: Buffer.from('who?') });
    const found = this.#house.mailboxes.find((m) => m.name === response.toString('utf8'));
    if (found === undefined) return Promise.resolve({ kind: 'failure', temporary: false, reason: 'no such name' });
    const account = { id: found.id, address: found.name };
    return Promise.resolve({ kind: 'success', account, data: Buffer.from('v=proof') });
  }
}

class MemoryMaildrop implements Pop3Maildrop {
  readonly #house: MemoryHouse;
  readonly #mailbox: MemoryMailbox;
  readonly #messages: readonly MemoryMessage[];

  constructor(house: MemoryHouse, mailbox: MemoryMailbox) {
    this.#house = house;
    this.#mailbox = mailbox;
    this.#messages = [...mailbox.messages];
  }

  get count(): number {
    return this.#messages.length;
  }

  size(index: number): number {
    const { body, prefix = NONE } = this.#messages[index]!;
    const octets = Buffer.isBuffer(body) ? body.length : body.reduce((sum, piece) => sum + piece.length, 0);
    return prefix.length + octets;
  }

  uidl(index: number): string {
    return this.#messages[index]!.uidl;
  }

  open(index: number): MessageOctets | Promise<MessageOctets> {
    this.#house.mayFail('open');
    const { body, prefix = NONE } = this.#messages[index]!;
    const octets = { prefix, body: Buffer.isBuffer(body) ? body : this.#pieces(body) };
    return this.#house.options.slow === true ? Promise.resolve(octets) : octets;
  }

  remove(indexes: readonly number[]): Promise<void> {
    try {
      this.#house.mayFail('remove');
    } catch (error) {
      return Promise.reject(error);
    }
    const gone = new Set(indexes.map((index) => this.#messages[index]));
    this.#mailbox.messages = this.#mailbox.messages.filter((message) => !gone.has(message));
    return Promise.resolve();
  }

  close(): void {
    this.#house.locked.delete(this.#mailbox.id);
  }

  async *#pieces(pieces: readonly Buffer[]): AsyncGenerator<Buffer> {
    for (const piece of pieces) {
      this.#house.mayFail('pieces');
      yield await Promise.resolve(piece);
    }
  }
}
