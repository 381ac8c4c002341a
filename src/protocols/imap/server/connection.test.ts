import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Duplex } from 'node:stream';
import { test, type TestContext } from 'node:test';
import { constants, createDeflateRaw, createInflateRaw } from 'node:zlib';
import { ImapDialogClient } from '../../../../test/support/imap-dialog.ts';
import { startImapLoopback, type ImapLoopback, type LoopbackOptions } from '../../../../test/support/imap-loopback.ts';
import { VirtualClock } from '../../../../test/support/virtual-clock.ts';
import { MemoryHouse, type MemoryOptions } from '../testing/memory-session.ts';

interface Rig {
  readonly house: MemoryHouse;
  readonly server: ImapLoopback;
  readonly open: () => Promise<ImapDialogClient>;
}

async function rig(t: TestContext, options: MemoryOptions & Partial<LoopbackOptions> = {}): Promise<Rig> {
  const house = new MemoryHouse(options);
  const server = await startImapLoopback({ openSession: () => house.openSession(), ...options });
  const clients: ImapDialogClient[] = [];
  t.after(async () => {
    for (const client of clients) client.close();
    await server.close();
  });
  const open = async (): Promise<ImapDialogClient> => {
    const client = await ImapDialogClient.open(server.port);
    clients.push(client);
    return client;
  };
  return { house, server, open };
}

const deliver = (house: MemoryHouse, text = 'Subject: x\r\n\r\nbody\r\n'): void => {
  house.store.add(house.store.find('INBOX'), Buffer.from(text));
};

for (const slow of [false, true]) {
  test(`RFC 9051 §6.3.13 IDLE tells what other sessions do${slow ? ', also when answers take time' : ''}`, async (t) => {
    const { house, open } = await rig(t, { slow });
    deliver(house);
    const [a, b] = [await open(), await open()];
    await a.ok('SELECT INBOX');
    await b.ok('SELECT INBOX');
    a.send('i IDLE\r\n');
    assert.equal(await a.line(), '+ Waiting for news');
    deliver(house);
    assert.deepEqual([await a.line(), await a.line()], ['* 2 EXISTS', '* 2 RECENT']);
    await b.ok('STORE 1 +FLAGS.SILENT (\\Deleted)');
    assert.equal(await a.line(), '* 1 FETCH (FLAGS (\\Deleted \\Recent))');
    await b.ok('EXPUNGE');
    assert.equal(await a.line(), '* 1 EXPUNGE');
    a.send('DONE\r\n');
    assert.deepEqual(await a.until('i'), ['i OK That was the news']);
  });

  test(`RFC 9051 §7.5.1 EXPUNGE waits for a command without sequence numbers${slow ? ' (slow)' : ''}`, async (t) => {
    const { house, open } = await rig(t, { slow });
    for (let i = 0; i < 3; i++) deliver(house);
    const [a, b] = [await open(), await open()];
    await a.ok('SELECT INBOX');
    await b.ok('SELECT INBOX');
    await b.ok('STORE 2 +FLAGS.SILENT (\\Deleted)');
    await b.ok('EXPUNGE');
    deliver(house);
    const fetched = await a.ok('FETCH 1:3 UID');
    assert.deepEqual(fetched.slice(0, 2), ['* 1 FETCH (UID 1)', '* 3 FETCH (UID 3)']);
    assert.ok(fetched.includes('* 4 EXISTS') && !fetched.some((line) => line.includes('EXPUNGE ')));
    assert.match(fetched.at(-1)!, /OK \[EXPUNGEISSUED\]/u);
    assert.ok(!(await a.ok('STORE 3 +FLAGS (\\Seen)')).some((line) => line.endsWith('EXPUNGE')));
    assert.ok(!(await a.ok('SEARCH ALL')).some((line) => line.endsWith('EXPUNGE')));
    assert.deepEqual((await a.ok('NOOP')).slice(0, 1), ['* 2 EXPUNGE']);
    assert.deepEqual((await a.ok('FETCH 1:* UID')).slice(0, 3), [
      '* 1 FETCH (UID 1)',
      '* 2 FETCH (UID 3)',
      '* 3 FETCH (UID 4)',
    ]);
  });
}

test('RFC 3501 §2.3.2 a message is recent for one session only, and an examining one takes nothing', async (t) => {
  const { house, open } = await rig(t);
  deliver(house);
  const [a, b, c] = [await open(), await open(), await open()];
  assert.ok((await a.ok('EXAMINE INBOX')).includes('* 1 RECENT'));
  assert.ok((await b.ok('SELECT INBOX')).includes('* 1 RECENT'));
  assert.ok((await c.ok('SELECT INBOX')).includes('* 0 RECENT'));
});

test('a client does not hear its own changes twice, another one hears them', async (t) => {
  const { house, open } = await rig(t);
  deliver(house);
  const [a, b] = [await open(), await open()];
  await a.ok('SELECT INBOX');
  await b.ok('SELECT INBOX');
  assert.equal((await a.ok('STORE 1 +FLAGS (\\Flagged)')).length, 2);
  assert.equal((await a.ok('NOOP')).length, 1);
  assert.deepEqual((await b.ok('NOOP')).slice(0, -1), ['* 1 FETCH (FLAGS (\\Flagged))']);
  assert.equal((await b.ok('NOOP')).length, 1);
});

test('RFC 9051 §6.3.5 a mailbox that is deleted below a session ends it', async (t) => {
  const { house, open } = await rig(t);
  house.store.create('Box');
  const [a, b] = [await open(), await open()];
  await a.ok('SELECT Box');
  await b.ok('DELETE Box');
  a.send('n NOOP\r\n');
  assert.match(await a.line(), /^\* BYE/u);
});

test('RFC 9051 §5.4 every two minutes a word in IDLE; who is silent otherwise is let go', async (t) => {
  const clock = new VirtualClock();
  const { open } = await rig(t, { clock });
  const client = await open();
  client.send('i IDLE\r\n');
  await client.line();
  for (let minutes = 0; minutes < 5; minutes += 2.5) {
    clock.advance(150_000);
    assert.equal(await client.line(), '* OK Still here');
  }
  client.send('DONE\r\n');
  await client.until('i');
  clock.advance(36 * 60_000);
  assert.match(await client.rest(), /BYE Nothing heard for too long\r\n$/u);
});

test('RFC 4978 both directions are compressed', async (t) => {
  const { house, open } = await rig(t);
  deliver(house, `Subject: big\r\n\r\n${'The same line again.\r\n'.repeat(20_000)}`);
  const client = await open();
  await client.ok('COMPRESS DEFLATE');
  const raw = client.stream;
  const [inflate, deflate] = [createInflateRaw(), createDeflateRaw({ flush: constants.Z_SYNC_FLUSH })];
  let received = 0;
  raw.on('data', (chunk: Buffer) => (received += chunk.length));
  client.moveTo(Duplex.from({ readable: inflate, writable: deflate }));
  raw.pipe(inflate);
  deflate.pipe(raw);
  assert.match((await client.run('COMPRESS DEFLATE'))[0]!, /NO \[COMPRESSIONACTIVE\]/u);
  await client.ok('SELECT INBOX');
  const [first] = await client.ok('FETCH 1 BODY.PEEK[]');
  assert.ok(first!.length > 400_000);
  assert.ok(received < 40_000, `${received} octets came`);
  await client.ok('LOGOUT');
});

test('RFC 9051 §7.1.5 a stopping server says BYE', async (t) => {
  const { server } = await rig(t);
  const client = await ImapDialogClient.connect(server.port);
  const closed = server.server.close();
  assert.match(await client.line(), /^\* BYE The server is stopping/u);
  client.close();
  await closed;
});

test('a client that takes nothing stops the making of answers, not the server', async (t) => {
  const { house, server, open } = await rig(t, { limits: { outputMaxOctets: 65_536 } });
  deliver(house, `Subject: big\r\n\r\n${'x'.repeat(200_000)}\r\n`);
  const [slow, other] = [await open(), await open()];
  await slow.ok('SELECT INBOX');
  slow.stream.pause();
  for (let i = 0; i < 50; i++) slow.send(`f${i} FETCH 1 BODY.PEEK[]\r\n`);
  await other.ok('SELECT INBOX');
  await other.ok('FETCH 1 (FLAGS UID)');
  slow.stream.resume();
  assert.match((await slow.until('f49')).at(-1)!, /^f49 OK/u);
  assert.equal(server.server.size, 2);
});

test('a client that goes in the middle of everything leaves nothing behind', async (t) => {
  const { house, server, open } = await rig(t);
  for (const text of ['i IDLE\r\n', 'a APPEND INBOX {1000}\r\nabc', 'l AUTHENTICATE PLAIN\r\n', 'f FETCH 1:* (FL']) {
    const client = await open();
    await client.ok('SELECT INBOX');
    client.send(text);
    client.close();
  }
  while (server.server.size > 0) await once(process, 'never', { signal: AbortSignal.timeout(5) }).catch(() => {});
  assert.equal(house.openSessions, 0);
});

test('RFC 9051 §6.4.5 a message without NUL substitutes: NUL becomes another octet in a literal', async (t) => {
  const { house, open } = await rig(t);
  deliver(house, 'Subject: x\r\n\r\na\0b');
  const client = await open();
  await client.ok('SELECT INBOX');
  assert.match((await client.ok('FETCH 1 BODY.PEEK[TEXT]'))[0]!, /\{3\}\r\na\x80b\)$/u);
});
