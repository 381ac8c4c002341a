// DELE, RFC 1939 §5: a mark, no more; QUIT removes.
import type { Pop3CommandOf } from '../../commands.ts';
import type { Pop3Dialog } from '../dialog.ts';

/** Marks a message as deleted. */
export function runDele(dialog: Pop3Dialog, command: Pop3CommandOf<'DELE'>): void {
  const index = dialog.requireMessage(command.message);
  if (index < 0) return;
  dialog.markDeleted(index);
  dialog.ok('Marked for deletion at QUIT');
}
