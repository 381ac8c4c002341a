// Lines of LIST: attributes and children from the flat list of names. RFC 9051 §7.3.1, RFC 3348, RFC 5258, RFC 6154.
import type { ImapDialog } from './dialog.ts';
import type { ListedMailbox } from './session.ts';

/** All names of an account, with the parents that exist only because something is below them. */
export interface MailboxTree {
  /** Ordered as the account gave them, parents in front of their first child. */
  readonly entries: readonly ListedMailbox[];
  readonly parents: ReadonlySet<string>;
}

/** Reads the account's mailboxes. */
export async function readTree(dialog: ImapDialog): Promise<MailboxTree> {
  const listed = await dialog.account.list();
  const names = new Set(listed.map(({ name }) => name));
  const parents = new Set<string>();
  const entries: ListedMailbox[] = [];
  for (const entry of listed) {
    for (let at = entry.name.indexOf('/'); at > 0; at = entry.name.indexOf('/', at + 1)) {
      const parent = entry.name.slice(0, at);
      if (entry.exists) parents.add(parent);
      if (names.has(parent) || !entry.exists) continue;
      names.add(parent);
      entries.push({ name: parent, role: null, exists: false, selectable: false, subscribed: false, inferiors: true });
    }
    entries.push(entry);
  }
  return { entries, parents };
}

const ROLE_ATTRIBUTES = {
  all: '\\All',
  archive: '\\Archive',
  drafts: '\\Drafts',
  flagged: '\\Flagged',
  important: '\\Important',
  junk: '\\Junk',
  sent: '\\Sent',
  trash: '\\Trash',
} as const;

/** The attributes of one mailbox, separated by spaces. */
export function attributesOf(tree: MailboxTree, entry: ListedMailbox, subscribed: boolean): string {
  const attributes: string[] = [];
  if (!entry.exists) attributes.push('\\NonExistent');
  // \NonExistent implies it, but clients older than RFC 5258 do not know that.
  if (!entry.selectable) attributes.push('\\Noselect');
  if (!entry.inferiors) attributes.push('\\NoInferiors');
  if (tree.parents.has(entry.name)) attributes.push('\\HasChildren');
  else if (entry.inferiors) attributes.push('\\HasNoChildren');
  if (subscribed && entry.subscribed) attributes.push('\\Subscribed');
  if (entry.role !== null) attributes.push(ROLE_ATTRIBUTES[entry.role]);
  return attributes.join(' ');
}

/** `LIST (…) "/" name` for one mailbox that is there. */
export async function formatListed(dialog: ImapDialog, name: string): Promise<string> {
  const tree = await readTree(dialog);
  const entry = tree.entries.find((each) => each.name === name);
  const attributes = entry === undefined ? '' : attributesOf(tree, entry, true);
  return `LIST (${attributes}) "/" ${dialog.mailbox(name)}`;
}
