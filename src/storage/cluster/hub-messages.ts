// What the stores of a node's threads and the node's hub say to each other over their ports.
import type { QueueArrival } from '../queue-store.ts';
import type { Change } from '../store.ts';

export type ToHub =
  /** Answered when every later commit is told. */
  | { readonly kind: 'subscribe'; readonly id: number; readonly wants: Wants }
  /** This thread has committed. */
  | { readonly kind: 'committed'; readonly change: Change; readonly arrivals: readonly QueueArrival[] };

/** What a thread wants to hear of. */
export interface Wants {
  readonly changes: boolean;
  readonly directory: boolean;
  readonly arrivals: boolean;
}

export type FromHub =
  /** The first message: the database is there and migrated. */
  | { readonly kind: 'welcome'; readonly node: number; readonly directoryVersion: Int32Array }
  | { readonly kind: 'subscribed'; readonly id: number }
  /** Arrivals come with their messages where somebody of this node asked. */
  | { readonly kind: 'arrivals-wanted'; readonly wanted: boolean }
  | { readonly kind: 'told'; readonly change: Change; readonly arrivals: readonly QueueArrival[] };
