// A letter goes on to the next server: found by MX, over TLS, in one flight, and its journey tells so.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openWorld } from '../support/outside-world.ts';
import { startServer } from '../support/running-server.ts';

const LETTER = 'From: ann@one.test\r\nSubject: s\r\n\r\n.dots\r\nand words\r\n';

test('RFC 5321 §5.1 by MX, pipelined, over TLS, one transaction for the domains of one site', async (t) => {
  const { sink, settings } = await openWorld(t);
  const server = await startServer(t, { settings });
  await server.addAccount('ann@one.test');
  const client = await server.signedIn('ann@one.test');
  const to = ['bob@two.test', 'Cat@two.test', 'dan@three.test', 'eve@plain.test', 'ann@one.test'];
  const said = await client.deliver('ann@one.test', to, LETTER);
  assert.match(said, /^250 /);
  const id = said.split(' ')[2] ?? '';
  await sink.until(() => sink.messages.reduce((sum, { rcpts }) => sum + rcpts.length, 0) === 4);
  const [first] = sink.messages;
  assert.equal(first?.tls, true);
  assert.match(first?.mail ?? '', /^MAIL FROM:<ann@one\.test>/);
  assert.ok(first?.octets.toString().endsWith('\r\n\r\n.dots\r\nand words\r\n'));
  assert.match(first?.octets.toString() ?? '', /^Received: by mx\.one\.test with ESMTPSA/);
  assert.doesNotMatch(first?.octets.toString() ?? '', /Return-Path|Delivered-To|127\.0\.0\.1/);
  await server.until(
    async () => (await server.trace(id))[0]?.steps.filter(({ kind }) => kind === 'relayed').length === 4,
  );
  const [journey] = await server.trace(id);
  const kinds = journey?.steps.map(({ kind }) => kind) ?? [];
  assert.equal(kinds[0], 'received');
  assert.deepEqual(
    kinds.filter((kind) => kind === 'delivered'),
    ['delivered'],
  );
  const relayed = journey?.steps.find(({ kind, recipient }) => kind === 'relayed' && recipient === 'bob@two.test');
  assert.equal(relayed?.host, 'mx.two.test');
  assert.equal(relayed?.address, '127.0.0.1');
  assert.match(relayed?.tls ?? '', /^TLSv1\.3 /);
  assert.match(relayed?.reply ?? '', /queued/);
  assert.equal((await server.inbox('ann@one.test')).length, 1);
  await client.quit();
});

test('RFC 3461 §4, RFC 6531, RFC 4865: what the sender asked for goes along', async (t) => {
  const { sink, settings } = await openWorld(t);
  const server = await startServer(t, { settings });
  await server.addAccount('ann@one.test');
  const client = await server.signedIn('ann@one.test');
  assert.match(await client.say('MAIL FROM:<ann@one.test> RET=HDRS ENVID=QQ314159 BODY=8BITMIME SMTPUTF8'), /^250 /);
  assert.match(
    await client.say('RCPT TO:<jürgen@two.test> NOTIFY=SUCCESS,FAILURE ORCPT=utf-8;j\\x{FC}rgen@two.test'),
    /^250 /,
  );
  await client.say('RCPT TO:<bob@two.test> NOTIFY=NEVER');
  assert.match(await client.data('From: ann@one.test\r\nSubject: Grüße\r\n\r\nschön\r\n'), /^250 /);
  const rcpts = (): string[] => sink.messages.flatMap((message) => message.rcpts);
  await sink.until(() => rcpts().length === 2);
  const message = sink.messages.find((each) => each.rcpts[0]?.includes('jürgen'));
  for (const word of ['RET=HDRS', 'ENVID=QQ314159', 'BODY=8BITMIME', 'SMTPUTF8'])
    assert.ok(message?.mail.split(' ').includes(word), `${word} is not in ${message?.mail}`);
  assert.match(message?.rcpts[0] ?? '', /^RCPT TO:<jürgen@two\.test> .*NOTIFY=SUCCESS,FAILURE/);
  assert.match(message?.rcpts[0] ?? '', /ORCPT=utf-8;/i);
  assert.match(rcpts().find((rcpt) => rcpt.includes('bob')) ?? '', /NOTIFY=NEVER/);
  assert.match(message?.octets.toString() ?? '', /Subject: Grüße\r\n\r\nschön/);

  // FUTURERELEASE: held in the queue until its time.
  assert.match(client.capabilities, /FUTURERELEASE \d+ /);
  await client.say('MAIL FROM:<ann@one.test> HOLDFOR=3600');
  await client.say('RCPT TO:<bob@two.test>');
  const said = await client.data(LETTER);
  assert.match(said, /^250 /);
  await client.deliver('ann@one.test', ['bob@two.test'], LETTER);
  await sink.until(() => rcpts().length === 3);
  const [held] = await server.trace(said.split(' ')[2] ?? '');
  assert.deepEqual(
    held?.steps.map(({ kind }) => kind),
    ['received', 'queued'],
  );
  await client.quit();
});

test('RFC 6409 §8 and RFC 5321: mail of strangers for a relay domain goes on untouched, in one flight', async (t) => {
  const { sink, settings } = await openWorld(t, { extensions: ['PIPELINING', '8BITMIME'] });
  const server = await startServer(t, { settings });
  await server.store.execute('domain.add', { name: 'three.test', kind: 'relay' });
  const client = await server.greet('smtp');
  const odd = `Return-Path: <x@y>\r\nBcc: z@y\r\nSubject:  odd \r\n\r\n${'x'.repeat(2000)}\r\n`;
  assert.match(await client.deliver('bob@two.test', ['dan@three.test'], odd), /^250 /);
  await sink.until(() => sink.messages.length === 1);
  assert.ok(sink.messages[0]?.octets.toString().endsWith(odd));
  // RFC 2920: the envelope is one flight.
  assert.ok(sink.flights.some((octets) => /^MAIL FROM:.*\r\nRCPT TO:.*\r\nDATA\r\n$/.test(octets)));
  await client.quit();
});

test('what is queued survives a restart and goes out then', async (t) => {
  const { sink, settings } = await openWorld(t);
  const server = await startServer(t, { settings: `${settings}retries = ["1h"]\n` });
  await server.addAccount('ann@one.test');
  sink.script = ({ stage }) => (stage === 'rcpt' ? '451 4.3.0 later' : undefined);
  const client = await server.signedIn('ann@one.test');
  const said = await client.deliver('ann@one.test', ['bob@two.test'], LETTER);
  assert.match(said, /^250 /);
  await client.quit();
  const id = said.split(' ')[2] ?? '';
  await server.until(async () => (await server.trace(id))[0]?.steps.at(-1)?.kind === 'deferred');
  await server.close();
  sink.script = () => undefined;
  await server.start();
  assert.equal(await server.running.house.commandQueue({ command: 'retry', selection: {} }), 1);
  await sink.until(() => sink.messages.length === 1);
  await server.until(async () => (await server.trace(id))[0]?.steps.at(-1)?.kind === 'relayed');
  const [journey] = await server.trace(id);
  assert.ok(journey?.steps.some(({ kind, reply }) => kind === 'deferred' && reply?.includes('later')));
});
