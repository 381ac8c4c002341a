// Our own users send: only as themselves, and what their programs forget is mended.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { startServer } from '../support/running-server.ts';

const server = await startServer({ after }, { threads: 2 });

function from(address: string, rest = ''): string {
  return `From: ${address}\r\nSubject: s\r\n${rest}\r\nhello\r\n`;
}

test('RFC 6409 §6.1 an account sends as what leads to it, in MAIL and in From, and as nobody else', async () => {
  await server.addAccount('admin@one.test', { role: 'administrator' });
  const ann = await server.addAccount('ann@one.test');
  await server.addAccount('bob@one.test');
  await server.addDomain('other.test');
  await server.store.execute('domain.add', { name: 'alias.test', kind: 'alias', target: 'one.test' });
  await server.addAlias('sales@one.test', 'ann@one.test');
  await server.addAlias('chief@one.test', 'sales@one.test');
  const group = { kind: 'group', targets: ['ann@one.test', 'bob@one.test'] } as const;
  await server.store.execute('alias.add', { address: 'open@one.test', ...group, sendAs: true });
  await server.store.execute('alias.add', { address: 'closed@one.test', ...group, sendAs: false });
  await server.store.execute('domain.change', 'other.test', { catchAll: 'ann@one.test' });
  await server.store.execute('grant.add', ann, '*@devices.test');
  await server.store.execute('grant.add', ann, 'printer@one.test');
  const client = await server.signedIn('ann@one.test');
  const own = [
    'ann@one.test',
    'ANN@ONE.TEST',
    'ann+tag@one.test',
    'ann@alias.test',
    'sales@one.test',
    'sales+x@one.test',
  ];
  const granted = ['chief@one.test', 'open@one.test', 'scanner@devices.test', 'printer@one.test'];
  for (const address of [...own, ...granted]) {
    assert.match(await client.deliver(address, ['bob@one.test'], from(address)), /^250 /, address);
  }
  const foreign = [
    'bob@one.test',
    'closed@one.test',
    'x@other.test',
    'nobody@one.test',
    'ann@two.test',
    'admin@one.test',
  ];
  for (const address of foreign) {
    assert.match(await client.deliver(address, ['bob@one.test'], ''), /^550 5\.7\.1 This sender/, address);
    assert.match(
      await client.deliver('ann@one.test', ['bob@one.test'], from(address)),
      /^550 5\.7\.1 .*send as/,
      address,
    );
    const sender = `Sender: ${address}\r\n`;
    assert.match(await client.deliver('ann@one.test', ['bob@one.test'], from('ann@one.test', sender)), /^550 5\.7\.1 /);
  }
  assert.match(await client.deliver('', ['bob@one.test'], from('ann@one.test')), /^250 /);
  const twice = `From: bob@one.test\r\n${from('ann@one.test')}`;
  assert.match(await client.deliver('ann@one.test', ['bob@one.test'], twice), /^5\d\d 5\./);
  const hidden = from('"ann@one.test" <ann@one.test>, =?utf-8?q?x?= <bob@one.test>');
  assert.match(await client.deliver('ann@one.test', ['bob@one.test'], hidden), /^550 5\.7\.1 /);
  assert.equal((await server.inbox('bob@one.test')).length, own.length + granted.length + 1);
  await client.quit();
});

test('RFC 6409 §8 Date and Message-ID are added, Bcc goes, long lines are encoded, and nobody sees where from', async () => {
  await server.addAccount('ann@mended.test');
  await server.addAccount('ann@own.test');
  await server.addAccount('bob@mended.test');
  const client = await server.signedIn('ann@own.test');
  const bcc = 'Bcc: secret@mended.test,\r\n other@mended.test\r\nReturn-Path: <x@y>\r\n';
  const long = `${'ä'.repeat(1200)}\r\n`;
  const text = `From: ann@own.test\r\nTo: ${'bob@mended.test, '.repeat(120)}bob@mended.test\r\n${bcc}Content-Type: text/plain; charset=utf-8\r\n\r\n${long}`;
  assert.match(await client.deliver('ann@own.test', ['bob@mended.test'], text), /^250 /);
  const [letter = ''] = await server.inbox('bob@mended.test');
  assert.match(letter, /^Message-ID: <[^>]+@own\.test>\r$/m);
  assert.match(letter, /^Date: \w{3}, \d{1,2} \w{3} \d{4} \d\d:\d\d:\d\d [+-]\d{4}\r$/m);
  assert.doesNotMatch(letter, /Bcc|secret@|other@one|x@y/);
  assert.match(letter, /^Content-Transfer-Encoding: (base64|quoted-printable)\r$/im);
  for (const line of letter.split('\r\n')) assert.ok(Buffer.byteLength(line) <= 998, line.slice(0, 60));
  const received = (/^Received: .*(?:\r\n[ \t].*)*/m.exec(letter)?.[0] ?? '').replaceAll(/\s+/g, ' ');
  assert.match(received, /by mx\.one\.test with ESMTPSA/);
  assert.doesNotMatch(letter, /127\.0\.0\.1|client\.example/);
  const [journey] = await server.trace(/^Message-ID: (<[^>]+>)/m.exec(letter)?.[1] ?? '?');
  assert.equal(journey?.steps[0]?.address, '127.0.0.1');
  assert.equal(journey?.steps[0]?.data['account'], 'ann@own.test');
  // What is there stays as it is.
  const complete = from('ann@own.test', 'Date: Mon, 5 Oct 2026 10:00:00 +0000\r\nMessage-ID: <mine@own.test>\r\n');
  assert.match(await client.deliver('ann@own.test', ['bob@mended.test'], complete), /^250 /);
  const second = (await server.inbox('bob@mended.test'))[1] ?? '';
  assert.ok(second.endsWith(complete));
  await client.quit();
});

test('a submission too large for memory is mended in its header, and may not need more', async () => {
  await server.addAccount('ann@large.test');
  await server.addAccount('bob@large.test');
  const client = await server.signedIn('ann@large.test');
  const body = `${'x'.repeat(998)}\r\n`.repeat(6000);
  assert.match(
    await client.deliver('ann@large.test', ['bob@large.test'], from('ann@large.test', 'Bcc: c@d.test\r\n') + body),
    /^250 /,
  );
  const [letter = ''] = await server.inbox('bob@large.test');
  assert.match(letter, /^Message-ID: <[^>]+@large\.test>\r$/m);
  assert.doesNotMatch(letter.slice(0, 2000), /Bcc/);
  assert.ok(letter.endsWith(`hello\r\n${body}`));
  const tooLong = `${body}${'x'.repeat(999)}\r\n`;
  assert.match(
    await client.deliver('ann@large.test', ['bob@large.test'], from('ann@large.test') + tooLong),
    /^5\d\d 5\.6\.\d .*998/,
  );
  assert.match(
    await client.deliver('ann@large.test', ['bob@large.test'], from('bob@large.test') + body),
    /^550 5\.7\.1 /,
  );
  assert.equal((await server.inbox('bob@large.test')).length, 1);
  await client.quit();
});
