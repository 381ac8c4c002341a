// DATA: RFC 5321 §4.1.1.4.
import { isPromise } from '../../../../base/async/maybe-promise.ts';
import { reply, type SmtpReply } from '../../reply.ts';
import type { SmtpDialog } from '../dialog.ts';
import { DataScanner } from '../text-scan.ts';
import { isOutOfOrder, messageRefusal, openMessage } from './open-message.ts';

const UNEXPECTED_ARGUMENT = reply(501, '5.5.4', 'DATA takes no argument');
const CHUNKS_BEGUN = reply(503, '5.5.1', 'The message came in BDAT chunks: go on with BDAT');
const NEEDS_BDAT = reply(503, '5.5.1', 'BODY=BINARYMIME needs BDAT');

/** DATA: from the 354 on, everything up to CRLF.CRLF is the message. */
export function data(dialog: SmtpDialog, argument: string): void | Promise<void> {
  const refusal = argument === '' ? (messageRefusal(dialog) ?? chunkRefusal(dialog)) : UNEXPECTED_ARGUMENT;
  if (refusal !== null) return refuse(dialog, refusal);
  const verdict = openMessage(dialog, dialog.transaction!);
  return isPromise(verdict) ? verdict.then((v) => decided(dialog, v)) : decided(dialog, verdict);
}

/** RFC 3030 §2, §3. */
function chunkRefusal(dialog: SmtpDialog): SmtpReply | null {
  if (dialog.transaction!.intake !== null) return CHUNKS_BEGUN;
  return dialog.transaction!.parameters.body === 'BINARYMIME' ? NEEDS_BDAT : null;
}

function decided(dialog: SmtpDialog, refusal: SmtpReply | null): void {
  if (dialog.ended) return;
  if (refusal !== null) {
    refuse(dialog, refusal);
    return;
  }
  const { limits } = dialog.config;
  dialog.transaction!.scanner = new DataScanner(limits.textLineMaxOctets);
  dialog.mode = 'data';
  dialog.expectWithin(limits.dataTimeoutMs);
  dialog.answer(354, '', 'Send the message, end with CRLF.CRLF');
}

/**
 * What follows a refused DATA in the same flight may be a message (RFC 2920 §3.1 forbids sending it yet) and must not be
 * read as commands.
 */
function refuse(dialog: SmtpDialog, refusal: SmtpReply): void {
  dialog.send(refusal);
  if (dialog.hasInput) dialog.end(421, '4.5.0', 'DATA was refused, and something followed it unasked');
  else if (isOutOfOrder(dialog)) dialog.countBadSequence();
  else if (dialog.transaction === null) dialog.budget.countIdleCommand();
}
