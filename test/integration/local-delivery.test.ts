// A letter from another server reaches the mailboxes here, and each mailbox gets its own copy and no more.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { startServer } from '../support/running-server.ts';

const LETTER = 'From: bob@two.test\r\nSubject: hello\r\n\r\nhow are you\r\n';

const server = await startServer({ after }, { settings: '[limits]\nhops = 10\nmessage_size = "1MiB"', threads: 2 });

/** Two accounts in a domain of the test's own. */
async function house(domain: string): Promise<void> {
  await server.addAccount(`admin@${domain}`, { role: 'administrator' });
  await server.addAccount(`ann@${domain}`);
}

test('RFC 5321 §4.4 the copy has Return-Path, Delivered-To and a Received line that says how it came', async () => {
  await house('one.test');
  const client = await server.greet('smtp');
  const said = await client.deliver('bob@two.test', ['Ann@One.TEST'], `Return-Path: <eve@evil.example>\r\n${LETTER}`);
  assert.match(said, /^250 2\.0\.0 \S+ accepted$/);
  const id = said.split(' ')[2] ?? '';
  const [letter = ''] = await server.inbox('ann@one.test');
  const lines = letter.split('\r\n');
  assert.equal(lines[0], 'Return-Path: <bob@two.test>');
  assert.match(lines[1] ?? '', /^Delivered-To: ann@one\.test$/i);
  assert.equal(letter.match(/^Return-Path:/gm)?.length, 1);
  const received = /^Received: (.*(?:\r\n[ \t].*)*)/m.exec(letter)?.[1]?.replaceAll(/\s+/g, ' ') ?? '';
  assert.match(
    received,
    /^from client\.example \(\[127\.0\.0\.1\]\) by mx\.one\.test with ESMTP id \S+ for <Ann@One\.TEST>; /i,
  );
  assert.ok(received.includes(`id ${id}`));
  assert.ok(letter.endsWith('\r\nhow are you\r\n'));

  // RFC 3848: with TLS it says so, and with two recipients it names none.
  await server.addAccount('cat@one.test');
  await client.startTls();
  assert.match(await client.deliver('bob@two.test', ['cat@one.test', 'ann@one.test'], LETTER), /^250 /);
  const [second = ''] = await server.inbox('cat@one.test');
  assert.match(second.replaceAll(/\s+/g, ' '), /with ESMTPS \(?.*TLSv1\.3.*TLS_AES/);
  const trace = /^Received: .*(?:\r\n[ \t].*)*/m.exec(second)?.[0] ?? '';
  assert.doesNotMatch(trace, / for /);
  await client.quit();
  const [journey] = await server.trace(id);
  assert.deepEqual(
    journey?.steps.map(({ kind }) => kind),
    ['received', 'delivered'],
  );
});

test('a copy shows nobody who else got one: not in Delivered-To, not by Bcc, not for aliases', async () => {
  await house('copies.test');
  await server.addAccount('bcc@copies.test');
  await server.addAlias('team@copies.test', 'ann@copies.test', 'bcc@copies.test', 'ann@copies.test');
  const client = await server.greet('smtp');
  assert.match(await client.deliver('bob@two.test', ['ann@copies.test', 'bcc@copies.test'], LETTER), /^250 /);
  const [open = ''] = await server.inbox('ann@copies.test');
  const [hidden = ''] = await server.inbox('bcc@copies.test');
  assert.doesNotMatch(open, /bcc@copies\.test/i);
  assert.match(hidden, /^Delivered-To: bcc@copies\.test/m);
  assert.doesNotMatch(hidden, /ann@one/);
  // One mailbox gets one copy, by however many addresses it was named.
  await client.deliver('bob@two.test', ['team@copies.test', 'ann@copies.test', 'ann+x@copies.test'], LETTER);
  assert.equal((await server.inbox('ann@copies.test')).length, 2);
  assert.equal((await server.inbox('bcc@copies.test')).length, 2);
  await client.quit();
});

test('RFC 5321 §4.5.1 postmaster, abuse and MAILER-DAEMON reach the administrator, whatever is wrong', async (t) => {
  const own = await startServer(t);
  const full = { role: 'administrator', quotaBytes: 1 } as const;
  await own.addAccount('admin@one.test', full);
  await own.addDomain('other.test');
  const client = await own.greet('smtp');
  const ways = ['postmaster', 'Postmaster@one.test', 'ABUSE@one.test', 'mailer-daemon@other.test', 'abuse@other.test'];
  for (const to of [...ways, 'postmaster@mx.one.test', 'postmaster@[127.0.0.1]']) {
    assert.match(await client.deliver('bob@two.test', [to], LETTER), /^250 /, to);
  }
  // A header that nobody else would be given, and MIME parts deep in each other.
  const large = `${'X-Filler: '.padEnd(900, 'x')}\r\n`.repeat(250);
  assert.match(await client.deliver('', ['postmaster'], `${large}\r\nx\r\n`), /^250 /);
  assert.match(await client.say('MAIL FROM:<bob@two.test>'), /^250 /);
  assert.match(await client.say('RCPT TO:<admin@one.test>'), /^452 4\.2\.2 /);
  await client.quit();
  assert.equal((await own.inbox('admin@one.test')).length, ways.length + 3);
});

test('the null sender is always taken, for mailboxes that exist', async () => {
  await house('null.test');
  for (const protocol of ['smtp', 'lmtp'] as const) {
    const client = await server.greet(protocol);
    assert.match(await client.deliver('', ['ann@null.test'], LETTER), /^250 /);
    assert.match(await client.deliver('', ['nobody@null.test'], LETTER), /^550 5\.1\.1 /);
    client.abort();
  }
  const [letter = ''] = await server.inbox('ann@null.test');
  assert.match(letter, /^Return-Path: <>\r$/m);
});

test('a full mailbox: 452 4.2.2 at RCPT, and at DATA only where nobody could take it', async () => {
  await house('full.test');
  await server.addAccount('full@full.test', { quotaBytes: 2 });
  await server.addAccount('small@full.test', { quotaBytes: 2000 });
  const large = `Subject: large\r\n\r\n${`${'x'.repeat(78)}\r\n`.repeat(50)}`;
  const client = await server.greet('smtp');
  await client.say('MAIL FROM:<eve@three.test>');
  // Nothing is in it yet, and nothing but an empty message would fit.
  assert.match(await client.say('RCPT TO:<small@full.test>'), /^250 /);
  assert.match(await client.data(large), /^452 4\.2\.2 /);
  // RFC 5321 §4.2.5: one reply for all; who can have it has it, and a stranger is told nothing by mail.
  assert.match(await client.deliver('eve@three.test', ['small@full.test', 'ann@full.test'], large), /^250 /);
  assert.equal((await server.inbox('ann@full.test')).length, 1);
  assert.equal((await server.inbox('small@full.test')).length, 0);
  assert.equal((await server.trace('eve@three.test')).length, 1);
  assert.match(
    await client.deliver('eve@three.test', ['full@full.test', 'ann@full.test'], LETTER),
    /^250 |^452 4\.2\.2/,
  );
  await client.quit();

  // RFC 2033 §4.2: LMTP answers for each recipient.
  const lmtp = await server.greet('lmtp');
  await lmtp.sayAll('MAIL FROM:<eve@three.test>', 'RCPT TO:<small@full.test>', 'RCPT TO:<nobody@full.test>');
  await lmtp.sayAll('RCPT TO:<ann@full.test>', 'DATA');
  lmtp.send(`${large}.\r\n`);
  assert.match(await lmtp.reply(), /^452 4\.2\.2 /);
  assert.match(await lmtp.reply(), /^250 2\.0\.0 /);
  await lmtp.quit();

  // Who signed in is told of the one that could not be served.
  const submission = await server.signedIn('ann@full.test');
  const before = (await server.inbox('ann@full.test')).length;
  assert.match(await submission.deliver('ann@full.test', ['small@full.test', 'admin@full.test'], large), /^250 /);
  const inbox = await server.inboxOf(before + 1, 'ann@full.test');
  assert.match(inbox.at(-1) ?? '', /^Final-Recipient: rfc822; ?small@full\.test/im);
  assert.match(inbox.at(-1) ?? '', /^Status: 5\.2\.2/m);
  assert.doesNotMatch(inbox.at(-1) ?? '', /admin@full\.test/);
  await submission.quit();
});

test('RFC 5321 §6.3 too many hops: 554 5.4.6 says which, and a Delivered-To of the mailbox is a loop', async () => {
  await house('hops.test');
  const client = await server.greet('smtp');
  const hops = (count: number): string =>
    Array.from(
      { length: count },
      (_, at) => `Received: from a by hop${at}.test; Mon, 5 Oct 2026 10:00:00 +0000\r\n`,
    ).join('');
  assert.match(await client.deliver('bob@two.test', ['ann@hops.test'], hops(10) + LETTER), /^250 /);
  const refused = await client.deliver('bob@two.test', ['ann@hops.test'], hops(11) + LETTER);
  assert.match(refused, /^554[ -]5\.4\.6 .*hop0\.test/);
  const looped = await client.deliver('bob@two.test', ['ann@hops.test'], `Delivered-To: ANN@hops.test\r\n${LETTER}`);
  assert.match(looped, /^554 5\.4\.6 /);
  const mixed = ['ann@hops.test', 'admin@hops.test'];
  assert.match(await client.deliver('bob@two.test', mixed, `Delivered-To: ann@hops.test\r\n${LETTER}`), /^250 /);
  assert.equal((await server.inbox('ann@hops.test')).length, 1);
  assert.equal((await server.inbox('admin@hops.test')).length, 1);
  await client.quit();
});

test('RFC 1870, RFC 6152, RFC 6531, RFC 3030: size, 8 bits, UTF-8 addresses, chunks and binary content', async () => {
  await house('wide.test');
  await server.addAccount('jürgen@müller.test');
  const client = await server.greet('smtp');
  for (const keyword of ['SIZE 1048576', '8BITMIME', 'SMTPUTF8', 'CHUNKING', 'BINARYMIME', 'PIPELINING', 'DSN']) {
    assert.match(client.capabilities, new RegExp(`^250[- ]${keyword}$`, 'm'));
  }
  assert.match(await client.say('MAIL FROM:<bob@two.test> SIZE=2000000'), /^552 5\.3\.4 /);
  assert.match(await client.say('MAIL FROM:<bob@two.test> SIZE=1000 BODY=8BITMIME'), /^250 /);
  await client.say('RCPT TO:<ann@wide.test>');
  assert.match(await client.data('Subject: Grüße\r\n\r\nschön\r\n'), /^250 /);
  // A-label and U-label are the same mailbox; a UTF-8 local part needs SMTPUTF8.
  for (const to of ['jürgen@müller.test', 'JÜRGEN@xn--mller-kva.test']) {
    await client.say('MAIL FROM:<bob@two.test> SMTPUTF8');
    assert.match(await client.say(`RCPT TO:<${to}>`), /^250 /, to);
    assert.match(await client.data(LETTER), /^250 /);
  }
  assert.equal((await server.inbox('jürgen@müller.test')).length, 2);
  const journeys = await server.trace('jürgen@xn--mller-kva.test');
  assert.deepEqual(
    journeys.map(({ steps }) => steps[0]?.protocol),
    ['UTF8SMTP', 'UTF8SMTP'],
  );

  await client.sayAll('MAIL FROM:<bob@two.test> BODY=BINARYMIME', 'RCPT TO:<ann@wide.test>');
  const binary = Buffer.from('Subject: b\r\nContent-Transfer-Encoding: binary\r\n\r\n\0\n.\r\n\r\x80x');
  client.send(`BDAT ${binary.length}\r\n`);
  client.send(binary);
  assert.match(await client.reply(), /^250 /);
  client.send('BDAT 2 LAST\r\nyz');
  assert.match(await client.reply(), /^250 /);
  const pop3 = await server.pop3('ann@wide.test');
  assert.ok((await pop3.retrieve(2)).includes(Buffer.from('\r\n\r\n\0\n')));
  await pop3.quit();

  // RFC 5321 §2.3.8: bare line ends smuggle nothing.
  for (const text of ['a\n.\nMAIL FROM:<x@y>', 'a\r.\r', 'a\n.\r\n']) {
    const other = await server.greet('smtp');
    await other.sayAll('MAIL FROM:<bob@two.test>', 'RCPT TO:<ann@wide.test>', 'DATA');
    other.send(`Subject: s\r\n\r\n${text}\r\n.\r\n`);
    assert.match(await other.reply(), /^5\d\d 5\.(6|5)\./, JSON.stringify(text));
    other.abort();
  }
  assert.equal((await server.inbox('ann@wide.test')).length, 2);
  await client.quit();
});
