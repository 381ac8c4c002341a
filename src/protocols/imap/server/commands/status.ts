// STATUS, RFC 9051 §6.3.11.
import { parseMailbox } from '../../grammar/mailbox.ts';
import { formatStatus, parseStatusItems, statusColumns, type StatusName } from '../../grammar/status-items.ts';
import { command } from '../command-spec.ts';
import { enableCondStore } from './enable.ts';
import { ok } from '../outcome.ts';

interface StatusArguments {
  readonly mailbox: string;
  readonly items: readonly StatusName[];
}

export const STATUS = command<StatusArguments>({
  phase: 'authenticated',
  parse(cursor, dialog) {
    cursor.space();
    const mailbox = parseMailbox(cursor, dialog.utf8);
    cursor.space();
    const items = parseStatusItems(cursor);
    cursor.end();
    return { mailbox, items };
  },
  async run(dialog, { mailbox, items }) {
    if (items.includes('HIGHESTMODSEQ')) enableCondStore(dialog);
    const status = await dialog.account.status(mailbox, statusColumns(items));
    const values = formatStatus(items, status, dialog.account.appendMaxOctets);
    dialog.untagged(`STATUS ${dialog.mailbox(mailbox)} (${values})`);
    return ok('That is how it stands');
  },
  news: 'all',
});
