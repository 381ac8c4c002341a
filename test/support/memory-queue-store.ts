// A queue store in memory for tests of the relay: the same promises as the real one, and everything it was told is kept.
import type { JourneyEvent, QueuedMessage, QueueSettlement } from '../../src/storage/commit-unit.ts';
import type {
  CommandedEntry,
  QueueArrival,
  QueueClaims,
  QueueCommand,
  QueueDeferral,
  QueueItem,
  QueueKey,
  QueueSelection,
  QueueStore,
  WaitingEntry,
  WaitingRecipient,
} from '../../src/storage/queue-store.ts';
import type { BlobPlace } from '../../src/storage/blob-place.ts';
import { QUEUE_KEYS_MAX } from '../../src/storage/limits.ts';

interface StoredKey {
  nextAtMs: number;
  expiresAtMs: number;
  attempts: number;
  held: boolean;
  delayReported: boolean;
  readonly recipients: Map<number, WaitingRecipient>;
}

interface StoredMessage {
  readonly place: BlobPlace;
  readonly message: QueuedMessage;
  readonly octets: Buffer;
  readonly keys: Map<string, StoredKey>;
}

export class MemoryQueueStore implements QueueStore {
  /** Nobody else works on it unless a test says so. */
  claims: QueueClaims | null = null;
  readonly messages = new Map<number, StoredMessage>();
  readonly settlements: QueueSettlement[] = [];
  readonly deferrals: QueueDeferral[] = [];
  readonly events: (JourneyEvent & { readonly unitId: number })[] = [];
  /** How often items were read back. */
  loads = 0;
  /** Subscriptions hold when this resolves. */
  subscribing: Promise<void> | null = null;
  /** Set: the next calls of `settle` reject. */
  settleFails = false;
  largestLoad = 0;
  largestSettle = 0;
  /** How often it did. */
  refusals = 0;
  #listener: ((arrivals: readonly QueueArrival[]) => void) | null = null;
  #lastUnit = 0;

  /** Puts a message into the queue; `silently` as if before the relay started. */
  add(message: QueuedMessage, octets: Buffer, silently = false): number {
    const unitId = ++this.#lastUnit;
    const place = { id: unitId, segment: 1, offset: 0, length: octets.length };
    const keys = new Map<string, StoredKey>();
    for (const [number, recipient] of message.recipients.entries()) {
      const { domain } = recipient;
      const { notBeforeMs: nextAtMs, expiresAtMs, held } = message;
      const key = keys.get(domain) ?? {
        nextAtMs,
        expiresAtMs,
        attempts: 0,
        held,
        delayReported: false,
        recipients: new Map<number, WaitingRecipient>(),
      };
      keys.set(domain, key);
      key.recipients.set(number, { ...recipient, number, lastReply: null });
    }
    this.messages.set(unitId, { place, message, octets, keys });
    if (!silently) this.#listener?.([{ unitId, place, message }]);
    return unitId;
  }

  /** Recipients that have not left the queue. */
  get waiting(): string[] {
    return [...this.messages.values()].flatMap(({ keys }) =>
      [...keys.values()].flatMap(({ recipients }) => [...recipients.values()].map(({ forwardPath }) => forwardPath)),
    );
  }

  key(unitId: number, domain: string): StoredKey | undefined {
    return this.messages.get(unitId)?.keys.get(domain);
  }

  /** What a report's unit does in the real store. */
  apply(settlement: QueueSettlement): void {
    this.settlements.push(settlement);
    for (const event of settlement.events) this.events.push({ ...event, unitId: settlement.unitId });
    const stored = this.messages.get(settlement.unitId);
    if (stored === undefined) return;
    for (const [domain, key] of stored.keys) {
      for (const number of settlement.recipients) key.recipients.delete(number);
      if (key.recipients.size === 0) stored.keys.delete(domain);
    }
    if (stored.keys.size === 0) this.messages.delete(settlement.unitId);
  }

  async loadWaiting(after: QueueKey | null, limit: number): Promise<readonly WaitingEntry[]> {
    const entries = this.#entries().filter(
      ({ unitId, domain }) =>
        after === null || unitId > after.unitId || (unitId === after.unitId && domain > after.domain),
    );
    return entries.slice(0, limit);
  }

  async loadItems(keys: readonly QueueKey[]): Promise<readonly QueueItem[]> {
    this.loads += keys.length;
    this.largestLoad = Math.max(this.largestLoad, keys.length);
    return keys.flatMap(({ unitId, domain }) => {
      const stored = this.messages.get(unitId);
      const key = stored?.keys.get(domain);
      if (stored === undefined || key === undefined) return [];
      const { recipients: _recipients, ...message } = stored.message;
      const { attempts, delayReported } = key;
      const recipients = [...key.recipients.values()];
      return [{ unitId, domain, place: stored.place, message, recipients, attempts, delayReported }];
    });
  }

  async readBody(place: BlobPlace, start: number, end: number): Promise<Buffer> {
    const stored = this.messages.get(place.id);
    if (stored === undefined) throw new Error('no such message');
    return stored.octets.subarray(start, end);
  }

  async settle(settlements: readonly QueueSettlement[]): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    if (this.settleFails) {
      this.refusals++;
      throw new Error('the disk is full');
    }
    this.largestSettle = Math.max(this.largestSettle, settlements.length);
    for (const settlement of settlements) this.apply(settlement);
  }

  async defer(deferrals: readonly QueueDeferral[]): Promise<void> {
    for (const deferral of deferrals) {
      if (!Number.isInteger(deferral.nextAtMs)) throw new TypeError('the store keeps whole milliseconds');
      this.deferrals.push(deferral);
      for (const event of deferral.events) this.events.push({ ...event, unitId: deferral.unitId });
      const key = this.key(deferral.unitId, deferral.domain);
      if (key === undefined) continue;
      key.attempts = deferral.attempts;
      key.nextAtMs = deferral.nextAtMs;
      key.delayReported = deferral.delayReported;
      const replies = new Map(deferral.replies.map(({ number, reply }) => [number, reply]));
      for (const [number, recipient] of key.recipients) {
        key.recipients.set(number, { ...recipient, lastReply: replies.get(number) ?? deferral.reply });
      }
    }
  }

  async command(
    command: QueueCommand,
    selection: QueueSelection,
    { limit, nowMs }: { limit: number; nowMs: number },
  ): Promise<readonly CommandedEntry[]> {
    const changed: CommandedEntry[] = [];
    for (const entry of this.#entries()) {
      const stored = this.messages.get(entry.unitId)!;
      const key = stored.keys.get(entry.domain)!;
      if (changed.length === Math.min(limit, QUEUE_KEYS_MAX) || !fits(stored.message, entry, selection, key)) continue;
      if (!this.#change(command, key, selection, { nowMs, stored, domain: entry.domain })) continue;
      const { nextAtMs, expiresAtMs, held } = key;
      changed.push({ ...entry, nextAtMs, expiresAtMs, held, left: key.recipients.size });
    }
    return changed;
  }

  async onArrivals(listener: (arrivals: readonly QueueArrival[]) => void): Promise<() => void> {
    await this.subscribing;
    this.#listener = listener;
    return () => {
      this.#listener = null;
    };
  }

  onElsewhere(): () => void {
    return () => {};
  }

  #entries(): WaitingEntry[] {
    return [...this.messages].flatMap(([unitId, { message, keys }]) =>
      [...keys]
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .map(([domain, { nextAtMs, expiresAtMs, attempts, held }]) => {
          return { unitId, domain, accountId: message.accountId, nextAtMs, expiresAtMs, attempts, held };
        }),
    );
  }

  #change(
    command: QueueCommand,
    key: StoredKey,
    selection: QueueSelection,
    at: { nowMs: number; stored: StoredMessage; domain: string },
  ): boolean {
    const before = JSON.stringify([key.held, key.nextAtMs, key.expiresAtMs]);
    if (command === 'hold') key.held = true;
    else if (command === 'release') key.held = false;
    else if (command === 'retry') key.nextAtMs = at.nowMs;
    else if (command === 'expire') key.expiresAtMs = Math.min(key.expiresAtMs, at.nowMs);
    else {
      for (const [number, { forwardPath }] of key.recipients) {
        if (selection.recipient === undefined || selection.recipient === forwardPath) key.recipients.delete(number);
      }
      if (key.recipients.size === 0) at.stored.keys.delete(at.domain);
      if (at.stored.keys.size === 0) this.messages.delete(at.stored.place.id);
      return true;
    }
    return JSON.stringify([key.held, key.nextAtMs, key.expiresAtMs]) !== before;
  }
}

function fits(message: QueuedMessage, entry: WaitingEntry, selection: QueueSelection, key: StoredKey): boolean {
  return (
    (selection.unitId === undefined || selection.unitId === entry.unitId) &&
    (selection.domain === undefined || selection.domain === entry.domain) &&
    (selection.reversePath === undefined || selection.reversePath === message.reversePath) &&
    (selection.accountId === undefined || selection.accountId === message.accountId) &&
    (selection.recipient === undefined ||
      [...key.recipients.values()].some(({ forwardPath }) => forwardPath === selection.recipient))
  );
}
