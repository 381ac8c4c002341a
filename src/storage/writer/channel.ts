// What a thread's store and the writer say to each other over their port. Order on the port is the order of commits.
import type { QueueArrival } from '../queue-store.ts';
import type { SentError } from '../storage-errors.ts';
import type { Change } from '../store.ts';
import type { WriteOperations } from '../write-operations.ts';

export interface Call {
  /** Answers carry it; unique on its port. 0: no answer is wanted. */
  readonly id: number;
  readonly name: keyof WriteOperations;
  readonly args: readonly unknown[];
  /** False: the commit need not be synced. */
  readonly synced: boolean;
}

export type ToWriter =
  | { readonly kind: 'calls'; readonly calls: readonly Call[] }
  /** Answered when every later commit is told; what was committed before is there to be read by then. */
  | {
      readonly kind: 'subscribe';
      readonly id: number;
      readonly changes: boolean;
      /** Only changes that concern the directory; most commits do not, and wake nobody for it. */
      readonly directory: boolean;
      readonly arrivals: boolean;
    }
  /** Asks that all threads let go of dropped segments; answered when they have and no backup pins them. */
  | { readonly kind: 'retire'; readonly id: number; readonly segments: readonly number[] }
  /** This thread has let go of the segments of that epoch. */
  | { readonly kind: 'let-go'; readonly epoch: number }
  /** From the answer until `unpin`, or until the port closes, no file of a segment goes. */
  | { readonly kind: 'pin'; readonly id: number }
  | { readonly kind: 'unpin' };

export type Answer =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: SentError };

export type ToStore =
  /** The first message: the database is there and migrated. */
  | {
      readonly kind: 'welcome';
      readonly greatestUnitId: number;
      /** One number, shared by all threads: changed after each commit that touches the directory, before its answer goes. */
      readonly directoryVersion: Int32Array;
    }
  | {
      readonly kind: 'committed';
      readonly answers: readonly Answer[];
      /** Of all threads' units in the commit; null when nothing changed or nobody here asked. */
      readonly change: Change | null;
      readonly arrivals: readonly QueueArrival[] | null;
    }
  /** Nothing points at these segments any more: let go of them and say so. */
  | { readonly kind: 'let-go'; readonly epoch: number; readonly segments: readonly number[] };
