import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { test } from 'node:test';
import { systemClock } from '../clock.ts';
import { probeConnect, probeListen } from './probe-port.ts';

const within = { clock: systemClock, timeoutMs: 10_000 };

test('a port with a listener accepts and is taken, one without refuses and is free', async () => {
  const server = createServer((socket) => socket.end()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  assert.equal(await probeConnect('127.0.0.1', port, within), 'accepts');
  assert.equal(await probeListen('127.0.0.1', port), 'taken');
  server.close();
  await once(server, 'close');
  assert.equal(await probeConnect('127.0.0.1', port, within), 'refused');
  assert.equal(await probeListen('127.0.0.1', port), 'free');
});

test('an address of another machine cannot be listened on', async () => {
  assert.equal(await probeListen('192.0.2.1', 0), 'no-such-address');
});

test('who does not answer in time is silent', async () => {
  const clock = { ...systemClock, after: (_: number, callback: () => void) => systemClock.after(0, callback) };
  // Documentation addresses answer nowhere; a machine without a route refuses at once.
  const probe = await probeConnect('192.0.2.1', 25, { clock, timeoutMs: 1 });
  assert.ok(probe === 'silent' || probe === 'refused');
});
