import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { startPop3Loopback, type Pop3Loopback } from '../../../test/support/pop3-loopback.ts';
import { addTestAccount, deliverText, openScratchStore } from '../../../test/support/scratch-store.ts';
import { parseCidr } from '../../base/net/ip.ts';
import { Pop3Client, type Pop3ServerSession } from '../../protocols/pop3/index.ts';
import type { CredentialSource, SaslVerdict } from '../../protocols/sasl/index.ts';
import { createMailboxLocks, type MailboxLockTable } from '../../services/mailboxes/mailbox-locks.ts';
import type { EmbeddedStore } from '../../storage/embedded.ts';
import { createPop3Sessions, type Pop3SessionParts, type SignIn } from './session.ts';

/** One account whose password is 'p'. */
function onePassword(id: number, address: string): SignIn {
  const judge = (name: string, password: string): SaslVerdict =>
    name === address && password === 'p'
      ? { kind: 'success', account: { id, address } }
      : { kind: 'failure', temporary: false, reason: 'wrong name or password' };
  const source: CredentialSource = {
    verifyPassword: (name, password) => Promise.resolve(judge(name, password)),
    scramVerifier: () => Promise.resolve({ kind: 'refused', temporary: false, reason: 'not in this test' }),
    finishScram: () => Promise.resolve({ kind: 'failure', temporary: false, reason: 'not in this test' }),
  };
  return { source: () => source, scramAvailable: () => true };
}

interface House {
  readonly store: EmbeddedStore;
  readonly ann: number;
  readonly locks: MailboxLockTable;
  readonly server: Pop3Loopback;
  readonly connect: () => Promise<Pop3Client>;
}

async function openHouse(t: TestContext, parts: Partial<Pop3SessionParts> = {}): Promise<House> {
  const store = await openScratchStore(t);
  const ann = await addTestAccount(store, 'ann@one.test');
  const locks = createMailboxLocks();
  const sessions = createPop3Sessions({
    store,
    login: onePassword(ann, 'ann@one.test'),
    locks,
    plaintextNetworks: [],
    channelBinding: true,
    ...parts,
  });
  const openSession = (): Pop3ServerSession =>
    sessions({ service: 'pop3', address: '127.0.0.1', port: 1, localAddress: '127.0.0.1', localPort: 110 });
  const server = await startPop3Loopback({ openSession });
  t.after(() => server.close());
  const connect = (): Promise<Pop3Client> =>
    Pop3Client.connect({ host: '127.0.0.1', port: server.port, tls: { rejectUnauthorized: false } });
  return { store, ann, locks, server, connect };
}

test('a letter is read and removed over TLS, and the next one stays', async (t) => {
  const { store, ann, locks, connect } = await openHouse(t);
  await deliverText(store, ann, 'Subject: 1\r\n\r\n.first\r\n');
  await deliverText(store, ann, 'Subject: 2\r\n\r\nsecond\r\n');
  const client = await connect();
  await client.startTls();
  await client.signIn('ann@one.test', 'p');
  assert.equal((await client.status()).count, 2);
  assert.equal(
    (await client.retrieve(1)).toString(),
    'Return-Path: <ann@two.test>\r\nReceived: here\r\nSubject: 1\r\n\r\n.first\r\n',
  );
  const before = await client.uniqueIds();
  await client.delete(1);
  await client.quit();
  assert.equal(locks.size, 0);
  const again = await connect();
  await again.startTls();
  await again.authPlain('ann@one.test', 'p');
  assert.deepEqual(
    (await again.uniqueIds()).map((message) => message.value),
    [before[1]!.value],
  );
  await again.quit();
});

test('without TLS neither passwords nor mechanisms are on offer, unless the network is named', async (t) => {
  const strict = await (await openHouse(t)).connect();
  const offered = await strict.capabilities();
  assert.ok(!offered.includes('USER') && !offered.some((line) => line.startsWith('SASL')));
  await assert.rejects(strict.signIn('ann@one.test', 'p'), { code: 'AUTH' });
  await assert.rejects(strict.authPlain('ann@one.test', 'p'));
  strict.abort();
  const named = await (await openHouse(t, { plaintextNetworks: [parseCidr('127.0.0.0/8')!] })).connect();
  assert.ok((await named.capabilities()).includes('SASL SCRAM-SHA-256 PLAIN LOGIN'));
  await named.signIn('ann@one.test', 'p');
  await named.quit();
});

test('RFC 5802 §6 with TLS the mechanism that binds to it is on offer', async (t) => {
  const client = await (await openHouse(t)).connect();
  await client.startTls();
  assert.ok((await client.capabilities()).includes('SASL SCRAM-SHA-256-PLUS SCRAM-SHA-256 PLAIN LOGIN'));
  await client.quit();
});

test('RFC 1939 §8 one session has the mailbox; when its connection dies the next may have it', async (t) => {
  const { locks, connect } = await openHouse(t, { plaintextNetworks: [parseCidr('127.0.0.0/8')!] });
  const [first, second] = [await connect(), await connect()];
  await first.signIn('ann@one.test', 'p');
  await assert.rejects(second.signIn('ann@one.test', 'p'), { code: 'IN-USE' });
  first.abort();
  while (locks.size > 0) await new Promise((resolve) => setImmediate(resolve));
  await second.signIn('ann@one.test', 'p');
  await second.quit();
});

test('a mailbox that cannot be read gives its lock back', async (t) => {
  const { locks, connect } = await openHouse(t, {
    plaintextNetworks: [parseCidr('127.0.0.0/8')!],
    login: onePassword(99, 'ann@one.test'),
  });
  const client = await connect();
  await assert.rejects(client.signIn('ann@one.test', 'p'), { code: 'AUTH' });
  assert.equal(locks.size, 0);
  client.abort();
});

test('connections are counted in and out by whoever admits them', async (t) => {
  let inside = 0;
  const { server, connect } = await openHouse(t, {
    admit: () => {
      if (inside === 1) return 'Too many connections from your network, close one first';
      inside++;
      return null;
    },
    leave: () => inside--,
  });
  const first = await connect();
  await assert.rejects(connect(), { code: 'SYS/TEMP' });
  assert.equal(inside, 1);
  first.abort();
  while (server.server.size > 0) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(inside, 0);
});
