// One worker thread as the main thread sees it: started, ready, drained, or dead.
import { Worker, type Transferable } from 'node:worker_threads';
import type { ThreadData, MainMessage, ThreadMessage } from './thread-data.ts';

/** A thread that could not start: its own words. */
export class ThreadFailure extends Error {
  constructor(name: string, text: string) {
    super(`the ${name} thread could not start: ${text}`);
    this.name = 'ThreadFailure';
  }
}

export interface HouseThreadOptions {
  readonly file: URL;
  readonly data: ThreadData;
  readonly transfer?: readonly Transferable[];
  /** The thread ended, or did not even start, although nobody told it to drain. */
  readonly onDeath: (error: Error | null) => void;
}

export class HouseThread {
  readonly name: string;
  readonly ready: Promise<void>;
  readonly #worker: Worker;
  #drained: (() => void) | null = null;
  #ended = false;

  constructor(options: HouseThreadOptions) {
    const { file, data, transfer = [], onDeath } = options;
    this.name = data.name;
    const worker = new Worker(file, { workerData: data, transferList: [...transfer], name: data.name });
    this.#worker = worker;
    let fault: Error | null = null;
    this.ready = new Promise((resolve, reject) => {
      worker.on('message', (message: ThreadMessage) => {
        if (message.kind === 'ready') resolve();
        else if (message.kind === 'failed') reject(new ThreadFailure(this.name, message.text));
        else this.#drained?.();
      });
      worker.on('error', (error: Error) => {
        fault = error;
      });
      worker.on('exit', (code) => {
        this.#ended = true;
        this.#drained?.();
        reject(new ThreadFailure(this.name, fault?.message ?? `it ended with code ${code}`));
        if (this.#drained === null) onDeath(fault);
      });
    });
    this.ready.catch(() => {});
  }

  post(message: MainMessage, transfer: readonly Transferable[] = []): void {
    this.#worker.postMessage(message, transfer);
  }

  /** Lets it finish within so many ms, and a little longer before it is ended by force. */
  async drain(withinMs: number, graceMs: number): Promise<void> {
    if (this.#ended) return;
    const drained = new Promise<void>((resolve) => {
      this.#drained = resolve;
    });
    this.post({ kind: 'drain', withinMs });
    const timer = setTimeout(() => this.#drained?.(), withinMs + graceMs);
    await drained;
    clearTimeout(timer);
    await this.#worker.terminate();
  }

  /** Ends it at once, as a crash would; `onDeath` is told. */
  async kill(): Promise<void> {
    await this.#worker.terminate();
  }
}
