// SUBSCRIBE and UNSUBSCRIBE, RFC 9051 §6.3.7 and §6.3.8.
import type { CommandCursor } from '../../grammar/cursor.ts';
import { parseMailbox } from '../../grammar/mailbox.ts';
import { command } from '../command-spec.ts';
import type { ImapDialog } from '../dialog.ts';
import { ok } from '../outcome.ts';

function parse(cursor: CommandCursor, dialog: ImapDialog): string {
  cursor.space();
  const mailbox = parseMailbox(cursor, dialog.utf8);
  cursor.end();
  return mailbox;
}

export const SUBSCRIBE = command<string>({
  phase: 'authenticated',
  parse,
  async run(dialog, mailbox) {
    await dialog.account.subscribe(mailbox);
    return ok('Subscribed');
  },
  news: 'all',
});

export const UNSUBSCRIBE = command<string>({
  phase: 'authenticated',
  parse,
  async run(dialog, mailbox) {
    await dialog.account.unsubscribe(mailbox);
    return ok('No longer subscribed');
  },
  news: 'all',
});
