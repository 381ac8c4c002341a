// Nobody sends through this server to elsewhere without signing in, whatever form the address takes.
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { startServer, type TestServer } from '../support/running-server.ts';

const MAIL = 'MAIL FROM:<eve@evil.example>';

/** Each is an address elsewhere, as plain as day or in disguise. */
const ELSEWHERE = [
  '<bob@three.test>',
  '<bob@[192.0.2.1]>',
  '<bob@[IPv6:2001:db8::1]>',
  '<@one.test:bob@three.test>',
  '<@mx.one.test,@one.test:bob@three.test>',
  '<bob@three.test.>',
];

/** Each has our domain behind the last @: no such mailbox here, and nothing in it is taken for a route. */
const DISGUISED = [
  '<bob%three.test@one.test>',
  '<bob%three.test@mx.one.test>',
  '<bob%three.test@[127.0.0.1]>',
  '<"bob@three.test"@one.test>',
  '<"@three.test:bob"@one.test>',
  '<three.test!bob@one.test>',
  '<"bob%three.test"@one.test>',
  '<bob%three.test>',
  '<three.test!bob>',
];

async function house(t: TestContext, settings: string): Promise<TestServer> {
  const server = await startServer(t, { settings });
  await server.addAccount('ann@one.test', { role: 'administrator' });
  return server;
}

test('RFC 5321 §3.6.3 strangers cannot relay, and trusted networks are strangers too', async (t) => {
  const server = await house(t, '[limits]\ntrusted_networks = ["127.0.0.0/8"]');
  await server.addAlias('away@one.test', 'ann@three.test');
  for (const [protocol, paths] of [
    ['smtp', ELSEWHERE],
    ['lmtp', ELSEWHERE],
  ] as const) {
    const client = await server.greet(protocol);
    for (const path of paths) {
      await client.say(MAIL);
      assert.match(await client.say(`RCPT TO:${path}`), /^550 5\.7\.1 |^501 /, `${protocol} ${path}`);
      await client.say('RSET');
    }
    client.abort();
    for (const path of DISGUISED) {
      const other = await server.greet(protocol);
      await other.say(MAIL);
      assert.match(
        await other.say(`RCPT TO:${path}`),
        /^5\d\d 5\.(1\.1|7\.1|1\.2|1\.3|5\.2|5\.4) /,
        `${protocol} ${path}`,
      );
      other.abort();
    }
  }
  assert.equal((await server.trace('bob@three.test')).length, 0);

  // An alias that leads elsewhere was the administrator's wish.
  const client = await server.greet('smtp');
  assert.match(await client.deliver('eve@evil.example', ['away@one.test'], 'Subject: x\r\n\r\nx\r\n'), /^250 /);
  client.abort();
});

test('RFC 6409 §4.3 submission asks for a sign-in before MAIL, and smtp and lmtp never offer one', async (t) => {
  const server = await house(t, '[limits]\ntrusted_networks = ["127.0.0.0/8"]');
  for (const protocol of ['submission', 'submissions'] as const) {
    const client = await server.greet(protocol);
    assert.match(client.capabilities, /AUTH .*PLAIN/);
    for (const to of ['bob@three.test', 'ann@one.test']) {
      assert.match(await client.deliver('ann@one.test', [to], ''), /^530 5\.7\.0 /);
    }
    client.abort();
  }
  for (const protocol of ['smtp', 'lmtp'] as const) {
    const client = await server.greet(protocol);
    assert.doesNotMatch(client.capabilities, /AUTH/);
    assert.match(await client.say('AUTH PLAIN AGFubgBw'), /^50[23] /);
    assert.match(await client.startTls(), /^250-/);
    assert.doesNotMatch(client.capabilities, /AUTH/);
    assert.match(await client.say('AUTH PLAIN AGFubgBw'), /^50[23] /);
    client.abort();
  }
});

test('relay_networks may send anywhere without signing in, and what they send is mended', async (t) => {
  const server = await house(t, '[limits]\nrelay_networks = ["127.0.0.0/8"]\n[outbound]\nport = 1');
  const client = await server.greet('smtp');
  assert.match(await client.deliver('scanner@one.test', ['bob@three.test'], 'Subject: s\r\n\r\nx\r\n'), /^250 /);
  assert.match(
    await client.deliver(
      'scanner@one.test',
      ['ann@one.test'],
      'Bcc: x@one.test\r\nFrom: scanner@one.test\r\n\r\nx\r\n',
    ),
    /^250 /,
  );
  const [letter = ''] = await server.inbox('ann@one.test');
  assert.match(letter, /^Message-ID: <[^>]+@one\.test>\r$/m);
  assert.match(letter, /^Date: /m);
  assert.doesNotMatch(letter, /Bcc/);
  assert.equal((await server.trace('bob@three.test')).length, 1);
  client.abort();

  // LMTP takes local recipients only, from whomever.
  const lmtp = await server.greet('lmtp');
  await lmtp.say(MAIL);
  assert.match(await lmtp.say('RCPT TO:<bob@three.test>'), /^550 5\.7\.1 /);
  lmtp.abort();
});

test('a relay domain is taken from strangers, but not over LMTP', async (t) => {
  const server = await house(t, '[[route]]\ndomain = "four.test"\nvia = "smtp://127.0.0.1:1"\nrelay_domain = true');
  await server.store.execute('domain.add', { name: 'five.test', kind: 'relay' });
  for (const address of ['bob@four.test', 'bob@five.test']) {
    const client = await server.greet('smtp');
    await client.say(MAIL);
    assert.match(await client.say(`RCPT TO:<${address}>`), /^250 /);
    client.abort();
    const lmtp = await server.greet('lmtp');
    await lmtp.say(MAIL);
    assert.match(await lmtp.say(`RCPT TO:<${address}>`), /^550 5\.7\.1 /);
    lmtp.abort();
  }
});
