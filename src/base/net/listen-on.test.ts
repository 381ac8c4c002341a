import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { bindListener } from './bind-listener.ts';
import { listenOn, READ_BUFFER_BYTES } from './listen-on.ts';

interface Met {
  readonly client: Socket;
  readonly accepted: Socket;
}

/** Listens, and meets `count` clients one after the other. */
async function meet(t: TestContext, count: number): Promise<Met[]> {
  const bound = bindListener('127.0.0.1', 0, 1);
  const accepted: Socket[] = [];
  const waiting: (() => void)[] = [];
  const listening = await listenOn(bound.takeFd() ?? -1, {
    onConnection(socket) {
      accepted.push(socket);
      waiting.shift()?.();
    },
    onError: (error) => assert.fail(error),
    borrowedReads: true,
  });
  t.after(() => listening.close());
  const clients: Socket[] = [];
  for (let n = 0; n < count; n++) {
    const met = new Promise<void>((resolve) => waiting.push(resolve));
    clients.push(connect({ port: bound.port, host: '127.0.0.1', allowHalfOpen: true }));
    await met;
  }
  t.after(() => [...clients, ...accepted].forEach((socket) => socket.destroy()));
  return clients.map((client, at) => ({ client, accepted: accepted[at] as Socket }));
}

async function next(socket: Socket): Promise<Buffer> {
  return ((await once(socket, 'data')) as [Buffer])[0];
}

test('connections read into one buffer, also large pieces, and none waits for another', async (t) => {
  const [one, two] = (await meet(t, 2)) as [Met, Met];
  one.client.write('one');
  const first = await next(one.accepted);
  assert.equal(first.toString(), 'one');
  two.client.write('two');
  const second = await next(two.accepted);
  assert.equal(second.toString(), 'two');
  assert.equal(first.buffer, second.buffer);
  const sent = Buffer.alloc(3 * READ_BUFFER_BYTES, 'abcdefg');
  const got: Buffer[] = [];
  let octets = 0;
  const all = new Promise<void>((resolve) => {
    one.accepted.on('data', (piece: Buffer) => {
      assert.ok(piece.length <= READ_BUFFER_BYTES);
      got.push(Buffer.from(piece));
      octets += piece.length;
      if (octets === sent.length) resolve();
    });
  });
  one.client.write(sent);
  await all;
  assert.ok(Buffer.concat(got).equals(sent));
});

test('a connection that is paused tells nothing until it goes on; a half-closed one can still be written to', async (t) => {
  const [{ client, accepted }] = (await meet(t, 1)) as [Met];
  const told: string[] = [];
  accepted.on('data', (piece: Buffer) => {
    told.push(piece.toString());
    accepted.pause();
  });
  client.write('a');
  await once(accepted, 'data');
  client.end('b');
  client.resume();
  accepted.write('c');
  await next(client);
  assert.deepEqual(told, ['a']);
  accepted.resume();
  await once(accepted, 'data');
  assert.deepEqual(told, ['a', 'b']);
  accepted.resume();
  await once(accepted, 'end');
  accepted.end('bye');
  assert.equal((await next(client)).toString(), 'bye');
});

test('a connection is closed at once when descriptors run out', async (t) => {
  const bound = bindListener('127.0.0.1', 0, 1);
  const crowded = new Promise<void>((onCrowded) => {
    const listening = listenOn(bound.takeFd() ?? -1, {
      onConnection: () => assert.fail('taken'),
      onError: (error) => assert.fail(error),
      onCrowded,
      descriptorLimit: 8,
    });
    t.after(async () => (await listening).close());
  });
  const client = connect({ port: bound.port, host: '127.0.0.1' });
  client.resume().on('error', () => {});
  await crowded;
  await once(client, 'close');
});
