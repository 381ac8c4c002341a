// MAIL: RFC 5321 §4.1.1.2. Opens a transaction.
import { isPromise } from '../../../../base/async/maybe-promise.ts';
import { SyntaxFault } from '../../../../base/errors/syntax-fault.ts';
import { parseMailArgument, type ParsedMail } from '../../parse.ts';
import type { SmtpReply } from '../../reply.ts';
import type { SmtpDialog } from '../dialog.ts';
import { TOO_LARGE, Transaction } from '../transaction.ts';

const FROM = /^FROM:/i;

/** MAIL FROM:<reverse-path> with its parameters. */
export function mail(dialog: SmtpDialog, argument: string): void | Promise<void> {
  if (dialog.state.helo === '') return dialog.outOfOrder(dialog.config.lmtp ? 'Say LHLO first' : 'Say EHLO first');
  if (dialog.transaction !== null) return dialog.outOfOrder('A transaction is open: RSET ends it');
  // Until it is accepted.
  dialog.mailRefused = true;
  if (!FROM.test(argument)) throw new SyntaxFault('MAIL FROM:<address>', 0);
  const parsed = parseMailArgument(argument.slice(5), dialog.parameterRules());
  if ((parsed.parameters.size ?? 0) > dialog.config.limits.messageMaxBytes) return decided(dialog, parsed, TOO_LARGE);
  return ask(dialog, parsed);
}

/** What follows a refused MAIL in the same flight is no fault of the client (RFC 2920 §3.1). */
function ask(dialog: SmtpDialog, parsed: ParsedMail): void | Promise<void> {
  const failed = (error: unknown): void => decided(dialog, parsed, dialog.failureReply(error));
  try {
    const verdict = dialog.session.mail(parsed.reversePath, parsed.parameters, dialog.state);
    return isPromise(verdict)
      ? verdict.then((v) => decided(dialog, parsed, v), failed)
      : decided(dialog, parsed, verdict);
  } catch (error) {
    return failed(error);
  }
}

function decided(dialog: SmtpDialog, parsed: ParsedMail, refusal: SmtpReply | null): void {
  if (refusal !== null) {
    dialog.mailRefused = true;
    dialog.send(refusal);
    dialog.budget.countIdleCommand();
    dialog.endWhenSpent();
    return undefined;
  }
  dialog.mailRefused = false;
  dialog.transaction = new Transaction(parsed.reversePath, parsed.parameters);
  return dialog.answer(250, '2.1.0', 'Sender accepted');
}
