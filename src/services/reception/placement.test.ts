import assert from 'node:assert/strict';
import { test } from 'node:test';
import { receptionRig, type ReceptionRig } from '../../../test/support/reception-rig.ts';
import { addTestAccount } from '../../../test/support/scratch-store.ts';
import type { Notify } from '../../protocols/smtp/index.ts';
import { scanHeader } from '../../formats/header/scan.ts';
import { parseAddrSpec } from '../../formats/address/parse.ts';
import { VirtualClock } from '../../../test/support/virtual-clock.ts';
import { QUEUED_EVENTS_MAX } from './limits.ts';
import { placeRecipients, type Placement } from './placement.ts';

async function place(rig: ReceptionRig, to: readonly string[], notify?: readonly Notify[]): Promise<Placement> {
  const { recipients } = await rig.arrival(to);
  return await placeRecipients({
    reversePath: parseAddrSpec('bob@two.test'),
    recipients: recipients.map(({ recipient, verdict }) => ({
      recipient: { ...recipient, parameters: notify === undefined ? {} : { notify } },
      verdict,
    })),
    block: scanHeader(Buffer.from('Delivered-To: looped@one.test\r\n\r\n')),
    contentRefusal: null,
    size: 100,
    read: rig.store.read,
    clock: new VirtualClock(),
  });
}

test('one mailbox gets one copy, one foreign address one row, however often they are named', async (t) => {
  const rig = await receptionRig(t);
  const ann = await addTestAccount(rig.store, 'ann@one.test');
  await rig.store.execute('alias.add', { address: 'all@one.test', targets: ['ann@one.test', 'cat@two.test'] });
  const placement = await place(rig, ['all@one.test', 'ann+x@one.test', 'cat@two.test', 'Cat@two.test']);
  assert.deepEqual(
    placement.deliveries.map(({ accountId }) => accountId),
    [ann],
  );
  assert.match(placement.deliveries[0]!.prefix.toString(), /^Delivered-To: ann@one\.test\r$/m);
  assert.deepEqual(
    placement.queued.map(({ forwardPath, domain }) => [forwardPath, domain]),
    [
      ['cat@two.test', 'two.test'],
      ['Cat@two.test', 'two.test'],
    ],
  );
  assert.deepEqual(placement.refusals, [null, null, null, null]);
  assert.deepEqual(
    placement.events.map(({ kind }) => kind),
    ['expanded', 'delivered', 'queued', 'queued'],
  );
});

test('a loop and a full mailbox refuse their recipient, unless an alias of it reaches another', async (t) => {
  const rig = await receptionRig(t);
  await addTestAccount(rig.store, 'looped@one.test');
  await addTestAccount(rig.store, 'ann@one.test');
  await rig.store.execute('account.add', { address: 'full@one.test', quotaBytes: 99 });
  await rig.store.execute('alias.add', { address: 'both@one.test', targets: ['full@one.test', 'ann@one.test'] });
  const placement = await place(rig, ['looped@one.test', 'full@one.test', 'both@one.test', 'full+tag@one.test']);
  assert.deepEqual(
    placement.refusals.map((refusal) => refusal?.code ?? null),
    ['loop', 'account-full', null, 'account-full'],
  );
  assert.equal(placement.deliveries.length, 1);
});

test('RFC 3461 §5.2.7 what stands for one passes NOTIFY on, what stands for many takes SUCCESS out', async (t) => {
  const rig = await receptionRig(t);
  await addTestAccount(rig.store, 'ann@one.test');
  await rig.store.execute('alias.add', { address: 'one@one.test', targets: ['cat@two.test'] });
  await rig.store.execute('alias.add', { address: 'many@one.test', targets: ['ann@one.test', 'dan@two.test'] });
  const asked = await place(rig, ['one@one.test', 'many@one.test'], ['SUCCESS', 'FAILURE']);
  assert.deepEqual(
    asked.queued.map(({ notify }) => notify),
    [['SUCCESS', 'FAILURE'], ['FAILURE']],
  );
  const silent = await place(rig, ['one@one.test', 'many@one.test']);
  assert.deepEqual(
    silent.queued.map(({ notify }) => notify),
    [null, null],
  );
});

test('very many queued recipients are noted by domain', async (t) => {
  const rig = await receptionRig(t);
  await addTestAccount(rig.store, 'ann@one.test');
  const to = (count: number): string[] => Array.from({ length: count }, (_, at) => `user${at}@site${at % 2}.test`);
  assert.equal((await place(rig, to(QUEUED_EVENTS_MAX))).events.length, QUEUED_EVENTS_MAX);
  const { events } = await place(rig, to(QUEUED_EVENTS_MAX + 2));
  assert.deepEqual(
    events.map(({ kind, data }) => [kind, data]),
    [
      ['queued', { domain: 'site0.test', recipients: 26 }],
      ['queued', { domain: 'site1.test', recipients: 26 }],
    ],
  );
});
