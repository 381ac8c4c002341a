// What the main thread hands to the threads that it starts: plain values and ports, nothing with functions.
import type { MessagePort } from 'node:worker_threads';
import type { Config } from '../config/config.ts';
import type { QueueCommand, QueueSelection } from '../../storage/queue-store.ts';
import type { ListenerProtocol } from '../config/listener-protocols.ts';

/** Thread indexes name threads in unit ids; the main thread and the other single threads come first. */
export const THREAD_INDEX = { main: 0, relay: 1, firstProtocol: 2 } as const;

export interface ThreadData {
  readonly config: Config;
  /** The thread's name in the log. */
  readonly name: string;
  /** Asks for the thread's numbers. */
  readonly counters: MessagePort;
}

export interface AttachMessage {
  readonly kind: 'attach';
  readonly port: MessagePort;
  readonly threadIndex: number;
}

export interface RelayThreadData extends ThreadData {
  readonly store: MessagePort;
  /** Takes `RelayCommand`s. */
  readonly commands: MessagePort;
  readonly listeners: readonly BoundAddress[];
}

/** What an administrator wants done with the queue; answered with the number of keys that changed. */
export interface RelayCommand {
  readonly command: QueueCommand;
  readonly selection: QueueSelection;
}

export interface BoundAddress {
  readonly protocol: ListenerProtocol;
  readonly address: string;
  readonly port: number;
}

/** A socket of this thread, bound and not yet listening. */
export interface ThreadListener extends BoundAddress {
  readonly fd: number;
  /** Index in `config.listeners`. */
  readonly index: number;
}

export interface TlsMaterial {
  /** PEM. */
  readonly certificate: string;
  readonly key: string;
  /** 48 octets, the same in every thread. */
  readonly ticketKeys: Uint8Array;
}

export interface ProtocolThreadData extends ThreadData {
  /** Counted from 0. */
  readonly number: number;
  readonly store: MessagePort;
  readonly hashQueue: MessagePort;
  readonly throttle: MessagePort;
  readonly locks: MessagePort;
  readonly ledger: SharedArrayBuffer;
  readonly loginSecret: Uint8Array;
  readonly tls: TlsMaterial;
  readonly listeners: readonly ThreadListener[];
  /** All of the server's, to know itself by. */
  readonly bound: readonly BoundAddress[];
}

/** What any thread says to the main thread. */
export type ThreadMessage =
  | { readonly kind: 'ready' }
  /** It could not start; `text` says why. */
  | { readonly kind: 'failed'; readonly text: string }
  | { readonly kind: 'drained' };

/** What the main thread says to a thread. */
export type MainMessage = AttachMessage | ConfigureMessage | { readonly kind: 'drain'; readonly withinMs: number };

/** Settings that are used from now on, for new connections. */
export interface ConfigureMessage {
  readonly kind: 'configure';
  readonly config: Config;
  readonly tls: TlsMaterial;
}
