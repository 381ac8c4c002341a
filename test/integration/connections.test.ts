// Who connects: through a proxy, too often, too early, and what is said to them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SmtpDialog } from '../support/smtp-dialog.ts';
import { startServer, type TestServer } from '../support/running-server.ts';

const LETTER = 'From: bob@two.test\r\nSubject: s\r\n\r\nhello\r\n';

/** A PROXY header of version 2 for a TCP connection over IPv6. */
function proxyV2(address: Uint8Array): Buffer {
  const signature = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');
  const ports = Buffer.from([0x15, 0xb3, 0, 25]);
  const body = Buffer.concat([address, Buffer.alloc(16), ports]);
  return Buffer.concat([signature, Buffer.from([0x21, 0x21, 0, body.length]), body]);
}

/** Opens connections until one is refused; those that were let in. */
async function fill(server: TestServer, most: number): Promise<SmtpDialog[]> {
  const inside: SmtpDialog[] = [];
  for (let round = 0; round <= most; round++) {
    const client = await server.dial('smtp');
    if (client.greeting.startsWith('421 4.7.0 Too many connections')) return inside;
    assert.match(client.greeting, /^220 /);
    inside.push(client);
  }
  return inside;
}

test('PROXY version 1 and 2: Received, journey, limits and relaying go by the address behind the proxy', async (t) => {
  const server = await startServer(t, {
    listener: { smtp: 'proxy_networks = ["127.0.0.1"]' },
    settings: '[limits]\nrelay_networks = ["192.0.2.0/24", "127.0.0.1"]',
  });
  await server.addAccount('ann@one.test');
  const v1 = await server.greet('smtp', { preamble: 'PROXY TCP4 198.51.100.7 203.0.113.1 5555 25\r\n' });
  assert.match(await v1.deliver('bob@two.test', ['ann@one.test'], LETTER), /^250 /);
  assert.match(await v1.deliver('bob@two.test', ['x@elsewhere.test'], LETTER), /^550 5\.7\.1 /);
  await v1.quit();
  const address = Buffer.from('20010db8000000000000000000000001', 'hex');
  const v2 = await server.greet('smtp', { preamble: proxyV2(address) });
  assert.match(await v2.deliver('bob@two.test', ['ann@one.test'], LETTER), /^250 /);
  await v2.quit();
  const printer = await server.greet('smtp', { preamble: 'PROXY TCP4 192.0.2.7 203.0.113.1 5555 25\r\n' });
  assert.match(await printer.deliver('bob@two.test', ['x@elsewhere.test'], LETTER), /^250 /);
  await printer.quit();
  const letters = await server.inbox('ann@one.test');
  assert.match(letters[0] ?? '', /^Received: from client\.example \(\[198\.51\.100\.7\]\)/m);
  assert.match(letters[1] ?? '', /^Received: from client\.example \(\[IPv6:2001:db8::1\]\)/m);
  const without = await server.dial('smtp', { preamble: 'EHLO client.example\r\n' });
  assert.doesNotMatch(without.greeting, /^220/);
  without.abort();
  // From elsewhere a PROXY header is no more than an early talker's noise.
  const forged = await server.dial('smtp', {
    from: '127.0.0.9',
    preamble: 'PROXY TCP4 192.0.2.7 203.0.113.1 1 25\r\n',
  });
  assert.match(forged.greeting, /^554 5\.5\.0 |^220 /);
  forged.send('EHLO x\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<x@elsewhere.test>\r\n');
  for (let said = '.'; said !== ''; said = await forged.reply()) {
    assert.doesNotMatch(said, /^250 2\.1\.5/);
    if (said.startsWith('550')) forged.abort();
  }
});

test("connections are counted by address over both threads, and a dead thread's count for nothing", async (t) => {
  const server = await startServer(t, { settings: '[limits]\nconnections_per_address = 6', threads: 2 });
  const first = await fill(server, 20);
  assert.equal(first.length, 6);
  const other = await server.dial('smtp', { from: '127.0.0.2' });
  assert.match(other.greeting, /^220 /);
  // All protocols count together.
  await assert.rejects(server.pop3('ann@one.test'), /Too many connections/);
  await first.pop()?.quit();
  await server.until(async () => {
    const client = await server.dial('smtp');
    if (client.greeting.startsWith('220')) first.push(client);
    return client.greeting.startsWith('220');
  });
  await server.running.house.killProtocolThread(0);
  await server.running.house.killProtocolThread(1);
  let inside: SmtpDialog[] = [];
  await server.until(async () => {
    for (const client of inside) client.abort();
    inside = await fill(server, 20).catch(() => []);
    return inside.length === 6;
  });
  for (const client of [...first, ...inside, other]) client.abort();
});

test('new connections are counted by address, over a minute and all protocols: the next one is refused', async (t) => {
  const server = await startServer(t, { settings: '[limits]\nconnection_rate_per_address = 3' });
  let taken = 0;
  // The minute may end in between, once.
  for (; taken <= 6; taken++) {
    const client = await server.dial('smtp');
    if (client.greeting.startsWith('421 4.7.0 Too many connections')) break;
    assert.match(client.greeting, /^220 /);
    await client.quit();
  }
  assert.ok(taken >= 3 && taken <= 6, `${taken} connections were taken`);
  const other = await server.dial('smtp', { from: '127.0.0.2' });
  assert.match(other.greeting, /^220 /);
  other.abort();
});

test('a trusted network has no limits', async (t) => {
  const server = await startServer(t, {
    settings:
      '[limits]\nconnections_per_address = 2\nconnection_rate_per_address = 2\ntrusted_networks = ["127.0.0.1"]',
  });
  const inside = await fill(server, 9);
  assert.equal(inside.length, 10);
  for (const client of inside) client.abort();
});

test('who talks before the banner is refused, on smtp', async (t) => {
  const server = await startServer(t, { listener: { smtp: 'greeting_pause = "300ms"' } });
  const early = await server.dial('smtp', { preamble: 'EHLO early.example\r\n' });
  assert.match(early.greeting, /^(554|421) /);
  early.abort();
  const patient = await server.greet('smtp');
  assert.match(patient.greeting, /^220 mx\.one\.test /);
  await patient.quit();
  const submission = await server.dial('submission', { preamble: 'EHLO early.example\r\n' });
  assert.match(submission.greeting, /^220 /);
  submission.abort();
});

test('RFC 3207 §4.2 what was sent along with STARTTLS is forgotten', async (t) => {
  const server = await startServer(t);
  await server.addAccount('ann@one.test');
  const client = await server.greet('smtp');
  client.send('STARTTLS\r\nMAIL FROM:<injected@evil.example>\r\n');
  const said = await client.reply();
  if (said.startsWith('220')) {
    // Nothing before the handshake counts: RCPT finds no MAIL.
    await client.handshake();
    assert.match(await client.say('RCPT TO:<ann@one.test>'), /^503 /);
  } else assert.match(said, /^5/);
  client.abort();
});
