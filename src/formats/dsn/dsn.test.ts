import assert from 'node:assert/strict';
import { test } from 'node:test';
import { getField, scanHeader } from '../header/scan.ts';
import { hasBareCrOrLf, hasLongLine } from '../message/octets.ts';
import { readStructure } from '../message/structure.ts';
import { decodeUtf8AddrXtext, encodeUtf8AddrXtext, formatDeliveryStatus } from './delivery-status.ts';
import { explainStatus } from './explain.ts';
import { formatDsn, type DsnMessage } from './format.ts';
import {
  DSN_DIAGNOSTIC_MAX_CHARACTERS,
  DSN_FULL_MAX_OCTETS,
  DSN_HEADERS_MAX_OCTETS,
  DSN_PARSED_RECIPIENTS_MAX,
  DSN_TEXT_RECIPIENTS_MAX,
} from './limits.ts';
import { parseDeliveryStatus, parseDsn } from './parse.ts';
import type { DsnRecipient, DsnReport } from './report.ts';
import { formatDsnText } from './text.ts';

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

function parts(message: Buffer): [string, string][] {
  const { root } = readStructure(scanHeader(message));
  return root.children.map((part) => [part.contentType.value, message.subarray(part.bodyStart, part.end).toString()]);
}

function withReport(recipients: readonly DsnRecipient[], more: Partial<DsnMessage> = {}): DsnMessage {
  return { ...DSN, ...more, report: { ...REPORT, recipients } };
}

test('RFC 3464 §2 a notification of failure, whole', () => {
  const { message, eightBit } = formatDsn(DSN);
  assert.equal(eightBit, false);
  assert.equal(
    message.toString(),
    [
      'From: Mail Delivery System <MAILER-DAEMON@one.test>',
      'To: ann@one.test',
      'Subject: Not delivered: Lunch',
      'Date: Wed, 07 Oct 2026 09:05:03 +0000',
      'Message-ID: <d1@one.test>',
      'In-Reply-To: <1@one.test>',
      'References: <1@one.test>',
      'Auto-Submitted: auto-replied',
      'MIME-Version: 1.0',
      'Content-Type: multipart/report; report-type=delivery-status;',
      '\tboundary="=_abc"',
      '',
      '--=_abc',
      'Content-Type: text/plain; charset=us-ascii',
      'Content-Description: What happened',
      '',
      'This is the mail system of mx.one.test.',
      '',
      'Your message "Lunch" of x was not delivered to:',
      '',
      '  bob@two.test',
      '    There is no mailbox with this address.',
      '    mx.two.test said: 550 5.1.1 No such user',
      '    What you can do: Check the address for typing mistakes, or ask the',
      '    recipient for the right one.',
      '',
      '',
      '--=_abc',
      'Content-Type: message/delivery-status',
      'Content-Description: The same for programs',
      '',
      'Original-Envelope-Id: QQ1',
      'Reporting-MTA: dns; mx.one.test',
      'Arrival-Date: Wed, 07 Oct 2026 09:04:58 +0000',
      '',
      'Final-Recipient: rfc822;bob@two.test',
      'Action: failed',
      'Status: 5.1.1',
      'Remote-MTA: dns; mx.two.test',
      'Diagnostic-Code: smtp; 550 5.1.1 No such user',
      'Last-Attempt-Date: Wed, 07 Oct 2026 09:05:03 +0000',
      '',
      '--=_abc',
      'Content-Type: message/rfc822',
      'Content-Description: Your message',
      '',
      'Subject: Lunch',
      'Message-ID: <1@one.test>',
      'Date: x',
      '',
      'hi',
      '',
      '--=_abc--',
      '',
    ].join('\r\n'),
  );
});

test('RFC 3461 §4.3 only a failure returns the whole message, and only a small one', () => {
  const type = (dsn: DsnMessage) => parts(formatDsn(dsn).message)[2]?.[0];
  const sized = (octets: number) => {
    const body = Buffer.alloc(octets - ORIGINAL.length, 'x');
    for (let at = 80; at < body.length - 1; at += 80) body.write('\r\n', at);
    return { octets: Buffer.concat([Buffer.from(ORIGINAL), body]), isComplete: true };
  };
  assert.equal(type({ ...DSN, ret: 'FULL' }), 'message/rfc822');
  assert.equal(type({ ...DSN, ret: 'HDRS' }), 'text/rfc822-headers');
  assert.equal(type({ ...DSN, original: { ...DSN.original, isComplete: false } }), 'text/rfc822-headers');
  assert.equal(type({ ...DSN, original: sized(DSN_FULL_MAX_OCTETS) }), 'message/rfc822');
  assert.equal(type({ ...DSN, original: sized(DSN_FULL_MAX_OCTETS + 1) }), 'text/rfc822-headers');
  assert.equal(
    type({ ...DSN, original: { octets: Buffer.from(`${ORIGINAL}a\nb`), isComplete: true } }),
    'text/rfc822-headers',
  );
  assert.equal(
    type(withReport([{ ...BOB, action: 'delivered', status: '2.0.0' }], { ret: 'FULL' })),
    'text/rfc822-headers',
  );
  assert.equal(
    type(withReport([{ ...BOB, action: 'delayed', status: '4.4.1' }], { ret: 'FULL' })),
    'text/rfc822-headers',
  );
});

test('returned headers are limited and fit to be sent', () => {
  const many = Buffer.from(`${'A: b\r\n'.repeat(20_000)}\r\n`);
  const [, body] = parts(formatDsn({ ...DSN, ret: 'HDRS', original: { octets: many, isComplete: false } }).message)[2]!;
  assert.ok(body.length <= DSN_HEADERS_MAX_OCTETS && body.endsWith('A: b\r\n'));
  const wild = Buffer.from(`A: ${'b '.repeat(1000)}\0\nB: c\r\n\r\n`);
  const { message } = formatDsn({ ...DSN, original: { octets: wild, isComplete: true } });
  assert.equal(hasLongLine(message) || hasBareCrOrLf(message) || message.includes(0), false);
});

test('RFC 3834 §5 subjects by what is reported, in encoded words where needed', () => {
  const subject = (dsn: DsnMessage) => getField(scanHeader(formatDsn(dsn).message), 'subject');
  assert.equal(subject(withReport([{ ...BOB, action: 'delayed', status: '4.4.1' }])), 'Delayed: Lunch');
  assert.equal(subject(withReport([{ ...BOB, action: 'delivered', status: '2.0.0' }])), 'Delivered: Lunch');
  assert.equal(subject(withReport([{ ...BOB, action: 'relayed', status: '2.0.0' }, BOB])), 'Not delivered: Lunch');
  const octets = Buffer.from('Subject: =?utf-8?q?Caf=C3=A9=0D=0ABcc:_x?=\r\n\r\n');
  assert.equal(
    subject({ ...DSN, original: { octets, isComplete: true } }),
    '=?UTF-8?Q?Not_delivered=3A_Caf=C3=A9_Bcc=3A_x?=',
  );
  assert.equal(subject({ ...DSN, original: { octets: Buffer.alloc(0), isComplete: true } }), 'Not delivered');
});

test('RFC 6533 §3 addresses beyond ASCII: as they are with SMTPUTF8, encoded without', () => {
  const recipient = { ...BOB, finalRecipient: 'jürgen@bücher.test', diagnostic: '550 ü' };
  const global = formatDsn(withReport([recipient], { smtputf8: true }));
  assert.equal(global.eightBit, true);
  assert.deepEqual(
    parts(global.message).map(([type]) => type),
    ['text/plain', 'message/global-delivery-status', 'message/global'],
  );
  assert.ok(global.message.includes('Final-Recipient: utf-8;jürgen@bücher.test\r\n'));
  const plain = formatDsn(withReport([recipient])).message;
  assert.ok(plain.includes(String.raw`Final-Recipient: utf-8;j\x{FC}rgen@b\x{FC}cher.test`));
  assert.ok(plain.includes('Diagnostic-Code: smtp; 550 ?\r\n'));
  assert.equal(parseDsn(plain)?.report.recipients[0]?.finalRecipient, 'jürgen@bücher.test');
  assert.equal(encodeUtf8AddrXtext('a+b=c d\\'), String.raw`a\x{2B}b\x{3D}c\x{20}d\x{5C}`);
  assert.equal(decodeUtf8AddrXtext(String.raw`\x{110000}\x{D800}\x{zz}\x{41}`), String.raw`\x{110000}\x{D800}\x{zz}A`);
});

test('the text names the first recipients, the machine part all', () => {
  const recipients = Array.from({ length: DSN_TEXT_RECIPIENTS_MAX + 7 }, (_, i) => ({
    ...BOB,
    finalRecipient: `r${i}@two.test`,
  }));
  const text = formatDsnText({ ...REPORT, recipients }, { subject: null, date: null });
  assert.equal(text.match(/@two\.test/g)?.length, DSN_TEXT_RECIPIENTS_MAX);
  assert.match(text, / {2}… and 7 more, listed in the report below\./);
  assert.equal(parseDsn(formatDsn(withReport(recipients)).message)?.report.recipients.length, recipients.length);
});

test('a delay says that it needs nothing, an alias is named as it was written', () => {
  const delayed: DsnRecipient = {
    ...BOB,
    action: 'delayed',
    status: '4.4.1',
    diagnostic: null,
    willRetryUntilMs: AT + 1000,
  };
  const text = formatDsnText({ ...REPORT, recipients: [delayed] }, { subject: 'S', date: null });
  assert.match(text, /Your message "S" has not been delivered yet to:/);
  assert.match(text, /does not answer/);
  assert.match(text.replaceAll('\r\n', ' '), /the attempts go on until Wed, 07 Oct 2026 09:05:04 \+0000/);
  const alias = {
    ...BOB,
    originalRecipient: { type: 'rfc822', address: 'all@one.test' },
    remoteMta: null,
    diagnostic: 'no route',
  };
  const failed = formatDsnText({ ...REPORT, recipients: [alias] }, { subject: null, date: null });
  assert.match(failed, / {2}all@one\.test \(passed on to bob@two\.test\)\r\n/);
  assert.match(failed, /mx\.one\.test found: no route/);
});

test('words of other servers are cut, and cannot break a line', () => {
  const diagnostic = `550 x\r\nBcc: e\u0000\u2028${'y'.repeat(5000)}`;
  const { message } = formatDsn(withReport([{ ...BOB, diagnostic }]));
  assert.equal(hasLongLine(message) || hasBareCrOrLf(message) || message.includes(0), false);
  assert.equal(message.includes('\r\nBcc'), false);
  const said = parseDsn(message)?.report.recipients[0]?.diagnostic ?? '';
  assert.ok(said.length <= DSN_DIAGNOSTIC_MAX_CHARACTERS + 10);
});

test('RFC 3463 §3 every status has words of its own class', () => {
  const cases: [string, RegExp][] = [
    ['5.1.1', /no mailbox/],
    ['5.2.2', /full/],
    ['5.3.4', /larger/],
    ['5.4.7', /in time/],
    ['5.4.4', /not found/],
    ['5.7.1', /policy/],
    ['5.7.26', /could not make sure/],
    ['5.1.5', /wrong with the address: the address is valid/],
    ['5.7.0', /security or policy/],
    ['5.9.9', /no exact reason/],
    ['nonsense', /no exact reason/],
  ];
  for (const [status, words] of cases) assert.match(explainStatus(status).what, words, status);
});

test('parseDsn reads reports of other servers', () => {
  const head = 'Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n';
  const text = `${head}--b\n\nSorry\n--b\nContent-Type: message/delivery-status\nContent-Transfer-Encoding: 7bit\n\nReporting-MTA: DNS;mx.x.test\nX-Foo: bar\n\n\nFinal-recipient: RFC822; <bob@two.test>\nAction: failed (no)\nStatus: 5.2.2 (full)\nDiagnostic-Code: smtp; 552-5.2.2 The\n mailbox is full\n\n--b\nContent-Type: text/rfc822-headers\n\nMessage-ID: <7@a.test>\n--b--\n`;
  const parsed = parseDsn(Buffer.from(text));
  assert.equal(parsed?.report.reportingMta, 'mx.x.test');
  assert.equal(parsed?.originalMessageId, '<7@a.test>');
  const [recipient] = parsed?.report.recipients ?? [];
  assert.deepEqual(
    [recipient?.finalRecipient, recipient?.action, recipient?.status, recipient?.diagnostic],
    ['bob@two.test', 'failed', '5.2.2', '552-5.2.2 The mailbox is full'],
  );
  const oneGroup = parseDeliveryStatus(
    Buffer.from(
      'Reporting-MTA: x.test\r\nOriginal-Recipient: rfc822;a@b.test\r\nAction: Delayed\r\nDiagnostic-Code: 450 4.2.1 later\r\n',
    ),
  );
  assert.equal(oneGroup?.recipients[0]?.finalRecipient, 'a@b.test');
  assert.equal(oneGroup?.recipients[0]?.status, '4.2.1');
  assert.equal(parseDsn(Buffer.from('Subject: x\r\n\r\nhello')), null);
  assert.equal(parseDeliveryStatus(Buffer.from('Reporting-MTA: dns; x\r\n\r\nAction: failed\r\n')), null);
});

test('recipients of a foreign report are limited', () => {
  const group = '\nFinal-Recipient: rfc822;a@b.test\nAction: failed\n';
  const report = parseDeliveryStatus(Buffer.from(group.repeat(DSN_PARSED_RECIPIENTS_MAX + 1)));
  assert.equal(report?.recipients.length, DSN_PARSED_RECIPIENTS_MAX);
});

test('a megabyte of empty groups is read in one pass', () => {
  for (const unit of ['A\n\n', '\n', 'A: b\r\n\r\n', ' \n\n']) {
    assert.equal(parseDeliveryStatus(Buffer.from(unit.repeat(1_000_000 / unit.length))), null);
  }
  assert.ok(formatDeliveryStatus(REPORT, false).startsWith('Original-Envelope-Id: '));
});
