// The mailboxes that a filter means now, RFC 5465 §6: what does not exist or cannot be opened is not among them.
import type { MailboxFilter } from '../grammar/mailbox-filter.ts';
import type { ImapDialog } from './dialog.ts';
import type { ListedMailbox } from './session.ts';

/** What filters are applied to. */
export interface FilterContext {
  readonly listed: readonly ListedMailbox[];
  /** The selected mailbox; null: none is. */
  readonly selected: string | null;
  /** Beginnings of names that are others' (RFC 2342). */
  readonly foreign: readonly string[];
}

/** The names that a filter means. */
export function mailboxesOf(filter: MailboxFilter, context: FilterContext): string[] {
  const matches = matcherOf(filter, context);
  return context.listed.filter((entry) => entry.exists && entry.selectable && matches(entry)).map(({ name }) => name);
}

function matcherOf(filter: MailboxFilter, { foreign, selected }: FilterContext): (entry: ListedMailbox) => boolean {
  const isOwn = ({ name }: ListedMailbox): boolean => !foreign.some((prefix) => name.startsWith(prefix));
  switch (filter.kind) {
    case 'personal':
      return isOwn;
    // RFC 5465 §6.4: where new mail arrives. Rules may file it anywhere but here.
    case 'inboxes':
      return (entry) => isOwn(entry) && !NOT_FOR_ARRIVALS.has(entry.role ?? '');
    case 'subscribed':
      return (entry) => entry.subscribed;
    case 'mailboxes': {
      const names = new Set(filter.names);
      return ({ name }) => names.has(name);
    }
    case 'subtree':
      return ({ name }) => filter.names.some((root) => name === root || name.startsWith(`${root}/`));
    case 'subtree-one':
      return ({ name }) =>
        filter.names.some(
          (root) => name === root || (name.startsWith(`${root}/`) && !name.includes('/', root.length + 1)),
        );
    case 'selected':
    case 'selected-delayed':
      return ({ name }) => name === selected;
    default:
      return filter satisfies never;
  }
}

const NOT_FOR_ARRIVALS: ReadonlySet<string> = new Set(['sent', 'drafts', 'trash']);

/** Reads what filters are applied to. */
export async function readFilterContext(dialog: ImapDialog): Promise<FilterContext> {
  const { otherUsers, shared } = await dialog.account.namespaces();
  return {
    listed: await dialog.account.list(),
    selected: dialog.selected?.mailbox.name ?? null,
    foreign: [...otherUsers, ...shared].map(({ prefix }) => prefix),
  };
}
