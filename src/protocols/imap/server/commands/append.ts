// APPEND, RFC 9051 §6.3.12, with several messages (RFC 3502), literal8 (RFC 3516), UTF8 (RFC 6855 §4) and CATENATE (RFC
// 4469). The octets stream to the account as they arrive; the command's text goes on between them.
import { MailError } from '../../../../base/errors/mail-error.ts';
import { SyntaxFault } from '../../../../base/errors/syntax-fault.ts';
import { formatNumberSet, toNumberSet } from '../../../../formats/number-set.ts';
import { CommandCursor } from '../../grammar/cursor.ts';
import { parseDateTime } from '../../grammar/date.ts';
import { parseFlagList } from '../../grammar/flags.ts';
import { parseMailbox } from '../../grammar/mailbox.ts';
import { responseCode } from '../../codes.ts';
import { APPEND_MESSAGES_MAX } from '../../limits.ts';
import { literalAtEnd, type LiteralAhead } from '../command-reader.ts';
import type { ImapDialog } from '../dialog.ts';
import { bad, no, ok, type Outcome } from '../outcome.ts';
import type { AppendOptions, ImapAppend, ImapAppendMessage } from '../session.ts';
import { synchronize } from '../synchronize.ts';

const APPEND = /^[^ ]+ APPEND /iu;

/** Whether the literal that this text ends with is a message of APPEND: it is not gathered but streamed. */
export function isStreamed(dialog: ImapDialog, text: string): boolean {
  if (dialog.phase !== 'authenticated' && dialog.phase !== 'selected') return false;
  const start = APPEND.exec(text);
  if (start === null) return false;
  // The mailbox itself may be a literal.
  return !/^~?\{[0-9]+\+?\}\r\n$/u.test(text.slice(start[0].length));
}

/** Runs an APPEND from the text up to its first message's literal. */
export async function runStreamed(dialog: ImapDialog, text: string): Promise<Outcome> {
  const reading = new AppendReading(dialog, text);
  const outcome = await reading.run();
  await synchronize(dialog, true);
  return outcome;
}

/** The octets of a literal are on their way, or nothing more comes. */
type Ended = 'ended';

class AppendReading {
  readonly #dialog: ImapDialog;
  #cursor: CommandCursor;
  #literal: LiteralAhead | null;
  #append: ImapAppend | null = null;
  #refusal: Outcome | null = null;
  #messages = 0;
  #mailbox = '';

  constructor(dialog: ImapDialog, text: string) {
    this.#dialog = dialog;
    const line = text.slice(0, -2);
    this.#cursor = new CommandCursor(line, APPEND.exec(line)?.[0].length ?? 0);
    this.#literal = literalAtEnd(line);
  }

  async run(): Promise<Outcome> {
    try {
      this.#mailbox = parseMailbox(this.#cursor, this.#dialog.utf8);
      do {
        const ended = await this.#readMessage();
        if (ended === 'ended') return this.#refusal ?? no(null, 'The connection is gone');
      } while (!this.#cursor.atEnd);
      return this.#refusal ?? (await this.#commit());
    } catch (error) {
      if (!(error instanceof SyntaxFault)) throw error;
      await this.#skipRest();
      throw error;
    } finally {
      this.#append?.abort();
    }
  }

  async #commit(): Promise<Outcome> {
    const append = this.#append;
    if (append === null) return bad('Nothing to append');
    try {
      const { uidValidity, uids } = await append.commit();
      this.#append = null;
      const set = isAscending(uids) ? formatNumberSet(toNumberSet(uids)) : uids.join(',');
      return ok('Appended', `APPENDUID ${uidValidity} ${set}`);
    } catch (error) {
      return this.#toOutcome(error);
    }
  }

  /** One message with its flags and date; 'ended' when nothing further can be read. */
  async #readMessage(): Promise<Ended | null> {
    const cursor = this.#cursor;
    cursor.space();
    if (++this.#messages > APPEND_MESSAGES_MAX) throw cursor.fault(`at most ${APPEND_MESSAGES_MAX} messages`);
    let flags = { flags: 0, keywords: '' };
    if (cursor.peek() === '(') {
      flags = parseFlagList(cursor, false);
      cursor.space();
    }
    let internalDate = null;
    if (cursor.peek() === '"') {
      internalDate = parseDateTime(cursor);
      cursor.space();
    }
    const inUtf8 = cursor.skipKeyword('UTF8');
    if (inUtf8) {
      if (!this.#dialog.utf8) throw cursor.fault('ENABLE UTF8=ACCEPT first, or a literal');
      cursor.expect(' (');
    }
    const literal = this.#takeLiteralHead();
    if (literal.octets === 0) this.#refusal ??= no('CANNOT', 'A message without octets is none');
    const options = { ...flags, internalDate, octets: literal.octets, eightBit: literal.binary };
    const ended = await this.#readOctets(literal, options);
    if (ended !== null) return ended;
    if (inUtf8) this.#cursor.expect(')');
    return null;
  }

  #takeLiteralHead(): LiteralAhead {
    const cursor = this.#cursor;
    const literal = this.#literal;
    if (literal === null || !/^~?\{[0-9]+\+?\}$/u.test(cursor.text.slice(cursor.position))) {
      throw cursor.fault('a literal');
    }
    this.#literal = null;
    return literal;
  }

  async #readOctets(literal: LiteralAhead, options: AppendOptions): Promise<Ended | null> {
    const message = await this.#open(options);
    if (literal.synchronizing) {
      // RFC 9051 §4.3: without the + the client does not send it, and the command is over.
      if (message === null) return 'ended';
      this.#dialog.output.line('+ Go on');
    }
    const whole = await this.#dialog.transport.readLiteral(literal.octets, (piece) =>
      this.#refusal === null && message !== null ? this.#write(message, piece, options.eightBit) : undefined,
    );
    if (!whole) return 'ended';
    return this.#readLine();
  }

  async #open(options: AppendOptions): Promise<ImapAppendMessage | null> {
    if (this.#refusal !== null) return null;
    const { account } = this.#dialog;
    try {
      if (options.octets > account.appendMaxOctets) {
        throw new MailError('message-too-large', 'The message is too large', { temporary: false });
      }
      this.#append ??= await account.append(this.#mailbox);
      return await this.#append.open(options);
    } catch (error) {
      this.#refusal = this.#toOutcome(error);
      return null;
    }
  }

  async #write(message: ImapAppendMessage, piece: Buffer, eightBit: boolean): Promise<void> {
    try {
      if (!eightBit && piece.includes(0)) {
        throw new MailError('content-refused', 'The message contains NUL', { temporary: false });
      }
      await message.write(piece);
    } catch (error) {
      this.#refusal = this.#toOutcome(error);
    }
  }

  /** The command goes on behind a literal. */
  async #readLine(): Promise<Ended | null> {
    const line = (await this.#dialog.transport.nextLine())?.toString('latin1') ?? null;
    if (line === null) return 'ended';
    this.#cursor = new CommandCursor(line);
    this.#literal = literalAtEnd(line);
    return null;
  }

  /** After a fault: octets that come without being asked for are no commands. */
  async #skipRest(): Promise<void> {
    let skipped = 0;
    const { limits } = this.#dialog.parts;
    while (this.#literal !== null && !this.#literal.synchronizing) {
      skipped += this.#literal.octets;
      if (skipped > limits.swallowMaxOctets) {
        this.#dialog.bye('[TOOBIG] Literal too large');
        return;
      }
      if (!(await this.#dialog.transport.readLiteral(this.#literal.octets, () => {}))) return;
      if ((await this.#readLine()) === 'ended') return;
    }
  }

  #toOutcome(error: unknown): Outcome {
    if (!(error instanceof MailError)) {
      this.#dialog.parts.log.error({ error }, 'APPEND failed');
      return no('SERVERBUG', 'Something went wrong here, try again later');
    }
    if (error.code === 'mailbox-unknown') return no('TRYCREATE', error.publicText);
    return no(responseCode(error), error.publicText);
  }
}

function isAscending(uids: readonly number[]): boolean {
  return uids.every((uid, i) => i === 0 || uid > uids[i - 1]!);
}
