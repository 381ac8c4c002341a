import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { adminRig } from '../../../test/support/admin-rig.ts';
import { connectLines } from '../../base/net/line-socket.ts';
import type { ThreadStore } from '../../storage/thread-store.ts';
import { connectControl, controlPath } from './control-socket.ts';
import { ANSWER_MAX_OCTETS, REQUEST_MAX_OCTETS } from './limits.ts';

/** Says lines to a server and gives what it answers until it ends. */
async function talk(t: TestContext, ...lines: string[]): Promise<unknown[]> {
  const rig = await adminRig(t, 'served');
  const socket = await connectLines(controlPath(rig.dataDir), ANSWER_MAX_OCTETS);
  assert.ok(socket !== null);
  for (const line of lines) void socket.send(line);
  socket.end();
  const answers: unknown[] = [];
  for await (const line of socket.lines()) answers.push(JSON.parse(line));
  return answers;
}

const refused = (message: string) => ({ error: { message, exitCode: 1 } });

test('requests are answered one after the other, wrong ones too', async (t) => {
  const answers = await talk(
    t,
    '{"operation":"domain.add","arguments":{"name":"one.test"}}',
    'nonsense',
    '{}',
    'null',
    '{"operation":"toString"}',
    '{"operation":"domain.add","arguments":{"name":7}}',
    '{"operation":"domain.add","arguments":{"name":"two.test","more":1}}',
    '{"operation":"alias.add","arguments":{"address":"a@one.test","targets":["b@one.test",1]}}',
    '{"operation":"account.import","arguments":{"rows":[[1]]}}',
    '{"operation":"queue.count"}',
  );
  assert.deepEqual(answers, [
    { result: { name: 'one.test', kind: 'local' } },
    refused('the request is no JSON'),
    refused('the request names no operation'),
    refused('the request names no operation'),
    refused("there is no operation 'toString'; is the server another version?"),
    refused("argument 'name' must be a text"),
    refused("there is no argument 'more'"),
    refused("argument 'targets' must be a list of texts"),
    refused("argument 'rows' must be a list of lists of texts"),
    { result: { messages: 0, recipients: 0, held: 0, oldestAtMs: null } },
  ]);
});

test('a request beyond the limit ends the connection', async (t) => {
  const answers = await talk(t, 'x'.repeat(REQUEST_MAX_OCTETS + 1), '{"operation":"queue.count"}');
  assert.ok(answers.length <= 1);
  if (answers.length === 1) assert.match(JSON.stringify(answers), /longer than/u);
});

test('the client does not send what the server would not read', async (t) => {
  const rig = await adminRig(t, 'served');
  const client = await connectControl(controlPath(rig.dataDir));
  assert.ok(client !== null);
  t.after(() => client.close());
  await assert.rejects(client.call('domain.add', { name: 'x'.repeat(REQUEST_MAX_OCTETS) }), /too long for the server/u);
  assert.deepEqual(await client.call('domain.list', {}), { domains: [], more: false });
});

test('what a connection has pinned is let go when it ends', async (t) => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const store = { pinSegments: async () => resolve } as unknown as ThreadStore;
  const rig = await adminRig(t, 'served', { store });
  const client = await connectControl(controlPath(rig.dataDir));
  assert.deepEqual(await client?.call('backup.pin', {}), { pinned: true });
  client?.close();
  await promise;
});
