// The octets of BDAT chunks: RFC 3030 §2. Their number is known beforehand, so that a refused chunk is read to its end.
import { isPromise } from '../../../base/async/maybe-promise.ts';
import { trickles } from './data-reader.ts';
import type { SmtpDialog } from './dialog.ts';
import type { Transaction } from './transaction.ts';

/** What DATA would have made sure of: text ends with a line ending. */
const CRLF = Buffer.from('\r\n');

/** Passes on the octets of a chunk, or comes to its end. */
export function readChunk(dialog: SmtpDialog, input: Buffer, at: number): boolean {
  const chunk = dialog.chunk!;
  const end = Math.min(input.length, at + chunk.left);
  const { transaction } = dialog;
  if (transaction !== null && trickles(dialog, transaction)) return true;
  dialog.take(input, end);
  chunk.left -= end - at;
  const pending = chunk.refusal === null ? takeContent(dialog, transaction!, input.subarray(at, end)) : undefined;
  if (chunk.left === 0) dialog.perform(endChunk, pending);
  else if (isPromise(pending)) dialog.waitForContent(pending);
  return true;
}

function takeContent(dialog: SmtpDialog, transaction: Transaction, content: Buffer): void | Promise<void> {
  const intake = transaction.intake!;
  if (intake.refusal !== null) return undefined;
  const fault = transaction.checker?.check(content) ?? null;
  if (fault === null) return intake.write(content);
  dialog.refuseText(intake, fault);
  return undefined;
}

/** All octets of the chunk are here; `pending`: the last of them are still being written. */
export function endChunk(dialog: SmtpDialog, pending: void | Promise<void>): void | Promise<void> {
  dialog.mode = 'command';
  return isPromise(pending) ? pending.then(() => answerChunk(dialog)) : answerChunk(dialog);
}

function answerChunk(dialog: SmtpDialog): void | Promise<void> {
  if (dialog.ended) return undefined;
  const chunk = dialog.chunk!;
  dialog.chunk = null;
  dialog.expectWithin(dialog.config.limits.commandTimeoutMs);
  if (chunk.refusal !== null) return dialog.send(chunk.refusal);
  const transaction = dialog.transaction!;
  const intake = transaction.intake!;
  if (chunk.last) return endMessage(dialog, transaction);
  if (intake.refusal === null) return dialog.answer(250, '2.0.0', `Chunk of ${chunk.octets} octets taken`);
  dialog.send(intake.refusal);
  dialog.forgetTransaction();
  dialog.endWhenSpent();
  return undefined;
}

function endMessage(dialog: SmtpDialog, transaction: Transaction): void | Promise<void> {
  const { checker } = transaction;
  const intake = transaction.intake!;
  if (checker === null || intake.refusal !== null) return dialog.finishMessage(transaction);
  const fault = checker.finish();
  if (fault !== null) dialog.refuseText(intake, fault);
  else if (!checker.atLineStart) {
    const pending = intake.write(CRLF);
    if (isPromise(pending)) return pending.then(() => dialog.finishMessage(transaction));
  }
  return dialog.finishMessage(transaction);
}
