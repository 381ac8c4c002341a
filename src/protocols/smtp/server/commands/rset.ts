// RSET: RFC 5321 §4.1.1.5.
import type { SmtpDialog } from '../dialog.ts';

/** RSET: forgets the transaction. */
export function rset(dialog: SmtpDialog, argument: string): void {
  if (argument !== '') {
    dialog.fault(501, '5.5.4', 'RSET takes no argument');
    return;
  }
  if (dialog.transaction === null) dialog.budget.countIdleCommand();
  if (dialog.endWhenSpent()) return;
  dialog.forgetTransaction();
  dialog.mailRefused = false;
  dialog.answer(250, '2.0.0', 'Forgotten');
}
