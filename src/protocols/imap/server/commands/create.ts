// CREATE, RFC 9051 §6.3.4, with special uses (RFC 6154 §3) and the MAILBOXID in the answer (RFC 8474 §4.2).
import type { CommandCursor } from '../../grammar/cursor.ts';
import { parseMailbox } from '../../grammar/mailbox.ts';
import { command } from '../command-spec.ts';
import { no, ok } from '../outcome.ts';
import type { MailboxRole } from '../session.ts';

const ROLES: readonly string[] = ['all', 'archive', 'drafts', 'flagged', 'important', 'junk', 'sent', 'trash'];

interface CreateArguments {
  readonly mailbox: string;
  readonly roles: readonly string[];
}

function parseUses(cursor: CommandCursor): readonly string[] {
  cursor.expect('(');
  if (!cursor.skipKeyword('USE')) throw cursor.fault('USE');
  cursor.space();
  const uses = cursor.list(
    () => {
      cursor.expect('\\');
      return cursor.keyword('a special use').toLowerCase();
    },
    8,
    0,
  );
  cursor.expect(')');
  return uses;
}

export const CREATE = command<CreateArguments>({
  phase: 'authenticated',
  parse(cursor, dialog) {
    cursor.space();
    const mailbox = parseMailbox(cursor, dialog.utf8);
    const roles = cursor.skip(' ') ? parseUses(cursor) : [];
    cursor.end();
    // RFC 9051 §6.3.4: a separator at the end only says that children will follow.
    return { mailbox: mailbox.length > 1 && mailbox.endsWith('/') ? mailbox.slice(0, -1) : mailbox, roles };
  },
  async run(dialog, { mailbox, roles }) {
    if (roles.some((role) => !ROLES.includes(role))) return no('USEATTR', 'That use is not known here');
    const mailboxId = await dialog.account.create(mailbox, roles as readonly MailboxRole[]);
    return ok('Created', `MAILBOXID (${mailboxId})`);
  },
  news: 'all',
});
