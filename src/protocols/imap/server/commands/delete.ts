// DELETE, RFC 9051 §6.3.5.
import { parseMailbox } from '../../grammar/mailbox.ts';
import { command } from '../command-spec.ts';
import { ok } from '../outcome.ts';

export const DELETE = command<string>({
  phase: 'authenticated',
  parse(cursor, dialog) {
    cursor.space();
    const mailbox = parseMailbox(cursor, dialog.utf8);
    cursor.end();
    return mailbox;
  },
  async run(dialog, mailbox) {
    await dialog.account.delete(mailbox);
    // Its own mailbox: the client knows that it is gone, and shall not hear BYE for it.
    if (dialog.selected?.mailbox.name === mailbox) {
      dialog.unselect();
      dialog.untagged('OK [CLOSED] The selected mailbox is gone');
    }
    return ok('Deleted');
  },
  news: 'all',
});
