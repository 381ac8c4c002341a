import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatReceived, parseReceived, receivedProtocol, type ReceivedStamp } from './received.ts';

const STAMP: ReceivedStamp = {
  from: { helo: 'mx.two.test', rdns: 'mx.two.test', ip: '192.0.2.7' },
  by: 'mx.one.test',
  protocol: 'ESMTPS',
  tls: { version: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384' },
  id: 'Qk3',
  for: 'ann@one.test',
  atMs: Date.UTC(2026, 9, 7, 7, 5, 3),
  zoneMinutes: 0,
};

test('RFC 5321 §4.4 formatReceived', () => {
  assert.equal(
    formatReceived(STAMP),
    'Received: from mx.two.test (mx.two.test [192.0.2.7])\r\n' +
      '\tby mx.one.test with ESMTPS (TLSv1.3 TLS_AES_256_GCM_SHA384) id Qk3\r\n' +
      '\tfor <ann@one.test>;\r\n' +
      '\tWed, 07 Oct 2026 07:05:03 +0000\r\n',
  );
  assert.equal(
    formatReceived({ ...STAMP, from: null, tls: null, for: null, protocol: 'ESMTPA' }),
    'Received: by mx.one.test with ESMTPA id Qk3;\r\n\tWed, 07 Oct 2026 07:05:03 +0000\r\n',
  );
});

test('RFC 5321 §4.4 whatever a client calls itself, the field stays one field', () => {
  const from = { helo: 'x) by evil\r\nBcc: e', rdns: null, ip: '2001:db8::1' };
  const text = formatReceived({ ...STAMP, from });
  assert.ok(
    text.startsWith('Received: from [IPv6:2001:db8::1] ([IPv6:2001:db8::1]) (helo=x??by?evil??Bcc:?e)\r\n\tby '),
  );
  assert.ok(formatReceived({ ...STAMP, from: { ...from, helo: '[192.0.2.9]' } }).includes('from [192.0.2.9] ([IPv6:'));
  assert.ok(formatReceived({ ...STAMP, from: { ...from, helo: '' } }).includes('(helo=)'));
});

test('RFC 3848 §1 and RFC 6531 §4.3 receivedProtocol', () => {
  const none = { lmtp: false, extended: true, tls: false, authenticated: false, smtputf8: false };
  assert.equal(receivedProtocol({ ...none, extended: false }), 'SMTP');
  assert.equal(receivedProtocol(none), 'ESMTP');
  assert.equal(receivedProtocol({ ...none, tls: true }), 'ESMTPS');
  assert.equal(receivedProtocol({ ...none, authenticated: true }), 'ESMTPA');
  assert.equal(receivedProtocol({ ...none, tls: true, authenticated: true }), 'ESMTPSA');
  assert.equal(receivedProtocol({ ...none, lmtp: true }), 'LMTP');
  assert.equal(receivedProtocol({ ...none, lmtp: true, tls: true, authenticated: true }), 'LMTPSA');
  assert.equal(receivedProtocol({ ...none, smtputf8: true }), 'UTF8SMTP');
  assert.equal(receivedProtocol({ ...none, smtputf8: true, tls: true, authenticated: true }), 'UTF8SMTPSA');
  assert.equal(receivedProtocol({ ...none, smtputf8: true, lmtp: true, tls: true }), 'UTF8LMTPS');
});

test('parseReceived reads what servers of the world write', () => {
  const date = { atMs: Date.UTC(2026, 9, 7, 7, 5, 3), zoneMinutes: 0 };
  const when = 'Wed, 7 Oct 2026 07:05:03 +0000';
  const cases: [string, Partial<ReturnType<typeof parseReceived>>][] = [
    [
      `from mail.a.test (mail.a.test. [192.0.2.1]) by mx.b.test with ESMTPS id x1-20020a2sor for <ann@b.test> (version=TLS1_3 cipher=TLS_AES_256_GCM_SHA384 bits=256/256); ${when} (UTC)`,
      {
        from: 'mail.a.test',
        ip: '192.0.2.1',
        by: 'mx.b.test',
        protocol: 'ESMTPS',
        id: 'x1-20020a2sor',
        for: 'ann@b.test',
        ...date,
      },
    ],
    [
      `from a.test (unknown [IPv6:2001:db8::7])\r\n\t(using TLSv1.2 with cipher X (256/256 bits))\r\n\t(No client certificate requested)\r\n\tby b.test (Postfix) with ESMTPSA id 4AB;\r\n\t${when}`,
      { from: 'a.test', ip: '2001:db8::7', by: 'b.test', protocol: 'ESMTPSA', id: '4AB', for: null, ...date },
    ],
    [
      `by 2002:a05:6a10:: with SMTP id z9csp1; ${when}`,
      { from: null, ip: null, by: '2002:a05:6a10::', protocol: 'SMTP', id: 'z9csp1', ...date },
    ],
    [
      `from [203.0.113.5] (helo=pc) by b.test with esmtpa (Exim 4.96) (envelope-from <ann@b.test>) id 1abc-00; ${when}`,
      { from: '[203.0.113.5]', ip: '203.0.113.5', by: 'b.test', protocol: 'esmtpa', id: '1abc-00', ...date },
    ],
    [`(qmail 1234 invoked by uid 89); ${when}`, { from: null, by: null, ...date }],
    [`from x.test by y.test via Frontend Transport; ${when}`, { from: 'x.test', by: 'y.test', ...date }],
    ['from x.test by y.test', { from: 'x.test', by: 'y.test', atMs: null, zoneMinutes: null }],
    ['', { from: null, by: null, atMs: null }],
  ];
  for (const [value, expected] of cases) {
    const hop = parseReceived(value);
    for (const [key, want] of Object.entries(expected)) {
      assert.equal(hop[key as keyof typeof hop], want, `${key} of ${value}`);
    }
  }
});

test('an id that reads like the name of a clause', () => {
  assert.deepEqual(
    ['id', 'iD', 'with', 'for'].map(
      (id) => parseReceived(`from a.test by b.test with ESMTP id ${id} for <c@d.test>`).id,
    ),
    ['id', 'iD', 'with', 'for'],
  );
});
