import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualClock } from '../../../test/support/virtual-clock.ts';
import { TtlCache } from './cache.ts';

const forever = { ttlSeconds: 1000, octets: 0 };

test('a value is good for its time', async () => {
  const clock = new VirtualClock();
  const cache = new TtlCache<string>(clock);
  cache.set('a', 'first', { ttlSeconds: 10, octets: 5 });
  await clock.advance(9_500);
  assert.deepEqual(cache.get('a'), { value: 'first', ttlSeconds: 1 });
  await clock.advance(500);
  assert.equal(cache.get('a'), null);
  assert.deepEqual([cache.size, cache.octets], [0, 0]);
});

test('beyond the number of entries the longest unused goes', () => {
  const cache = new TtlCache<number>(new VirtualClock(), { entriesMax: 2, octetsMax: 10_000 });
  cache.set('a', 1, forever);
  cache.set('b', 2, forever);
  cache.get('a');
  cache.set('c', 3, forever);
  assert.deepEqual([cache.get('a')?.value, cache.get('b'), cache.get('c')?.value], [1, null, 3]);
});

test('beyond the octets too, and what is too large is not kept at all', () => {
  const cache = new TtlCache<number>(new VirtualClock(), { entriesMax: 100, octetsMax: 1000 });
  cache.set('a', 1, { ttlSeconds: 9, octets: 500 });
  cache.set('b', 2, { ttlSeconds: 9, octets: 500 });
  assert.equal(cache.get('a'), null);
  assert.equal(cache.get('b')?.value, 2);
  cache.set('b', 3, { ttlSeconds: 9, octets: 5000 });
  assert.equal(cache.get('b'), null);
  assert.equal(cache.octets, 0);
});
