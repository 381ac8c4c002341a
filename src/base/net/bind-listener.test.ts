import assert from 'node:assert/strict';
import net from 'node:net';
import { test } from 'node:test';
import { BindError, bindListener, SPARE_SOCKETS } from './bind-listener.ts';

async function greeting(port: number): Promise<string> {
  const socket = net.connect(port, '127.0.0.1');
  return new Promise((resolve, reject) => {
    socket.once('data', (data) => (socket.destroy(), resolve(String(data))));
    socket.once('error', reject);
  });
}

function serve(fd: number, word: string): Promise<net.Server> {
  const server = net.createServer((socket) => socket.end(word));
  return new Promise((resolve) => server.listen({ fd }, () => resolve(server)));
}

test('a listener outlives the server that first listened on it', async () => {
  const bound = bindListener('127.0.0.1', 0, 1);
  const first = await serve(bound.takeFd() as number, 'first');
  assert.equal(await greeting(bound.port), 'first');
  await new Promise((resolve) => first.close(resolve));
  const second = await serve(bound.takeFd() as number, 'second');
  assert.equal(await greeting(bound.port), 'second');
  await new Promise((resolve) => second.close(resolve));
});

test(
  'there is a socket for every thread and every spare, and then no more',
  { skip: process.platform !== 'linux' && 'one shared socket here' },
  () => {
    const bound = bindListener('127.0.0.1', 0, 2);
    const fds = Array.from({ length: 2 + SPARE_SOCKETS }, () => bound.takeFd());
    assert.equal(new Set(fds).size, 2 + SPARE_SOCKETS);
    assert.equal(bound.takeFd(), null);
  },
);

test('a port in use, or an address that is not ours, is an error with the system’s word', async () => {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as net.AddressInfo;
  assert.throws(
    () => bindListener('127.0.0.1', port, 1),
    (error) => error instanceof BindError && error.code === 'EADDRINUSE',
  );
  assert.throws(
    () => bindListener('192.0.2.1', 0, 1),
    (error) => error instanceof BindError && error.code === 'EADDRNOTAVAIL',
  );
  server.close();
});
