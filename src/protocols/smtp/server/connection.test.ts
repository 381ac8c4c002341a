import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { startSmtpLoopback, type SmtpLoopback } from '../../../../test/support/smtp-loopback.ts';
import { VirtualClock } from '../../../../test/support/virtual-clock.ts';
import { IdleWheel } from '../../../base/idle-wheel.ts';
import { silentLog } from '../../../base/log.ts';
import { channelBindings } from '../../sasl/index.ts';
import type { MemoryMailOptions } from '../testing/memory-session.ts';
import type { SmtpServerOptions } from './options.ts';
import type { SmtpServer } from './server.ts';

/** Everything the server says until the connection ends. */
async function readAll(socket: Socket): Promise<string> {
  let said = '';
  socket.on('data', (octets: Buffer) => (said += octets.toString()));
  socket.on('error', () => {});
  if (!socket.closed) await once(socket, 'close');
  return said;
}

async function said(socket: Socket, pattern: RegExp): Promise<void> {
  let text = '';
  while (!pattern.test(text)) text += String((await once(socket, 'data'))[0]);
}

async function withServer(
  options: Partial<SmtpServerOptions>,
  mail: MemoryMailOptions,
  use: (loopback: SmtpLoopback) => Promise<void>,
): Promise<void> {
  const loopback = await startSmtpLoopback(options, mail);
  try {
    await use(loopback);
  } finally {
    await loopback.close();
  }
}

/** Waits until the server has noticed how many connections there are. */
async function counted(server: SmtpServer, count: number): Promise<void> {
  for (let i = 0; i < 1_000 && server.connectionCount !== count; i++) await setImmediate();
  assert.equal(server.connectionCount, count);
}

const MESSAGE = 'EHLO c\r\nMAIL FROM:<bob@two.test>\r\nRCPT TO:<ann@one.test>\r\nBDAT 3 LAST\r\na\r\n';

test('a client that closes its side after its last word still hears the answers', async () => {
  await withServer({}, { later: true }, async ({ connect, mail }) => {
    const socket = await connect();
    await said(socket, /^220 /);
    socket.end(MESSAGE);
    assert.match(await readAll(socket), /250 2\.0\.0 Message 1 taken\r\n$/);
    assert.equal(mail.events.at(-1), 'close');
  });
});

test('RFC 8314 §3.3, RFC 9266 the session learns of TLS: version, cipher, name, channel bindings', async () => {
  await withServer({ service: 'submissions' }, { allowPlaintext: true }, async ({ connect, mail }) => {
    const socket = connectTls({ socket: await connect(), servername: 'mx.one.test', rejectUnauthorized: false });
    await said(socket, /^220 /);
    const expected = channelBindings(socket, socket.getPeerX509Certificate()?.raw ?? null);
    socket.write('EHLO c\r\nAUTH PLAIN AGFubgBzZWNyZXQ=\r\n');
    await said(socket, /235 /);
    socket.write(MESSAGE);
    await said(socket, /Message 1/);
    const { tls, account, helo, extended } = mail.messages[0]!.state;
    assert.deepEqual(
      { helo, extended, account },
      { helo: 'c', extended: true, account: { id: 1, address: 'ann@one.test' } },
    );
    assert.equal(tls?.version, 'TLSv1.3');
    assert.match(tls?.cipher ?? '', /^TLS_/);
    assert.equal(tls?.servername, 'mx.one.test');
    assert.deepEqual(tls?.channelBindings?.(), expected);
    assert.equal(expected.length, 2);
    socket.destroy();
  });
});

test('PROXY: the session sees the client, not the balancer, also before implicit TLS', async () => {
  const isProxyPeer = (address: string): boolean => address === '127.0.0.1';
  await withServer({ service: 'submissions', isProxyPeer }, {}, async ({ connect, mail }) => {
    const plain = await connect();
    plain.write('PROXY TCP6 2001:db8::7 2001:db8::1 50000 465\r\n');
    const socket = connectTls({ socket: plain, rejectUnauthorized: false });
    await said(socket, /^220 /);
    socket.write('EHLO c\r\nAUTH PLAIN AGFubgBzZWNyZXQ=\r\n');
    await said(socket, /235 /);
    socket.write(MESSAGE);
    await said(socket, /Message 1/);
    const peer = { service: 'submissions', address: '2001:db8::7', port: 50_000 };
    assert.deepEqual(mail.messages[0]!.state.peer, peer);
    socket.destroy();
  });
});

test('PROXY: who is not named for it is not believed', async () => {
  await withServer({ service: 'lmtp' }, {}, async ({ connect, mail }) => {
    const socket = await connect();
    await said(socket, /^220 /);
    socket.write('PROXY TCP4 192.0.2.7 192.0.2.1 50000 25\r\n');
    await said(socket, /500 5\.5\.1 /);
    assert.deepEqual(mail.events, ['connect']);
    socket.destroy();
  });
});

const silences: [title: string, options: Partial<SmtpServerOptions>, ms: number, last: RegExp][] = [
  ['RFC 5321 §4.5.3.2.7 five minutes without a command', {}, 300_000, /^220 .*\r\n421 4\.4\.2 .*\r\n$/],
  ['no PROXY header', { isProxyPeer: () => true }, 10_000, /^$/],
  ['a TLS handshake that does not come', { service: 'submissions' }, 60_000, /^$/],
];
for (const [title, options, ms, last] of silences) {
  test(`${title}: the connection ends`, async () => {
    const clock = new VirtualClock();
    const idleWheel = new IdleWheel(clock);
    await withServer({ ...options, clock, idleWheel }, {}, async ({ connect, server }) => {
      const socket = await connect();
      const all = readAll(socket);
      await counted(server, 1);
      // The banner comes two turns of the event loop later.
      for (let i = 0; i < 10; i++) await setImmediate();
      await clock.advance(ms - 1);
      assert.equal(server.connectionCount, 1);
      await clock.advance(12_000);
      // What lingers after the last word is cut too.
      await clock.advance(25_000);
      await counted(server, 0);
      assert.match(await all, last);
    });
  });
}

test('RFC 5321 §4.5.3.2.5 three minutes of silence within a message: 421, and nothing of it is taken', async () => {
  const clock = new VirtualClock();
  const idleWheel = new IdleWheel(clock);
  await withServer({ clock, idleWheel }, {}, async ({ connect, server, mail }) => {
    const socket = await connect();
    await said(socket, /^220 /);
    socket.write('EHLO c\r\nMAIL FROM:<bob@two.test>\r\nRCPT TO:<ann@one.test>\r\nDATA\r\n');
    await said(socket, /^354 /m);
    const last = readAll(socket);
    await clock.advance(180_000 - 1);
    assert.equal(server.connectionCount, 1);
    await clock.advance(12_000);
    await clock.advance(25_000);
    await counted(server, 0);
    assert.match(await last, /^421 4\.4\.2 .*\r\n$/);
    assert.deepEqual(mail.messages, []);
  });
});

test('RFC 5321 §4.3.2 faults are answered ever more slowly, and one too many ends the connection', async () => {
  const clock = new VirtualClock();
  // The wheel has a clock of its own: a timer on this one is the delay of an answer.
  const idleWheel = new IdleWheel(new VirtualClock());
  await withServer({ clock, idleWheel }, {}, async ({ connect, server }) => {
    const socket = await connect();
    await said(socket, /^220 /);
    const heard = { text: '' };
    socket.on('data', (octets: Buffer) => (heard.text += octets.toString()));
    const delays: number[] = [];
    for (let fault = 1; fault <= 20; fault++) {
      heard.text = '';
      socket.write('NONSENSE\r\n');
      while (heard.text === '' && clock.nextDueMs() === null) await setImmediate();
      const dueMs = clock.nextDueMs();
      delays.push(dueMs === null ? 0 : dueMs - clock.now());
      if (dueMs !== null) {
        assert.equal(heard.text, '');
        await clock.advance(dueMs - clock.now());
      }
      while (heard.text === '') await setImmediate();
      assert.match(heard.text, /^500 5\.5\.[12] .*\r\n$/);
    }
    const longest = Array.from({ length: 11 }, () => 8_000);
    assert.deepEqual(delays, [0, 0, 0, 0, 250, 500, 1_000, 2_000, 4_000, ...longest]);
    const all = readAll(socket);
    socket.write('NONSENSE\r\n');
    while (!socket.closed && clock.nextDueMs() === null) await setImmediate();
    await clock.advance(8_000);
    assert.match(await all, /^500 .*\r\n421 4\.7\.0 .*\r\n$/);
    await counted(server, 0);
  });
});

test('RFC 5321 §4.3.1 the banner waits for the pause', async () => {
  const clock = new VirtualClock();
  await withServer({ clock, bannerPauseMs: 1_000 }, {}, async ({ connect, mail }) => {
    const socket = await connect();
    let banner = false;
    socket.once('data', () => (banner = true));
    while (mail.events.length === 0) await setImmediate();
    await clock.advance(999);
    for (let i = 0; i < 10; i++) await setImmediate();
    assert.ok(!banner);
    await clock.advance(1);
    if (!banner) await once(socket, 'data');
    socket.destroy();
  });
});

test('RFC 5321 §3.8 drain: new clients hear 421, a message under way is taken, the rest is cut in time', async () => {
  const clock = new VirtualClock();
  await withServer({ clock }, {}, async ({ connect, server }) => {
    const [idle, busy, stuck] = [await connect(), await connect(), await connect()];
    await Promise.all([idle, busy, stuck].map((socket) => said(socket, /^220 /)));
    for (const socket of [busy, stuck]) {
      socket.write('EHLO c\r\nMAIL FROM:<bob@two.test>\r\nRCPT TO:<ann@one.test>\r\nDATA\r\n');
      await said(socket, /354 /);
    }
    const idleSaid = readAll(idle);
    const busySaid = readAll(busy);
    const stuckSaid = readAll(stuck);
    const drained = server.drain(5_000);
    assert.match(await idleSaid, /^421 4\.3\.2 /);
    assert.match(await readAll(await connect()), /^421 4\.3\.2 /);
    busy.write('.\r\n');
    assert.match(await busySaid, /^250 2\.0\.0 Message 1 taken\r\n421 4\.3\.2 /);
    await counted(server, 1);
    await clock.advance(5_000);
    await drained;
    assert.equal(await stuckSaid, '');
    await counted(server, 0);
    assert.equal(server.acceptedTotal, 3);
  });
});

for (const [when, octets] of [
  ['before the first octet of the TLS handshake', ''],
  ['in the middle of the TLS handshake', '\x16\x03\x01\x00\xf4\x01\x00\x00\xf0\x03\x03'],
] as const) {
  test(`RFC 3207 §4 a client that goes ${when} is let go at once`, async () => {
    await withServer({}, {}, async ({ connect, server }) => {
      const socket = await connect();
      await said(socket, /^220 /);
      socket.write('EHLO c\r\n');
      await said(socket, /^250 /m);
      socket.write('STARTTLS\r\n');
      await said(socket, /^220 /);
      socket.end(octets, 'latin1');
      await counted(server, 0);
    });
  });
}

test('a TLS handshake that does not come to its end is cut off, and is no fault of ours', async () => {
  const clock = new VirtualClock();
  const faults: string[] = [];
  const log = { ...silentLog, error: (_data: object, text: string) => void faults.push(text) };
  await withServer({ clock, idleWheel: new IdleWheel(clock), log }, {}, async ({ connect, server }) => {
    const socket = await connect();
    await said(socket, /^220 /);
    socket.write('EHLO c\r\nSTARTTLS\r\n');
    await said(socket, /^220 /m);
    const text = readAll(socket);
    await clock.advance(10 * 60_000);
    await counted(server, 0);
    assert.doesNotMatch(await text, /421/);
    assert.deepEqual(faults, []);
  });
});
