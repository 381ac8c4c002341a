import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { once } from 'node:events';
import { MailError } from '../base/errors/mail-error.ts';
import { createLog, withoutSecrets, type LogOptions } from './log.ts';

function lines(options: Partial<LogOptions> = {}) {
  const written: string[] = [];
  const log = createLog({ level: 'info', thread: 'main', terminal: false, write: (l) => written.push(l), ...options });
  return { log, written, values: () => written.map((line) => JSON.parse(line) as Record<string, unknown>) };
}

test('each line is one JSON value with time, level, thread, fields and text', () => {
  const { log, written, values } = lines();
  log.child({ service: 'smtp' }).warn({ client: '192.0.2.1' }, 'too many\nconnections');
  assert.match(written[0] ?? '', /^\{.*\}\n$/u);
  const { time, ...rest } = values()[0] ?? {};
  assert.match(String(time), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/u);
  assert.deepEqual(rest, {
    level: 'warn',
    thread: 'main',
    service: 'smtp',
    client: '192.0.2.1',
    text: 'too many\nconnections',
  });
});

test('lines below the level are not written', () => {
  const { log, values } = lines({ level: 'warn' });
  log.debug({}, 'a');
  log.info({}, 'b');
  log.warn({}, 'c');
  log.error({}, 'd');
  assert.deepEqual(
    values().map(({ text }) => text),
    ['c', 'd'],
  );
});

test('passwords, secrets, subjects and authorizations are dropped, however deep', () => {
  const { log, written } = lines();
  const fields = {
    password: 'pw1',
    Subject: 'pw2',
    nested: { secret: 'pw3', list: [{ AUTHORIZATION: 'pw4' }], kept: 1 },
    error: Object.assign(new MailError('internal', 'x', { temporary: true, details: { password: 'pw5' } })),
  };
  log.info(fields, 'text');
  log.child(fields).info({}, 'text');
  assert.equal(written.length, 2);
  for (const line of written) {
    assert.ok(!line.includes('pw'), line);
    assert.ok(line.includes('"kept":1'));
  }
});

test('errors become facts; what cannot be written is described; long and deep values are cut', () => {
  const loop: Record<string, unknown> = {};
  loop['loop'] = loop;
  const cause = new Error('why');
  const clean = withoutSecrets({
    error: new Error('what', { cause }),
    octets: Buffer.from('abc'),
    map: new Map([[1, 2]]),
    big: 5n,
    long: 'x'.repeat(5000),
    loop,
  });
  const error = clean['error'] as { name: string; message: string; stack: string; cause: { message: string } };
  assert.deepEqual([error.name, error.message, error.cause.message], ['Error', 'what', 'why']);
  assert.deepEqual([clean['octets'], clean['map'], clean['big']], ['3 octets', '1 entries', '5']);
  assert.equal(String(clean['long']).length, 4001);
  assert.ok(JSON.stringify(clean['loop']).length < 100);
});

test('a terminal gets short lines', () => {
  const { log, written } = lines({ terminal: true });
  log.error({ client: '192.0.2.1', words: 'a b', error: new Error('no luck') }, 'it failed');
  const [first, ...stack] = (written[0] ?? '').split('\n');
  assert.match(
    first ?? '',
    /^\d\d:\d\d:\d\d\.\d{3} ✗ main {2}it failed {2}client=192\.0\.2\.1 {2}words="a b" {2}error="no luck"$/u,
  );
  assert.match(stack[0] ?? '', /^Error: no luck/u);
});

test('each thread makes its own lines', async () => {
  const module = JSON.stringify(new URL('log.ts', import.meta.url).href);
  const code = `import(${module}).then(({ createLog }) =>
    createLog({ level: 'info', thread: 'protocol-1', write: (line) => require('node:worker_threads').parentPort.postMessage(line) })
      .info({ a: 1 }, 'hello'))`;
  const worker = new Worker(code, { eval: true });
  const [line] = (await once(worker, 'message')) as [string];
  assert.match(line, /"thread":"protocol-1","a":1,"text":"hello"/u);
  await worker.terminate();
});
