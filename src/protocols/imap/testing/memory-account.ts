// ImapAccount and ImapMailbox over the memory store.
import type { MaybePromise } from '../../../base/async/maybe-promise.ts';
import { MailError } from '../../../base/errors/mail-error.ts';
import { countNumbers, intersectSets, numbersOf, toNumberSet, type NumberSet } from '../../../formats/number-set.ts';
import { formatBody, formatBodyStructure } from '../../../formats/mime/body-structure.ts';
import type { BodyPart } from '../../../formats/mime/body-part.ts';
import { formatEnvelope } from '../../../formats/mime/envelope.ts';
import { parseMessage } from '../../../formats/mime/parse-message.ts';
import { transferEncoding } from '../../../formats/mime/section.ts';
import type { SearchKey, SortKey } from '../search-key.ts';
import type {
  AppendOptions,
  AppendOutcome,
  CopyOutcome,
  ImapAccount,
  ImapAppend,
  ImapAppendMessage,
  ImapMailbox,
  ImapMessage,
  ImapNamespaces,
  ListedMailbox,
  MailboxChanges,
  MailboxRole,
  MailboxSnapshot,
  MailboxStatus,
  MessageRow,
  MessageStructure,
  StoreOutcome,
  StoreRequest,
  ThreadNode,
} from '../server/session.ts';
import { matchesKey } from './memory-search.ts';
import type { MemoryMailbox, MemoryMessage, MemoryStore } from './memory-store.ts';

interface AccountOptions {
  readonly slow: boolean;
  readonly appendMaxOctets: number;
}

const SEEN = 1;
const DELETED = 8;

/** The signed-in account. */
export class MemoryAccount implements ImapAccount {
  readonly #store: MemoryStore;
  readonly #options: AccountOptions;

  constructor(store: MemoryStore, options: AccountOptions) {
    this.#store = store;
    this.#options = options;
  }

  get appendMaxOctets(): number {
    return this.#options.appendMaxOctets;
  }

  #give<T>(value: T): MaybePromise<T> {
    return this.#options.slow ? new Promise((resolve) => setImmediate(() => resolve(value))) : value;
  }

  namespaces(): ImapNamespaces {
    return { personal: [{ prefix: '', separator: '/' }], otherUsers: [], shared: [] };
  }

  list(): MaybePromise<readonly ListedMailbox[]> {
    const { mailboxes, subscriptions } = this.#store;
    const names = [...new Set([...mailboxes.keys(), ...subscriptions])].sort();
    return this.#give(
      names.map((name) => ({
        name,
        role: mailboxes.get(name)?.role ?? null,
        exists: mailboxes.has(name),
        selectable: mailboxes.has(name),
        subscribed: subscriptions.has(name),
        inferiors: true,
      })),
    );
  }

  status(name: string): MaybePromise<MailboxStatus> {
    const mailbox = this.#store.find(name);
    const deleted = mailbox.messages.filter(({ flags }) => (flags & DELETED) !== 0);
    const sum = (messages: readonly MemoryMessage[]): number => messages.reduce((n, m) => n + m.octets.length, 0);
    return this.#give({
      messages: mailbox.messages.length,
      uidNext: mailbox.uidNext,
      uidValidity: mailbox.uidValidity,
      unseen: mailbox.messages.filter(({ flags }) => (flags & SEEN) === 0).length,
      deleted: deleted.length,
      deletedBytes: sum(deleted),
      size: sum(mailbox.messages),
      recent: mailbox.messages.filter(({ uid }) => uid >= mailbox.recentUid).length,
      highestModSeq: this.#store.modSeq,
      mailboxId: mailbox.mailboxId,
    });
  }

  async create(name: string, roles: readonly MailboxRole[]): Promise<string> {
    const mailbox = this.#store.create(name);
    mailbox.role = roles[0] ?? null;
    return mailbox.mailboxId;
  }

  async delete(name: string): Promise<void> {
    const mailbox = this.#store.find(name);
    if (name === 'INBOX') throw new MailError('mailbox-name', 'INBOX cannot be deleted', { temporary: false });
    this.#store.mailboxes.delete(name);
    mailbox.gone = true;
    mailbox.notify();
  }

  async rename(from: string, to: string): Promise<void> {
    const mailbox = this.#store.find(from);
    if (this.#store.mailboxes.has(to)) throw new MailError('mailbox-exists', 'It exists', { temporary: false });
    this.#store.mailboxes.delete(from);
    mailbox.name = to;
    this.#store.mailboxes.set(to, mailbox);
  }

  async subscribe(name: string): Promise<void> {
    this.#store.subscriptions.add(name);
  }

  async unsubscribe(name: string): Promise<void> {
    this.#store.subscriptions.delete(name);
  }

  open(name: string, readOnly: boolean): MaybePromise<ImapMailbox> {
    return this.#give(new OpenMailbox(this.#store, this.#store.find(name), readOnly, this.#options.slow));
  }

  append(name: string): MaybePromise<ImapAppend> {
    return this.#give(new MemoryAppend(this.#store, this.#store.find(name)));
  }

  close(): void {}
}

class MemoryAppend implements ImapAppend {
  readonly #store: MemoryStore;
  readonly #mailbox: MemoryMailbox;
  readonly #messages: { options: AppendOptions; pieces: Buffer[] }[] = [];

  constructor(store: MemoryStore, mailbox: MemoryMailbox) {
    this.#store = store;
    this.#mailbox = mailbox;
  }

  open(options: AppendOptions): ImapAppendMessage {
    const pieces: Buffer[] = [];
    this.#messages.push({ options, pieces });
    return {
      write(chunk) {
        pieces.push(Buffer.from(chunk));
      },
    };
  }

  async commit(): Promise<AppendOutcome> {
    const uids = this.#messages.map(({ options: { internalDate, flags, keywords }, pieces }) => {
      const date = internalDate === null ? {} : { date: internalDate };
      return this.#store.add(this.#mailbox, Buffer.concat(pieces), { flags, keywords, ...date }).uid;
    });
    return { uidValidity: this.#mailbox.uidValidity, uids };
  }

  abort(): void {}
}

class OpenMailbox implements ImapMailbox {
  readonly readOnly: boolean;
  readonly rights = 'lrswipkxtea';
  readonly newKeywords = true;
  readonly #store: MemoryStore;
  readonly #mailbox: MemoryMailbox;
  readonly #slow: boolean;

  constructor(store: MemoryStore, mailbox: MemoryMailbox, readOnly: boolean, slow: boolean) {
    this.#store = store;
    this.#mailbox = mailbox;
    this.readOnly = readOnly;
    this.#slow = slow;
  }

  get name(): string {
    return this.#mailbox.name;
  }

  get uidValidity(): number {
    return this.#mailbox.uidValidity;
  }

  get mailboxId(): string {
    return this.#mailbox.mailboxId;
  }

  #give<T>(value: T): MaybePromise<T> {
    return this.#slow ? new Promise((resolve) => setImmediate(() => resolve(value))) : value;
  }

  keywords(): MaybePromise<string> {
    const all = new Set(this.#mailbox.messages.flatMap(({ keywords }) => keywords.split(' ')).filter((k) => k !== ''));
    return this.#give([...all].sort().join(' '));
  }

  snapshot(): MaybePromise<MailboxSnapshot> {
    const { messages, uidNext } = this.#mailbox;
    const uids = Uint32Array.from(messages, ({ uid }) => uid);
    return this.#give({ uids, uidNext, highestModSeq: this.#store.modSeq });
  }

  changes(modSeq: number): MaybePromise<MailboxChanges> {
    if (this.#mailbox.gone) throw new MailError('mailbox-unknown', 'It was deleted', { temporary: false });
    const { messages, expunged } = this.#mailbox;
    const after = messages.filter((message) => message.modSeq > modSeq);
    return this.#give({
      modSeq: this.#store.modSeq,
      // As an account may: some were there already.
      arrived: toNumberSet(after.map(({ uid }) => uid)),
      changed: toNumberSet(after.filter(({ arrivedAt }) => arrivedAt <= modSeq).map(({ uid }) => uid)),
      expunged: toSet(expunged.filter((each) => each.modSeq > modSeq).map(({ uid }) => uid)),
    });
  }

  onChange(listener: () => void): () => void {
    this.#mailbox.listeners.add(listener);
    return () => this.#mailbox.listeners.delete(listener);
  }

  claimRecent(uidNext: number): MaybePromise<number> {
    const first = this.#mailbox.recentUid;
    if (!this.readOnly) this.#mailbox.recentUid = Math.max(first, uidNext);
    return this.#give(first);
  }

  fetch(uids: NumberSet): MaybePromise<readonly MessageRow[]> {
    return this.#give(this.#mailbox.pick(uids).map(toRow));
  }

  openMessages(uids: readonly number[]): MaybePromise<readonly (ImapMessage | null)[]> {
    const found = uids.map((uid) => this.#mailbox.messages.find((message) => message.uid === uid));
    return this.#give(found.map((message) => (message === undefined ? null : this.#toMessage(message))));
  }

  #toMessage({ uid, octets }: MemoryMessage): ImapMessage {
    return {
      uid,
      size: octets.length,
      read: (start, end) => this.#give(octets.subarray(start, end)),
      structure: () => this.#give(toStructure(parseMessage(octets).root)),
    };
  }

  async store(uids: NumberSet, request: StoreRequest): Promise<StoreOutcome> {
    const picked = this.#mailbox.pick(uids);
    const isModified = ({ modSeq }: MemoryMessage): boolean =>
      request.unchangedSince !== null && modSeq > request.unchangedSince;
    const modified = picked.filter(isModified);
    const done = picked.filter((message) => !isModified(message));
    const changes = done.filter((message) => changeFlags(message, request));
    const modSeq = changes.length === 0 ? null : ++this.#store.modSeq;
    for (const message of changes) message.modSeq = modSeq ?? 0;
    if (modSeq !== null) this.#mailbox.notify();
    const setOf = (messages: readonly MemoryMessage[]): NumberSet => toNumberSet(messages.map(({ uid }) => uid));
    return { modSeq, done: setOf(done), modified: setOf(modified) };
  }

  async copy(uids: NumberSet, target: string): Promise<CopyOutcome> {
    const to = this.#store.find(target);
    const picked = this.#mailbox.pick(uids);
    const made = picked.map(({ octets, flags, keywords, atMs, zoneMinutes }) =>
      this.#store.add(to, octets, { flags, keywords, date: { atMs, zoneMinutes } }),
    );
    return {
      uidValidity: to.uidValidity,
      sourceUids: toNumberSet(picked.map(({ uid }) => uid)),
      targetUids: toNumberSet(made.map(({ uid }) => uid)),
      missing: 0,
    };
  }

  async move(uids: NumberSet, target: string): Promise<CopyOutcome> {
    const outcome = await this.copy(uids, target);
    this.#store.expunge(this.#mailbox, ({ uid }) => countNumbers(intersectSets(outcome.sourceUids, [uid, uid])) === 1);
    return outcome;
  }

  async expunge(uids: NumberSet | null): Promise<NumberSet> {
    const gone = this.#store.expunge(
      this.#mailbox,
      ({ uid, flags }) => (flags & DELETED) !== 0 && (uids === null || intersectSets(uids, [uid, uid]).length > 0),
    );
    return toNumberSet(gone.map(({ uid }) => uid));
  }

  expungedSince(modSeq: number): NumberSet {
    return toSet(this.#mailbox.expunged.filter((each) => each.modSeq > modSeq).map(({ uid }) => uid));
  }

  search(key: SearchKey): MaybePromise<NumberSet> {
    return this.#give(toNumberSet(this.#mailbox.messages.filter((m) => matchesKey(m, key)).map(({ uid }) => uid)));
  }

  /** By size alone, whatever is asked for. */
  async sort(key: SearchKey, [first]: readonly SortKey[]): Promise<readonly number[]> {
    const found = this.#mailbox.pick(await this.search(key));
    const order = found.sort((one, other) => one.octets.length - other.octets.length || one.uid - other.uid);
    return (first?.reverse === true ? order.reverse() : order).map(({ uid }) => uid);
  }

  /** One conversation: the first message, with all others as its answers. */
  async thread(key: SearchKey): Promise<readonly ThreadNode[]> {
    const [first, ...others] = [...numbersOf(await this.search(key))].map((uid) => ({ uid, children: [] }));
    return first === undefined ? [] : [{ uid: first.uid, children: others }];
  }

  highestModSeq(uids: NumberSet): MaybePromise<number> {
    return this.#give(Math.max(0, ...this.#mailbox.pick(uids).map(({ modSeq }) => modSeq)));
  }

  close(): void {}
}

function toSet(uids: readonly number[]): NumberSet {
  return toNumberSet([...uids].sort((a, b) => a - b));
}

function toRow(message: MemoryMessage): MessageRow {
  const parsed = parseMessage(message.octets);
  return {
    uid: message.uid,
    flags: message.flags,
    keywords: message.keywords,
    modSeq: message.modSeq,
    internalDateMs: message.atMs,
    zoneMinutes: message.zoneMinutes,
    size: message.octets.length,
    envelope: formatEnvelope(parsed),
    body: formatBody(parsed),
    bodyStructure: formatBodyStructure(parsed),
    preview: message.octets.length === 0 ? null : 'A "preview" \u2013 ü',
    savedAtMs: message.atMs,
    emailId: message.emailId,
    threadId: `T${message.uid}`,
  };
}

function toStructure(part: BodyPart): MessageStructure {
  return {
    headerStart: part.start,
    bodyStart: part.bodyStart,
    bodyEnd: part.end,
    mediaType:
      part.kind === 'message' ? 'message/rfc822' : part.kind === 'multipart' ? 'multipart/mixed' : 'text/plain',
    encoding: transferEncoding(part),
    children: part.children.map(toStructure),
  };
}

/** Whether something changed. */
function changeFlags(message: MemoryMessage, { mode, flags, keywords }: StoreRequest): boolean {
  const before = `${message.flags} ${message.keywords}`;
  const had = message.keywords.split(' ').filter((k) => k !== '');
  const named = keywords.split(' ').filter((k) => k !== '');
  let kept = named;
  if (mode === 'add') kept = [...new Set([...had, ...named])];
  else if (mode === 'remove') kept = had.filter((k) => !named.includes(k));
  if (mode === 'add') message.flags |= flags;
  else message.flags = mode === 'remove' ? message.flags & ~flags : flags;
  message.keywords = kept.sort().join(' ');
  return before !== `${message.flags} ${message.keywords}`;
}
