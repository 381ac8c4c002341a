// SEARCH of a folder: what the columns say in one statement, what ENVELOPE rules out from its row, and the rest from the
// octets, exactly. In pages, so that others have their turn, and nothing is held but what is found.
import { numbersOf, type NumberSet, subtractSet, uniteSets } from '../../../formats/number-set.ts';
import type { Folder } from '../../../storage/records/folder.ts';
import { listKeywords } from '../../../storage/records/keywords.ts';
import { listOctets, readPage } from '../../../storage/records/message-pages.ts';
import { rangesOf } from '../../../storage/records/message-sets.ts';
import { findRows } from '../../../storage/records/row-search.ts';
import type { Store } from '../../../storage/store.ts';
import { SEARCH_PAGE_ROWS, SEARCH_READ_OCTETS } from '../limits.ts';
import { withPrefix } from '../message-octets.ts';
import { EnvelopeText, isFound, mayBeFound, type SearchedRow } from './evaluate.ts';
import { pagesOf } from './pages.ts';
import { MessageText } from './message-text.ts';
import { type ConditionContext, isInColumns, toRowCondition } from './row-conditions.ts';
import type { SearchKey, SearchOptions } from './search-key.ts';

const COLUMNS = {
  flags: true,
  internalDate: true,
  size: true,
  savedAt: true,
  ids: true,
  envelope: true,
  structure: false,
  preview: false,
  sortKeys: false,
};

export interface SearchParts {
  readonly store: Store;
  readonly nowMs: number;
}

/** The uids of messages of which the key is true, ascending. Ends early, with what it has, when the client is gone. */
export async function searchFolder(
  { store, nowMs }: SearchParts,
  folder: Folder,
  key: SearchKey,
  options: SearchOptions,
): Promise<NumberSet> {
  const context = { keywords: await listKeywords(store.read, folder.accountId), nowMs };
  const may = await findRows(store.read, folder, toRowCondition(key, 'may', context));
  if (isInColumns(key, context)) return may;
  const must = await findRows(store.read, folder, toRowCondition(key, 'must', context));
  const unsure = subtractSet(may, must);
  const search = new OctetSearch(store, folder, key, context);
  const total = [...rangesOf(unsure)].reduce((sum, [first, last]) => sum + last - first + 1, 0);
  let done = 0;
  for (const page of pagesOf(unsure, SEARCH_PAGE_ROWS)) {
    if (options.signal.aborted) break;
    done += await search.look(page);
    options.onProgress?.(done, total);
    // Reads are synchronous behind their promises: others come in between pages only.
    await new Promise((resolve) => setImmediate(resolve));
  }
  return uniteSets(must, search.found);
}

/** Looks at messages one by one. */
class OctetSearch {
  readonly #store: Store;
  readonly #folder: Folder;
  readonly #key: SearchKey;
  readonly #context: ConditionContext;
  readonly #found: number[] = [];

  constructor(store: Store, folder: Folder, key: SearchKey, context: ConditionContext) {
    this.#store = store;
    this.#folder = folder;
    this.#key = key;
    this.#context = context;
  }

  get found(): NumberSet {
    const set: number[] = [];
    for (const uid of this.#found) {
      if (set.length > 0 && set[set.length - 1] === uid - 1) set[set.length - 1] = uid;
      else set.push(uid, uid);
    }
    return set;
  }

  /** One page; how many messages it was. */
  async look(page: NumberSet): Promise<number> {
    const rows = await readPage(this.#store.read, this.#folder, page, COLUMNS);
    const possible = new Map<number, SearchedRow>();
    for (const row of rows) {
      const envelope = new EnvelopeText(row.envelope ?? null);
      if (mayBeFound(this.#key, row, envelope, this.#context)) possible.set(row.uid, row);
    }
    const uids = [...possible.keys()];
    for (let at = 0; at < uids.length;) at += await this.#readSome(uids, at, possible);
    return [...numbersOf(page)].length;
  }

  /** Reads as many as may be read at a time; how many. */
  async #readSome(uids: readonly number[], start: number, rows: ReadonlyMap<number, SearchedRow>): Promise<number> {
    let octets = 0;
    let end = start;
    while (end < uids.length && (end === start || octets < SEARCH_READ_OCTETS))
      octets += rows.get(uids[end++]!)?.size ?? 0;
    const ranges = uids.slice(start, end).flatMap((uid) => [uid, uid]);
    const places = await listOctets(this.#store.read, this.#folder, ranges);
    const records = await this.#store.readBlobs(places.map(({ place }) => place));
    for (const [index, place] of places.entries()) {
      const row = rows.get(place.uid);
      const record = records[index];
      if (row === undefined || record === undefined) continue;
      const text = new MessageText(withPrefix(place.prefix, record));
      if (isFound(this.#key, row, text, this.#context)) this.#found.push(row.uid);
    }
    return end - start;
  }
}
