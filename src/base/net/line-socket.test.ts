import assert from 'node:assert/strict';
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { scratchFolder } from '../../../test/support/scratch-store.ts';
import { connectLines, type LineSocket, LineTooLong, listenOnLines, SOCKET_PATH_MAX_OCTETS } from './line-socket.ts';

/** A server that hands its connections out, and the way to connect. */
async function pair(t: TestContext, lineMaxOctets = 100) {
  const path = join(scratchFolder(t), 'lines.sock');
  const { promise, resolve } = Promise.withResolvers<LineSocket>();
  const server = await listenOnLines({ path, lineMaxOctets, connectionsMax: 4, onConnection: resolve });
  t.after(() => server.close());
  const client = await connectLines(path, lineMaxOctets);
  assert.ok(client !== null);
  return { path, server, client, accepted: await promise };
}

async function allOf(lines: AsyncIterable<string>): Promise<string[]> {
  const all: string[] = [];
  for await (const line of lines) all.push(line);
  return all;
}

test('lines cross in both directions, whole, whatever their letters', async (t) => {
  const { client, accepted, path } = await pair(t);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  await client.send('ä line');
  await client.send('');
  client.end();
  assert.deepEqual(await allOf(accepted.lines()), ['ä line', '']);
  await accepted.send('answer');
  accepted.end();
  assert.deepEqual(await allOf(client.lines()), ['answer']);
});

test('a line may have its full length, and no octet more', async (t) => {
  const { client, accepted } = await pair(t);
  await client.send('x'.repeat(100));
  const lines = accepted.lines();
  assert.equal((await lines.next()).value?.length, 100);
  await client.send('x'.repeat(101));
  await assert.rejects(lines.next(), LineTooLong);
});

test('a line without an end is cut off at the limit', async (t) => {
  const { client, accepted } = await pair(t, 20_000);
  const lines = accepted.lines();
  void client.send('x'.repeat(400_000).slice(1));
  await assert.rejects(lines.next(), LineTooLong);
});

test('nobody there is null, a file left behind is taken over', async (t) => {
  const path = join(scratchFolder(t), 'lines.sock');
  assert.equal(await connectLines(path, 100), null);
  writeFileSync(path, '');
  const server = await listenOnLines({ path, lineMaxOctets: 100, connectionsMax: 4, onConnection: () => {} });
  await server.close();
  assert.equal(await connectLines(path, 100), null);
});

test('closing the server ends its connections', async (t) => {
  const { client, server } = await pair(t);
  await server.close();
  assert.deepEqual(await allOf(client.lines()), []);
  assert.equal(await client.send('more'), false);
});

test('a path beyond the limit of the system is refused with the mend', async () => {
  const path = `/${'x'.repeat(SOCKET_PATH_MAX_OCTETS)}`;
  await assert.rejects(connectLines(path, 100), /choose a shorter data folder/u);
});
