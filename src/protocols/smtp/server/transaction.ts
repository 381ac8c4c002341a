// One mail transaction (RFC 5321 §3.3) and the octets of its message on their way to the session's sink.
import { isPromise } from '../../../base/async/maybe-promise.ts';
import type { ReversePath } from '../../../formats/address/addr-spec.ts';
import type { Envelope, EnvelopeRecipient, MailParameters } from '../envelope.ts';
import { reply, type SmtpReply } from '../reply.ts';
import type { MessageSink } from './session.ts';
import type { DataScanner, TextChecker, TextFault } from './text-scan.ts';

const FAULT_TEXTS: Readonly<Record<TextFault, string>> = {
  'line-ending': 'Message refused: lines must end in CRLF, a lone CR or LF is not allowed',
  nul: 'Message refused: it contains a NUL octet',
  'line-too-long': 'Message refused: a line is too long',
};

/** The reply for text that breaks the rules of the wire. */
export function faultReply(fault: TextFault): SmtpReply {
  return reply(554, '5.6.0', FAULT_TEXTS[fault]);
}

export const TOO_LARGE: SmtpReply = reply(552, '5.3.4', 'Message is larger than this server takes');

/** Passes content on until something is wrong with it; from then on swallows it. */
export class MessageIntake {
  readonly #maxBytes: number;
  readonly #onFailure: (error: unknown) => SmtpReply;
  #sink: MessageSink | null;
  /** Why the message is refused. */
  refusal: SmtpReply | null = null;
  /** Octets taken, and after a refusal those thrown away too. */
  octets = 0;

  constructor(sink: MessageSink, maxBytes: number, onFailure: (error: unknown) => SmtpReply) {
    this.#sink = sink;
    this.#maxBytes = maxBytes;
    this.#onFailure = onFailure;
  }

  /** Takes content; a promise asks to wait with the next. Never throws or rejects. */
  write(content: Buffer): void | Promise<void> {
    this.octets += content.length;
    if (this.#sink === null) return undefined;
    if (this.octets > this.#maxBytes) {
      this.refuse(TOO_LARGE);
      return undefined;
    }
    try {
      const pending = this.#sink.write(content);
      if (isPromise(pending)) return pending.catch((error: unknown) => this.refuse(this.#onFailure(error)));
    } catch (error) {
      this.refuse(this.#onFailure(error));
    }
    return undefined;
  }

  /** The message is not taken: the sink forgets it. */
  refuse(refusal: SmtpReply): void {
    this.refusal ??= refusal;
    this.abort();
  }

  /** Forgets the message, if it is not over. */
  abort(): void {
    const sink = this.#sink;
    this.#sink = null;
    sink?.abort();
  }

  /** Hands the message over: its replies. Must not be called after a refusal. */
  end(): Promise<readonly SmtpReply[]> {
    const sink = this.#sink!;
    this.#sink = null;
    try {
      return sink.end();
    } catch (error) {
      return Promise.reject(error);
    }
  }
}

/** From an accepted MAIL to the message, RSET or a new EHLO. */
export class Transaction implements Envelope {
  readonly reversePath: ReversePath;
  readonly parameters: MailParameters;
  readonly recipients: EnvelopeRecipient[] = [];
  /** RCPT was tried, whatever came of it. */
  recipientTried = false;
  intake: MessageIntake | null = null;
  /** While DATA is read. */
  scanner: DataScanner | null = null;
  /** While BDAT chunks of text are read. */
  checker: TextChecker | null = null;
  startedMs = 0;

  constructor(reversePath: ReversePath, parameters: MailParameters) {
    this.reversePath = reversePath;
    this.parameters = parameters;
  }
}
