// SORT, RFC 5256 §3 and RFC 5957: by the keys that are stored with each message, and where all are equal by uid.
import { compareKeys } from '../../../formats/collation/casemap.ts';
import type { NumberSet } from '../../../formats/number-set.ts';
import type { Folder } from '../../../storage/records/folder.ts';
import { type PageRow, readPage } from '../../../storage/records/message-pages.ts';
import { type SortKeys, splitSortKeys } from '../../../storage/sort-keys.ts';
import type { Store } from '../../../storage/store.ts';
import { SORT_PAGE_ROWS } from '../limits.ts';
import { pagesOf } from './pages.ts';

export type SortField = 'arrival' | 'cc' | 'date' | 'from' | 'size' | 'subject' | 'to' | 'display-from' | 'display-to';

export interface SortKey {
  readonly field: SortField;
  readonly reverse: boolean;
}

/** What sorting and threading need of a row. */
export interface KeyedMessage {
  readonly uid: number;
  readonly size: number;
  readonly arrivedAtMs: number;
  /** Of the Date field, or where it has none the internal date. */
  readonly sentAtMs: number;
  readonly keys: SortKeys;
  readonly messageIds: string;
}

const COLUMNS = {
  flags: false,
  internalDate: true,
  size: true,
  savedAt: false,
  ids: false,
  envelope: false,
  structure: false,
  preview: false,
  sortKeys: true,
};

/** The messages of a set that are there, with their keys, in the order of uids. */
export async function readKeyed(store: Store, folder: Folder, set: NumberSet): Promise<KeyedMessage[]> {
  const messages: KeyedMessage[] = [];
  for (const page of pagesOf(set, SORT_PAGE_ROWS)) {
    for (const row of await readPage(store.read, folder, page, COLUMNS)) messages.push(toKeyed(row));
    await new Promise((resolve) => setImmediate(resolve));
  }
  return messages;
}

function toKeyed({ uid, size = 0, internalDateMs = 0, sentAtMs = null, sortKeys, messageIds }: PageRow): KeyedMessage {
  return {
    uid,
    size,
    arrivedAtMs: internalDateMs,
    sentAtMs: sentAtMs ?? internalDateMs,
    keys: splitSortKeys(sortKeys),
    messageIds: messageIds ?? '',
  };
}

const COMPARE: Readonly<Record<SortField, (a: KeyedMessage, b: KeyedMessage) => number>> = {
  arrival: (a, b) => a.arrivedAtMs - b.arrivedAtMs,
  date: (a, b) => a.sentAtMs - b.sentAtMs,
  size: (a, b) => a.size - b.size,
  cc: (a, b) => compareKeys(a.keys.cc, b.keys.cc),
  from: (a, b) => compareKeys(a.keys.from, b.keys.from),
  subject: (a, b) => compareKeys(a.keys.subject, b.keys.subject),
  to: (a, b) => compareKeys(a.keys.to, b.keys.to),
  'display-from': (a, b) => compareKeys(a.keys.displayFrom, b.keys.displayFrom),
  'display-to': (a, b) => compareKeys(a.keys.displayTo, b.keys.displayTo),
};

/** The uids of `set` in the order of the keys. */
export async function sortFolder(
  store: Store,
  folder: Folder,
  set: NumberSet,
  sort: readonly SortKey[],
): Promise<readonly number[]> {
  const messages = await readKeyed(store, folder, set);
  messages.sort((a, b) => {
    for (const { field, reverse } of sort) {
      const order = COMPARE[field](a, b);
      if (order !== 0) return reverse ? -order : order;
    }
    return a.uid - b.uid;
  });
  return messages.map((message) => message.uid);
}
