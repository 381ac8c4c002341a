// An SMTP session over a list of messages in memory: test double, example and fuzz target. The local part of an address
// says what happens to it, so that a script can ask for every answer of a session.
import type { MaybePromise } from '../../../base/async/maybe-promise.ts';
import { MailError } from '../../../base/errors/mail-error.ts';
import type { ReversePath } from '../../../formats/address/addr-spec.ts';
import type { SaslServer, SaslStep } from '../../sasl/index.ts';
import type { Envelope, EnvelopeRecipient, MailParameters } from '../envelope.ts';
import { reply, type SmtpReply } from '../reply.ts';
import type { MessageSink, SmtpDialogState, SmtpServerSession } from '../server/session.ts';

export interface MemoryMessage {
  readonly envelope: Envelope;
  readonly content: Buffer;
  /** As it was when the message came. */
  readonly state: SmtpDialogState;
}

export interface MemoryMailOptions {
  /** Every hook answers with a promise. */
  readonly later?: boolean;
  /** Mechanisms of those offered here: PLAIN, and DEMO (a challenge, then data with success). */
  readonly mechanisms?: readonly string[];
  /** Sign-in without TLS. */
  readonly allowPlaintext?: boolean;
  /** What connect() answers. */
  readonly refuse?: SmtpReply;
}

const ACCOUNT = { id: 1, address: 'ann@one.test' };
const ANSWERS: Readonly<Record<string, SmtpReply>> = {
  unknown: reply(550, '5.1.1', 'Nobody of that name lives here'),
  later: reply(451, '4.3.0', 'Ask again later'),
  goodbye: reply(421, '4.3.2', 'The house closes'),
  lines: { code: 550, enhanced: '5.7.1', lines: ['No,', 'for two reasons\r\n250 injected'] },
};

/** What the sessions of one server share. */
export class MemoryMail {
  readonly messages: MemoryMessage[] = [];
  readonly options: MemoryMailOptions;
  /** What the sessions saw, in order: 'connect', 'reset', 'abort', 'close'. */
  readonly events: string[] = [];

  constructor(options: MemoryMailOptions = {}) {
    this.options = options;
  }

  createSession(): SmtpServerSession {
    return new MemorySession(this);
  }
}

/** What a local part asks for; throws for `broken` (a bug) and `full` (a refusal of the house). */
function answerFor(localPart: string | undefined): SmtpReply | null {
  if (localPart === 'broken') throw new Error('a bug of the session');
  if (localPart === 'full') throw new MailError('account-full', 'Mailbox is full', { temporary: true });
  return ANSWERS[localPart ?? ''] ?? null;
}

class MemorySession implements SmtpServerSession {
  readonly #mail: MemoryMail;

  constructor(mail: MemoryMail) {
    this.#mail = mail;
  }

  #give<T>(answer: () => T): MaybePromise<T> {
    return this.#mail.options.later === true ? Promise.resolve().then(answer) : answer();
  }

  connect(): MaybePromise<SmtpReply | null> {
    this.#mail.events.push('connect');
    return this.#give(() => this.#mail.options.refuse ?? null);
  }

  saslMechanisms(state: SmtpDialogState): readonly string[] {
    const { mechanisms = ['PLAIN', 'DEMO'], allowPlaintext } = this.#mail.options;
    return state.tls !== null || allowPlaintext === true ? mechanisms : [];
  }

  startSasl(mechanism: string): MaybePromise<SaslServer | null> {
    return this.#give(() => (mechanism === 'PLAIN' ? new PlainServer() : new DemoServer()));
  }

  mail(reversePath: ReversePath, _: MailParameters, state: SmtpDialogState): MaybePromise<SmtpReply | null> {
    return this.#give(() => {
      const mustSignIn = state.peer.service.startsWith('submission') && state.account === null;
      return mustSignIn ? reply(530, '5.7.0', 'Sign in first') : answerFor(reversePath?.localPart);
    });
  }

  rcpt(recipient: EnvelopeRecipient): MaybePromise<SmtpReply | null> {
    return this.#give(() => answerFor(recipient.forwardPath.localPart));
  }

  message(envelope: Envelope, state: SmtpDialogState): MaybePromise<MessageSink | SmtpReply> {
    return this.#give((): MessageSink | SmtpReply => {
      if (envelope.reversePath?.localPart === 'nodata') return reply(451, '4.3.0', 'No message now');
      return new MemorySink(this.#mail, envelope, { ...state });
    });
  }

  reset(): void {
    this.#mail.events.push('reset');
  }

  close(): void {
    this.#mail.events.push('close');
  }
}

class MemorySink implements MessageSink {
  readonly #mail: MemoryMail;
  readonly #envelope: Envelope;
  readonly #state: SmtpDialogState;
  readonly #pieces: Buffer[] = [];

  constructor(mail: MemoryMail, envelope: Envelope, state: SmtpDialogState) {
    this.#mail = mail;
    this.#envelope = envelope;
    this.#state = state;
  }

  write(chunk: Buffer): void | Promise<void> {
    if (this.#envelope.reversePath?.localPart === 'nowrite') throw new Error('the disk is on fire');
    this.#pieces.push(Buffer.from(chunk));
    return this.#mail.options.later === true ? Promise.resolve() : undefined;
  }

  /** A recipient `over…` has no room left; a sender `noend` makes it fail. */
  async end(): Promise<readonly SmtpReply[]> {
    const { reversePath, recipients, parameters } = this.#envelope;
    if (reversePath?.localPart === 'noend') throw new Error('the commit failed');
    const envelope = { reversePath, parameters, recipients: [...recipients] };
    const { messages } = this.#mail;
    messages.push({ envelope, content: Buffer.concat(this.#pieces), state: this.#state });
    const taken = reply(250, '2.0.0', `Message ${messages.length} taken`);
    if (this.#state.peer.service !== 'lmtp') return [taken];
    return recipients.map((recipient) =>
      recipient.forwardPath.localPart.startsWith('over') ? reply(452, '4.2.2', 'Mailbox is full') : taken,
    );
  }

  abort(): void {
    this.#mail.events.push('abort');
  }
}

/** `\0ann\0secret` is right; any other password is wrong, and `later` cannot be checked. */
class PlainServer implements SaslServer {
  readonly mechanism = 'PLAIN';

  async next(response: Buffer | null): Promise<SaslStep> {
    if (response === null) return { kind: 'challenge', data: Buffer.alloc(0) };
    const [, name, password] = response.toString().split('\0');
    if (password === 'later') return { kind: 'failure', temporary: true, reason: 'directory is away' };
    if (name === 'ann' && password === 'secret') return { kind: 'success', account: ACCOUNT };
    return { kind: 'failure', temporary: false, reason: 'wrong password' };
  }
}

/** Asks `name?`, is content with `ann`, and has something to say with success. */
class DemoServer implements SaslServer {
  readonly mechanism = 'DEMO';

  async next(response: Buffer | null): Promise<SaslStep> {
    if (response === null) return { kind: 'challenge', data: Buffer.from('name?') };
    if (response.toString() !== 'ann') return { kind: 'failure', temporary: false, reason: 'not ann' };
    return { kind: 'success', account: ACCOUNT, data: Buffer.from('welcome') };
  }
}
