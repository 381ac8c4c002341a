// Which mailboxes a command is about: filter-mailboxes of RFC 5465 §8, as ESEARCH (RFC 7377 §2.2) and NOTIFY use it.
import { FILTER_MAILBOXES_MAX } from '../limits.ts';
import type { CommandCursor } from './cursor.ts';
import { parseMailbox } from './mailbox.ts';

export type MailboxFilter =
  | { readonly kind: 'selected' | 'selected-delayed' | 'inboxes' | 'personal' | 'subscribed' }
  /** subtree: the names and all below them; subtree-one: one level below them; mailboxes: the names. */
  | { readonly kind: 'subtree' | 'subtree-one' | 'mailboxes'; readonly names: readonly string[] };

/** One filter. Throws SyntaxFault. */
export function parseMailboxFilter(cursor: CommandCursor, utf8: boolean): MailboxFilter {
  const at = cursor.position;
  const word = cursor.keyword('a mailbox filter');
  switch (word) {
    case 'SELECTED':
    case 'SELECTED-DELAYED':
    case 'INBOXES':
    case 'PERSONAL':
    case 'SUBSCRIBED':
      return { kind: word.toLowerCase() as 'selected' };
    case 'SUBTREE':
    case 'SUBTREE-ONE':
    case 'MAILBOXES':
      cursor.space();
      return { kind: word.toLowerCase() as 'subtree', names: parseNames(cursor, utf8) };
    default:
      cursor.position = at;
      throw cursor.fault('a mailbox filter');
  }
}

function parseNames(cursor: CommandCursor, utf8: boolean): readonly string[] {
  if (cursor.peek() !== '(') return [parseMailbox(cursor, utf8)];
  return cursor.list(() => parseMailbox(cursor, utf8), FILTER_MAILBOXES_MAX);
}
