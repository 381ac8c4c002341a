import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Capabilities } from './capabilities.ts';
import { parseCapabilities } from './capabilities.ts';
import { bodyOf, type ClientMessage, type ConvertMessage } from './message.ts';
import { prepareTransaction, type Prepared } from './prepare.ts';

function offers(...keywords: string[]): Capabilities {
  return parseCapabilities({ code: 250, lines: ['sink', ...keywords] });
}

const plain: ClientMessage = {
  reversePath: 'a@one.test',
  recipients: [{ forwardPath: 'b@two.test', notify: null, orcpt: null }],
  body: bodyOf(Buffer.from('Subject: x\r\n\r\ny\r\n')),
  bodyType: '7BIT',
  smtputf8: false,
  requiretls: false,
  ret: null,
  envid: null,
  priority: 0,
  deliverBy: null,
};

function prepare(
  change: Partial<ClientMessage>,
  capabilities: Capabilities,
  more: { verifiedTls?: boolean; convert?: ConvertMessage } = {},
): Prepared {
  const channel = { capabilities, verifiedTls: more.verifiedTls ?? false };
  return prepareTransaction({ ...plain, ...change }, channel, more.convert ?? null);
}

function commands(prepared: Prepared): string {
  return prepared.mail + prepared.rcpts.join('');
}

function codes(prepared: Prepared): (string | null)[] {
  return prepared.decided.map((outcome) => outcome && `${outcome.kind} ${outcome.enhanced}`);
}

test('a server that offers nothing gets nothing but addresses', () => {
  const change = { ret: 'HDRS', envid: 'x', priority: 3, deliverBy: { seconds: 9, mode: 'N', trace: false } } as const;
  const recipients = [{ forwardPath: 'b@two.test', notify: ['SUCCESS'] as const, orcpt: 'rfc822;b@two.test' }];
  assert.equal(
    commands(prepare({ ...change, recipients }, offers())),
    'MAIL FROM:<a@one.test>\r\nRCPT TO:<b@two.test>\r\n',
  );
  assert.equal(commands(prepare({ reversePath: '' }, offers())), 'MAIL FROM:<>\r\nRCPT TO:<b@two.test>\r\n');
});

test('every extension carries what the sender asked for', () => {
  const prepared = prepare(
    {
      bodyType: '8BITMIME',
      ret: 'HDRS',
      envid: 'a+b=c d',
      priority: -2,
      deliverBy: { seconds: 120, mode: 'R', trace: true },
      requiretls: true,
      recipients: [
        { forwardPath: 'b@two.test', notify: ['SUCCESS', 'DELAY'], orcpt: 'rfc822;B+x@two.test' },
        { forwardPath: 'c@two.test', notify: [], orcpt: 'utf-8;ü@two.test' },
        { forwardPath: 'd@two.test', notify: null, orcpt: 'no type' },
      ],
    },
    offers('SIZE 1000', '8BITMIME', 'DSN', 'MT-PRIORITY', 'DELIVERBY 60', 'REQUIRETLS'),
    { verifiedTls: true },
  );
  assert.equal(
    commands(prepared),
    'MAIL FROM:<a@one.test> SIZE=17 BODY=8BITMIME REQUIRETLS RET=HDRS ENVID=a+2Bb+3Dc+20d MT-PRIORITY=-2 BY=120;RT\r\n' +
      'RCPT TO:<b@two.test> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;B+2Bx@two.test\r\n' +
      'RCPT TO:<c@two.test> NOTIFY=NEVER ORCPT=utf-8;\\x{FC}@two.test\r\n' +
      'RCPT TO:<d@two.test>\r\n',
  );
});

test('what a next hop cannot keep is refused before anything is sent', () => {
  const cases: [Partial<ClientMessage>, Capabilities, string][] = [
    // RFC 8689 §4.2.1
    [{ requiretls: true }, offers('REQUIRETLS'), 'failed 5.7.30'],
    // RFC 1870 §6.1
    [{}, offers('SIZE 16'), 'failed 5.3.4'],
    // RFC 2852 §4
    [{ deliverBy: { seconds: 9, mode: 'R', trace: false } }, offers(), 'failed 5.4.7'],
    [{ deliverBy: { seconds: 9, mode: 'R', trace: false } }, offers('DELIVERBY 60'), 'failed 5.4.7'],
    // RFC 3030 §3
    [{ bodyType: 'BINARYMIME' }, offers('8BITMIME'), 'failed 5.6.3'],
    // RFC 6152 §3
    [{ bodyType: '8BITMIME', body: bodyOf(Buffer.from('\r\nü\r\n')) }, offers(), 'failed 5.6.3'],
    // RFC 5321 §2.3.8
    [{ body: bodyOf(Buffer.from('\r\na\nb\r\n')) }, offers('CHUNKING'), 'failed 5.6.3'],
    [{ body: bodyOf(Buffer.from('\r\na\r')) }, offers(), 'failed 5.6.3'],
    // RFC 6531 §3.4
    [{ smtputf8: true, body: bodyOf(Buffer.from('Subject: ü\r\n\r\n')) }, offers('8BITMIME'), 'failed 5.6.7'],
    [{ reversePath: 'ü@one.test' }, offers(), 'failed 5.6.7'],
  ];
  for (const [change, capabilities, expected] of cases) {
    const prepared = prepare(change, capabilities);
    assert.deepEqual(codes(prepared), [expected]);
    assert.equal(prepared.mail, '');
  }
});

test('RFC 6531 §3.2 only the recipients that need SMTPUTF8 fail without it; a domain alone goes as A-labels', () => {
  const recipients = ['b@two.test', 'ü@two.test', 'c@bücher.test'].map((forwardPath) => ({
    forwardPath,
    notify: null,
    orcpt: null,
  }));
  const without = prepare({ recipients, smtputf8: true }, offers());
  assert.deepEqual(codes(without), [null, 'failed 5.6.7', null]);
  assert.deepEqual(without.indexes, [0, 2]);
  assert.equal(
    commands(without),
    'MAIL FROM:<a@one.test>\r\nRCPT TO:<b@two.test>\r\nRCPT TO:<c@xn--bcher-kva.test>\r\n',
  );
  const offered = prepare({ recipients }, offers('SMTPUTF8'));
  assert.equal(offered.encoding, 'utf8');
  assert.match(commands(offered), /^MAIL FROM:<a@one.test> SMTPUTF8\r\n/);
});

test('no address can become a second command or a parameter', () => {
  const bad = [
    'a\r\nRSET@x.test',
    'a> NOTIFY=NEVER <b@x.test',
    'a b@x.test',
    'a@x.test\r\n',
    '<a@x.test>',
    'a@b@c.test',
    '',
  ];
  for (const forwardPath of bad) {
    const prepared = prepare({ recipients: [{ forwardPath, notify: null, orcpt: null }] }, offers('SMTPUTF8'));
    assert.deepEqual(codes(prepared), ['failed 5.1.3'], forwardPath);
  }
  const quoted = prepare({ recipients: [{ forwardPath: '"a b>"@x.test', notify: null, orcpt: null }] }, offers());
  assert.match(commands(quoted), /RCPT TO:<"a b>"@x\.test>\r\n/);
  assert.deepEqual(codes(prepare({ reversePath: 'a\n@x.test' }, offers())), ['failed 5.1.7']);
});

test('a message is converted where that helps', () => {
  const asked: unknown[] = [];
  const convert: ConvertMessage = (octets, need) => {
    asked.push(need);
    return { kind: 'converted', octets: Buffer.from(octets.toString().replace('ü', '=C3=BC')) };
  };
  const change = { bodyType: '8BITMIME', body: bodyOf(Buffer.from('\r\nü\r\n')) } as const;
  const prepared = prepare(change, offers('SIZE'), { convert });
  assert.equal(prepared.mail, 'MAIL FROM:<a@one.test> SIZE=10\r\n');
  assert.equal(prepared.body.octets?.toString(), '\r\n=C3=BC\r\n');
  assert.deepEqual(asked, [{ from: '8BITMIME', eightBitMime: false, smtputf8: false, bareLineEndings: false }]);
  const refuse: ConvertMessage = () => ({ kind: 'impossible', enhanced: '5.6.3', text: 'signed' });
  assert.deepEqual(codes(prepare(change, offers(), { convert: refuse })), ['failed 5.6.3']);
});

test('8-bit content that is only declared so needs nothing', () => {
  assert.equal(prepare({ bodyType: '8BITMIME' }, offers()).mail, 'MAIL FROM:<a@one.test>\r\n');
  assert.equal(prepare({ smtputf8: true }, offers()).mail, 'MAIL FROM:<a@one.test>\r\n');
});

test('RFC 3030 §4 BINARYMIME goes as it is where it is offered', () => {
  const body = bodyOf(Buffer.from([0, 10, 13, 200]));
  const prepared = prepare({ bodyType: 'BINARYMIME', body }, offers('CHUNKING', 'BINARYMIME', '8BITMIME'));
  assert.equal(prepared.mail, 'MAIL FROM:<a@one.test> BODY=BINARYMIME\r\n');
  assert.equal(prepared.body, body);
  assert.equal(prepared.chunking, true);
});

test('RFC 5321 §4.1.1.1 EHLO replies are read tolerantly', () => {
  const capabilities = offers(
    'size',
    'AUTH=LOGIN',
    'auth PLAIN scram-sha-256',
    'LIMITS MAILMAX=0 RCPTMAX=50',
    '',
    'BINARYMIME',
    'DELIVERBY x',
  );
  assert.equal(capabilities.size, 0);
  assert.deepEqual(capabilities.auth, ['LOGIN', 'PLAIN', 'SCRAM-SHA-256']);
  assert.equal(capabilities.rcptMax, 50);
  assert.equal(capabilities.mailMax, null);
  assert.equal(capabilities.binaryMime, false);
  assert.equal(capabilities.deliverByMin, 0);
  assert.equal(parseCapabilities(null).pipelining, false);
});
