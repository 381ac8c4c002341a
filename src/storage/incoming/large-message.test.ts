import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { FaultyFiles } from '../../../test/support/faulty-files.ts';
import { scratchFolder } from '../../../test/support/scratch-store.ts';
import { LARGE_WRITE_BYTES, LARGE_WRITE_NOW_BYTES, PREFIX_MAX_BYTES, WRITE_PIECES_MAX } from '../limits.ts';
import { RECORD_HASH_BYTES } from '../segments/record-hash.ts';
import { LargeMessage } from './large-message.ts';
import { WritePieces } from './write-pieces.ts';

interface Rig {
  readonly files: FaultyFiles;
  readonly folder: string;
  readonly pieces: WritePieces;
  readonly message: LargeMessage;
}

function openMessage(t: TestContext): Rig {
  const parts = { files: new FaultyFiles(), folder: scratchFolder(t), segment: 7, pieces: new WritePieces() };
  return { ...parts, message: new LargeMessage(parts) };
}

const calls = ({ files }: Rig): [write: number, writeNow: number] => [
  files.calls.get('write') ?? 0,
  files.calls.get('writeNow') ?? 0,
];

test('chunks of any size make one record, whose memory may be used again after each call', async (t) => {
  const rig = openMessage(t);
  const sizes = [1, LARGE_WRITE_NOW_BYTES, LARGE_WRITE_NOW_BYTES + 1, LARGE_WRITE_BYTES, 2 * LARGE_WRITE_BYTES + 1, 0];
  const all: Buffer[] = [];
  for (const [at, size] of sizes.entries()) {
    const chunk = Buffer.alloc(size, `${at}.`);
    all.push(Buffer.from(chunk));
    const pending = rig.message.write(chunk);
    chunk.fill('!');
    await pending;
  }
  const prefix = Buffer.from('Received: x\r\n');
  const { record } = await rig.message.finish(prefix);
  const [name] = readdirSync(rig.folder);
  const file = readFileSync(join(rig.folder, name ?? ''));
  const body = Buffer.concat(all);
  assert.equal(record.position, PREFIX_MAX_BYTES - prefix.length);
  assert.equal(record.length, prefix.length + body.length);
  assert.ok(file.subarray(record.position).equals(Buffer.concat([prefix, body])));
  const digest = createHash('sha256').update(body).update(prefix).digest();
  assert.equal(record.hash, digest.toString('latin1', 0, RECORD_HASH_BYTES));
});

test('what is short is written at once, what is longer through the pool', async (t) => {
  const rig = openMessage(t);
  await rig.message.write(Buffer.from('opens the file'));
  assert.deepEqual(calls(rig), [1, 0]);
  assert.equal(rig.message.write(Buffer.alloc(LARGE_WRITE_NOW_BYTES)), undefined);
  assert.deepEqual(calls(rig), [1, 1]);
  await rig.message.write(Buffer.alloc(LARGE_WRITE_NOW_BYTES + 1));
  assert.deepEqual(calls(rig), [2, 1]);
  await rig.message.discard();
  assert.deepEqual(readdirSync(rig.folder), []);
});

test('when the disk is too far behind, octets are written at once instead of waiting in memory', async (t) => {
  const rig = openMessage(t);
  await rig.message.write(Buffer.from('opens the file'));
  const taken = Array.from({ length: WRITE_PIECES_MAX }, () => rig.pieces.take());
  assert.ok(taken.every((piece) => piece?.length === LARGE_WRITE_BYTES));
  assert.equal(rig.pieces.take(), null);
  assert.equal(rig.message.write(Buffer.alloc(LARGE_WRITE_BYTES)), undefined);
  assert.deepEqual(calls(rig), [1, 1]);
  rig.pieces.give(taken[0]!);
  await rig.message.write(Buffer.alloc(LARGE_WRITE_BYTES));
  assert.deepEqual(calls(rig), [2, 1]);
  assert.equal(rig.pieces.take(), taken[0]);
  await rig.message.discard();
});

for (const [step, octets] of [
  ['write', LARGE_WRITE_NOW_BYTES + 1],
  ['writeNow', LARGE_WRITE_NOW_BYTES],
] as const) {
  test(`a message whose ${step} failed once is never finished`, async (t) => {
    const rig = openMessage(t);
    await rig.message.write(Buffer.from('opens the file'));
    rig.files.failing.set(step, 'ENOSPC');
    await assert.rejects(async () => rig.message.write(Buffer.alloc(octets)), { code: 'ENOSPC' });
    rig.files.failing.clear();
    await rig.message.write(Buffer.alloc(octets));
    await assert.rejects(rig.message.finish(Buffer.alloc(0)), { code: 'ENOSPC' });
    assert.deepEqual(readdirSync(rig.folder), []);
  });
}
