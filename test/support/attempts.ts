// Letters with an id of their own, made so that one that was cut short or mixed with another cannot pass for whole; and
// where they are in a data folder that no server has open.
import { openEmbedded } from '../../src/storage/embedded.ts';
import { listMessages } from '../../src/storage/records/messages.ts';
import { findQueueItem, listWaiting } from '../../src/storage/records/queue.ts';
import type { Store } from '../../src/storage/store.ts';
import { verify } from '../../src/storage/verify.ts';

const PAGE = 500;
const LINE = 70;
/** Octets of a record in front of the attempt's own: the trace fields. */
const HEAD_OCTETS = 4000;

/** A letter of about `size` octets; what is in it follows from its id and size. */
export function makeLetter(attempt: string, size: number): Buffer {
  const head = `Attempt: ${attempt} ${size}\r\nFrom: <eve@two.test>\r\nMessage-ID: <${attempt}@two.test>\r\n\r\n`;
  const line = `${`${attempt} `.repeat(LINE).slice(0, LINE)}\r\n`;
  const lines = Math.max(1, Math.ceil((size - head.length) / line.length));
  return Buffer.from(`${head}${line.repeat(lines)}End: ${attempt}\r\n`, 'latin1');
}

/** The attempt whose letter ends `octets`, whole and unchanged; null when there is none. */
export function readLetter(octets: Buffer): string | null {
  const start = octets.indexOf('Attempt: ');
  const found = /^Attempt: (\S+) (\d+)\r\n/.exec(octets.toString('latin1', start, start + 200));
  if (start < 0 || found === null) return null;
  const [, attempt = '', size] = found;
  return octets.subarray(start).equals(makeLetter(attempt, Number(size))) ? attempt : null;
}

export interface StoredAttempts {
  /** By account, in the order of `ACCOUNTS`: how often each attempt is in its INBOX. */
  readonly boxes: readonly Map<string, number>[];
  /** Attempts in the queue, and how often they were tried. */
  readonly queued: Map<string, number>;
  /** Letters that are not whole, and what `verify` found. */
  readonly faults: readonly string[];
}

/** Reads everything: every mailbox of accounts 1 and 2, the queue, and `verify`. */
export async function readAttempts(dataDir: string): Promise<StoredAttempts> {
  const store = await openEmbedded(dataDir);
  try {
    const faults: string[] = [];
    await verify({ dataDir, read: store.read, onFault: (fault) => faults.push(fault) });
    const stored = await readStore(store);
    return { ...stored, faults: [...faults, ...stored.faults] };
  } finally {
    await store.close();
  }
}

/** The mailboxes of accounts 1 and 2 and the queue, on any engine. */
export async function readStore(store: Store): Promise<StoredAttempts> {
  const faults: string[] = [];
  const boxes = [await readBox(store, 1, faults), await readBox(store, 2, faults)];
  return { boxes, queued: await readQueue(store, faults), faults };
}

/** Whether anything waits; safe while nodes still send: it looks at no octets, which go with the last recipient. */
export async function isQueueEmpty(store: Store): Promise<boolean> {
  return (await listWaiting(store.read, null, 1)).length === 0;
}

async function readBox(store: Store, accountId: number, faults: string[]): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for (let after = 0; ;) {
    const page = await listMessages(store.read, { accountId, mailboxId: 1 }, after, PAGE);
    for (const { place, uid } of page) {
      const attempt = readLetter(await store.readBlob(place, 0, place.length));
      if (attempt === null) faults.push(`account ${accountId}, message ${uid}: not whole`);
      else counts.set(attempt, (counts.get(attempt) ?? 0) + 1);
    }
    after = page.at(-1)?.uid ?? 0;
    if (page.length < PAGE) return counts;
  }
}

async function readQueue(store: Store, faults: string[]): Promise<Map<string, number>> {
  const queued = new Map<string, number>();
  for (let page = await listWaiting(store.read, null, PAGE); page.length > 0;) {
    for (const key of page) {
      const item = await findQueueItem(store.read, key);
      if (item === null) continue;
      const { place, attempts } = item;
      const head = await store.readBlob(place, 0, Math.min(place.length, HEAD_OCTETS));
      const attempt = /^Attempt: (\S+) /m.exec(head.toString('latin1'))?.[1];
      if (attempt === undefined) faults.push(`queue ${key.unitId}: not an attempt`);
      else if (queued.has(attempt)) faults.push(`queue: ${attempt} is there twice`);
      else queued.set(attempt, attempts);
    }
    page = page.length < PAGE ? [] : await listWaiting(store.read, page.at(-1) ?? null, PAGE);
  }
  return queued;
}
