// What one client may get wrong, or do in vain, before we end the connection; and how slowly we answer until then.
import type { SmtpServerLimits } from './limits.ts';

export class FaultBudget {
  readonly #limits: SmtpServerLimits;
  #errors = 0;
  #badSequences = 0;
  #idleCommands = 0;
  #commandsBeforeSignIn = 0;
  #refusedRecipients = 0;
  #delayMs = 0;

  constructor(limits: SmtpServerLimits) {
    this.#limits = limits;
  }

  /** Some limit is exceeded. */
  get spent(): boolean {
    const limits = this.#limits;
    return (
      this.#errors > limits.errorsMax ||
      this.#badSequences > limits.badSequencesMax ||
      this.#idleCommands > limits.idleCommandsMax ||
      this.#commandsBeforeSignIn > limits.unauthenticatedCommandsMax ||
      this.#refusedRecipients > limits.refusedRecipientsMax
    );
  }

  /** The delay that the next answer has earned; it is taken once. */
  takeDelayMs(): number {
    const delayMs = this.#delayMs;
    this.#delayMs = 0;
    return delayMs;
  }

  countError(): void {
    const { errorsWithoutDelay, errorDelayMs, errorDelayMaxMs } = this.#limits;
    const delayed = ++this.#errors - errorsWithoutDelay;
    if (delayed > 0) this.#delayMs = Math.min(errorDelayMaxMs, errorDelayMs * 2 ** (delayed - 1));
  }

  countBadSequence(): void {
    this.#badSequences++;
    this.countError();
  }

  /** A command that brings no message forward. */
  countIdleCommand(): void {
    this.#idleCommands++;
  }

  countCommandBeforeSignIn(): void {
    this.#commandsBeforeSignIn++;
  }

  countRefusedRecipient(): void {
    this.#refusedRecipients++;
  }

  /** A message came to its end, whatever its fate. */
  messageDone(): void {
    this.#idleCommands = 0;
  }
}
