// QUIT: RFC 5321 §4.1.1.10.
import type { SmtpDialog } from '../dialog.ts';

/** QUIT: ends the connection. */
export function quit(dialog: SmtpDialog, argument: string): void {
  if (argument === '') dialog.quit('Goodbye');
  else dialog.fault(501, '5.5.4', 'QUIT takes no argument');
}
