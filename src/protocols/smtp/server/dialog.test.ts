import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualClock } from '../../../../test/support/virtual-clock.ts';
import { openMemoryDialog, type MemoryDialog } from '../testing/memory-port.ts';
import type { MemoryMailOptions } from '../testing/memory-session.ts';
import type { SmtpServerLimits } from './limits.ts';
import type { SmtpServerOptions } from './options.ts';

interface Given extends Partial<SmtpServerOptions> {
  clock?: VirtualClock;
  limits?: Partial<SmtpServerLimits>;
}

function open(given: Given = {}, mail: MemoryMailOptions = {}): MemoryDialog {
  const opened = openMemoryDialog({ clock: new VirtualClock(), ...given }, mail);
  opened.port.take();
  return opened;
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const TRANSACTION = 'MAIL FROM:<bob@two.test>\r\nRCPT TO:<ann@one.test>\r\n';

test('RFC 2920 §3.2 the replies to one flight leave in one write, and at once when the session answers at once', () => {
  const { say, port } = open();
  say('EHLO c\r\n');
  port.writes.length = 0;
  const said = say(`${TRANSACTION}DATA\r\n`);
  assert.equal(said.match(/^(?:250|354) /gm)?.length, 3);
});

test('RFC 2920 §3.2 one write also when the session answers later', async () => {
  const { dialog, port } = open({}, { later: true });
  await settle();
  port.take();
  dialog.receive(Buffer.from(`EHLO c\r\n${TRANSACTION}DATA\r\n`));
  for (let i = 0; i < 20; i++) await settle();
  assert.equal(port.writes.length, 1);
  assert.match(port.take(), /354 .*\r\n$/);
});

const lines: [title: string, service: 'smtp' | 'submission', max: number, command: (filler: string) => string][] = [
  ['RFC 5321 §4.5.3.1.4 a command', 'smtp', 512, (x) => `NOOP ${x}\r\n`],
  ['RFC 3461 §5.1 RCPT', 'smtp', 1012, (x) => `RCPT ${x}\r\n`],
  ['RFC 1870 §3, RFC 3461 §5.1 … MAIL', 'smtp', 1249, (x) => `MAIL ${x}\r\n`],
  ['RFC 4954 §4 AUTH', 'submission', 12_288, (x) => `AUTH ${x}\r\n`],
];
for (const [title, service, max, command] of lines) {
  test(`${title}: a line of ${max} octets is read, one octet more is too long`, () => {
    const { say } = open({ service });
    const filler = max - command('').length;
    assert.doesNotMatch(say(command('x'.repeat(filler))), /too long/);
    assert.match(say(command('x'.repeat(filler + 1))), /^500 5\.5\.2 Line too long\r\n/);
    // And when its end is still to come.
    assert.match(say(command('x'.repeat(filler + 2)).slice(0, -2)), /^500 5\.5\.2 Line too long\r\n/);
    assert.equal(say('NOOP\r'), '');
    assert.equal(say('\n'), '');
    assert.match(say('NOOP\r\n'), /^250 /);
  });
}

test('RFC 4954 §4 a response beyond 12288 octets ends the exchange', () => {
  const { say, dialog } = open({ service: 'submission' }, { allowPlaintext: true });
  say('EHLO c\r\n');
  dialog.receive(Buffer.from('AUTH PLAIN\r\n'));
  return settle().then(() => {
    assert.match(say(`${'A'.repeat(12_300)}\r\n`), /^334 \r\n500 5\.5\.2 /);
    assert.match(say('NOOP\r\n'), /^250 /);
  });
});

test('a line that never ends is thrown away up to a limit', () => {
  const { say, port } = open({ limits: { discardedLineMaxOctets: 2_000 } });
  assert.match(say('x'.repeat(600)), /^500 /);
  assert.equal(say('x'.repeat(2_000)), '');
  assert.match(say('x'), /^421 /);
  assert.ok(port.finished);
});

test('octets that wait while a command is answered are bounded: reading stops, and goes on', async () => {
  const { dialog, port } = open({ limits: { pipelinedMaxBytes: 20 } }, { later: true });
  await settle();
  port.take();
  dialog.receive(Buffer.from('EHLO c\r\n'));
  dialog.receive(Buffer.from('MAIL FROM:<bob@two.test>\r\n'));
  dialog.receive(Buffer.from('NOOP\r\n'));
  assert.ok(port.reading);
  dialog.receive(Buffer.from('NOOP\r\nNOOP\r\nNOOP\r\n'));
  assert.ok(!port.reading);
  await settle();
  assert.ok(port.reading);
  assert.equal(port.take().match(/^250 2\.0\.0/gm)?.length, 4);
});

test('the client is not read from while the content of its message is on its way, in DATA and in BDAT', async () => {
  const { dialog, port, mail } = open({}, { later: true });
  await settle();
  for (const [command, content, last] of [
    ['DATA\r\n', 'one\r\n..two\r\n', '.\r\n'],
    ['BDAT 13 LAST\r\n', 'one\r\n.two', '\r\n\r\n'],
  ] as const) {
    dialog.receive(Buffer.from(`EHLO c\r\n${TRANSACTION}${command}`));
    await settle();
    dialog.receive(Buffer.from(content));
    assert.ok(!port.reading);
    await settle();
    assert.ok(port.reading);
    dialog.receive(Buffer.from(last));
    await settle();
    assert.ok(port.reading);
  }
  assert.deepEqual(
    mail.messages.map((message) => message.content.toString()),
    ['one\r\n.two\r\n', 'one\r\n.two\r\n\r\n'],
  );
});

test('the memory of octets may be used again once they are received', async () => {
  const { dialog, port, mail } = open({}, { later: true });
  await settle();
  const flight = `EHLO c\r\n${TRANSACTION}DATA\r\nSubject: x\r\n\r\n..\r\n.\r\nQU`;
  const memory = Buffer.from(flight);
  dialog.receive(memory);
  memory.fill('!');
  await settle();
  dialog.receive(Buffer.from('IT\r\n'));
  await settle();
  assert.equal(mail.messages[0]?.content.toString(), 'Subject: x\r\n\r\n.\r\n');
  assert.match(port.take(), /^221 /m);
});

test('who does not read our replies gets no more until they do', () => {
  const { say, dialog, port } = open();
  port.clientReads = false;
  assert.match(say('NOOP\r\n'), /^250 /);
  assert.equal(say('NOOP\r\nNOOP\r\n'), '');
  port.clientReads = true;
  dialog.clientCaughtUp();
  assert.equal(port.take().match(/^250 /gm)?.length, 2);
});

test('a delayed answer is sent when its delay is over, though more of the flight waits', async () => {
  const clock = new VirtualClock();
  const limits = { errorsWithoutDelay: 1, errorDelayMs: 100, errorDelayMaxMs: 100 };
  const { port, say } = openMemoryDialog({ clock, limits });
  port.take();
  assert.equal(say('X1\r\nX2\r\nX3\r\n'), '');
  await clock.advance(100);
  assert.match(port.take(), /^500 .*\r\n500 .*\r\n$/);
  await clock.advance(100);
  assert.match(port.take(), /^500 .*\r\n$/);
});

test('faults are answered more and more slowly, up to the longest delay', async () => {
  const clock = new VirtualClock();
  const limits = { errorsWithoutDelay: 1, errorDelayMs: 100, errorDelayMaxMs: 300 };
  const { say, port } = open({ clock, limits });
  assert.match(say('FOO\r\n'), /^500 /);
  for (const delayMs of [100, 200, 300, 300]) {
    assert.equal(say('FOO\r\nNOOP\r\n'), '');
    await clock.advance(delayMs - 1);
    assert.equal(port.take(), '');
    await clock.advance(1);
    assert.match(port.take(), /^500 .*\r\n250 .*\r\n$/);
  }
});

test('RFC 5321 §4.5.3.2 the time that each step may take', () => {
  const { say, port, dialog } = open();
  assert.deepEqual(port.deadlines.splice(0), [300_000]);
  say(`EHLO c\r\n${TRANSACTION}`);
  assert.deepEqual(port.deadlines.splice(0), []);
  say('DATA\r\n');
  assert.deepEqual(port.deadlines.splice(0), [180_000]);
  say('text\r\n.\r\n');
  assert.deepEqual(port.deadlines.splice(0), [600_000]);
  return settle().then(() => {
    assert.deepEqual(port.deadlines, [300_000]);
    port.take();
    dialog.timeout();
    assert.match(port.take(), /^421 4\.4\.2 /);
    assert.ok(port.finished);
  });
});

test('RFC 5321 §4.5.3.2.6 an answer of ours that does not come is 421, and what comes later is not said', async () => {
  const { dialog, port, mail } = open({}, { later: true });
  await settle();
  dialog.receive(Buffer.from('EHLO c\r\n'));
  dialog.receive(Buffer.from('MAIL FROM:<bob@two.test>\r\n'));
  port.take();
  dialog.timeout();
  assert.match(port.take(), /^421 4\.3\.0 /);
  await settle();
  assert.equal(port.take(), '');
  dialog.connectionClosed();
  assert.deepEqual(mail.events, ['connect', 'close']);
});

test('a message that trickles for ever is cut off', async () => {
  const clock = new VirtualClock();
  const { say, mail } = open({ clock, limits: { messageTimeoutMs: 1_000 } });
  say(`EHLO c\r\n${TRANSACTION}DATA\r\n`);
  say('a\r\n');
  await clock.advance(1_000);
  assert.equal(say('b\r\n'), '');
  await clock.advance(1);
  assert.match(say('c\r\n'), /^421 4\.4\.2 /);
  assert.deepEqual(mail.events, ['connect', 'abort', 'reset']);
});

test('a chunk that trickles for ever is cut off', async () => {
  const clock = new VirtualClock();
  const { say } = open({ clock, limits: { messageTimeoutMs: 1_000 } });
  say(`EHLO c\r\n${TRANSACTION}BDAT 100\r\n`);
  say('a\r\n');
  await clock.advance(1_001);
  assert.match(say('c\r\n'), /^421 4\.4\.2 /);
});

test('the connection dies within a message: the session forgets it', () => {
  const { say, dialog, mail } = open();
  say(`EHLO c\r\n${TRANSACTION}DATA\r\nhalf of`);
  dialog.connectionClosed();
  assert.deepEqual(mail.events, ['connect', 'abort', 'close']);
  assert.equal(mail.messages.length, 0);
});

test('the connection dies while the session opens its sink: the sink is told', async () => {
  const { dialog, mail, port } = open({}, { later: true });
  await settle();
  dialog.receive(Buffer.from(`EHLO c\r\n${TRANSACTION}`));
  for (let i = 0; i < 5; i++) await settle();
  dialog.receive(Buffer.from('DATA\r\n'));
  dialog.connectionClosed();
  await settle();
  assert.deepEqual(mail.events, ['connect', 'close', 'abort']);
  assert.doesNotMatch(port.take(), /354/);
});

test('RFC 5321 §3.8 the server stops: idle clients at once, messages under way first', async () => {
  const idle = open();
  idle.dialog.drain();
  assert.match(idle.port.take(), /^421 4\.3\.2 /);
  assert.ok(idle.port.finished);

  const busy = open();
  busy.say(`EHLO c\r\n${TRANSACTION}DATA\r\n`);
  busy.dialog.drain();
  assert.equal(busy.port.take(), '');
  busy.say('text\r\n.\r\n');
  await settle();
  assert.match(busy.port.take(), /^250 2\.0\.0 Message 1 taken\r\n421 4\.3\.2 /);
});

test('the client has closed its side: what it sent is still answered', async () => {
  const { dialog, port } = open({}, { later: true });
  await settle();
  port.take();
  dialog.receive(Buffer.from('EHLO c\r\nMAIL FROM:<bob@two.test>\r\nQUI'));
  dialog.inputEnded();
  assert.ok(!port.finished);
  await settle();
  assert.match(port.take(), /250 2\.1\.0 .*\r\n$/);
  assert.ok(port.finished);
});

test('RFC 3207 §4.2 octets that arrive between STARTTLS and TLS are not run', () => {
  const secureContextFor = (): never => assert.fail('no handshake here');
  const { say, port, dialog } = open({ tls: { secureContextFor } });
  say('EHLO c\r\n');
  assert.match(say('STARTTLS\r\n'), /^220 2\.0\.0 /);
  assert.ok(port.tlsStarted);
  assert.equal(say('NOOP\r\n'), '');
  dialog.secured({ version: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384' });
  assert.equal(port.take(), '');
});

test('RFC 6531 §3.7.4.2 UTF-8 is said only to who spoke it', () => {
  const { say } = open();
  say('EHLO c\r\n');
  assert.match(say('MAIL FROM:<bob@two.test> ÄÖ=1\r\n'), /^501 5\.5\.4 [ -~]*\r\n$/);
});
