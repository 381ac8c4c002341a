// queue, trace, backup, restore and verify, directly and over the socket of a server.
import assert from 'node:assert/strict';
import { closeSync, openSync, readdirSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { adminRig, WAYS, type AdminRig } from '../../../../test/support/admin-rig.ts';
import { makeQueued, makeUnit } from '../../../../test/support/scratch-store.ts';
import { formatQueueId } from '../../../base/ids/queue-id.ts';
import type { QueueCommand, QueueSelection } from '../../../storage/queue-store.ts';

/** Puts a message into the queue; its queue id. */
async function enqueue(rig: AdminRig, ...to: string[]): Promise<string> {
  return await rig.withStore(async (store) => {
    const id = store.newUnitId();
    const message = store.openMessage();
    await message.write(Buffer.from('Subject: a\r\n\r\nb\r\n'));
    const queued = makeQueued(to, { queuedAtMs: Date.now(), expiresAtMs: Date.now() + 86_400_000 });
    const events = to.map((recipient) => ({ atMs: Date.now(), kind: 'queued' as const, recipient, data: {} }));
    await message.commit(Buffer.from(''), makeUnit(id, { queued, events }));
    return formatQueueId(id);
  });
}

const changed = async (rig: AdminRig, ...args: string[]): Promise<number> =>
  ((await rig.json('queue', ...args)) as { changed: number }).changed;

for (const way of WAYS) {
  test(`${way}: the queue is listed, shown and commanded`, async (t) => {
    const rig = await adminRig(t, way);
    assert.equal((await rig.run(['queue', 'list'])).out, "nothing waits; 'postroad trace' shows what has gone\n");
    const first = await enqueue(rig, 'bob@two.test', 'eve@two.test', 'joe@three.test');
    const second = await enqueue(rig, 'joe@three.test');
    const list = await rig.run(['queue', 'list']);
    assert.match(list.out, new RegExp(`^${first} +\\d s +\\d+ B +ann@one\\.test +2 at two\\.test +now`, 'mu'));
    assert.match(list.out, /2 messages, 4 recipients; 3 lines shown/u);
    assert.match((await rig.run(['queue', 'list', '--limit', '1'])).out, /1 line shown/u);
    assert.equal(((await rig.json('queue', 'list', '--domain', 'Three.TEST')) as { lines: unknown[] }).lines.length, 2);
    assert.match((await rig.run(['queue', 'show', first])).out, /^eve@two\.test +now +-$/mu);
    assert.match((await rig.run(['queue', 'show', '00000000ABC'])).err, /nothing with the id 00000000ABC waits/u);
    assert.match((await rig.run(['queue', 'show', '?'])).err, /'\?' is no queue id/u);

    assert.equal(await changed(rig, 'hold', first), 2);
    assert.match((await rig.run(['queue', 'hold', first])).err, /nothing that this changes waits/u);
    assert.match((await rig.run(['queue', 'list'])).out, / held$/mu);
    assert.equal(await changed(rig, 'release', '--all'), 2);
    assert.equal(await changed(rig, 'remove', '--recipient', 'eve@two.test'), 1);
    assert.equal(await changed(rig, 'expire', '--sender', 'ann@one.test', '--domain', 'two.test'), 1);
    assert.equal(await changed(rig, 'remove', first, second), 3);
    assert.equal(await changed(rig, 'retry', '--all'), 0);
    for (const args of [['retry'], ['retry', '--all', first], ['list', '--limit', 'x']]) {
      assert.equal((await rig.run(['queue', ...args])).code, 2, args.join(' '));
    }
    assert.match((await rig.run(['queue', 'hold', '--account', 'x@one.test'])).err, /there is no account x@one\.test/u);
  });

  test(`${way}: trace shows the road of a message`, async (t) => {
    const rig = await adminRig(t, way);
    assert.equal((await rig.run(['trace'])).out, 'no messages yet\n');
    const id = await enqueue(rig, 'bob@two.test');
    for (const words of [[], [id], ['bob@two.test']]) {
      assert.match((await rig.run(['trace', ...words])).out, /queued +for bob@two\.test/u);
    }
    assert.equal(((await rig.json('trace', id)) as unknown[]).length, 1);
    assert.match((await rig.run(['trace', 'eve@two.test'])).err, /no message is known by 'eve@two\.test'/u);
    await rig.json('domain', 'add', 'one.test');
    await rig.json('account', 'add', 'zoe@one.test');
    assert.equal((await rig.run(['trace', '--as', 'zoe@one.test', id])).code, 1);
  });

  test(`${way}: a backup is whole, and comes back`, async (t) => {
    const rig = await adminRig(t, way);
    await enqueue(rig, 'bob@two.test');
    assert.match((await rig.run(['verify'])).out, /^1 message, \d+ B: all well$/mu);
    assert.match((await rig.run(['backup', 'copy'])).out, /copy: complete, 1 segment/u);
    assert.match((await rig.run(['backup', 'copy'])).err, /not empty; choose another folder/u);
    const env = { POSTROAD_CONFIG: join(rig.folder, 'other.toml') };
    writeFileSync(env.POSTROAD_CONFIG, 'data = "./other"\n');
    assert.match((await rig.run(['verify'], { env })).err, /holds no database yet/u);
    assert.match((await rig.run(['restore', 'copy'], { env })).out, /other: restored, 1 segment/u);
    assert.match((await rig.run(['restore', 'copy'], { env })).err, /holds a database already/u);
    assert.match((await rig.run(['queue', 'list'], { env })).out, /bob@two\.test/u);
    assert.match((await rig.run(['verify'], { env })).out, /all well/u);
  });
}

test('a running queue runner carries the commands out itself', async (t) => {
  const heard: [QueueCommand, QueueSelection][] = [];
  const rig = await adminRig(t, 'served', {
    relayCommand: async (command, selection) => {
      heard.push([command, selection]);
      return 4;
    },
  });
  assert.equal(await changed(rig, 'hold', '--domain', 'two.test'), 4);
  assert.deepEqual(heard, [['hold', { domain: 'two.test' }]]);
});

test('verify tells of a fault and fails', async (t) => {
  const rig = await adminRig(t, 'served');
  await enqueue(rig, 'bob@two.test');
  const folder = join(rig.dataDir, 'segments');
  const fd = openSync(join(folder, readdirSync(folder)[0] ?? ''), 'r+');
  writeSync(fd, 'X', 0);
  closeSync(fd);
  const done = await rig.run(['verify']);
  assert.equal(done.code, 1);
  assert.match(done.err, /its octets are not the ones that were stored/u);
  assert.match(done.out, /1 fault$/mu);
});
