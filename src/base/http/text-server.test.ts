import assert from 'node:assert/strict';
import { request } from 'node:http';
import { connect } from 'node:net';
import { test, type TestContext } from 'node:test';
import { silentLog, type Log } from '../log.ts';
import { bindListener } from '../net/bind-listener.ts';
import { HEADER_OCTETS_MAX, HTTP_CONNECTIONS_MAX } from './limits.ts';
import { startTextServer, type TextServerOptions } from './text-server.ts';

async function start(t: TestContext, options: Partial<TextServerOptions> = {}): Promise<number> {
  const server = await startTextServer({
    listen: { address: '127.0.0.1', port: 0 },
    allows: () => true,
    routes: { '/a': () => ({ status: 200, text: 'ä\n' }), '/fails': () => Promise.reject(new Error('/secret/path')) },
    log: silentLog,
    ...options,
  });
  t.after(() => server.close());
  return server.port;
}

function ask(
  port: number,
  path: string,
  method = 'GET',
  body = '',
): Promise<{ status: number; type: string; text: string }> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, path, method, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          type: response.headers['content-type'] ?? '',
          text: Buffer.concat(chunks).toString(),
        }),
      );
    });
    asked.on('error', reject);
    asked.end(body);
  });
}

test('paths are answered by GET and HEAD; everything else is refused', async (t) => {
  const port = await start(t);
  const plain = 'text/plain; charset=utf-8';
  assert.deepEqual(await ask(port, '/a'), { status: 200, type: plain, text: 'ä\n' });
  assert.deepEqual(await ask(port, '/a?x=1'), { status: 200, type: plain, text: 'ä\n' });
  assert.deepEqual(await ask(port, '/a', 'HEAD'), { status: 200, type: plain, text: '' });
  assert.equal((await ask(port, '/a', 'POST', 'a body')).status, 405);
  for (const path of ['/', '/b', '/constructor', '/__proto__']) assert.equal((await ask(port, path)).status, 404);
});

test('an answer that fails tells strangers nothing', async (t) => {
  const logged: unknown[] = [];
  const log: Log = { ...silentLog, error: (fields) => void logged.push(fields) };
  const port = await start(t, { log });
  assert.deepEqual(await ask(port, '/fails'), {
    status: 500,
    type: 'text/plain; charset=utf-8',
    text: 'something failed here\n',
  });
  assert.equal(logged.length, 1);
});

test('only named clients may ask', async (t) => {
  const port = await start(t, { allows: (address) => address !== '127.0.0.1' });
  assert.equal((await ask(port, '/a')).status, 403);
});

test('a header that is too long is refused', async (t) => {
  const port = await start(t);
  assert.equal((await ask(port, `/a?${'x'.repeat(HEADER_OCTETS_MAX)}`)).status, 431);
});

test('connections beyond the limit are closed', async (t) => {
  const port = await start(t);
  const sockets = await Promise.all(
    Array.from(
      { length: HTTP_CONNECTIONS_MAX },
      () =>
        new Promise<ReturnType<typeof connect>>((resolve) => {
          const socket = connect(port, '127.0.0.1', () => resolve(socket));
        }),
    ),
  );
  await assert.rejects(ask(port, '/a'));
  for (const socket of sockets) socket.destroy();
});

test('a port that is taken rejects; a bound socket is taken over', async (t) => {
  const port = await start(t);
  await assert.rejects(start(t, { listen: { address: '127.0.0.1', port } }), { code: 'EADDRINUSE' });
  const bound = bindListener('127.0.0.1', 0, 1);
  const taken = await start(t, { listen: { fd: bound.takeFd() ?? -1 } });
  assert.equal(taken, bound.port);
  assert.equal((await ask(taken, '/a')).status, 200);
});
