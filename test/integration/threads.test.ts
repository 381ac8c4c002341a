// A protocol thread dies, the configuration changes, the server starts again: nobody loses a listener, a mailbox or a letter.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Pop3Client } from '../../src/protocols/pop3/index.ts';
import { lockDataFolder } from '../../src/storage/data-folder.ts';
import { PASSWORD, startServer, TestServer } from '../support/running-server.ts';

/** For the stories that stop and start it; the last one breaks it. */
const server = await startServer({ after });
const LETTER = 'From: bob@two.test\r\nSubject: s\r\n\r\nhello\r\n';

/** Whether the server still answers on this session. */
async function answers(client: Pop3Client): Promise<boolean> {
  return await client.status().then(
    () => true,
    () => false,
  );
}

test('RFC 1939 §8 one session at a time has the mailbox, over all threads', async (t) => {
  const server = await startServer(t, { threads: 2 });
  await server.addAccount('ann@one.test');
  const first = await server.pop3('ann@one.test');
  for (let round = 0; round < 8; round++) {
    await assert.rejects(server.pop3('ann@one.test'), { code: 'IN-USE' });
  }
  first.abort();
  const port = server.port('pop3');
  const again = async (): Promise<Pop3Client | null> => {
    const client = await Pop3Client.connect({ host: '127.0.0.1', port });
    return await client.signIn('ann@one.test', PASSWORD).then(
      () => client,
      () => null,
    );
  };
  // The lock dies with its connection.
  let second: Pop3Client | null = null;
  await server.until(async () => (second ??= await again()) !== null);
  await (second as Pop3Client | null)?.quit();
});

test('a dead thread is replaced: no listener is lost, its mailboxes are free, the others never noticed', async (t) => {
  const server = await startServer(t, { threads: 2 });
  const names = Array.from({ length: 12 }, (_, at) => `user${at}@one.test`);
  for (const name of names) await server.addAccount(name);
  const sessions = await Promise.all(names.map((name) => server.pop3(name)));
  await server.running.house.killProtocolThread(0);
  const alive = await Promise.all(sessions.map(answers));
  assert.ok(alive.includes(true), 'the other thread lives');
  assert.ok(alive.includes(false), 'its own connections are gone');
  for (const client of sessions) client.abort();
  for (const name of names) {
    let client: Pop3Client | null = null;
    const signIn = async (): Promise<Pop3Client | null> => await server.pop3(name).catch(() => null);
    await server.until(async () => (client ??= await signIn()) !== null);
    await (client as Pop3Client | null)?.quit();
  }
  // Twice more, each thread, while letters come in: each that was answered with 250 is there once.
  let taken = 0;
  for (const number of [1, 0]) {
    await server.running.house.killProtocolThread(number);
    const goal = taken + 20;
    await server.until(async () => {
      const client = await server.greet('smtp').catch(() => null);
      const said = await client?.deliver('bob@two.test', ['user0@one.test'], LETTER);
      if (said?.startsWith('250') === true) taken++;
      client?.abort();
      return taken === goal;
    });
  }
  assert.equal((await server.inboxOf(taken, 'user0@one.test')).length, taken);
});

test('the configuration is taken over for new connections, or not at all', async (t) => {
  const server = await startServer(t, { auth: 'default_domain = "one.test"', threads: 2 });
  await server.addAccount('ann@one.test');
  await server.addAccount('ann@two.test');
  const old = await server.greet('smtp');
  assert.deepEqual(await server.reload({ threads: 3 }), ['threads']);
  assert.deepEqual(
    await server.reload({
      auth: 'default_domain = "two.test"\nallow_plaintext_from = ["127.0.0.1"]',
      settings:
        '[limits]\nhops = 10\nrelay_networks = ["127.0.0.1"]\nmessage_size = "1MiB"\n[[route]]\ndomain = "five.test"\nvia = "smtp://127.0.0.1:1"\nrelay_domain = true',
    }),
    [],
  );
  // What administers the server has the new configuration too.
  const { config } = server.running.administration;
  assert.deepEqual([config.limits.hopsMax, config.auth.defaultDomain, config.threads], [10, 'two.test', 2]);
  // Nobody is told when the other threads have taken it over; both have once many connections in a row say so.
  let inARow = 0;
  await server.until(async () => {
    const client = await server.greet('submission');
    inARow = client.capabilities.includes('AUTH') ? inARow + 1 : 0;
    client.abort();
    return inARow === 20;
  });
  const fresh = await server.greet('smtp');
  assert.match(fresh.capabilities, /SIZE 1048576/);
  assert.match(await fresh.deliver('x@one.test', ['bob@elsewhere.test'], LETTER), /^250 /);
  const hops = 'Received: from a by b; Mon, 5 Oct 2026 10:00:00 +0000\r\n'.repeat(11);
  assert.match(await fresh.deliver('x@one.test', ['ann@one.test'], hops + LETTER), /^554 5\.4\.6 /);
  fresh.abort();
  const named = await server.greet('submissions');
  assert.match(await named.signIn('PLAIN', 'ann', PASSWORD), /^235 /);
  assert.match(await named.deliver('ann@two.test', ['ann@two.test'], 'From: ann@two.test\r\n\r\nx\r\n'), /^250 /);
  named.abort();
  // Who was there before goes on as before.
  assert.match(await old.deliver('x@one.test', ['bob@five.test'], LETTER), /^550 5\.7\.1 /);
  await old.quit();
});

test('UIDL, letters and accounts are the same after a restart', async () => {
  await server.addAccount('ann@one.test');
  const client = await server.greet('smtp');
  for (let round = 0; round < 3; round++) await client.deliver('bob@two.test', ['ann@one.test'], LETTER);
  await client.quit();
  const uniqueIds = async (): Promise<string[]> => {
    const session = await server.pop3('ann@one.test');
    const ids = (await session.uniqueIds()).map(({ value }) => value);
    await session.quit();
    return ids;
  };
  const before = await uniqueIds();
  const letters = await server.inbox('ann@one.test');
  assert.equal(new Set(before).size, 3);
  await server.close();
  await server.start();
  assert.deepEqual(await uniqueIds(), before);
  assert.deepEqual(await server.inbox('ann@one.test'), letters);
});

test('stopping lets a session finish its message, and takes no new ones', async () => {
  await server.addAccount('bob@one.test');
  const client = await server.greet('smtp');
  await client.sayAll('MAIL FROM:<bob@two.test>', 'RCPT TO:<bob@one.test>', 'DATA');
  const port = server.port('smtp');
  const closed = server.close();
  client.send(`${LETTER}.\r\n`);
  assert.match(await client.reply(), /^250 /);
  await closed;
  const late = connect(port, '127.0.0.1');
  await assert.rejects(once(late, 'connect'), { code: 'ECONNREFUSED' });
  await server.start();
  assert.equal((await server.inbox('bob@one.test')).length, 1);
});

test('a server waits for a command that has the data folder', async () => {
  await server.close();
  const lock = lockDataFolder(join(server.folder, 'data'));
  const starting = server.start();
  lock?.release();
  await starting;
  assert.ok(lock !== null);
});

test('a second server on the same folder is refused, and a broken database leaves no threads behind', async () => {
  await assert.rejects(new TestServer(server.folder, {}).start(), /in use/);
  await server.close();
  // PostgreSQL's files are its own.
  if (process.env['POSTROAD_TEST_POSTGRES'] !== undefined) return;
  writeFileSync(join(server.folder, 'data', 'postroad.db'), 'this is no database, whatever else it may be'.repeat(100));
  await assert.rejects(server.start());
  await assert.rejects(server.start(), (error: Error) => !error.message.includes('in use'));
});
