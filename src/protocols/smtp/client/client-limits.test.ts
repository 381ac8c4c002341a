import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SmtpSink } from '../../../../test/support/smtp-sink.ts';
import { VirtualClock } from '../../../../test/support/virtual-clock.ts';
import { parseCapabilities } from './capabilities.ts';
import * as limits from './limits.ts';
import type { ClientMessage, MessageBody } from './message.ts';
import { openConnection } from './open.ts';
import { needsWholeBody, prepareTransaction } from './prepare.ts';
import { TlsSessionCache } from './transport.ts';
import { outcomeOf } from './verdicts.ts';

test('TLS sessions that are remembered are bounded; the oldest go first', () => {
  const sessions = new TlsSessionCache();
  for (let at = 0; at <= limits.TLS_SESSIONS_MAX; at++) sessions.set(`${at}`, Buffer.alloc(0));
  assert.equal(sessions.size, limits.TLS_SESSIONS_MAX);
  assert.equal(sessions.get('0'), undefined);
  assert.notEqual(sessions.get('1'), undefined);
});

test('the words of a server are kept up to a limit', () => {
  const outcome = outcomeOf(
    { code: 550, enhanced: '5.7.1', lines: ['x'.repeat(limits.REPLY_TEXT_OCTETS_MAX * 2)] },
    'rcpt',
  );
  assert.equal(outcome.text.length, limits.REPLY_TEXT_OCTETS_MAX);
});

test('a server that talks without being asked is left', async (t) => {
  const sink = await SmtpSink.start({
    script: ({ stage }) =>
      stage === 'ehlo' ? `250 sink\r\n${'250 and\r\n'.repeat(limits.UNSOLICITED_REPLIES_MAX + 1)}250 x` : undefined,
  });
  t.after(() => sink.close());
  const target = { host: 'mx.two.test', address: '127.0.0.1', port: sink.port, localAddress: null, heloName: 'a.test' };
  const opened = await openConnection(
    { ...target, protocol: 'smtp', implicitTls: false, tls: 'off', login: null },
    { clock: new VirtualClock() },
  );
  assert.ok(opened.kind === 'open');
  assert.equal(opened.usable, false);
});

test('a message that is too long to be converted is refused, not read', () => {
  const body: MessageBody = {
    length: limits.CONVERSION_OCTETS_MAX + 1,
    octets: null,
    read: () => Promise.reject(new Error('it must not be read')),
  };
  const message: ClientMessage = {
    reversePath: 'a@one.test',
    recipients: [{ forwardPath: 'b@two.test', notify: null, orcpt: null }],
    body,
    bodyType: '8BITMIME',
    smtputf8: false,
    requiretls: false,
    ret: null,
    envid: null,
    priority: 0,
    deliverBy: null,
  };
  const capabilities = parseCapabilities(null);
  assert.equal(needsWholeBody(message, capabilities), true);
  const prepared = prepareTransaction(message, { capabilities, verifiedTls: false }, null);
  assert.equal(prepared.decided[0]?.enhanced, '5.6.3');
});
