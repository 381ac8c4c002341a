// Signing in, over SMTP and POP3: mechanisms, what is kept of a password, and what a storm of logins costs.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, test } from 'node:test';
import { HASH_QUEUE_WAITING_MAX } from '../../src/services/passwords/limits.ts';
import { startServer, PASSWORD } from '../support/running-server.ts';

const server = await startServer(
  { after },
  { settings: '[limits]\ntrusted_networks = ["127.0.0.0/8"]\nconnections_per_address = 1000' },
);
await server.addAccount('ann@one.test');

test('RFC 5802, RFC 7677, RFC 9266: SCRAM, bound to the channel and not, PLAIN and LOGIN', async (t) => {
  const server = await startServer(t, { auth: 'default_domain = "one.test"' });
  await server.addAccount('ann@one.test');
  const plain = await server.greet('submission');
  assert.doesNotMatch(plain.capabilities, /AUTH/);
  assert.match(await plain.say('AUTH PLAIN AGFubgBw'), /^5(38|04|03|30) /);
  await plain.startTls();
  assert.match(plain.capabilities, /^250[- ]AUTH SCRAM-SHA-256-PLUS SCRAM-SHA-256 PLAIN LOGIN$/m);
  assert.match(await plain.signIn('SCRAM-SHA-256-PLUS', 'ann@one.test', PASSWORD), /^235 2\.7\.0 /);
  assert.match(await plain.deliver('ann@one.test', ['ann@one.test'], 'From: ann@one.test\r\n\r\nx\r\n'), /^250 /);
  await plain.quit();
  for (const mechanism of ['SCRAM-SHA-256', 'PLAIN', 'LOGIN']) {
    const client = await server.greet('submissions');
    // The name may lack its domain, and case is nothing.
    assert.match(await client.signIn(mechanism, 'Ann', PASSWORD), /^235 2\.7\.0 /, mechanism);
    await client.quit();
    const wrong = await server.greet('submissions');
    assert.match(await wrong.signIn(mechanism, 'ann@one.test', 'wrong'), /^535 5\.7\.8 /, mechanism);
    assert.match(await wrong.signIn(mechanism, 'nobody@one.test', 'wrong'), /^535 5\.7\.8 /, mechanism);
    wrong.abort();
  }
});

test('RFC 5802 §5.1 an unknown name has a salt too, the same each time and after a restart', async () => {
  const saltOf = async (name: string): Promise<string> => {
    const client = await server.greet('submissions');
    const said = await client.say(`AUTH SCRAM-SHA-256 ${Buffer.from(`n,,n=${name},r=abc`).toString('base64')}`);
    client.abort();
    return /s=([^,]+)/.exec(Buffer.from(said.slice(4), 'base64').toString())?.[1] ?? said;
  };
  const salts = [await saltOf('nobody@one.test'), await saltOf('nobody@one.test'), await saltOf('noone@one.test')];
  assert.equal(salts[0], salts[1]);
  assert.notEqual(salts[0], salts[2]);
  assert.equal(salts[0]?.length, (await saltOf('ann@one.test')).length);
  await server.close();
  await server.start();
  assert.equal(await saltOf('nobody@one.test'), salts[0]);
});

test('an imported hash is replaced at the first PLAIN sign-in, and SCRAM is on offer once everybody has a verifier', async () => {
  const salt = Buffer.from('salt');
  const digest = createHash('sha1').update(PASSWORD).update(salt).digest();
  const imported = `{SSHA}${Buffer.concat([digest, salt]).toString('base64')}`;
  await server.addAccount('bob@one.test', { passwordHash: imported, scramSha256: null });
  const before = await server.greet('submissions');
  assert.match(before.capabilities, /^250[- ]AUTH PLAIN LOGIN$/m);
  assert.match(await before.signIn('PLAIN', 'bob@one.test', PASSWORD), /^235 /);
  before.abort();
  await server.until(async () => (await server.account('bob@one.test')).scramSha256 !== null);
  assert.match((await server.account('bob@one.test')).passwordHash ?? '', /^\$argon2id\$/);
  for (const [protocol, at] of [
    ['submissions', 1],
    ['submissions', 2],
  ] as const) {
    const after = await server.greet(protocol);
    assert.match(after.capabilities, /AUTH SCRAM-SHA-256-PLUS SCRAM-SHA-256/, `connection ${at}`);
    assert.match(await after.signIn('SCRAM-SHA-256-PLUS', 'bob@one.test', PASSWORD), /^235 /);
    after.abort();
  }
});

test('a login costs nothing the second time: it passes a full hash queue by', async () => {
  const { hashQueue } = server.running.house;
  const client = await server.pop3('ann@one.test');
  await client.quit();
  // The cache answers: with the queue full of other work a right password is still let in.
  const jobs = Array.from({ length: 300 }, (_, at) =>
    hashQueue.verify('{SSHA}AAAA', `wrong ${at}`).catch(() => 'refused'),
  );
  const again = await server.greet('submissions');
  assert.match(await again.signIn('PLAIN', 'ann@one.test', PASSWORD), /^235 /);
  await Promise.all(jobs);
  again.abort();
});

test('RFC 5802 §6 channel_binding = false: no PLUS on offer, and a client that could bind may say that it saw none', async (t) => {
  const server = await startServer(t, { auth: 'channel_binding = false' });
  await server.addAccount('ann@one.test');
  const client = await server.greet('submissions');
  assert.match(client.capabilities, /^250[- ]AUTH SCRAM-SHA-256 PLAIN LOGIN$/m);
  const said = await client.say(`AUTH SCRAM-SHA-256 ${Buffer.from('y,,n=ann@one.test,r=abc').toString('base64')}`);
  assert.match(said, /^334 /);
  client.abort();
  const other = await server.greet('submissions');
  assert.match(await other.signIn('SCRAM-SHA-256', 'ann@one.test', PASSWORD), /^235 /);
  other.abort();
});

test('RFC 4954 §6 a login storm is refused for now: 454 4.7.0, and judged once it is over', async () => {
  const { hashQueue } = server.running.house;
  const client = await server.greet('submissions');
  const slow = `$2b$04$${'a'.repeat(21)}u${'a'.repeat(31)}`;
  const storm = new AbortController();
  const attack = async (name: number): Promise<void> => {
    for (let round = 0; !storm.signal.aborted; round++) await hashQueue.verify(slow, `wrong ${name} ${round}`);
  };
  const attacks: Promise<void>[] = [];
  while (hashQueue.depth.waiting < HASH_QUEUE_WAITING_MAX) attacks.push(attack(attacks.length));
  assert.match(await client.signIn('PLAIN', 'ann@one.test', 'not it'), /^454 4\.7\.0 /);
  storm.abort();
  await Promise.all(attacks);
  assert.match(await client.signIn('PLAIN', 'ann@one.test', 'not it'), /^535 /);
  assert.match(await client.signIn('PLAIN', 'ann@one.test', PASSWORD), /^235 /);
  client.abort();
});
