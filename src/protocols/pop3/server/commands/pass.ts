// PASS, RFC 1939 §7.
import type { Pop3CommandOf } from '../../commands.ts';
import type { Pop3Dialog } from '../dialog.ts';
import { passwordRefusal } from './user.ts';

/** Signs in with the name that USER gave. */
export async function runPass(dialog: Pop3Dialog, command: Pop3CommandOf<'PASS'>): Promise<void> {
  const name = dialog.userName;
  if (!dialog.session.passwordAllowed(dialog.state)) {
    dialog.error('AUTH', passwordRefusal(dialog));
    return;
  }
  if (name === null) {
    dialog.error(null, 'USER first');
    return;
  }
  dialog.userName = null;
  const verdict = await dialog.session.checkPassword(name, command.password, dialog.state);
  if (verdict.kind === 'success') await dialog.enter(verdict.account);
  else await dialog.refuseSignIn(verdict.temporary, verdict.reason);
}
