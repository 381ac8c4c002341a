// USER, RFC 1939 §7. Every name gets +OK: who has a mailbox here is nobody's business.
import type { Pop3CommandOf } from '../../commands.ts';
import type { Pop3Dialog } from '../dialog.ts';

/** Keeps the name for PASS. */
export function runUser(dialog: Pop3Dialog, command: Pop3CommandOf<'USER'>): void {
  if (!dialog.session.passwordAllowed(dialog.state)) {
    dialog.error('AUTH', passwordRefusal(dialog));
    return;
  }
  dialog.userName = command.name;
  dialog.ok('Password, please');
}

/** Why USER and PASS are not possible here, and what to do. */
export function passwordRefusal(dialog: Pop3Dialog): string {
  if (dialog.state.tls !== null) return 'USER and PASS are not possible here, use AUTH';
  return dialog.transport.tlsOffered ? 'Encryption first, use STLS' : 'Encryption is required';
}
