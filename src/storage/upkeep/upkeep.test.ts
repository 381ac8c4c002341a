import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addTestAccount, deliverText, makeUnit, scratchFolder } from '../../../test/support/scratch-store.ts';
import { VirtualClock } from '../../../test/support/virtual-clock.ts';
import { silentLog } from '../../base/log.ts';
import type { JourneyEvent } from '../commit-unit.ts';
import { type EmbeddedStore, openEmbedded } from '../embedded.ts';
import { COMPACT_INTERVAL_MS, JOURNEY_INDEX_INTERVAL_MS, JOURNEY_PURGE_INTERVAL_MS } from '../limits.ts';
import { countUnindexed, findJourneys, readJourney } from '../records/journey.ts';
import { listSegments } from '../records/segments.ts';
import { Compactor } from './compaction.ts';
import { indexJourneyWords, purgeOldJourneys, runUpkeep } from './upkeep.ts';

const DAY_MS = 86_400_000;

async function note(store: EmbeddedStore, messageId: string, recipient: string): Promise<number> {
  const id = store.newUnitId();
  const event: JourneyEvent = { atMs: 5, kind: 'delivered', recipient, data: { mailbox: 'INBOX' } };
  await store.execute('journey.note', id, { messageId, reversePath: 'Ann@Two.test', accountId: null }, [event]);
  return id;
}

test('a journey is found by message id and by every address, before and after its words are written', async (t) => {
  const clock = new VirtualClock();
  const store = await openEmbedded(scratchFolder(t), { clock });
  const one = await note(store, '<m1@two.test>', 'bob@one.test');
  const two = await note(store, '<m2@two.test>', 'Eve@One.test');
  const check = async (): Promise<void> => {
    assert.deepEqual(await findJourneys(store.read, '<m1@two.test>', 9), [one]);
    assert.deepEqual(await findJourneys(store.read, 'm2@two.test', 9), [two]);
    assert.deepEqual(await findJourneys(store.read, 'ann@two.test', 9), [two, one]);
    assert.deepEqual(await findJourneys(store.read, 'ann@two.test', 1), [two]);
    assert.deepEqual(await findJourneys(store.read, 'eve@ONE.test', 9), [two]);
    assert.deepEqual(await findJourneys(store.read, 'nobody@one.test', 9), []);
  };
  assert.equal(await countUnindexed(store.read), 2);
  await check();
  await indexJourneyWords({ store, clock });
  assert.equal(await countUnindexed(store.read), 0);
  await check();
  const journey = await readJourney(store.read, one);
  assert.deepEqual(
    [journey?.messageId, journey?.reversePath, journey?.events.map((event) => event.recipient)],
    ['<m1@two.test>', 'Ann@Two.test', ['bob@one.test']],
  );
  assert.equal(await readJourney(store.read, 1), null);
  await store.close();
});

test('journeys go after their days or beyond their octets, with their words', async (t) => {
  const clock = new VirtualClock();
  const store = await openEmbedded(scratchFolder(t), { clock });
  const upkeep = { store, clock, journeyDays: 30 };
  // An unsynced write waits for company, and this clock moves only when told to.
  const purge = async (journeyMaxBytes: number): Promise<void> => {
    const running = { purge: true };
    const purging = purgeOldJourneys({ ...upkeep, journeyMaxBytes }).finally(() => (running.purge = false));
    while (running.purge) await clock.advance(100);
    await purging;
  };
  const old = await note(store, '<old@two.test>', 'bob@one.test');
  await indexJourneyWords({ store, clock });
  await clock.advance(29 * DAY_MS);
  const recent = await note(store, '<recent@two.test>', 'bob@one.test');
  await purge(1_000_000);
  assert.deepEqual(await findJourneys(store.read, 'bob@one.test', 9), [recent, old]);
  await clock.advance(2 * DAY_MS);
  await purge(1_000_000);
  assert.deepEqual(await findJourneys(store.read, 'bob@one.test', 9), [recent]);
  assert.equal(await readJourney(store.read, old), null);
  assert.deepEqual(await store.read.all('SELECT word FROM journey_key'), []);
  for (let i = 0; i < 9; i++) await note(store, `<n${i}@two.test>`, 'bob@one.test');
  await purge(300);
  const [rows] = await store.read.all<{ n: number }>('SELECT count(*) AS n FROM journey');
  assert.ok(rows !== undefined && rows.n > 0 && rows.n < 6, `${rows?.n} rows are left`);
  await store.close();
});

test('clients’ addresses are shortened after their days, once', async (t) => {
  const clock = new VirtualClock();
  const store = await openEmbedded(scratchFolder(t), { clock });
  const note = async (address: string): Promise<number> => {
    const id = store.newUnitId();
    const events: JourneyEvent[] = [
      { atMs: 1, kind: 'received', data: { address, tls: null } },
      { atMs: 2, kind: 'attempted', data: { address: '192.0.2.77' } },
    ];
    await store.execute('journey.note', id, { messageId: null, reversePath: '', accountId: null }, events);
    return id;
  };
  const addresses = async (id: number): Promise<unknown[]> =>
    (await readJourney(store.read, id))?.events.map((event) => event.data['address']) ?? [];
  const four = await note('198.51.100.23');
  const six = await note('2001:db8:1:2:3::4');
  const other = await note('unknown');
  await clock.advance(8 * DAY_MS);
  const recent = await note('198.51.100.23');
  const before = clock.now() - 7 * DAY_MS;
  assert.equal(await store.execute('journey.shorten-addresses', before, 2), 2);
  assert.equal(await store.execute('journey.shorten-addresses', before, 2), 1);
  assert.equal(await store.execute('journey.shorten-addresses', before, 2), 0);
  assert.deepEqual(await addresses(four), ['198.51.100.0', '192.0.2.77']);
  assert.deepEqual(await addresses(six), ['2001:db8:1::', '192.0.2.77']);
  assert.deepEqual(await addresses(other), ['unknown', '192.0.2.77']);
  assert.deepEqual(await addresses(recent), ['198.51.100.23', '192.0.2.77']);
  await store.close();
});

test('the upkeep runs by itself and stops when told to', async (t) => {
  const dataDir = scratchFolder(t);
  const clock = new VirtualClock();
  const store = await openEmbedded(dataDir, { clock, segmentRollBytes: 100 });
  const accountId = await addTestAccount(store, 'bob@one.test');
  for (let i = 0; i < 4; i++) await deliverText(store, accountId, `message ${i} ${'x'.repeat(100)}\r\n`);
  await store.execute('message.expunge', accountId, 1, [1, 2]);
  const message = store.openMessage();
  await message.commit(Buffer.alloc(0), makeUnit(store.newUnitId()));
  const compactor = new Compactor(store, { dataDir, log: silentLog });
  const stop = runUpkeep({ store, compactor, clock, log: silentLog });
  assert.ok((await countUnindexed(store.read)) > 0);
  // Until each job has had its turn; their writes go through real files.
  for (let i = 0; i < 500 && (await countUnindexed(store.read)) > 0; i++)
    await clock.advance(JOURNEY_INDEX_INTERVAL_MS);
  assert.equal(await countUnindexed(store.read), 0);
  const before = (await listSegments(store.read)).length;
  for (let i = 0; i < 500 && (await listSegments(store.read)).length === before; i++)
    await clock.advance(COMPACT_INTERVAL_MS);
  assert.ok((await listSegments(store.read)).length < before);
  await clock.advance(JOURNEY_PURGE_INTERVAL_MS);
  await Promise.all([stop(), clock.advance(1000)]);
  await store.close();
});
