// A disk that is really full (a small tmpfs; needs to be root on Linux): storage-full, nothing lost, recovery by itself.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { MailError } from '../../src/base/errors/mail-error.ts';
import { openEmbedded } from '../../src/storage/embedded.ts';
import { listMessages } from '../../src/storage/records/messages.ts';
import { verify } from '../../src/storage/verify.ts';
import { addTestAccount, deliverText, makeUnit, scratchFolder } from '../support/scratch-store.ts';

const MIB = 1024 * 1024;

function isFull(error: unknown): boolean {
  return error instanceof MailError && error.code === 'storage-full' && error.temporary;
}

/** Fills what is left of the disk. */
function fill(path: string): void {
  const piece = Buffer.alloc(4096);
  for (let i = 0; ; i++) {
    try {
      writeFileSync(path, piece, { flag: 'a' });
    } catch {
      return;
    }
  }
}

test('a full disk refuses for now, loses nothing, and is forgotten when there is room', async (t) => {
  const disk = join(scratchFolder(t), 'disk');
  mkdirSync(disk);
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'postroad-test', disk]).status !== 0) {
    t.skip('a small disk cannot be mounted here');
    return;
  }
  const dataDir = join(disk, 'data');
  const filler = join(disk, 'filler');
  const reserve = join(disk, 'reserve');
  try {
    const store = await openEmbedded(dataDir);
    const accountId = await addTestAccount(store, 'bob@one.test');
    const deliver = (octets: number): Promise<unknown> => deliverText(store, accountId, 'x'.repeat(octets));
    const count = async (): Promise<number> =>
      (await listMessages(store.read, { accountId, mailboxId: 1 }, 0, 1000)).length;
    await deliver(1000);

    fill(filler);
    for (const octets of [10_000, 400_000]) await assert.rejects(deliver(octets), isFull, `${octets} octets`);
    assert.equal(await count(), 1);
    rmSync(filler);
    await deliver(10_000);
    await deliver(400_000);
    assert.equal(await count(), 3);

    // The database alone: its log grows until there is no room.
    fill(filler);
    const addMany = async (): Promise<void> => {
      for (let i = 0; i < 20_000; i++) await store.execute('domain.add', { name: `d${i}.test` });
    };
    await assert.rejects(addMany(), isFull);
    await assert.rejects(deliver(1000), isFull);
    assert.equal(await count(), 3, 'reading goes on');
    rmSync(filler);
    await deliver(1000);

    // Until the disk is full by its own messages.
    writeFileSync(reserve, Buffer.alloc(MIB));
    const big = Buffer.alloc(MIB, 65);
    let kept = await count();
    for (let full = false; !full;) {
      const message = store.openMessage();
      const delivery = { accountId, mailbox: 'INBOX', prefix: Buffer.alloc(0) };
      try {
        await message.write(big);
        await message.commit(Buffer.alloc(0), makeUnit(store.newUnitId(), { deliveries: [delivery] }));
        kept++;
      } catch (error) {
        assert.ok(isFull(error), String(error));
        message.abort();
        full = true;
      }
    }
    assert.equal(await count(), kept);
    const faults: string[] = [];
    await verify({ dataDir, read: store.read, onFault: (fault) => faults.push(fault) });
    assert.deepEqual(faults, []);
    fill(filler);
    await store.close();
    await assert.rejects(openEmbedded(dataDir), /is the disk full/);
    rmSync(reserve);
    rmSync(filler);
    const again = await openEmbedded(dataDir);
    assert.equal((await listMessages(again.read, { accountId, mailboxId: 1 }, 0, 1000)).length, kept);
    await again.close();
  } finally {
    // Lazily: what a failed line above left open must not hide why it failed.
    spawnSync('umount', ['--lazy', disk]);
  }
});
