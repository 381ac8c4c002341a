// A thread's end of the port to its node's hub: it says what it committed and hears what all others did.
import type { MessagePort } from 'node:worker_threads';
import { MailError } from '../../base/errors/mail-error.ts';
import type { QueueArrival } from '../queue-store.ts';
import type { Effects } from '../sql/transaction.ts';
import type { Change } from '../store.ts';
import type { FromHub, ToHub } from './hub-messages.ts';

interface Pending {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** One per thread. */
export class HubPort {
  readonly #port: MessagePort;
  readonly #directoryVersion: Int32Array;
  readonly #changeListeners = new Set<(change: Change) => void>();
  readonly #directoryListeners = new Set<() => void>();
  readonly #elsewhereListeners = new Set<(unitIds: readonly number[]) => void>();
  readonly #arrivalListeners = new Set<(arrivals: readonly QueueArrival[]) => void>();
  readonly #pending = new Map<number, Pending>();
  #lastId = 0;
  #arrivalsWanted = false;
  #closed = false;

  private constructor(port: MessagePort, directoryVersion: Int32Array) {
    this.#port = port;
    this.#directoryVersion = directoryVersion;
  }

  /** Waits for the hub's welcome. */
  static open(port: MessagePort): Promise<{ hub: HubPort; node: number }> {
    return new Promise((resolve, reject) => {
      let hub: HubPort | null = null;
      port.on('message', (message: FromHub) => {
        if (message.kind === 'welcome') {
          port.unref();
          hub = new HubPort(port, message.directoryVersion);
          resolve({ hub, node: message.node });
        } else if (hub !== null) hub.#receive(message);
      });
      port.on('close', () => {
        reject(hubGone());
        if (hub !== null) hub.#fail();
      });
    });
  }

  /** `Store.directoryVersion`. */
  get directoryVersion(): number {
    return Atomics.load(this.#directoryVersion, 0);
  }

  /** Tells this thread's listeners at once, and the hub for all others, what a transaction touched. */
  committed(effects: Effects): void {
    const { accountIds, arrivals, commandedUnits } = effects;
    const isSilent = accountIds.size === 0 && arrivals.length === 0 && commandedUnits.size === 0 && !effects.directory;
    if (this.#closed || isSilent) return;
    if (effects.directory) Atomics.add(this.#directoryVersion, 0, 1);
    const change = {
      accountIds: [...effects.accountIds],
      queuedUnits: effects.arrivals.map((arrival) => arrival.unitId),
      directory: effects.directory,
    };
    this.#post({ kind: 'committed', change, arrivals: this.#arrivalsWanted ? effects.arrivals : [] });
    this.#tell(change, effects.arrivals);
  }

  onChange(listener: (change: Change) => void): () => void {
    const { end, begun } = this.#subscribe(this.#changeListeners, listener);
    begun.catch(() => {}); // The port closed: there are no more changes.
    return end;
  }

  /** Told when the directory has changed. Resolves as `onArrivals` does. */
  async onDirectoryChange(listener: () => void): Promise<() => void> {
    const { end, begun } = this.#subscribe(this.#directoryListeners, listener);
    await begun;
    return end;
  }

  /** Resolves with the end of the subscription when the hub knows of it. */
  async onArrivals(listener: (arrivals: readonly QueueArrival[]) => void): Promise<() => void> {
    const { end, begun } = this.#subscribe(this.#arrivalListeners, listener);
    await begun;
    return end;
  }

  /** Told of units whose queue rows came or changed on another node. */
  onElsewhere(listener: (unitIds: readonly number[]) => void): () => void {
    this.#elsewhereListeners.add(listener);
    return () => void this.#elsewhereListeners.delete(listener);
  }

  close(): void {
    this.#port.close();
    this.#fail();
  }

  #subscribe<T>(listeners: Set<T>, listener: T): { end: () => void; begun: Promise<void> } {
    listeners.add(listener);
    const end = (): void => {
      if (listeners.delete(listener)) this.#sayWhatIsWanted().catch(() => {});
    };
    return { end, begun: this.#sayWhatIsWanted() };
  }

  #sayWhatIsWanted(): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#closed) {
        reject(hubGone());
        return;
      }
      if (this.#pending.size === 0) this.#port.ref();
      const id = ++this.#lastId;
      this.#pending.set(id, { resolve, reject });
      const wants = {
        changes: this.#changeListeners.size > 0,
        directory: this.#directoryListeners.size > 0,
        arrivals: this.#arrivalListeners.size > 0,
      };
      this.#post({ kind: 'subscribe', id, wants });
    });
  }

  #receive(message: Exclude<FromHub, { kind: 'welcome' }>): void {
    switch (message.kind) {
      case 'subscribed':
        this.#pending.get(message.id)?.resolve();
        this.#pending.delete(message.id);
        if (this.#pending.size === 0) this.#port.unref();
        break;
      case 'arrivals-wanted':
        this.#arrivalsWanted = message.wanted;
        break;
      case 'told':
        this.#tell(message.change, message.arrivals);
        break;
    }
  }

  #tell(change: Change, arrivals: readonly QueueArrival[]): void {
    for (const listener of this.#changeListeners) listener(change);
    if (change.directory) for (const listener of this.#directoryListeners) listener();
    if (arrivals.length > 0) for (const listener of this.#arrivalListeners) listener(arrivals);
    if (change.elsewhere === true && change.queuedUnits.length > 0)
      for (const listener of this.#elsewhereListeners) listener(change.queuedUnits);
  }

  #post(message: ToHub): void {
    this.#port.postMessage(message);
  }

  #fail(): void {
    this.#closed = true;
    const waiting = [...this.#pending.values()];
    this.#pending.clear();
    for (const pending of waiting) pending.reject(hubGone());
  }
}

function hubGone(): MailError {
  return new MailError('shutting-down', 'the server is shutting down, try again later', { temporary: true });
}
