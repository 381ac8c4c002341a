// UTF8, RFC 6856 §2: from now on headers and addresses go out as they are stored.
import type { Pop3Dialog } from '../dialog.ts';

/** Turns UTF-8 mode on. */
export function runUtf8(dialog: Pop3Dialog): void {
  dialog.state.utf8 = true;
  dialog.ok('UTF-8 it is');
}
