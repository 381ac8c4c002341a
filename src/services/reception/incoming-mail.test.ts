import assert from 'node:assert/strict';
import { test } from 'node:test';
import { receptionRig } from '../../../test/support/reception-rig.ts';
import { addTestAccount } from '../../../test/support/scratch-store.ts';
import { HEADER_MAX_OCTETS } from '../../formats/header/limits.ts';
import { MENDED_MESSAGE_MAX_BYTES, WHOLE_MESSAGE_MAX_BYTES } from './limits.ts';

const LETTER = 'Subject: hello\r\nFrom: bob@two.test\r\n\r\nhow are you\r\n';
const LINE = `${'x'.repeat(70)}\r\n`;

/** A body of at least so many octets. */
function body(octets: number): string {
  return LINE.repeat(Math.ceil(octets / LINE.length));
}

function cut(text: string, size: number): string[] {
  return Array.from({ length: Math.ceil(text.length / size) }, (_, at) => text.slice(at * size, (at + 1) * size));
}

test('a letter arrives the same however it is cut, small or streamed', async (t) => {
  const rig = await receptionRig(t);
  const ann = await addTestAccount(rig.store, 'ann@one.test');
  const arrival = await rig.arrival(['ann@one.test']);
  const large = `Return-Path: <x@y>\r\n${LETTER}${body(WHOLE_MESSAGE_MAX_BYTES + 5000)}`;
  const cases: [string, number][] = [
    [LETTER, 1],
    [LETTER, LETTER.length],
    [large, 1000],
    [large, 65_536],
    [large, large.length],
  ];
  for (const [text, size] of cases) {
    const { refusals } = await rig.bring(arrival, ...cut(text, size));
    assert.deepEqual(refusals, [null]);
    const letter = (await rig.inbox(ann)).at(-1)!.toString();
    assert.ok(letter.startsWith('Return-Path: <bob@two.test>\r\nDelivered-To: ann@one.test\r\nReceived: from '));
    assert.ok(letter.endsWith(text.replace('Return-Path: <x@y>\r\n', '')), `${text.length} octets in ${size}s`);
    assert.equal(letter.match(/^Return-Path:/gm)?.length, 1);
  }
});

test('chunks are copied: the library may use their memory again', async (t) => {
  const rig = await receptionRig(t);
  const ann = await addTestAccount(rig.store, 'ann@one.test');
  const mail = rig.reception.open(await rig.arrival(['ann@one.test']));
  const chunk = Buffer.from(LETTER);
  void mail.write(chunk);
  chunk.fill('!');
  await mail.finish();
  assert.ok((await rig.inbox(ann))[0]!.toString().endsWith(LETTER));
});

test('a header may be as long as a header may be, and not longer', async (t) => {
  const rig = await receptionRig(t);
  const ann = await addTestAccount(rig.store, 'ann@one.test');
  const arrival = await rig.arrival(['ann@one.test']);
  const field = (octets: number): string => `X: ${` ${'y'.repeat(900)}\r\n`.repeat(Math.ceil(octets / 903))}`;
  const long = `${field(HEADER_MAX_OCTETS - 10_000)}\r\nbody\r\n`;
  assert.deepEqual((await rig.bring(arrival, ...cut(long, 50_000))).refusals, [null]);
  assert.ok((await rig.inbox(ann))[0]!.toString().endsWith(long));
  const tooLong = `${field(HEADER_MAX_OCTETS + 100_000)}\r\nbody\r\n`;
  const { refusals } = await rig.bring(arrival, ...cut(tooLong, 50_000));
  assert.equal(refusals[0]?.code, 'header-too-large');
  assert.equal((await rig.inbox(ann)).length, 1);
});

test('RFC 5321 §6.3 hops are counted in a streamed message too', async (t) => {
  const rig = await receptionRig(t);
  await addTestAccount(rig.store, 'ann@one.test');
  const hops = 'Received: from a by b.test; Mon, 5 Oct 2026 10:00:00 +0000\r\n'.repeat(11);
  const arrival = await rig.arrival(['ann@one.test']);
  const { refusals } = await rig.bring(arrival, hops + LETTER + body(WHOLE_MESSAGE_MAX_BYTES));
  assert.equal(refusals[0]?.code, 'loop');
  assert.match(refusals[0]?.publicText ?? '', /11 Received lines, 10 allowed; last through b\.test/);
});

test('RFC 5321 §4.5.1 what is wrong with the content refuses everybody but postmaster', async (t) => {
  const rig = await receptionRig(t);
  const admin = await addTestAccount(rig.store, 'admin@one.test');
  const ann = await addTestAccount(rig.store, 'ann@one.test');
  const fields = `${'X: y\r\n'.repeat(2500)}\r\nbody\r\n`;
  const { refusals } = await rig.bring(await rig.arrival(['ann@one.test', 'postmaster@one.test']), fields);
  assert.deepEqual(
    refusals.map((refusal) => refusal?.code ?? null),
    ['header-too-large', null],
  );
  assert.equal((await rig.inbox(admin)).length, 1);
  assert.equal((await rig.inbox(ann)).length, 0);
  const only = await rig.bring(await rig.arrival(['ann@one.test']), fields);
  assert.equal(only.refusals[0]?.code, 'header-too-large');
});

test('RFC 6409 §8 a submission is mended, in its header alone where it is too large for memory', async (t) => {
  const rig = await receptionRig(t);
  const ann = await addTestAccount(rig.store, 'ann@one.test');
  const account = { id: ann, address: 'ann@one.test' };
  const arrival = await rig.arrival(['ann@one.test'], { account, isSubmission: true, service: 'submission' });
  const text = `Bcc: secret@one.test\r\nFrom: ann@one.test\r\n\r\n`;
  for (const octets of [10, MENDED_MESSAGE_MAX_BYTES + 1]) {
    assert.deepEqual((await rig.bring(arrival, ...cut(text + body(octets), 300_001))).refusals, [null]);
    const letter = (await rig.inbox(ann)).at(-1)!.toString();
    assert.match(letter, /^Message-ID: <[^>]+@one\.test>\r\n/m);
    assert.doesNotMatch(letter, /secret|192\.0\.2\.1/);
    assert.ok(letter.endsWith(`\r\n\r\n${body(octets)}`));
  }
  const foreign = await rig.bring(arrival, 'From: bob@two.test\r\n\r\n', body(MENDED_MESSAGE_MAX_BYTES));
  assert.equal(foreign.refusals[0]?.code, 'sender-not-owned');
  const long = `${'x'.repeat(999)}\r\n`;
  const tooLong = await rig.bring(arrival, text, body(MENDED_MESSAGE_MAX_BYTES), long, body(10));
  assert.equal(tooLong.refusals[0]?.code, 'line-too-long');
});

test('a reception that was broken off leaves nothing', async (t) => {
  const rig = await receptionRig(t);
  const ann = await addTestAccount(rig.store, 'ann@one.test');
  for (const octets of [10, WHOLE_MESSAGE_MAX_BYTES + 1]) {
    const mail = rig.reception.open(await rig.arrival(['ann@one.test']));
    await mail.write(Buffer.from(LETTER + body(octets)));
    mail.abort();
  }
  assert.equal((await rig.inbox(ann)).length, 0);
});

test('RFC 5321 §4.2.5 who signed in is told of the recipient that failed, a stranger is not', async (t) => {
  const rig = await receptionRig(t);
  const ann = await addTestAccount(rig.store, 'ann@one.test');
  await rig.store.execute('account.add', { address: 'small@one.test', quotaBytes: 10 });
  const to = ['ann@one.test', 'small@one.test'];
  const account = { id: ann, address: 'ann@one.test' };
  const stranger = await rig.bring(await rig.arrival(to), LETTER);
  assert.deepEqual(
    stranger.refusals.map((refusal) => refusal?.code ?? null),
    [null, 'account-full'],
  );
  assert.deepEqual(
    rig.reports.flatMap(({ recipients }) => recipients.map(({ action }) => action)),
    ['delivered'],
  );
  await rig.bring(await rig.arrival(to, { account }), LETTER);
  const told = rig.reports[1]!;
  assert.deepEqual(
    told.recipients.map(({ action, enhanced }) => [action, enhanced]),
    [
      ['delivered', '2.1.5'],
      ['failed', '5.2.2'],
    ],
  );
  assert.deepEqual(told.original, { octets: Buffer.from(LETTER), isComplete: true });
  const full = await rig.bring(await rig.arrival(['small@one.test']), LETTER);
  assert.equal(full.refusals[0]?.temporary, true);
  assert.equal(rig.reports.length, 2);
});
