import assert from 'node:assert/strict';
import { test } from 'node:test';
import { receptionRig } from '../../../test/support/reception-rig.ts';
import { addTestAccount } from '../../../test/support/scratch-store.ts';
import { HEADER_MAX_OCTETS } from '../../formats/header/limits.ts';
import { OctetBudget } from '../../storage/incoming/octet-budget.ts';
import { CHUNK_OVERHEAD_BYTES, HELD_MAX_BYTES, MENDED_MESSAGE_MAX_BYTES, WHOLE_MESSAGE_MAX_BYTES } from './limits.ts';

const LETTER = 'Subject: hello\r\nFrom: ann@one.test\r\n\r\nhow are you\r\n';
const LINE = Buffer.from(`${'x'.repeat(70)}\r\n`);
const SESSIONS = 1000;
const CHUNK = 65_536;

test('a thousand headers without an end are held up to the bound, and the others told to come later', async (t) => {
  const held = new OctetBudget(HELD_MAX_BYTES);
  const rig = await receptionRig(t, held);
  await addTestAccount(rig.store, 'ann@one.test');
  const arrival = await rig.arrival(['ann@one.test']);
  const chunk = Buffer.from(`X: ${'y'.repeat(CHUNK - 5)}\r\n`);
  const mails = Array.from({ length: SESSIONS }, () => rig.reception.open(arrival));
  const rounds = HEADER_MAX_OCTETS / CHUNK - 1;
  let most = 0;
  for (let round = 0; round < rounds; round++) {
    for (const mail of mails) await mail.write(chunk);
    most = Math.max(most, held.used);
  }
  assert.ok(most > HELD_MAX_BYTES - 2 * CHUNK && most <= HELD_MAX_BYTES, String(most));
  const { refusals } = await mails.at(-1)!.finish();
  assert.deepEqual([refusals[0]?.code, refusals[0]?.temporary], ['storage-full', true]);
  for (const mail of mails.slice(0, -1)) mail.abort();
  assert.equal(held.used, 0);
  assert.deepEqual((await rig.bring(arrival, LETTER)).refusals, [null]);
});

test('with the memory used up a message streams as soon as its header is there, and arrives the same', async (t) => {
  const held = new OctetBudget(10_000);
  const rig = await receptionRig(t, held);
  const ann = await addTestAccount(rig.store, 'ann@one.test');
  const account = { id: ann, address: 'ann@one.test' };
  const stranger = await rig.arrival(['ann@one.test']);
  const own = await rig.arrival(['ann@one.test'], { account, isSubmission: true, service: 'submissions' });
  const body = Buffer.concat(Array.from({ length: 500 }, () => LINE));
  for (const arrival of [stranger, own]) {
    assert.deepEqual((await rig.bring(arrival, LETTER, body)).refusals, [null]);
    assert.ok((await rig.inbox(ann)).at(-1)!.toString().endsWith(`how are you\r\n${body.toString()}`));
  }
  // A line that would have been mended may be tried again; it is nobody's fault but ours.
  const long = Buffer.from(`${'z'.repeat(2000)}\r\n`);
  const { refusals } = await rig.bring(own, LETTER, body, long);
  assert.deepEqual([refusals[0]?.code, refusals[0]?.temporary], ['storage-full', true]);
  assert.deepEqual((await rig.bring(own, LETTER, long)).refusals, [null]);
  assert.equal(held.used, 0);
});

test('of a message that streams the header alone is held', async (t) => {
  const held = new OctetBudget(HELD_MAX_BYTES);
  const rig = await receptionRig(t, held);
  await addTestAccount(rig.store, 'ann@one.test');
  for (const [isSubmission, most] of [
    [false, WHOLE_MESSAGE_MAX_BYTES],
    [true, MENDED_MESSAGE_MAX_BYTES],
  ] as const) {
    const mail = rig.reception.open(await rig.arrival(['ann@one.test'], { isSubmission }));
    await mail.write(Buffer.from(LETTER));
    const body = Buffer.concat(Array.from({ length: Math.ceil(most / LINE.length) }, () => LINE));
    await mail.write(body.subarray(0, most / 2));
    assert.equal(held.used, LETTER.length + most / 2 + 2 * CHUNK_OVERHEAD_BYTES);
    await mail.write(body.subarray(most / 2));
    assert.equal(held.used, LETTER.indexOf('how'));
    assert.deepEqual((await mail.finish()).refusals, [null]);
    assert.equal(held.used, 0);
  }
});
