import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { MailError } from '../../../base/errors/mail-error.ts';
import { OBJECT_BLOCK_BYTES, OBJECT_CACHE_BYTES, OBJECT_READ_AHEAD_BLOCKS } from './limits.ts';
import { ObjectReader } from './object-reader.ts';

/** A store in memory that notes what it is asked for. */
class MemoryObjects {
  readonly objects = new Map<number, Buffer>();
  readonly asked: string[] = [];
  fails = false;

  async get(segment: number, start: number, end: number): Promise<Buffer | null> {
    this.asked.push(`${segment} ${start / OBJECT_BLOCK_BYTES}-${end / OBJECT_BLOCK_BYTES}`);
    await new Promise((resolve) => setImmediate(resolve));
    if (this.fails) throw new MailError('storage-failed', 'x', { temporary: true });
    const object = this.objects.get(segment);
    return object === undefined || start >= object.length ? null : object.subarray(start, end);
  }

  add(segment: number, blocks: number): Buffer {
    const octets = randomBytes(Math.floor(blocks * OBJECT_BLOCK_BYTES));
    this.objects.set(segment, octets);
    return octets;
  }
}

test('ranges are read in blocks, each once while it is kept', async () => {
  const store = new MemoryObjects();
  const octets = store.add(-1, 2.5);
  const reader = new ObjectReader({ store });
  const reads = [
    [10, 20],
    [0, 1],
    [OBJECT_BLOCK_BYTES - 5, OBJECT_BLOCK_BYTES + 5],
    [octets.length - 1, octets.length],
    [0, octets.length],
  ] as const;
  for (const [start, end] of reads) assert.deepEqual(await reader.read(-1, start, end), octets.subarray(start, end));
  // The second block follows the first, so what is behind it came along.
  assert.deepEqual(store.asked, ['-1 0-1', `-1 1-${1 + OBJECT_READ_AHEAD_BLOCKS}`]);
  assert.equal(reader.cachedBytes, octets.length);
});

test('a long range is read with few requests', async () => {
  const store = new MemoryObjects();
  const octets = store.add(-1, 9);
  const reader = new ObjectReader({ store });
  assert.deepEqual(await reader.read(-1, 0, octets.length), octets);
  assert.deepEqual(store.asked, ['-1 0-4', '-1 4-8', '-1 8-12']);
});

test('readers of the same block share a request, and what they get is theirs', async () => {
  const store = new MemoryObjects();
  const octets = store.add(-1, 1);
  const reader = new ObjectReader({ store });
  const [one, two] = await Promise.all([reader.read(-1, 0, 9), reader.read(-1, 0, 9)]);
  assert.equal(store.asked.length, 1);
  one?.fill(0);
  assert.deepEqual(two, octets.subarray(0, 9));
  assert.deepEqual(await reader.read(-1, 0, 9), octets.subarray(0, 9));
});

test('what is kept has a limit; who was read longest ago goes first', async () => {
  const store = new MemoryObjects();
  const reader = new ObjectReader({ store, cacheBytes: 3 * OBJECT_BLOCK_BYTES });
  for (const segment of [-1, -3, -5, -7]) store.add(segment, 1);
  for (const segment of [-1, -3, -5]) await reader.read(segment, 0, 1);
  await reader.read(-1, 0, 1);
  await reader.read(-7, 0, 1);
  assert.equal(reader.cachedBytes, 3 * OBJECT_BLOCK_BYTES);
  store.asked.length = 0;
  for (const segment of [-1, -5, -7, -3]) await reader.read(segment, 0, 1);
  assert.deepEqual(store.asked, ['-3 0-1']);
});

test('a message longer than all that may be kept is read all the same', async () => {
  const store = new MemoryObjects();
  const octets = store.add(-1, OBJECT_CACHE_BYTES / OBJECT_BLOCK_BYTES + 3.5);
  const reader = new ObjectReader({ store });
  assert.ok((await reader.read(-1, 0, octets.length))?.equals(octets));
  assert.ok(reader.cachedBytes <= OBJECT_CACHE_BYTES);
});

test('a failure is not kept, and neither is what is not there', async () => {
  const store = new MemoryObjects();
  const reader = new ObjectReader({ store });
  assert.equal(await reader.read(-1, 0, 9), null);
  store.fails = true;
  await assert.rejects(reader.read(-1, 0, 9), { code: 'storage-failed', temporary: true });
  store.fails = false;
  const octets = store.add(-1, 1);
  assert.deepEqual(await reader.read(-1, 0, 9), octets.subarray(0, 9));
  assert.equal(await reader.read(-1, octets.length - 1, octets.length + 1), null);
});
