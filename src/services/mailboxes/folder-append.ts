// APPEND: messages of one command. Nothing is visible before `commit`, and then all of them are (RFC 3502 §3).
import { MailError } from '../../base/errors/mail-error.ts';
import { readUsage } from '../../storage/records/accounts.ts';
import { SYSTEM_FLAGS } from '../../storage/records/keywords.ts';
import type { MessageWriter } from '../../storage/store.ts';
import type { CommitUnit } from '../../storage/commit-unit.ts';
import type { SeenFolder } from './folder-finder.ts';
import { folderUnknown } from './folder-finder.ts';
import type { MailParts } from './mail-parts.ts';

export interface AppendOptions {
  readonly flags: number;
  readonly keywords: string;
  /** null: now. */
  readonly internalDate: { readonly atMs: number; readonly zoneMinutes: number } | null;
  /** Announced octets, as far as they are known. */
  readonly octets: number;
}

export interface AppendMade {
  readonly uidValidity: number;
  /** In the order of the command. */
  readonly uids: readonly number[];
}

interface OpenMessage {
  readonly writer: MessageWriter;
  readonly options: AppendOptions;
}

/** One message on its way in. */
export interface AppendedMessage {
  /** The chunk is copied or written before the promise (if any) resolves. Throws message-too-large. */
  write(chunk: Buffer): void | Promise<void>;
}

/** One command. */
export class FolderAppend {
  readonly #parts: MailParts;
  readonly #folder: SeenFolder;
  readonly #replaces: number | null;
  readonly #messages: OpenMessage[] = [];
  #announced = 0;

  /** `replaces`: the uid in this folder that goes when the message comes (RFC 8508); null: none. */
  constructor(parts: MailParts, folder: SeenFolder, replaces: number | null = null) {
    this.#parts = parts;
    this.#folder = folder;
    this.#replaces = replaces;
  }

  /** Begins the next message. Rejects with account-full, message-too-large, when it cannot fit. */
  async open(options: AppendOptions): Promise<AppendedMessage> {
    this.#requireSize(options.octets);
    this.#announced += options.octets;
    await this.#requireRoom(this.#announced);
    const writer = this.#parts.store.openMessage();
    this.#messages.push({ writer, options });
    return {
      write: (chunk) => {
        this.#requireSize(writer.length + chunk.length);
        return writer.write(chunk);
      },
    };
  }

  #requireSize(octets: number): void {
    if (octets > this.#parts.appendMaxOctets)
      throw new MailError('message-too-large', `A message has at most ${this.#parts.appendMaxOctets} octets`, {
        temporary: false,
      });
  }

  async #requireRoom(octets: number): Promise<void> {
    const usage = await readUsage(this.#parts.store.read, this.#folder.ownerId);
    if (usage === null || usage.quotaBytes === null || usage.usedBytes + octets <= usage.quotaBytes) return;
    throw new MailError('account-full', 'The mailbox is full; delete something', { temporary: false });
  }

  /** Stores all messages. Rejects with mailbox-unknown when the folder went meanwhile. */
  async commit(): Promise<AppendMade> {
    const { record } = this.#folder;
    await this.#requireRoom(this.#messages.reduce((total, { writer }) => total + writer.length, 0));
    const complete = this.#messages.map(({ writer, options }) => ({
      message: writer,
      prefix: Buffer.alloc(0),
      unit: this.#unit(options),
    }));
    const only = complete.length === 1 ? complete[0] : undefined;
    const placed =
      only === undefined
        ? await this.#parts.store.commitTogether(complete)
        : [await only.message.commit(only.prefix, only.unit)];
    const uids = placed.map(([place]) => place?.uid ?? 0);
    if (uids.includes(0)) throw folderUnknown();
    return { uidValidity: record.uidValidity, uids };
  }

  #unit({ flags, keywords, internalDate }: AppendOptions): CommitUnit {
    const { ownerId, record } = this.#folder;
    const system = Object.entries(SYSTEM_FLAGS).filter(([, bit]) => (flags & bit) !== 0);
    const delivery = {
      accountId: ownerId,
      mailbox: record.name,
      mailboxId: record.id,
      prefix: Buffer.alloc(0),
      flags: [...system.map(([name]) => name), ...keywords.split(' ').filter((keyword) => keyword !== '')],
      ...(internalDate === null ? {} : { internalDateMs: internalDate.atMs, zoneMinutes: internalDate.zoneMinutes }),
      // A client that saves what the server has saved already.
      once: record.role === 'sent',
    };
    return {
      id: this.#parts.store.newUnitId(),
      deliveries: [delivery],
      queued: null,
      journey: null,
      events: [],
      ...(this.#replaces === null
        ? {}
        : { replaces: { accountId: ownerId, mailboxId: record.id, uid: this.#replaces } }),
    };
  }

  abort(): void {
    for (const { writer } of this.#messages) writer.abort();
  }
}
