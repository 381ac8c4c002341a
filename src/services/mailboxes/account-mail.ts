// The mail of an account that signed in, with what others share with it: folders by name, and what can be done to them.
import { MailError } from '../../base/errors/mail-error.ts';
import { listShared, type SharedFolder } from '../../storage/records/grants.ts';
import { listKeywords } from '../../storage/records/keywords.ts';
import { listMailboxes, listSubscriptions, type MailboxRole } from '../../storage/records/mailboxes.ts';
import { countFrom } from '../../storage/records/message-pages.ts';
import { FolderAppend } from './folder-append.ts';
import { folderUnknown, lookUpFolder, PUBLIC_ACCOUNT_ID, requireFolder, requireRights } from './folder-finder.ts';
import { joinFolderName, OTHERS_ROOT, PUBLIC_ROOT, requireFolderName } from './folder-names.ts';
import { formatMailboxId } from './ids.ts';
import type { MailParts, Viewer } from './mail-parts.ts';
import { OpenFolder } from './open-folder.ts';

/** One line of LIST. */
export interface ListedFolder {
  readonly name: string;
  readonly role: MailboxRole;
  /** False: only a name above others, or a subscription whose folder is gone. */
  readonly exists: boolean;
  readonly selectable: boolean;
  readonly subscribed: boolean;
  /** False where this account cannot make folders below it. */
  readonly inferiors: boolean;
}

export interface FolderStatus {
  readonly messages: number;
  readonly uidNext: number;
  readonly uidValidity: number;
  readonly unseen: number;
  readonly deleted: number;
  readonly deletedBytes: number;
  readonly size: number;
  readonly recent: number;
  readonly highestModSeq: number;
  readonly mailboxId: string;
}

/** One per session. Everything rejects with MailError. */
export class AccountMail {
  readonly #parts: MailParts;
  readonly #viewer: Viewer;

  constructor(parts: MailParts, viewer: Viewer) {
    this.#parts = parts;
    this.#viewer = viewer;
  }

  get appendMaxOctets(): number {
    return this.#parts.appendMaxOctets;
  }

  /** All folders that this account may see, and subscriptions without folders, ordered by name. */
  async list(): Promise<ListedFolder[]> {
    const { read } = this.#parts.store;
    const subscribed = new Set(await listSubscriptions(read, this.#viewer.accountId));
    const listed = new Map<string, ListedFolder>();
    const add = (folder: Omit<ListedFolder, 'subscribed'>): void =>
      void listed.set(folder.name, { ...folder, subscribed: subscribed.has(folder.name) });
    for (const { name, role, selectable } of await listMailboxes(read, this.#viewer.accountId))
      add({ name, role: role === 'inbox' ? null : role, exists: true, selectable, inferiors: true });
    for (const folder of await this.#listShared()) add(folder);
    for (const name of subscribed)
      if (!listed.has(name)) add({ name, role: null, exists: false, selectable: false, inferiors: true });
    return [...listed.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  async #listShared(): Promise<Omit<ListedFolder, 'subscribed'>[]> {
    const { read } = this.#parts.store;
    const shared = new Map<string, SharedFolder>();
    const name = (folder: SharedFolder): string => joinFolderName(folder.ownerAddress, folder.name);
    for (const folder of await listShared(read, this.#viewer.accountId)) {
      const rights = (shared.get(name(folder))?.rights ?? '') + folder.rights;
      shared.set(name(folder), { ...folder, rights });
    }
    if (this.#viewer.administrator)
      for (const record of await listMailboxes(read, PUBLIC_ACCOUNT_ID)) {
        const { name: own, selectable } = record;
        const folder = { accountId: 0, mailboxId: record.id, name: own, selectable, ownerAddress: null, rights: 'lk' };
        shared.set(name(folder), folder);
      }
    const listed: Omit<ListedFolder, 'subscribed'>[] = [];
    const roots = new Set<string>();
    for (const [path, { rights, selectable, ownerAddress }] of shared) {
      if (!rights.includes('l')) continue;
      listed.push({ name: path, role: null, exists: true, selectable, inferiors: rights.includes('k') });
      if (ownerAddress === null) roots.add(PUBLIC_ROOT);
      else roots.add(OTHERS_ROOT).add(`${OTHERS_ROOT}/${ownerAddress}`);
    }
    const above = [...roots].map((root) => ({ name: root, role: null, exists: false, selectable: false }));
    return [...above.map((root) => ({ ...root, inferiors: true })), ...listed];
  }

  /** The counts of a folder; `recent` costs a look at its rows, so only when asked for. */
  async status(name: string, withRecent: boolean): Promise<FolderStatus> {
    const { record, ownerId } = await requireFolder(this.#parts.store.read, this.#viewer, name, 'r');
    if (!record.selectable) throw folderUnknown();
    const folder = { accountId: ownerId, mailboxId: record.id };
    const recent = withRecent ? await countFrom(this.#parts.store.read, folder, record.recentUid) : 0;
    return {
      messages: record.messages,
      uidNext: record.uidNext,
      uidValidity: record.uidValidity,
      unseen: record.unseen,
      deleted: record.deleted,
      deletedBytes: record.deletedBytes,
      size: record.bytes,
      recent,
      highestModSeq: record.highestModSeq,
      mailboxId: formatMailboxId(ownerId, record.id),
    };
  }

  /** Makes a folder and those above it that are missing; its MAILBOXID. */
  async create(name: string, role: MailboxRole): Promise<string> {
    requireFolderName(name);
    const found = await lookUpFolder(this.#parts.store.read, this.#viewer, name);
    if (found === null) throw nameReserved();
    requireRights(found.rights, 'k');
    const added = await this.#parts.store.execute('mailbox.add', found.ownerId, found.ownName, role);
    if (added.kind !== 'added') throw added.kind === 'exists' ? folderExists() : tooManyFolders();
    return formatMailboxId(found.ownerId, added.id);
  }

  /** Removes a folder with its messages; INBOX stays. */
  async delete(name: string): Promise<void> {
    const { record, ownerId } = await requireFolder(this.#parts.store.read, this.#viewer, name, 'x');
    if (record.name === 'INBOX') throw new MailError('mailbox-name', 'INBOX cannot be deleted', { temporary: false });
    const removed = await this.#parts.store.execute('mailbox.remove', ownerId, record.id);
    if (removed === 'unknown') throw folderUnknown();
    if (removed === 'has-children')
      throw new MailError('mailbox-has-children', 'There are mailboxes below it; delete them first', {
        temporary: false,
      });
  }

  /** Renames a folder with those below it, within one account. */
  async rename(from: string, to: string): Promise<void> {
    requireFolderName(to);
    const { read } = this.#parts.store;
    const source = await requireFolder(read, this.#viewer, from, 'x');
    const target = await lookUpFolder(read, this.#viewer, to);
    if (target === null) throw nameReserved();
    requireRights(target.rights, 'k');
    if (target.ownerId !== source.ownerId)
      throw new MailError('mailbox-name', 'A mailbox stays with its owner', { temporary: false });
    const { ownerId, record } = source;
    switch (await this.#parts.store.execute('mailbox.rename', ownerId, record.id, target.ownName)) {
      case 'renamed':
        return;
      case 'unknown':
        throw folderUnknown();
      case 'exists':
        throw folderExists();
      case 'too-many':
        throw tooManyFolders();
      case 'inside-itself':
        throw new MailError('mailbox-name', 'A mailbox cannot be moved into itself', { temporary: false });
    }
  }

  /** The name need not be a folder's. */
  async subscribe(name: string): Promise<void> {
    requireFolderName(name);
    const done = await this.#parts.store.execute('mailbox.subscribe', this.#viewer.accountId, name, true);
    if (!done) throw new MailError('limit-reached', 'Too many subscriptions', { temporary: false });
  }

  async unsubscribe(name: string): Promise<void> {
    await this.#parts.store.execute('mailbox.subscribe', this.#viewer.accountId, name, false);
  }

  async open(name: string, readOnly: boolean): Promise<OpenFolder> {
    const seen = await requireFolder(this.#parts.store.read, this.#viewer, name, 'r');
    if (!seen.record.selectable) throw folderUnknown();
    const keywords = (await listKeywords(this.#parts.store.read, seen.ownerId)).length;
    return new OpenFolder(this.#parts, this.#viewer, seen, { name, readOnly, keywords });
  }

  async append(name: string, replaces: number | null = null): Promise<FolderAppend> {
    const seen = await requireFolder(this.#parts.store.read, this.#viewer, name, 'i');
    if (!seen.record.selectable) throw folderUnknown();
    return new FolderAppend(this.#parts, seen, replaces);
  }
}

function nameReserved(): MailError {
  return new MailError('mailbox-name', 'This name stands for mailboxes of others', { temporary: false });
}

function folderExists(): MailError {
  return new MailError('mailbox-exists', 'There is a mailbox of this name', { temporary: false });
}

function tooManyFolders(): MailError {
  return new MailError('limit-reached', 'There are too many mailboxes', { temporary: false });
}
