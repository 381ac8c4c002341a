// What this client knows of its selected mailbox: sequence numbers, \Recent, how far it was told of changes. Four octets a
// message. RFC 9051 §2.3.1.2: numbers change only when the client is told, so the view lags the mailbox on purpose.
import {
  addToRanges,
  EMPTY_SET,
  hasNumber,
  intersectSets,
  subtractSet,
  uniteSets,
  type NumberSet,
} from '../../../formats/number-set.ts';
import type { KeyResolver } from '../grammar/search.ts';
import type { SearchKey, SortKey } from '../search-key.ts';
import { resolveSet, type SequenceSet } from '../grammar/sequence-set.ts';
import type { ImapMailbox, MailboxSnapshot } from './session.ts';

/** Room for arrivals, as a part of the whole. */
const GROWTH = 8;

/** A command's result that is kept up to date. */
export interface ResultContext {
  /** Told in uids. */
  readonly uid: boolean;
  readonly key: SearchKey;
  /** null: of SEARCH, without an order. */
  readonly sort: readonly SortKey[] | null;
  uids: NumberSet;
  order: readonly number[] | null;
}

/** One selected mailbox of one session. */
export class MailboxView implements KeyResolver {
  readonly mailbox: ImapMailbox;
  #uids: Uint32Array;
  #count: number;
  /** All that happened up to here was told or is pending. */
  modSeq: number;
  uidNext: number;
  /** The mailbox said that something happened since the last look. */
  dirty = false;
  /** Gone, but this client may not be told yet. */
  pendingExpunged: NumberSet = EMPTY_SET;
  /** Uids that are \Recent for this session. */
  recentUids: NumberSet = EMPTY_SET;
  /** RFC 5182: what $ stands for, as uids. */
  savedResult: NumberSet = EMPTY_SET;
  /** RFC 5267 §4.3: results that are kept up to date, by the tag of their command. */
  readonly contexts = new Map<string, ResultContext>();
  /** Changes that this client made itself and has been told of. */
  readonly ownModSeqs = new Set<number>();
  /** Distinct texts of keywords that FLAGS has announced. */
  readonly announcedKeywords = new Set<string>();
  #stopListening: () => void = () => {};

  constructor(mailbox: ImapMailbox, snapshot: MailboxSnapshot) {
    this.mailbox = mailbox;
    this.#uids = snapshot.uids;
    this.#count = snapshot.uids.length;
    this.modSeq = snapshot.highestModSeq;
    this.uidNext = snapshot.uidNext;
  }

  /** Calls `listener` when the mailbox changes. */
  listen(listener: () => void): void {
    this.#stopListening = this.mailbox.onChange(() => {
      this.dirty = true;
      listener();
    });
  }

  /** The client leaves it. */
  close(): void {
    this.#stopListening();
    this.mailbox.close();
  }

  /** Messages, as the client counts them. */
  get count(): number {
    return this.#count;
  }

  /** The uid of sequence number `seq` (from 1). */
  uidAt(seq: number): number {
    return this.#uids[seq - 1]!;
  }

  /** The largest uid; 0 when empty. */
  get lastUid(): number {
    return this.#count === 0 ? 0 : this.#uids[this.#count - 1]!;
  }

  /** How many messages have a uid below `uid`. */
  countBelow(uid: number): number {
    let low = 0;
    let high = this.#count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#uids[middle]! < uid) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The sequence number of a uid; 0 when it is not in the view. */
  seqOf(uid: number): number {
    const below = this.countBelow(uid);
    return below < this.#count && this.#uids[below] === uid ? below + 1 : 0;
  }

  isRecent(uid: number): boolean {
    return this.recentUids.length > 0 && hasNumber(this.recentUids, uid);
  }

  /** Sequence numbers of messages in the view, as ranges, for a client's set of sequence numbers or uids. */
  sequence(set: SequenceSet, isUid: boolean): NumberSet {
    if (set === '$') return this.#sequenceOfUids(this.savedResult);
    if (isUid) return this.#sequenceOfUids(resolveSet(set, this.lastUid));
    return intersectSets(resolveSet(set, this.#count), [1, this.#count]);
  }

  /** Whether a set of sequence numbers names messages that do not exist (RFC 9051 §6.4: the client is wrong). */
  exceeds(set: SequenceSet): boolean {
    return set !== '$' && set.some((n) => n > this.#count || (n === 0 && this.#count === 0));
  }

  #sequenceOfUids(uids: NumberSet): NumberSet {
    const ranges: number[] = [];
    for (let i = 0; i < uids.length; i += 2) {
      const first = this.countBelow(uids[i]!) + 1;
      const last = this.countBelow(uids[i + 1]! + 1);
      if (first > last) continue;
      if (ranges.length > 0 && ranges[ranges.length - 1] === first - 1) ranges[ranges.length - 1] = last;
      else ranges.push(first, last);
    }
    return ranges;
  }

  /** Uids of sequence numbers in the view. A run of neighbours in the view is one range: between them is nothing to see. */
  uidsOf(sequence: NumberSet): NumberSet {
    const ranges: number[] = [];
    for (let i = 0; i < sequence.length; i += 2) ranges.push(this.uidAt(sequence[i]!), this.uidAt(sequence[i + 1]!));
    return ranges;
  }

  numbers(set: SequenceSet): NumberSet {
    return this.uidsOf(this.sequence(set, false));
  }

  uids(set: SequenceSet): NumberSet {
    return this.uidsOf(this.sequence(set, true));
  }

  recent(): NumberSet {
    return this.recentUids;
  }

  /** The messages of a uid set, exactly: gaps of the view are gaps of the result. */
  exactUids(sequence: NumberSet): NumberSet {
    const ranges: number[] = [];
    for (let i = 0; i < sequence.length; i += 2)
      for (let seq = sequence[i]!; seq <= sequence[i + 1]!; seq++) addToRanges(ranges, this.uidAt(seq));
    return ranges;
  }

  /** Messages arrived: uids above all others. */
  append(uids: NumberSet): void {
    for (let i = 0; i < uids.length; i += 2) {
      for (let uid = Math.max(uids[i]!, this.lastUid + 1); uid <= uids[i + 1]!; uid++) this.#push(uid);
    }
    this.uidNext = Math.max(this.uidNext, this.lastUid + 1);
  }

  #push(uid: number): void {
    if (this.#count === this.#uids.length) {
      const grown = new Uint32Array(this.#count + Math.max(16, Math.ceil(this.#count / GROWTH)));
      grown.set(this.#uids);
      this.#uids = grown;
    }
    this.#uids[this.#count++] = uid;
  }

  /** Takes messages out. `onGone` hears each sequence number as EXPUNGE tells it, one after the other. */
  remove(uids: NumberSet, onGone: (seq: number) => void): void {
    const gone = this.#sequenceOfUids(uids);
    if (gone.length === 0) return;
    let removed = 0;
    for (let i = 0; i < gone.length; i += 2) {
      const [first, last] = [gone[i]!, gone[i + 1]!];
      // All numbers of a range are told as its first one, less what went before it.
      for (let seq = first; seq <= last; seq++) onGone(first - removed);
      const next = i + 2 < gone.length ? gone[i + 2]! - 1 : this.#count;
      this.#uids.copyWithin(first - 1 - removed, last, next);
      removed += last - first + 1;
    }
    this.#count -= removed;
    this.recentUids = subtractSet(this.recentUids, uids);
    this.savedResult = subtractSet(this.savedResult, uids);
  }

  /** Those of `uids` that the view has. */
  known(uids: NumberSet): NumberSet {
    return this.exactUids(this.#sequenceOfUids(uids));
  }

  /** Adds to what will be told when it may be. */
  holdExpunged(uids: NumberSet): void {
    this.pendingExpunged = uniteSets(this.pendingExpunged, uids);
  }
}
