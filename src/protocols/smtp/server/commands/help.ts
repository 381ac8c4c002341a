// HELP: RFC 5321 §4.1.1.8.
import type { SmtpDialog } from '../dialog.ts';

/** HELP, with any argument. */
export function help(dialog: SmtpDialog): void {
  dialog.budget.countIdleCommand();
  if (dialog.endWhenSpent()) return;
  const hello = dialog.config.lmtp ? 'LHLO' : 'EHLO HELO';
  dialog.answer(214, '2.0.0', `${hello} MAIL RCPT DATA BDAT RSET NOOP VRFY STARTTLS AUTH QUIT: RFC 5321`);
}
