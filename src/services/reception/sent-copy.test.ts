import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addTestAccount } from '../../../test/support/scratch-store.ts';
import { receptionRig } from '../../../test/support/reception-rig.ts';

test('an account that wants it finds what it submits in Sent, read, beside the copy that it sends itself', async (t) => {
  const rig = await receptionRig(t);
  const id = await addTestAccount(rig.store, 'ann@one.test');
  await addTestAccount(rig.store, 'bob@one.test');
  const account = { id, address: 'ann@one.test' };
  const letter = 'From: ann@one.test\r\nSubject: hello\r\n\r\nbody\r\n';
  const submit = async (): Promise<void> => {
    const to = ['bob@one.test', 'ann@one.test'];
    const arrival = await rig.arrival(to, { account, isSubmission: true, service: 'submission' });
    await rig.bring(arrival, letter);
  };
  const folders = async (): Promise<unknown[]> =>
    (
      await rig.store.read.all<{ mailbox_id: number; flags: number }>(
        'SELECT mailbox_id, flags FROM message WHERE account_id = ? ORDER BY mailbox_id',
        id,
      )
    ).map((row) => `${row.mailbox_id} ${row.flags}`);
  await submit();
  assert.deepEqual(await folders(), ['1 0']);
  await rig.store.execute('account.change', id, { saveSent: true });
  await submit();
  assert.deepEqual(await folders(), ['1 0', '1 0', '3 1']);
  await rig.store.execute('account.change', id, { quotaBytes: 1 });
  const other = await rig.arrival(['bob@one.test'], { account, isSubmission: true, service: 'submission' });
  assert.deepEqual((await rig.bring(other, letter)).refusals, [null]);
  assert.deepEqual(await folders(), ['1 0', '1 0', '3 1']);
});
