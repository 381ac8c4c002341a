// NOOP: RFC 5321 §4.1.1.9.
import type { SmtpDialog } from '../dialog.ts';

/** NOOP, with any argument. */
export function noop(dialog: SmtpDialog): void {
  dialog.budget.countIdleCommand();
  if (!dialog.endWhenSpent()) dialog.answer(250, '2.0.0', 'Done');
}
