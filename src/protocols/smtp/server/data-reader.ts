// The text of DATA: RFC 5321 §4.1.1.4, §4.5.2.
import { isPromise } from '../../../base/async/maybe-promise.ts';
import type { SmtpDialog } from './dialog.ts';
import type { Transaction } from './transaction.ts';

/** Passes on one run of message content, or comes to the end of the message. */
export function readData(dialog: SmtpDialog, input: Buffer, at: number): boolean {
  const transaction = dialog.transaction!;
  const intake = transaction.intake!;
  const scanner = transaction.scanner!;
  if (at === 0 && trickles(dialog, transaction)) return true;
  const next = scanner.next(input, at);
  dialog.take(input, next);
  if (scanner.fault !== null) dialog.refuseText(intake, scanner.fault);
  if (scanner.to > scanner.from) {
    const pending = intake.write(input.subarray(scanner.from, scanner.to));
    if (isPromise(pending)) dialog.waitFor(pending);
  } else if (intake.refusal !== null) {
    intake.octets += next - at;
  }
  if (scanner.done) dialog.perform(finishData, transaction);
  else if (intake.octets > dialog.config.limits.swallowMaxBytes)
    dialog.end(421, '4.3.0', 'Too much of a refused message');
  return true;
}

function finishData(dialog: SmtpDialog, transaction: Transaction): void | Promise<void> {
  return dialog.finishMessage(transaction);
}

/** Ends a connection whose message takes for ever; whether it did. */
export function trickles(dialog: SmtpDialog, transaction: Transaction): boolean {
  const { clock, limits } = dialog.config;
  if (clock.monotonic() - transaction.startedMs <= limits.messageTimeoutMs) return false;
  dialog.end(421, '4.4.2', 'The message took too long');
  return true;
}
