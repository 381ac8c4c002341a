// What DATA and the first BDAT have in common: may a message come now, and where does it go.
import { isPromise, type MaybePromise } from '../../../../base/async/maybe-promise.ts';
import { reply, type SmtpReply } from '../../reply.ts';
import type { SmtpDialog } from '../dialog.ts';
import type { MessageSink } from '../session.ts';
import { MessageIntake, type Transaction } from '../transaction.ts';

/** Why no message may come now, or null. RFC 5321 §3.3, RFC 2033 §4.2, RFC 2920 §3.1. */
export function messageRefusal(dialog: SmtpDialog): SmtpReply | null {
  const { transaction } = dialog;
  if (transaction === null) return reply(503, '5.5.1', 'Say MAIL and RCPT first');
  if (transaction.recipients.length > 0) return null;
  if (transaction.recipientTried && !dialog.config.lmtp) return reply(554, '5.5.1', 'No recipient was accepted');
  return reply(503, '5.5.1', transaction.recipientTried ? 'No recipient was accepted' : 'Say RCPT first');
}

/** Whether a message came where no flight could have foreseen that it would not be taken (RFC 2920 §3.1). */
export function isOutOfOrder(dialog: SmtpDialog): boolean {
  return dialog.transaction === null ? !dialog.mailRefused : !dialog.transaction.recipientTried;
}

/** Opens the session's sink: null when it stands, or the refusal. */
export function openMessage(dialog: SmtpDialog, transaction: Transaction): MaybePromise<SmtpReply | null> {
  const answer = dialog.session.message(transaction, dialog.state);
  return isPromise(answer) ? answer.then((a) => opened(dialog, transaction, a)) : opened(dialog, transaction, answer);
}

function opened(dialog: SmtpDialog, transaction: Transaction, answer: MessageSink | SmtpReply): SmtpReply | null {
  if (!('write' in answer)) return answer;
  if (dialog.ended) {
    answer.abort();
    return null;
  }
  const { limits, clock } = dialog.config;
  transaction.intake = new MessageIntake(answer, limits.messageMaxBytes, (error) => dialog.failureReply(error));
  transaction.startedMs = clock.monotonic();
  return null;
}
