// QUIT, RFC 1939 §4 and §6: the only command that removes messages. The lock is given back before the answer, so that a
// client that signs in again at once is let in.
import { MailError } from '../../../../base/errors/mail-error.ts';
import type { Pop3Dialog } from '../dialog.ts';

/** Removes what is marked and ends the session. */
export async function runQuit(dialog: Pop3Dialog): Promise<void> {
  if (dialog.phase === 'transaction') await update(dialog);
  else dialog.ok('Goodbye');
  dialog.transport.end();
}

async function update(dialog: Pop3Dialog): Promise<void> {
  const indexes = dialog.deletedIndexes();
  let failure: unknown = null;
  dialog.phase = 'update';
  try {
    if (indexes.length > 0) await dialog.maildrop.remove(indexes);
  } catch (error) {
    failure = error;
  }
  await dialog.release();
  if (failure === null) {
    dialog.ok(indexes.length === 0 ? 'Goodbye' : `Goodbye, ${indexes.length} messages deleted`);
    return;
  }
  dialog.log.error({ error: failure, messages: indexes.length }, 'deleted messages could not be removed');
  const temporary = !(failure instanceof MailError) || failure.temporary;
  dialog.error(temporary ? 'SYS/TEMP' : 'SYS/PERM', 'The marked messages could not be deleted, they are still there');
}
