import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { hasBareCrOrLf, hasLongLine } from '../message/octets.ts';
import { formatDsn, type DsnMessage } from './format.ts';
import { parseDsn } from './parse.ts';
import type { DsnRecipient, DsnReport } from './report.ts';

const AT = Date.UTC(2026, 9, 7, 9, 5, 3);
const BOB: DsnRecipient = {
  finalRecipient: 'bob@two.test',
  originalRecipient: null,
  action: 'failed',
  status: '5.1.1',
  remoteMta: 'mx.two.test',
  diagnostic: '550 5.1.1 No such user',
  lastAttemptMs: AT,
  willRetryUntilMs: null,
};
const REPORT: DsnReport = { reportingMta: 'mx.one.test', envid: 'QQ1', arrivalMs: AT - 5000, recipients: [BOB] };
const ORIGINAL = 'Subject: Lunch\r\nMessage-ID: <1@one.test>\r\nDate: x\r\n\r\nhi\r\n';
const DSN: DsnMessage = {
  report: REPORT,
  to: { localPart: 'ann', domain: 'one.test' },
  fromDomain: 'one.test',
  smtputf8: false,
  ret: null,
  original: { octets: Buffer.from(ORIGINAL), isComplete: true },
  atMs: AT,
  zoneMinutes: 0,
  messageId: '<d1@one.test>',
  boundary: '=_abc',
};

function withReport(recipients: readonly DsnRecipient[], more: Partial<DsnMessage> = {}): DsnMessage {
  return { ...DSN, ...more, report: { ...REPORT, recipients } };
}

test('parseDsn reads what formatDsn writes, and throws at nothing', () => {
  const seconds = fc.integer({ min: 0, max: 4_000_000_000 }).map((second) => second * 1000);
  const address = fc.tuple(fc.stringMatching(/^[a-zü+=\\]{1,12}$/), fc.domain()).map((halves) => halves.join('@'));
  const recipient = fc.record(
    {
      finalRecipient: address,
      originalRecipient: fc.option(
        fc.record({ type: fc.constant('rfc822'), address: fc.emailAddress() }, { noNullPrototype: true }),
      ),
      action: fc.constantFrom(
        'failed' as const,
        'delayed' as const,
        'delivered' as const,
        'relayed' as const,
        'expanded' as const,
      ),
      status: fc.constantFrom('5.1.1', '4.4.7', '2.0.0'),
      remoteMta: fc.option(fc.domain()),
      diagnostic: fc.option(fc.stringMatching(/^550 [!-~]{1,80}$/)),
      lastAttemptMs: fc.option(seconds),
      willRetryUntilMs: fc.option(seconds),
    },
    { noNullPrototype: true },
  );
  fc.assert(
    fc.property(fc.array(recipient, { minLength: 1, maxLength: 4 }), fc.boolean(), (recipients, smtputf8) => {
      const { message } = formatDsn(withReport(recipients, { smtputf8 }));
      assert.equal(hasLongLine(message) || hasBareCrOrLf(message), false);
      assert.deepEqual(parseDsn(message), { report: { ...REPORT, recipients }, originalMessageId: '<1@one.test>' });
    }),
    { numRuns: 300 },
  );
  const lines = fc.constantFrom(
    'Content-Type: message/delivery-status\n',
    '\n',
    'Action: failed\n',
    'Final-Recipient: ;\n',
    'Status: x\n',
    ' y\n',
    ':',
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.array(lines).map((list) => list.join('')),
      ),
      (text) => {
        parseDsn(Buffer.from(text));
      },
    ),
  );
});
