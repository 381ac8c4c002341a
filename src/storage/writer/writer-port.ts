// A thread's end of the port to the writer: calls go out in order, answers come back by number.
import type { MessagePort } from 'node:worker_threads';
import { MailError } from '../../base/errors/mail-error.ts';
import type { QueueArrival } from '../queue-store.ts';
import { receiveError } from '../storage-errors.ts';
import type { Change } from '../store.ts';
import type { WriteOperations } from '../write-operations.ts';
import type { Call, ToStore, ToWriter } from './channel.ts';

interface Pending {
  readonly resolve: (value: never) => void;
  readonly reject: (error: Error) => void;
}

export interface OutgoingCall {
  readonly name: keyof WriteOperations;
  readonly args: readonly unknown[];
  readonly synced: boolean;
  /** null: the outcome is of no interest. */
  readonly pending: Pending | null;
}

/** One per thread. */
export class WriterPort {
  readonly #port: MessagePort;
  readonly #pending = new Map<number, Pending>();
  readonly #changeListeners = new Set<(change: Change) => void>();
  readonly #directoryListeners = new Set<() => void>();
  readonly #arrivalListeners = new Set<(arrivals: readonly QueueArrival[]) => void>();
  readonly #onLetGo: (segments: readonly number[]) => void;
  #lastId = 0;
  #closed = false;

  private constructor(port: MessagePort, onLetGo: (segments: readonly number[]) => void) {
    this.#port = port;
    this.#onLetGo = onLetGo;
  }

  /** Waits for the writer's welcome, which brings what every thread needs to know. */
  static open(
    port: MessagePort,
    onLetGo: (segments: readonly number[]) => void,
  ): Promise<{ writer: WriterPort; greatestUnitId: number; directoryVersion: Int32Array }> {
    return new Promise((resolve, reject) => {
      const writer = new WriterPort(port, onLetGo);
      port.on('message', (message: ToStore) => {
        if (message.kind === 'welcome') {
          port.unref();
          const { greatestUnitId, directoryVersion } = message;
          resolve({ writer, greatestUnitId, directoryVersion });
        } else writer.#receive(message);
      });
      port.on('close', () => {
        reject(writerGone());
        writer.#fail();
      });
    });
  }

  /** Sends calls as one message; the writer runs them in this order. */
  send(calls: readonly OutgoingCall[]): void {
    if (this.#closed) {
      for (const call of calls) call.pending?.reject(writerGone());
      return;
    }
    if (this.#pending.size === 0) this.#port.ref();
    const sent = calls.map((call): Call => {
      const id = call.pending === null ? 0 : ++this.#lastId;
      if (call.pending !== null) this.#pending.set(id, call.pending);
      return { id, name: call.name, args: call.args, synced: call.synced };
    });
    this.#post({ kind: 'calls', calls: sent });
  }

  /** Sends one call; its answer. */
  call(name: keyof WriteOperations, args: readonly unknown[], synced: boolean): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.send([{ name, args, synced, pending: { resolve, reject } }]);
    });
  }

  /** Resolves when no thread has these dropped segments open and no backup needs them. */
  retire(segments: readonly number[]): Promise<void> {
    return this.#ask((id) => ({ kind: 'retire', id, segments }));
  }

  /** Until `unpin` no file of a segment goes. */
  pin(): Promise<void> {
    return this.#ask((id) => ({ kind: 'pin', id }));
  }

  unpin(): void {
    if (!this.#closed) this.#post({ kind: 'unpin' });
  }

  #ask(message: (id: number) => ToWriter): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#closed) {
        reject(writerGone());
        return;
      }
      if (this.#pending.size === 0) this.#port.ref();
      const id = ++this.#lastId;
      this.#pending.set(id, { resolve, reject });
      this.#post(message(id));
    });
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

  /** Resolves with the end of the subscription when the writer knows of it: nothing is missed between reading and this. */
  async onArrivals(listener: (arrivals: readonly QueueArrival[]) => void): Promise<() => void> {
    const { end, begun } = this.#subscribe(this.#arrivalListeners, listener);
    await begun;
    return end;
  }

  /** Calls that are not answered yet fail. */
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
    const changes = this.#changeListeners.size > 0;
    const directory = this.#directoryListeners.size > 0;
    const arrivals = this.#arrivalListeners.size > 0;
    return this.#ask((id) => ({ kind: 'subscribe', id, changes, directory, arrivals }));
  }

  #receive(message: Exclude<ToStore, { kind: 'welcome' }>): void {
    if (message.kind === 'let-go') {
      this.#onLetGo(message.segments);
      this.#post({ kind: 'let-go', epoch: message.epoch });
      return;
    }
    for (const answer of message.answers) {
      const pending = this.#pending.get(answer.id);
      this.#pending.delete(answer.id);
      if ('error' in answer) pending?.reject(receiveError(answer.error));
      else pending?.resolve(answer.value as never);
    }
    if (this.#pending.size === 0) this.#port.unref();
    if (message.change !== null) {
      for (const listener of this.#changeListeners) listener(message.change);
      if (message.change.directory) for (const listener of this.#directoryListeners) listener();
    }
    if (message.arrivals !== null) for (const listener of this.#arrivalListeners) listener(message.arrivals);
  }

  #post(message: ToWriter): void {
    this.#port.postMessage(message);
  }

  #fail(): void {
    this.#closed = true;
    const waiting = [...this.#pending.values()];
    this.#pending.clear();
    for (const pending of waiting) pending.reject(writerGone());
  }
}

function writerGone(): MailError {
  return new MailError('shutting-down', 'the server is shutting down, try again later', { temporary: true });
}
