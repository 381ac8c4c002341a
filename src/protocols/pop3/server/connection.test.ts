import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as connectPlain, type Socket } from 'node:net';
import { test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { startPop3Loopback, type LoopbackOptions } from '../../../../test/support/pop3-loopback.ts';
import { VirtualClock } from '../../../../test/support/virtual-clock.ts';
import { Pop3Client } from '../client/client.ts';
import { MemoryHouse, type MemoryOptions } from '../testing/memory-session.ts';

const SMALL = Buffer.from('Subject: x\r\n\r\nbody\r\n');

function house(options: MemoryOptions = {}, body: Buffer | Buffer[] = SMALL): MemoryHouse {
  const messages = [1, 2, 3].map((n) => ({ uidl: `u${n}`, body }));
  return new MemoryHouse([{ id: 1, name: 'a', password: 'p', messages }], { allowPlaintext: true, ...options });
}

async function loopback(at: MemoryHouse, options: Partial<LoopbackOptions> = {}) {
  return startPop3Loopback({ openSession: () => at.openSession(), ...options });
}

/** Everything the server says until it closes. */
async function readAll(socket: Socket): Promise<string> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  socket.on('error', () => {});
  if (!socket.closed) await once(socket, 'close').catch(() => {});
  return Buffer.concat(chunks).toString();
}

async function until(condition: () => boolean): Promise<void> {
  const deadline = AbortSignal.timeout(5_000);
  while (!condition()) {
    if (deadline.aborted) assert.fail(`never came true: ${condition.toString()}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** A client that does not end its half when the server does. */
function connectTo(port: number): Socket {
  return connectPlain({ port, host: '127.0.0.1', allowHalfOpen: true });
}

test('RFC 1939 §8 the lock dies with its connection, and nothing is removed without QUIT', async (t) => {
  const at = house();
  const server = await loopback(at);
  t.after(() => server.close());
  const client = await Pop3Client.connect({ host: '127.0.0.1', port: server.port });
  await client.signIn('a', 'p');
  await client.delete(1);
  assert.deepEqual([...at.locked], [1]);
  const second = await Pop3Client.connect({ host: '127.0.0.1', port: server.port });
  await assert.rejects(second.signIn('a', 'p'), { code: 'IN-USE' });
  client.abort();
  await until(() => at.locked.size === 0);
  await second.signIn('a', 'p');
  assert.equal((await second.status()).count, 3);
  await second.quit();
});

test('RFC 1939 §3 an idle client is dropped after ten minutes, not before, without a word', async (t) => {
  const clock = new VirtualClock();
  const at = house();
  const server = await loopback(at, { clock });
  t.after(() => server.close());
  const socket = await server.connect();
  const said = readAll(socket);
  socket.write('USER a\r\nPASS p\r\nDELE 1\r\n');
  await until(() => at.locked.size === 1);
  await clock.advance(10 * 60_000 - 1);
  assert.equal(server.server.size, 1);
  await clock.advance(11_000);
  assert.match(await said, /Marked for deletion at QUIT\r\n$/u);
  await until(() => at.locked.size === 0 && at.openSessions === 0);
  assert.equal(at.mailboxes[0]!.messages.length, 3);
});

test('RFC 2595 §4 a handshake that never comes ends the connection', async (t) => {
  const clock = new VirtualClock();
  const at = house();
  const server = await loopback(at, { clock });
  t.after(() => server.close());
  const socket = await server.connect();
  const said = readAll(socket);
  socket.write('STLS\r\n');
  await once(socket, 'data');
  await until(() => socket.bytesRead > 50);
  await clock.advance(60_000 + 11_000);
  assert.match(await said, /Begin TLS\r\n$/u);
  await until(() => server.server.size === 0);
});

test('TLS from the first octet (pop3s), and no STLS on top of it', async (t) => {
  const at = house({ allowPlaintext: false });
  const server = await loopback(at, { service: 'pop3s' });
  t.after(() => server.close());
  const tls = { rejectUnauthorized: false };
  const client = await Pop3Client.connect({ host: '127.0.0.1', port: server.port, implicitTls: true, tls });
  const capabilities = await client.capabilities();
  assert.ok(capabilities.includes('USER') && !capabilities.includes('STLS'));
  await client.authPlain('a', 'p');
  assert.deepEqual(await client.retrieve(2), SMALL);
  await client.quit();
});

test('a client that is no TLS client gets nothing on pop3s', async (t) => {
  const at = house();
  const server = await loopback(at, { service: 'pop3s' });
  t.after(() => server.close());
  const socket = await server.connect();
  const said = readAll(socket);
  socket.write('USER a\r\nPASS p\r\nSTAT\r\n');
  assert.doesNotMatch(await said, /OK/u);
  await until(() => server.server.size === 0 && at.openSessions === 0);
});

test('STLS with the client of the house', async (t) => {
  const at = house({ allowPlaintext: false });
  const server = await loopback(at);
  t.after(() => server.close());
  const client = await Pop3Client.connect({ host: '127.0.0.1', port: server.port, tls: { rejectUnauthorized: false } });
  await assert.rejects(client.signIn('a', 'p'), { code: 'AUTH' });
  await client.startTls();
  await client.signIn('a', 'p');
  assert.deepEqual(await client.uniqueIds(), [
    { number: 1, value: 'u1' },
    { number: 2, value: 'u2' },
    { number: 3, value: 'u3' },
  ]);
  assert.deepEqual((await client.sizes())[0], { number: 1, value: String(SMALL.length) });
  assert.deepEqual(await client.top(1, 0), Buffer.from('Subject: x\r\n\r\n'));
  await client.delete(1);
  await client.quit();
  assert.equal(at.mailboxes[0]!.messages.length, 2);
});

test('a TLS client that breaks off during the handshake leaves nothing behind', async (t) => {
  const at = house();
  const server = await loopback(at, { service: 'pop3s' });
  t.after(() => server.close());
  const plain = await server.connect();
  await until(() => server.server.size === 1);
  const socket = connectTls({ socket: plain, rejectUnauthorized: false });
  socket.on('error', () => {});
  plain.destroy();
  await until(() => server.server.size === 0 && at.openSessions === 0);
});

test('RFC 2449 §4 a command longer than 255 octets is refused, one of 255 is read', async (t) => {
  const server = await loopback(house());
  t.after(() => server.close());
  const socket = await server.connect();
  const said = readAll(socket);
  socket.write(`USER ${'n'.repeat(248)}\r\nUSER ${'n'.repeat(249)}\r\nQUIT\r\n`);
  assert.match(await said, /^\+OK.*\r\n\+OK Password, please\r\n-ERR Line too long\r\n\+OK Goodbye\r\n$/u);
});

test('RFC 5034 §4 AUTH and its lines may have 12,288 octets, no more', async (t) => {
  const server = await loopback(house(), { limits: { authFailureDelayMs: 0 } });
  t.after(() => server.close());
  const fits = await server.connect();
  const saidToFits = readAll(fits);
  const base64 = 'QUFB'.repeat(3_068);
  fits.end(`AUTH PLAIN ${base64}\r\nAUTH PLAIN\r\n${base64}QUFBQUFB\r\nQUIT\r\n`);
  assert.match(await saidToFits, /^(?:\+OK.*\r\n)-ERR \[AUTH\].*\r\n\+ \r\n-ERR \[AUTH\].*\r\n\+OK Goodbye\r\n$/u);
  for (const start of ['AUTH PLAIN ', 'AUTH PLAIN\r\n']) {
    const socket = await server.connect();
    const said = readAll(socket);
    socket.write(`${start}${base64.repeat(2)}`);
    assert.match(await said, /-ERR Line too long, goodbye\r\n$/u);
  }
});

test('nonsense ends the connection when it comes twenty times in a row', async (t) => {
  const server = await loopback(house());
  t.after(() => server.close());
  const socket = await server.connect();
  const said = readAll(socket);
  socket.write(`${'HELO\r\n'.repeat(19)}NOOP\r\n${'HELO\r\n'.repeat(30)}`);
  const lines = (await said).split('\r\n');
  assert.equal(lines.filter((line) => line === '-ERR Unknown command').length, 39);
  assert.equal(lines.at(-2), '-ERR Too many errors, goodbye');
});

test('failed sign-ins are answered later each time, and the third ends the connection', async (t) => {
  const clock = new VirtualClock();
  const server = await loopback(house(), { clock });
  t.after(() => server.close());
  const socket = await server.connect();
  const said = readAll(socket);
  let heard = 0;
  socket.on('data', (chunk: Buffer) => (heard += chunk.toString().split('[AUTH]').length - 1));
  socket.write('USER a\r\nPASS 1\r\nUSER a\r\nPASS 2\r\nUSER a\r\nPASS 3\r\nUSER a\r\n');
  await until(() => socket.bytesRead > 0);
  for (const [delayMs, failures] of [
    [1_000, 1],
    [2_000, 2],
    [3_000, 3],
  ] as const) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    await clock.advance(delayMs - 1);
    assert.equal(heard, failures - 1);
    await clock.advance(1);
    await until(() => heard === failures);
  }
  assert.match(await said, /Wrong name or password\r\n$/u);
});

test('a client that reads nothing is not answered further, and gets all of it later', async (t) => {
  const big = Buffer.from(`Subject: x\r\n\r\n${`${'y'.repeat(998)}\r\n`.repeat(4_000)}`);
  const pieces = Array.from({ length: 16 }, (_, i) => big.subarray(i * 250_000, (i + 1) * 250_000)).concat(
    big.subarray(4_000_000),
  );
  let opened = 0;
  const at = house(
    {
      failWith: (where) => {
        if (where === 'pieces') opened++;
        return null;
      },
    },
    pieces,
  );
  const server = await loopback(at);
  t.after(() => server.close());
  const socket = await server.connect();
  socket.pause();
  socket.write(`USER a\r\nPASS p\r\n${'RETR 1\r\nTOP 2 3990\r\n'.repeat(10)}QUIT\r\n`);
  // The kernel's buffers take some megabytes; the rest must wait.
  let before = -1;
  while (opened !== before) {
    before = opened;
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
  assert.ok(opened < 20 * pieces.length - 1, `${opened} pieces were read`);
  socket.resume();
  const all = await readAll(socket);
  assert.equal(all.split('\r\n.\r\n').length - 1, 20);
  assert.ok(all.endsWith('+OK Goodbye\r\n'));
});

test('a client that ends its half gets its answers', async (t) => {
  const server = await loopback(house());
  t.after(() => server.close());
  const socket = await server.connect();
  socket.end('USER a\r\nPASS p\r\nSTAT\r\n');
  assert.match(await readAll(socket), /\+OK 3 60\r\n$/u);
});

test('a long listing waits for its reader and is complete', async (t) => {
  const messages = Array.from({ length: 60_000 }, (_, n) => ({ uidl: `unique-id-number-${n}`, body: SMALL }));
  const at = new MemoryHouse([{ id: 1, name: 'a', password: 'p', messages }], { allowPlaintext: true });
  const server = await loopback(at);
  t.after(() => server.close());
  const client = await Pop3Client.connect({ host: '127.0.0.1', port: server.port });
  await client.signIn('a', 'p');
  const listed = await client.uniqueIds();
  assert.equal(listed.length, 60_000);
  assert.deepEqual(listed.at(-1), { number: 60_000, value: 'unique-id-number-59999' });
  await client.quit();
});

test('a stopping server says so to whoever waits, and lets nobody delete by it', async (t) => {
  const at = house();
  const server = await loopback(at);
  t.after(() => server.close());
  const socket = await server.connect();
  const said = readAll(socket);
  socket.write('USER a\r\nPASS p\r\nDELE 1\r\n');
  await until(() => at.locked.size === 1);
  await server.server.close();
  assert.match(await said, /-ERR \[SYS\/TEMP\] The server is stopping, come back later\r\n$/u);
  assert.equal(at.mailboxes[0]!.messages.length, 3);
  assert.equal(at.locked.size, 0);
});

test('our own bug is one plain answer and the end of that connection', async (t) => {
  const at = house({ failWith: (where) => (where === 'open' ? new TypeError('/etc/secret: x is undefined') : null) });
  const server = await loopback(at);
  t.after(() => server.close());
  const socket = await server.connect();
  socket.write('USER a\r\nPASS p\r\nRETR 1\r\nSTAT\r\n');
  const all = await readAll(socket);
  assert.match(all, /-ERR \[SYS\/TEMP\] Something went wrong here, try again later\r\n$/u);
  await until(() => at.locked.size === 0);
});

test('RFC 1939 §3 a slow reader of a long message is not idle, one that stops reading is', async (t) => {
  const clock = new VirtualClock();
  const piece = Buffer.from(`${'z'.repeat(998)}\r\n`.repeat(250));
  const at = house(
    {},
    Array.from({ length: 80 }, () => piece),
  );
  const server = await loopback(at, { clock });
  t.after(() => server.close());
  const socket = await server.connect();
  let got = 0;
  socket.on('data', (chunk: Buffer) => (got += chunk.length));
  socket.on('error', () => {});
  socket.write('USER a\r\nPASS p\r\nRETR 1\r\n');
  await until(() => got > 0);
  for (let step = 1; step <= 3; step++) {
    socket.pause();
    await clock.advance(9 * 60_000);
    assert.equal(server.server.size, 1);
    socket.resume();
    await until(() => got > step * 5_000_000);
  }
  socket.pause();
  await clock.advance(10 * 60_000 + 11_000);
  await until(() => server.server.size === 0);
});

test('a client that keeps the connection open after QUIT is dropped', async (t) => {
  const clock = new VirtualClock();
  const server = await loopback(house(), { clock });
  t.after(() => server.close());
  const socket = connectTo(server.port);
  let said = '';
  socket.on('data', (chunk: Buffer) => (said += chunk.toString()));
  socket.on('error', () => {});
  socket.write('QUIT\r\n');
  await until(() => said.endsWith('Goodbye\r\n'));
  await clock.advance(9_000);
  assert.equal(server.server.size, 1);
  await clock.advance(12_000);
  await until(() => server.server.size === 0);
  socket.destroy();
});

test('commands are not read without bound while one is being answered', async (t) => {
  const clock = new VirtualClock();
  const server = await loopback(house(), { clock });
  t.after(() => server.close());
  const socket = await server.connect();
  socket.resume();
  socket.write('USER a\r\nPASS wrong\r\n');
  await until(() => socket.bytesRead > 0);
  const noops = Buffer.from('NOOP\r\n'.repeat(5_000_000));
  socket.write(noops);
  let waiting = -1;
  while (socket.writableLength !== waiting) {
    waiting = socket.writableLength;
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
  assert.ok(waiting > 0, 'everything was read');
  socket.destroy();
});
