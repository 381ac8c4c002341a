// RENAME, RFC 9051 §6.3.6. INBOX is special: its messages move, it stays.
import { parseMailbox } from '../../grammar/mailbox.ts';
import { command } from '../command-spec.ts';
import { ok } from '../outcome.ts';

interface RenameArguments {
  readonly from: string;
  readonly to: string;
}

export const RENAME = command<RenameArguments>({
  phase: 'authenticated',
  parse(cursor, dialog) {
    cursor.space();
    const from = parseMailbox(cursor, dialog.utf8);
    cursor.space();
    const to = parseMailbox(cursor, dialog.utf8);
    cursor.end();
    return { from, to };
  },
  async run(dialog, { from, to }) {
    await dialog.account.rename(from, to);
    return ok('Renamed');
  },
  news: 'all',
});
