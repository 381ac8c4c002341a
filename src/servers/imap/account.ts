// The mail of an account as the IMAP library asks for it: a thin cover over services/mailboxes.
import { MailError } from '../../base/errors/mail-error.ts';
import type {
  ImapAccount,
  ImapAppend,
  ImapMailbox,
  ImapNamespaces,
  ListedMailbox,
  MailboxRole,
  MailboxStatus,
  StatusItem,
} from '../../protocols/imap/index.ts';
import type { AccountMail } from '../../services/mailboxes/account-mail.ts';
import { OTHERS_ROOT, PUBLIC_ROOT } from '../../services/mailboxes/folder-names.ts';

const ROLES = ['archive', 'drafts', 'junk', 'sent', 'trash'] as const satisfies readonly MailboxRole[];

/** One signed-in connection. */
export class HouseAccount implements ImapAccount {
  readonly #mail: AccountMail;
  readonly #onClose: () => void;

  constructor(mail: AccountMail, onClose: () => void) {
    this.#mail = mail;
    this.#onClose = onClose;
  }

  get appendMaxOctets(): number {
    return this.#mail.appendMaxOctets;
  }

  namespaces(): ImapNamespaces {
    return {
      personal: [{ prefix: '', separator: '/' }],
      otherUsers: [{ prefix: `${OTHERS_ROOT}/`, separator: '/' }],
      shared: [{ prefix: `${PUBLIC_ROOT}/`, separator: '/' }],
    };
  }

  async list(): Promise<readonly ListedMailbox[]> {
    const folders = await this.#mail.list();
    return folders.map((folder) => ({ ...folder, role: folder.role === 'inbox' ? null : folder.role }));
  }

  status(name: string, items: ReadonlySet<StatusItem>): Promise<MailboxStatus> {
    return this.#mail.status(name, items.has('recent'));
  }

  async create(name: string, roles: readonly MailboxRole[]): Promise<string> {
    const role = roles[0] ?? null;
    const known = ROLES.find((each) => each === role) ?? null;
    if (roles.length > 1 || role !== known) {
      throw new MailError('parameter-unsupported', 'That use cannot be given to a mailbox', { temporary: false });
    }
    return await this.#mail.create(name, known);
  }

  delete(name: string): Promise<void> {
    return this.#mail.delete(name);
  }

  rename(from: string, to: string): Promise<void> {
    return this.#mail.rename(from, to);
  }

  subscribe(name: string): Promise<void> {
    return this.#mail.subscribe(name);
  }

  unsubscribe(name: string): Promise<void> {
    return this.#mail.unsubscribe(name);
  }

  open(name: string, readOnly: boolean): Promise<ImapMailbox> {
    return this.#mail.open(name, readOnly);
  }

  append(name: string): Promise<ImapAppend> {
    return this.#mail.append(name);
  }

  close(): void {
    this.#onClose();
  }
}
