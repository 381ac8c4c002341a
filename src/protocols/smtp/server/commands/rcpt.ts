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
  if (transaction === null) return dialog.outOfOrder('Say MAIL first');
  if (transaction.intake !== null) return dialog.outOfOrder('The message has begun: no more recipients');
  transaction.recipientTried = true;
  if (!TO.test(argument)) throw new SyntaxFault('RCPT TO:<address>', 0);
  const smtputf8 = transaction.parameters.smtputf8 === true;
  const recipient = parseRcptArgument(argument.slice(3), dialog.parameterRules(), smtputf8);
  if (transaction.recipients.length >= dialog.config.limits.recipientsMax) {
    return dialog.answer(452, '4.5.3', 'Too many recipients: send the rest in another transaction');
  }
  const verdict = dialog.session.rcpt(recipient, dialog.state);
  return isPromise(verdict) ? verdict.then((v) => decided(dialog, recipient, v)) : decided(dialog, recipient, verdict);
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
