// NAMESPACE, RFC 9051 §6.3.10 (RFC 2342).
import { command, noArguments } from '../command-spec.ts';
import type { ImapDialog } from '../dialog.ts';
import { ok } from '../outcome.ts';
import type { ImapNamespace } from '../session.ts';

function format(dialog: ImapDialog, spaces: readonly ImapNamespace[]): string {
  if (spaces.length === 0) return 'NIL';
  const each = spaces.map(({ prefix, separator }) => {
    const name = prefix === '' ? '""' : dialog.mailbox(prefix);
    return `(${name.startsWith('"') ? name : `"${name}"`} ${separator === null ? 'NIL' : `"${separator}"`})`;
  });
  return `(${each.join('')})`;
}

export const NAMESPACE = command({
  phase: 'authenticated',
  parse: noArguments,
  async run(dialog) {
    const { personal, otherUsers, shared } = await dialog.account.namespaces();
    dialog.untagged(`NAMESPACE ${format(dialog, personal)} ${format(dialog, otherUsers)} ${format(dialog, shared)}`);
    return ok('Those are the namespaces');
  },
  news: 'all',
});
