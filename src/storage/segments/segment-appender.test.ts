import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { FaultyFiles } from '../../../test/support/faulty-files.ts';
import { scratchFolder } from '../../../test/support/scratch-store.ts';
import { VirtualClock } from '../../../test/support/virtual-clock.ts';
import { segmentName } from '../data-folder.ts';
import { SPARE_AFTER_GROUPS, SPARE_BYTES, SPARE_INTERVAL_MS } from '../limits.ts';
import { SegmentAppender } from './segment-appender.ts';

function makeAppender(t: TestContext, rollBytes?: number) {
  const folder = scratchFolder(t);
  const files = new FaultyFiles();
  const clock = new VirtualClock();
  const sealed: [number, number][] = [];
  let id = 0;
  const appender = new SegmentAppender({
    folder,
    files,
    clock,
    newSegmentId: () => ++id,
    onSealed: (segment, bytes) => sealed.push([segment, bytes]),
    ...(rollBytes === undefined ? {} : { rollBytes }),
  });
  const append = (text: string): Promise<{ segment: number; position: number }> =>
    appender.append([Buffer.from(text)], text.length);
  /** Waits until the spare is made or given up: its steps go through real files. */
  const settled = async (step: 'sync' | 'write', calls: number): Promise<void> => {
    while ((files.ended.get(step) ?? 0) < calls) await new Promise((resolve) => setImmediate(resolve));
    for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
  };
  return { folder, files, clock, sealed, appender, append, settled };
}

test('groups lie behind each other until the segment is long enough', async (t) => {
  const { folder, sealed, appender, append } = makeAppender(t, 10);
  assert.deepEqual(await append('12345'), { segment: 1, position: 0 });
  assert.deepEqual(await append('67890'), { segment: 1, position: 5 });
  assert.deepEqual(await append('x'), { segment: 2, position: 0 });
  assert.deepEqual(sealed, [[1, 10]]);
  await appender.close();
  assert.deepEqual(sealed, [
    [1, 10],
    [2, 1],
  ]);
  assert.equal(readFileSync(join(folder, segmentName(1)), 'latin1'), '1234567890');
});

test('what a full disk cut short is written over', async (t) => {
  const { folder, files, appender, append } = makeAppender(t);
  await append('one');
  files.failing.set('writeNow', 'ENOSPC');
  await assert.rejects(append('half'), { code: 'ENOSPC' });
  files.failing.clear();
  assert.deepEqual(await append('two'), { segment: 1, position: 3 });
  await appender.close();
  assert.equal(readFileSync(join(folder, segmentName(1)), 'latin1'), 'onetwo');
});

test('a segment in use is followed by one that was made ahead, and its zeros are cut off', async (t) => {
  const { folder, files, sealed, appender, append, settled } = makeAppender(t);
  for (let i = 0; i < SPARE_AFTER_GROUPS; i++) await append('x');
  await settled('sync', SPARE_AFTER_GROUPS + 1);
  assert.deepEqual(await append('in the spare'), { segment: 2, position: 0 });
  assert.deepEqual(sealed, [[1, SPARE_AFTER_GROUPS]]);
  assert.equal(readFileSync(join(folder, segmentName(2))).length, SPARE_BYTES);
  for (let i = 0; i < SPARE_AFTER_GROUPS; i++) await append('y');
  assert.equal(readdirSync(folder).length, 2, 'none is made before this one is half full');
  await appender.close();
  assert.equal(readFileSync(join(folder, segmentName(2)), 'latin1'), `in the spare${'y'.repeat(SPARE_AFTER_GROUPS)}`);
  assert.equal(files.steps.filter((step) => step === 'syncFolder').length, 2);
});

test('a spare that cannot be made is done without, and tried again later', async (t) => {
  const { folder, files, clock, appender, append, settled } = makeAppender(t);
  files.failing.set('write', 'ENOSPC');
  for (let i = 0; i < SPARE_AFTER_GROUPS + 3; i++) await append('x');
  await settled('write', 1);
  files.failing.clear();
  assert.deepEqual(await append('x'), { segment: 1, position: SPARE_AFTER_GROUPS + 3 });
  // What there is of it is removed a moment after its write has failed.
  for (let turn = 0; turn < 1_000 && readdirSync(folder).length > 1; turn++)
    await new Promise((resolve) => setImmediate(resolve));
  assert.equal(readdirSync(folder).length, 1);
  await clock.advance(SPARE_INTERVAL_MS);
  const syncs = files.ended.get('sync') ?? 0;
  await append('x');
  await settled('sync', syncs + 2);
  assert.equal((await append('x')).segment, 3);
  await append('x');
  await appender.close();
});
