// VRFY and EXPN: RFC 5321 §3.5. Neither tells a stranger who lives here (§7.3).
import type { SmtpDialog } from '../dialog.ts';

/** VRFY: neither yes nor no. */
export function vrfy(dialog: SmtpDialog, argument: string): void {
  if (argument === '') {
    dialog.fault(501, '5.5.4', 'VRFY needs an address');
    return;
  }
  dialog.budget.countIdleCommand();
  if (!dialog.endWhenSpent()) dialog.answer(252, '2.5.2', 'Cannot verify, but will try to deliver');
}

/** EXPN: no. */
export function expn(dialog: SmtpDialog): void {
  dialog.budget.countIdleCommand();
  if (!dialog.endWhenSpent()) dialog.answer(502, '5.5.1', 'Lists are not shown here');
}
