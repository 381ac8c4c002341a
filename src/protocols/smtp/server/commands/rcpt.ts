// RCPT: RFC 5321 §4.1.1.3.
import { isPromise } from '../../../../base/async/maybe-promise.ts';
import { SyntaxFault } from '../../../../base/errors/syntax-fault.ts';
import type { EnvelopeRecipient } from '../../envelope.ts';
import { parseRcptArgument } from '../../parse.ts';
import type { SmtpReply } from '../../reply.ts';
import type { SmtpDialog } from '../dialog.ts';

const TO = /^TO:/i;

/** RCPT TO:<forward-path> with its parameters. */
export function rcpt(dialog: SmtpDialog, argument: string): void | Promise<void> {
  const { transaction } = dialog;
  if (transaction === null) return withoutTransaction(dialog);
  if (transaction.intake !== null) return dialog.outOfOrder('The message has begun: no more recipients');
  transaction.recipientTried = true;
  if (!TO.test(argument)) throw new SyntaxFault('RCPT TO:<address>', 0);
  const smtputf8 = transaction.parameters.smtputf8 === true;
  const recipient = parseRcptArgument(argument.slice(3), dialog.parameterRules(), smtputf8);
  if (transaction.recipients.length >= dialog.config.limits.recipientsMax) {
    return dialog.answer(452, '4.5.3', 'Too many recipients: send the rest in another transaction');
  }
  return ask(dialog, recipient);
}

/** RFC 2920 §3.1: who sends a whole flight could not know that MAIL would be refused. */
function withoutTransaction(dialog: SmtpDialog): void {
  if (!dialog.mailRefused) return dialog.outOfOrder('Say MAIL first');
  dialog.answer(503, '5.5.1', 'The sender was not accepted');
  dialog.budget.countRefusedRecipient();
  dialog.endWhenSpent();
  return undefined;
}

function ask(dialog: SmtpDialog, recipient: EnvelopeRecipient): void | Promise<void> {
  const failed = (error: unknown): void => decided(dialog, recipient, dialog.failureReply(error));
  try {
    const verdict = dialog.session.rcpt(recipient, dialog.state);
    if (isPromise(verdict)) return verdict.then((v) => decided(dialog, recipient, v), failed);
    return decided(dialog, recipient, verdict);
  } catch (error) {
    return failed(error);
  }
}

function decided(dialog: SmtpDialog, recipient: EnvelopeRecipient, refusal: SmtpReply | null): void {
  if (refusal === null) {
    dialog.transaction?.recipients.push(recipient);
    return dialog.answer(250, '2.1.5', 'Recipient accepted');
  }
  dialog.send(refusal);
  dialog.budget.countRefusedRecipient();
  dialog.endWhenSpent();
  return undefined;
}
