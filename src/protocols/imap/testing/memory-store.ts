// The mailboxes behind the in-memory sessions: messages, flags, one modseq, and a log of what was expunged.
import { MailError } from '../../../base/errors/mail-error.ts';
import { hasNumber, type NumberSet } from '../../../formats/number-set.ts';
import type { FlagSet, InternalDate, MailboxRole } from '../server/session.ts';

export interface MemoryMessage {
  uid: number;
  octets: Buffer;
  flags: number;
  keywords: string;
  modSeq: number;
  /** The modseq of its arrival. */
  arrivedAt: number;
  atMs: number;
  zoneMinutes: number;
  emailId: string;
}

/** One mailbox. */
export class MemoryMailbox {
  name: string;
  readonly mailboxId: string;
  readonly uidValidity: number;
  role: MailboxRole | null = null;
  uidNext = 1;
  recentUid = 1;
  messages: MemoryMessage[] = [];
  expunged: { uid: number; modSeq: number }[] = [];
  gone = false;
  readonly listeners = new Set<() => void>();

  constructor(name: string, id: number) {
    this.name = name;
    this.mailboxId = `F${id}`;
    this.uidValidity = 1_000 + id;
  }

  notify(): void {
    for (const listener of this.listeners) listener();
  }

  /** Messages with these uids. */
  pick(uids: NumberSet): MemoryMessage[] {
    return this.messages.filter(({ uid }) => hasNumber(uids, uid));
  }
}

/** One account's mailboxes. */
export class MemoryStore {
  readonly mailboxes = new Map<string, MemoryMailbox>();
  readonly subscriptions = new Set<string>();
  modSeq = 1;
  #nextId = 1;
  #nextEmail = 1;

  constructor() {
    this.create('INBOX');
  }

  find(name: string): MemoryMailbox {
    const mailbox = this.mailboxes.get(name);
    if (mailbox === undefined) throw new MailError('mailbox-unknown', 'There is no such mailbox', { temporary: false });
    return mailbox;
  }

  create(name: string): MemoryMailbox {
    if (this.mailboxes.has(name)) throw new MailError('mailbox-exists', 'It exists already', { temporary: false });
    if (name === '' || name.startsWith('/') || name.includes('//')) {
      throw new MailError('mailbox-name', 'A mailbox cannot have that name', { temporary: false });
    }
    const mailbox = new MemoryMailbox(name, this.#nextId++);
    this.mailboxes.set(name, mailbox);
    return mailbox;
  }

  /** Puts a message into a mailbox and tells it. */
  add(mailbox: MemoryMailbox, octets: Buffer, set: Partial<FlagSet & { date: InternalDate }> = {}): MemoryMessage {
    const modSeq = ++this.modSeq;
    const message: MemoryMessage = {
      uid: mailbox.uidNext++,
      octets,
      flags: set.flags ?? 0,
      keywords: set.keywords ?? '',
      modSeq,
      arrivedAt: modSeq,
      atMs: set.date?.atMs ?? Date.UTC(2026, 0, 2, 3, 4, 5),
      zoneMinutes: set.date?.zoneMinutes ?? 60,
      emailId: `M${this.#nextEmail++}`,
    };
    mailbox.messages.push(message);
    mailbox.notify();
    return message;
  }

  /** Takes messages out. */
  expunge(mailbox: MemoryMailbox, isGone: (message: MemoryMessage) => boolean): MemoryMessage[] {
    const gone = mailbox.messages.filter(isGone);
    if (gone.length === 0) return [];
    const modSeq = ++this.modSeq;
    mailbox.messages = mailbox.messages.filter((message) => !gone.includes(message));
    mailbox.expunged.push(...gone.map(({ uid }) => ({ uid, modSeq })));
    mailbox.notify();
    return gone;
  }
}
