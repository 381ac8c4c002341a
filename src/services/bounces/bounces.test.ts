import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MailError } from '../../base/errors/mail-error.ts';
import { silentLog } from '../../base/log.ts';
import type { QueueSettlement } from '../../storage/commit-unit.ts';
import { Bounces } from './bounces.ts';
import { ORIGINAL_OCTETS_MAX } from './limits.ts';
import type { ReportAction, ReportedMessage, ReportLetter, ReportRequest } from './reports.ts';
import { whoIsTold } from './who-is-told.ts';

const AT_MS = Date.UTC(2026, 0, 2);
const POSTMASTER = 'postmaster@one.test';

const message: ReportedMessage = {
  reversePath: 'ann@one.test',
  envid: null,
  ret: null,
  smtputf8: false,
  queuedAtMs: AT_MS - 3_600_000,
};

test('RFC 3461 §4.1, §5.2 NOTIFY decides who is told', () => {
  const cases: [ReportAction, string[] | null, boolean, string][] = [
    ['failed', null, false, 'sender'],
    ['failed', ['FAILURE'], true, 'sender'],
    ['failed', ['SUCCESS', 'DELAY'], false, 'nobody'],
    ['failed', [], false, 'nobody'],
    ['delayed', null, false, 'sender'],
    ['delayed', ['DELAY'], false, 'sender'],
    ['delayed', ['FAILURE'], false, 'nobody'],
    ['delayed', [], false, 'nobody'],
    ['relayed', null, false, 'nobody'],
    ['relayed', ['SUCCESS'], false, 'sender'],
    ['relayed', ['SUCCESS'], true, 'nobody'],
    ['relayed', ['FAILURE'], false, 'nobody'],
    ['delivered', ['SUCCESS'], false, 'sender'],
    ['delivered', ['SUCCESS'], true, 'sender'],
    ['delivered', null, false, 'nobody'],
    ['expanded', ['SUCCESS'], false, 'sender'],
    ['expanded', [], false, 'nobody'],
  ];
  for (const [action, notify, passedOn, expected] of cases) {
    const recipient = { forwardPath: 'b@two.test', orcpt: null, notify: notify as never };
    assert.equal(
      whoIsTold(message, recipient, { action, passedOn, postmaster: POSTMASTER }),
      expected,
      JSON.stringify([action, notify, passedOn]),
    );
  }
});

test('RFC 3461 §6 a message without a sender: its failure reaches the postmaster, once', () => {
  const report = { ...message, reversePath: '' };
  const told = (forwardPath: string, action: ReportAction): string =>
    whoIsTold(report, { forwardPath, orcpt: null, notify: [] }, { action, passedOn: false, postmaster: POSTMASTER });
  assert.equal(told('ann@one.test', 'failed'), 'postmaster');
  assert.equal(told('ann@one.test', 'delayed'), 'nobody');
  assert.equal(told('ann@one.test', 'relayed'), 'nobody');
  assert.equal(told('Postmaster@One.test', 'failed'), 'nobody');
});

interface Rig {
  readonly bounces: Bounces;
  readonly letters: ReportLetter[];
  readonly settled: QueueSettlement[];
  readonly reads: [number, number][];
}

const ORIGINAL = 'Message-ID: <x@one.test>\r\nSubject: hi\r\n\r\nbody\r\n';
const FULL = new MailError('account-full', 'The mailbox is full, try again later', { temporary: true });

function rig(octets = ORIGINAL, refuses: (to: string) => boolean = () => false): Rig {
  const letters: ReportLetter[] = [];
  const settled: QueueSettlement[] = [];
  const reads: [number, number][] = [];
  let tokens = 0;
  const bounces = new Bounces(
    {
      submitReport: async (letter) => {
        letters.push(letter);
        return refuses(letter.to) ? FULL : null;
      },
      readBody: async (_place, start, end) => {
        reads.push([start, end]);
        return Buffer.from(octets).subarray(start, end);
      },
      settle: async (settlement) => void settled.push(settlement),
      isOurDomain: async (domain) => domain === 'one.test',
      newToken: () => `token${++tokens}`,
      zoneMinutes: () => 0,
      log: silentLog,
    },
    { hostname: 'mx.one.test', postmaster: POSTMASTER },
  );
  return { bounces, letters, settled, reads };
}

function request(change: Partial<ReportRequest> = {}): ReportRequest {
  return {
    unitId: 7,
    message,
    original: { id: 7, segment: 1, offset: 0, length: 52 },
    recipients: [
      {
        recipient: { forwardPath: 'b@two.test', orcpt: 'rfc822;B@two.test', notify: null },
        action: 'failed',
        enhanced: '5.1.1',
        text: '550 5.1.1 no such user',
        host: 'mx.two.test',
      },
    ],
    atMs: AT_MS,
    retryUntilMs: null,
    settlement: {
      unitId: 7,
      recipients: [0],
      events: [{ atMs: AT_MS, kind: 'failed', recipient: 'b@two.test', data: {} }],
    },
    ...change,
  };
}

test('RFC 3464 a report names everything a program and a person need, and settles what it reports', async () => {
  const { bounces, letters, settled } = rig();
  await bounces.submit(request({ message: { ...message, envid: 'e-1' } }));
  const [letter] = letters;
  assert.equal(letter!.to, 'ann@one.test');
  const text = letter!.octets.toString();
  for (const part of [
    /^From: .*<MAILER-DAEMON@one\.test>/m,
    /^To: <?ann@one\.test>?/m,
    /^Auto-Submitted: auto-replied/m,
    /^In-Reply-To: <x@one\.test>/m,
    /^Original-Envelope-Id: e-1/m,
    /^Reporting-MTA: dns; mx\.one\.test/m,
    /^Original-Recipient: rfc822;B@two\.test/m,
    /^Final-Recipient: rfc822;b@two\.test/m,
    /^Action: failed/m,
    /^Status: 5\.1\.1/m,
    /^Remote-MTA: dns; mx\.two\.test/m,
    /^Diagnostic-Code: smtp; 550 5\.1\.1 no such user/m,
    /^body/m,
  ]) {
    assert.match(text, part);
  }
  assert.equal(letter!.settlement.unitId, 7);
  assert.deepEqual(letter!.settlement.recipients, [0]);
  assert.deepEqual(
    letter!.settlement.events.map(({ kind }) => kind),
    ['failed', 'reported'],
  );
  assert.deepEqual(settled, []);
  assert.deepEqual(bounces.counts, { failed: 1, delayed: 0, succeeded: 0, doubleBounces: 0 });
});

test('a delay names until when it is tried, and settles nobody', async () => {
  const { bounces, letters } = rig();
  const [recipient] = request().recipients;
  await bounces.submit(
    request({
      recipients: [{ ...recipient!, action: 'delayed', enhanced: '4.2.1', text: '450 4.2.1 later' }],
      retryUntilMs: AT_MS + 86_400_000,
      settlement: null,
    }),
  );
  assert.match(letters[0]!.octets.toString(), /^Will-Retry-Until: Sat, 03 Jan 2026 00:00:00 \+0000/m);
  assert.deepEqual(letters[0]!.settlement.recipients, []);
  assert.equal(bounces.counts.delayed, 1);
});

test('a report for a stranger comes from this server, not from their domain', async () => {
  const { bounces, letters } = rig();
  await bounces.submit(request({ message: { ...message, reversePath: 'eve@three.test' } }));
  assert.match(letters[0]!.octets.toString(), /^From: .*<MAILER-DAEMON@mx\.one\.test>/m);
});

test('a double bounce goes to the postmaster and is counted', async () => {
  const { bounces, letters } = rig();
  await bounces.submit(request({ message: { ...message, reversePath: '' } }));
  assert.equal(letters[0]!.to, POSTMASTER);
  assert.deepEqual(bounces.counts, { failed: 0, delayed: 0, succeeded: 0, doubleBounces: 1 });
});

test('RFC 3461 §6 a report that its own recipient cannot have reaches the postmaster, once, with what it settles', async () => {
  const { bounces, letters, settled } = rig(ORIGINAL, (to) => to === 'ann@one.test');
  await bounces.submit(request());
  assert.deepEqual(
    letters.map(({ to }) => to),
    ['ann@one.test', POSTMASTER],
  );
  const [, double] = letters;
  const text = double!.octets.toString();
  assert.match(text, /^Final-Recipient: rfc822;ann@one\.test/m);
  assert.match(text, /^Status: 5\.2\.2/m);
  assert.match(text, /^Final-Recipient: rfc822;b@two\.test/m, 'the report itself comes with it');
  assert.deepEqual(double!.settlement.recipients, [0]);
  assert.deepEqual(
    double!.settlement.events.map(({ kind, data }) => [kind, data['to']]),
    [
      ['failed', undefined],
      ['reported', 'ann@one.test'],
      ['reported', POSTMASTER],
    ],
  );
  assert.deepEqual(settled, []);
  assert.deepEqual(bounces.counts, { failed: 0, delayed: 0, succeeded: 0, doubleBounces: 1 });
});

test('a report that the postmaster cannot have either is lost, and what it settles is settled', async () => {
  const { bounces, letters, settled } = rig(ORIGINAL, () => true);
  await bounces.submit(request());
  assert.equal(letters.length, 2);
  assert.deepEqual(settled[0]!.recipients, [0]);
  await bounces.submit(request({ message: { ...message, reversePath: '' } }));
  assert.equal(letters.length, 3);
  assert.equal(settled.length, 2);
  assert.equal(bounces.counts.doubleBounces, 0);
});

test('a report of delay that its recipient cannot have concerns no postmaster', async () => {
  const { bounces, letters, settled } = rig(ORIGINAL, () => true);
  const [recipient] = request().recipients;
  await bounces.submit(request({ recipients: [{ ...recipient!, action: 'delayed', enhanced: '4.2.1' }] }));
  assert.equal(letters.length, 1);
  assert.equal(settled.length, 1);
});

test('without an address that could be told, the settlement is committed alone', async () => {
  const { bounces, letters, settled } = rig();
  await bounces.submit(request({ message: { ...message, reversePath: 'not an address' } }));
  assert.equal(letters.length, 0);
  assert.deepEqual(settled[0]!.recipients, [0]);
});

test('only the beginning of a long message is read', async () => {
  const { bounces, letters, reads } = rig(`Subject: long\r\n\r\n${'x'.repeat(78)}\r\n`.repeat(4_000));
  await bounces.submit(request({ original: { id: 7, segment: 1, offset: 0, length: 300_000 } }));
  assert.deepEqual(reads, [[0, ORIGINAL_OCTETS_MAX]]);
  assert.ok(letters[0]!.octets.length < ORIGINAL_OCTETS_MAX);
});

test('a message that cannot be read any more is reported without it', async () => {
  const letters: ReportLetter[] = [];
  const bounces = new Bounces(
    {
      submitReport: async (letter) => {
        letters.push(letter);
        return null;
      },
      readBody: () => Promise.reject(new Error('the disk is damaged')),
      settle: async () => {},
      isOurDomain: async () => true,
      newToken: () => 't',
      zoneMinutes: () => 0,
      log: silentLog,
    },
    { hostname: 'mx.one.test', postmaster: POSTMASTER },
  );
  await bounces.submit(request());
  assert.match(letters[0]!.octets.toString(), /^Status: 5\.1\.1/m);
});

test('a report that the store refuses is refused', async () => {
  const { bounces } = rig();
  const refusing = new Bounces(
    {
      submitReport: () => Promise.reject(new Error('the disk is full')),
      readBody: async () => Buffer.alloc(0),
      settle: async () => {},
      isOurDomain: async () => true,
      newToken: () => 't',
      zoneMinutes: () => 0,
      log: silentLog,
    },
    { hostname: 'mx.one.test', postmaster: POSTMASTER },
  );
  await assert.rejects(refusing.submit(request()));
  assert.equal(refusing.counts.failed, 0);
  assert.equal(bounces.counts.failed, 0);
});
