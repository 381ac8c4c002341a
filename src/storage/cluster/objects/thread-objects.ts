// What one thread has of the object store: requests, reads with what it keeps, and large messages on their way in.
import { mkdir } from 'node:fs/promises';
import type { Clock } from '../../../base/clock.ts';
import type { Log } from '../../../base/log.ts';
import { WritePieces } from '../../incoming/write-pieces.ts';
import type { SqlWriter } from '../../sql/sql.ts';
import type { LargeRecord } from '../large-record.ts';
import { LargeObject } from './large-object.ts';
import { type ObjectAddress, parseObjectAddress } from './object-address.ts';
import type { ObjectKeys } from './object-keys.ts';
import { ObjectReader } from './object-reader.ts';
import { ObjectStore } from './object-store.ts';

/** How a thread reaches the object store. */
export interface ObjectOptions {
  /** `s3://…`; parseObjectAddress. */
  readonly url: string;
  readonly keys: ObjectKeys;
  /** Large messages wait there, without a name, until they are stored. Made when it is missing. */
  readonly spoolFolder: string;
  /** Octets that are kept of what was read. */
  readonly cacheBytes?: number;
}

export interface ThreadObjects {
  readonly store: ObjectStore;
  readonly reader: ObjectReader;
  /** `id`: a number that nobody else has. */
  openLarge(sql: SqlWriter, id: number): LargeRecord;
}

/** Makes the spool folder; asks nothing of the store, which may be down. */
export async function openObjects(
  options: ObjectOptions,
  parts: { readonly clock: Clock; readonly log: Log; readonly random: () => number },
): Promise<ThreadObjects> {
  const { spoolFolder, keys, cacheBytes } = options;
  const store = new ObjectStore({ address: addressOf(options.url), keys, ...parts });
  const pieces = new WritePieces();
  await mkdir(spoolFolder, { recursive: true, mode: 0o700 });
  return {
    store,
    reader: new ObjectReader({ store, ...(cacheBytes === undefined ? {} : { cacheBytes }) }),
    openLarge: (sql, id) => new LargeObject({ sql, store, segment: -id, pieces, spoolFolder }),
  };
}

function addressOf(url: string): ObjectAddress {
  const address = parseObjectAddress(url);
  if ('fault' in address) throw new TypeError(`the object store: ${address.fault}`);
  return address;
}
