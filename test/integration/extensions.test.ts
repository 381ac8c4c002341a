// What the server offers besides, and what it politely refuses.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Pop3Client } from '../../src/protocols/pop3/index.ts';
import { openWorld } from '../support/outside-world.ts';
import { PASSWORD, startServer } from '../support/running-server.ts';

const LETTER = 'From: ann@one.test\r\nSubject: s\r\n\r\nhello\r\n';

test('RFC 8689, RFC 2852, RFC 6710, RFC 9422: REQUIRETLS, DELIVERBY, MT-PRIORITY, LIMITS; VRFY, EXPN and HELP', async (t) => {
  const { sink, settings } = await openWorld(t, {
    extensions: ['PIPELINING', '8BITMIME', 'DELIVERBY 10', 'MT-PRIORITY MIXER', 'DSN'],
  });
  const server = await startServer(t, { settings });
  await server.addAccount('ann@one.test');
  const client = await server.signedIn('ann@one.test');
  await client.hello();
  for (const keyword of ['REQUIRETLS', 'DELIVERBY', 'MT-PRIORITY', 'LIMITS .*RCPTMAX=10000', 'ENHANCEDSTATUSCODES']) {
    assert.match(client.capabilities, new RegExp(`^250[- ]${keyword}`, 'm'));
  }
  assert.match(await client.say('VRFY ann'), /^25[02] /);
  assert.match(await client.say('EXPN list'), /^(502|252|550) /);
  assert.match(await client.say('HELP'), /^214[ -]/);

  await client.sayAll('MAIL FROM:<ann@one.test> BY=3600;R MT-PRIORITY=3', 'RCPT TO:<bob@two.test>');
  assert.match(await client.data(LETTER), /^250 /);
  await sink.until(() => sink.messages.length === 1);
  assert.match(sink.messages[0]?.mail ?? '', / BY=3\d\d\d;R/);
  assert.match(sink.messages[0]?.mail ?? '', / MT-PRIORITY=3/);

  // The next hop has no REQUIRETLS: the letter comes back rather than going on without.
  await client.sayAll('MAIL FROM:<ann@one.test> REQUIRETLS', 'RCPT TO:<bob@two.test>');
  assert.match(await client.data(LETTER), /^250 /);
  const [report = ''] = await server.inboxOf(1, 'ann@one.test');
  assert.match(report, /^Status: 5\.7\.30/m);
  assert.equal(sink.messages.length, 1);
  await client.quit();
});

test('RFC 6531 §3.6, RFC 6152: what the next hop cannot take comes back, or is converted', async (t) => {
  const { sink, settings } = await openWorld(t, { extensions: ['PIPELINING'] });
  const server = await startServer(t, { settings });
  await server.addAccount('ann@one.test');
  const client = await server.signedIn('ann@one.test');
  await client.sayAll('MAIL FROM:<ann@one.test> SMTPUTF8 BODY=8BITMIME', 'RCPT TO:<jürgen@two.test>');
  assert.match(await client.data(LETTER), /^250 /);
  const [report = ''] = await server.inboxOf(1, 'ann@one.test');
  assert.match(report, /^Status: 5\.6\.7/m);
  const eightBit =
    'From: ann@one.test\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nschön\r\n';
  await client.sayAll('MAIL FROM:<ann@one.test> BODY=8BITMIME', 'RCPT TO:<bob@two.test>');
  assert.match(await client.data(eightBit), /^250 /);
  await sink.until(() => sink.messages.length === 1);
  assert.match(
    sink.messages[0]?.octets.toString('latin1') ?? '',
    /^Content-Transfer-Encoding: (quoted-printable|base64)\r$/im,
  );
  assert.ok(sink.messages[0]?.octets.every((octet) => octet < 128));
  await client.quit();
});

test('RFC 1939, RFC 2449, RFC 2595, RFC 6856: what POP3 offers, with TLS and without', async (t) => {
  const server = await startServer(t, { auth: 'default_domain = "one.test"' });
  await server.addAccount('ann@one.test');
  const sender = await server.greet('smtp');
  for (const word of ['one', 'two']) {
    await sender.deliver('bob@two.test', ['ann@one.test'], `Subject: ${word}\r\n\r\n.${word}\r\nlast\r\n`);
  }
  await sender.quit();
  const port = server.port('pop3');
  const plain = await Pop3Client.connect({ host: '127.0.0.1', port, tls: { rejectUnauthorized: false } });
  const before = await plain.capabilities();
  for (const line of ['STLS', 'TOP', 'UIDL', 'PIPELINING', 'RESP-CODES', 'AUTH-RESP-CODE', 'EXPIRE NEVER'])
    assert.ok(before.includes(line), `${line} is not in ${before.join(', ')}`);
  assert.ok(before.some((line) => line.startsWith('UTF8')));
  assert.ok(!before.includes('USER'));
  await assert.rejects(plain.signIn('ann', PASSWORD));
  await plain.startTls();
  assert.ok((await plain.capabilities()).some((line) => /^SASL SCRAM-SHA-256-PLUS .*PLAIN/.test(line)));
  await assert.rejects(plain.signIn('ann', 'wrong'), { code: 'AUTH' });
  await plain.signIn('ann', PASSWORD);
  const sizes = await plain.sizes();
  const letters = [await plain.retrieve(1), await plain.retrieve(2)];
  assert.deepEqual(
    sizes.map(({ value }) => Number(value)),
    letters.map(({ length }) => length),
  );
  assert.match(letters[0]?.toString() ?? '', /\r\n\r\n\.one\r\nlast\r\n$/);
  assert.match((await plain.top(2, 1)).toString(), /\r\n\r\n\.two\r\n$/);
  await plain.delete(1);
  // Without QUIT nothing goes.
  plain.abort();
  const implicit = async (): Promise<Pop3Client> => {
    const client = await Pop3Client.connect({
      host: '127.0.0.1',
      port: server.port('pop3s'),
      implicitTls: true,
      tls: { rejectUnauthorized: false },
    });
    return client;
  };
  let second: Pop3Client | null = null;
  await server.until(async () => {
    const client = await implicit();
    const done = await client.authPlain('ann@one.test', PASSWORD).then(
      () => true,
      () => false,
    );
    if (done) second = client;
    return done;
  });
  const again = second as Pop3Client | null;
  assert.equal((await again?.status())?.count, 2);
  await again?.delete(1);
  await again?.quit();
  const third = await implicit();
  await third.signIn('ann@one.test', PASSWORD);
  assert.match((await third.retrieve(1)).toString(), /\.two/);
  assert.equal((await third.status()).count, 1);
  await third.quit();
});
