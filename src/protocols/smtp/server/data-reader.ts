// The text of DATA: RFC 5321 §4.1.1.4, §4.5.2.
import { isPromise } from '../../../base/async/maybe-promise.ts';
import type { SmtpDialog } from './dialog.ts';
import type { Transaction } from './transaction.ts';

/** Passes on the content in `input`, in one piece, up to the end of the message. */
export function readData(dialog: SmtpDialog, input: Buffer, at: number): boolean {
  const transaction = dialog.transaction!;
  const intake = transaction.intake!;
  const scanner = transaction.scanner!;
  if (at === 0 && trickles(dialog, transaction)) return true;
  const next = scanner.unstuff(input, at);
  dialog.take(input, next);
  if (scanner.fault !== null) dialog.refuseText(intake, scanner.fault);
  let pending: void | Promise<void> = undefined;
  if (intake.refusal !== null) intake.octets += next - at;
  else if (scanner.to > scanner.from) pending = intake.write(input.subarray(scanner.from, scanner.to));
  if (scanner.done) dialog.perform(finishData, pending);
  else if (intake.octets > dialog.config.limits.swallowMaxBytes)
    dialog.end(421, '4.3.0', 'Too much of a refused message');
  else if (isPromise(pending)) dialog.waitForContent(pending);
  return true;
}

/** `pending`: the last octets are still being written. */
function finishData(dialog: SmtpDialog, pending: void | Promise<void>): void | Promise<void> {
  const finish = (): void | Promise<void> => (dialog.ended ? undefined : dialog.finishMessage(dialog.transaction!));
  return isPromise(pending) ? pending.then(finish) : finish();
}

/** Ends a connection whose message takes for ever; whether it did. */
export function trickles(dialog: SmtpDialog, transaction: Transaction): boolean {
  const { clock, limits } = dialog.config;
  if (clock.monotonic() - transaction.startedMs <= limits.messageTimeoutMs) return false;
  dialog.end(421, '4.4.2', 'The message took too long');
  return true;
}
